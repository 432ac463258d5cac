//! Looks for the known holes in the row-level security of tables.

mod around;
mod finding;
mod policies;
mod role;
mod table;
mod texts;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

pub use self::finding::{Finding, Hole, Severity};
use self::table::Table;
use crate::error::Error;
use crate::name::{RoleName, TableName};

/// What an inspection knows, and what it has found.
struct Inspection<'a> {
    connection: &'a mut PgConnection,
    /// The role whose ways to the rows are looked for.
    role: String,
    /// A superuser has every right, so that none of them says anything.
    is_superuser: bool,
    findings: Vec<Finding>,
}

const CURRENT_ROLE: &str = "select current_user::text";

/// Looks for every known way in which `role`, or without one the role that the
/// connection logs in as, gets at rows of these tables that are not its user's.
///
/// It changes nothing. It reads PostgreSQL's catalogues and no row, so any role
/// may run it. An empty list means that no hole was found.
///
/// # Errors
///
/// What the database says.
pub async fn inspect(
    connection: &mut PgConnection,
    tables: &[TableName],
    role: Option<&RoleName>,
) -> Result<Vec<Finding>, Error> {
    let looked = async {
        // For a pooler in transaction mode: all on one connection.
        let mut transaction = connection.begin().await?;
        let findings = look(&mut transaction, tables, role).await?;
        transaction.rollback().await?;
        Ok(findings)
    };
    looked.await.map_err(|error: sqlx::Error| Error::of(&error))
}

async fn look(
    connection: &mut PgConnection,
    tables: &[TableName],
    role: Option<&RoleName>,
) -> Result<Vec<Finding>, sqlx::Error> {
    let role = match role {
        Some(role) => role.0.as_str().to_owned(),
        None => {
            sqlx::query_scalar(CURRENT_ROLE)
                .persistent(false)
                .fetch_one(&mut *connection)
                .await?
        }
    };
    let mut inspection = Inspection {
        connection,
        role,
        is_superuser: false,
        findings: Vec::new(),
    };
    if !inspection.check_role().await? {
        return Ok(inspection.findings);
    }
    let mut known = Vec::new();
    for name in tables {
        match inspection.find(name).await? {
            Some(table) => known.push(table),
            None => inspection.add(name.to_string(), Hole::TableMissing),
        }
    }
    for table in &known {
        inspection.check_table(table, &known).await?;
    }
    if !inspection.is_superuser {
        inspection.check_functions().await?;
    }
    Ok(inspection.findings)
}

impl Inspection<'_> {
    fn add(&mut self, subject: String, hole: Hole) {
        self.findings.push(Finding { subject, hole });
    }

    async fn check_table(&mut self, table: &Table, known: &[Table]) -> Result<(), sqlx::Error> {
        self.check_owner_and_force(table);
        if table.enabled {
            self.check_policies(table).await?;
        }
        if !self.is_superuser && !table.owned {
            self.check_rights(table).await?;
        }
        if !self.is_superuser {
            self.check_views(table).await?;
            self.check_relatives(table, known).await?;
        }
        Ok(())
    }
}
