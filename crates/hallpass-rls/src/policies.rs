//! The SQL that makes PostgreSQL keep the rows of users apart.

use std::fmt;

use crate::name::{ColumnName, RoleName, TableName, block, literal};
use crate::owner::OwnerKind;

/// Row-level security for one table, as SQL: `Display` writes it.
///
/// Run it as the table's owner and in one transaction, as a migration for
/// instance: it drops and makes its policies. Running it again changes nothing.
/// What it says:
///
/// * row-level security is on, and for the table's owner too (`FORCE`);
/// * a *restrictive* policy lets everybody see and write the rows of the user
///   of the transaction alone, and nothing without one. However many policies
///   come later, PostgreSQL requires it besides;
/// * a permissive policy lets the application's role in at all;
/// * the role may select, insert, update and delete, and not `TRUNCATE`, which
///   policies do not stop;
/// * there is an index that begins with the owner.
///
/// ```
/// use hallpass_rls::Policies;
///
/// # fn main() -> Result<(), hallpass_rls::InvalidName> {
/// let policies = Policies::new("tasks".parse()?, "owner".parse()?, "tasks_app".parse()?);
/// let sql = policies.to_string();
/// assert!(sql.contains(r#"alter table "tasks" force row level security;"#));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    table: TableName,
    owner: ColumnName,
    role: RoleName,
    kind: OwnerKind,
}

impl Policies {
    /// The policies of a table whose `owner` is of type `uuid`, for the role
    /// that the application logs in as.
    #[must_use]
    pub fn new(table: TableName, owner: ColumnName, role: RoleName) -> Self {
        Self {
            table,
            owner,
            role,
            kind: OwnerKind::Uuid,
        }
    }

    /// For an owner column of type `text` or `varchar`.
    #[must_use]
    pub fn text_owners(mut self) -> Self {
        self.kind = OwnerKind::Text;
        self
    }

    /// The SQL that makes the role, unless it is there already, for somebody
    /// who may create roles. It has no password: give it one, or a certificate.
    ///
    /// A role that is there is left as it is; [`inspect`](crate::inspect())
    /// says what is wrong with it.
    #[must_use]
    pub fn role_sql(role: &RoleName) -> String {
        let name = literal(role.0.as_str());
        block(&format!(
            "begin\n  \
               if not exists (select from pg_catalog.pg_roles where rolname = {name}) then\n    \
                 create role {role} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;\n  \
               end if;\n\
             end"
        ))
    }

    /// What a row's owner must be. Without a user the setting is missing, and
    /// after a transaction that had one it is empty: both are NULL here, which
    /// equals nothing. PostgreSQL evaluates it once a query, not once a row.
    fn condition(&self) -> String {
        let cast = match self.kind {
            OwnerKind::Uuid => "::uuid",
            OwnerKind::Text => "",
        };
        let Self { owner, .. } = self;
        format!("{owner} = (select nullif(current_setting('hallpass.user_id', true), ''){cast})")
    }

    fn index(&self) -> String {
        let Self { table, owner, .. } = self;
        let (table_text, owner_text) = (literal(&table.to_string()), literal(owner.0.as_str()));
        block(&format!(
            "begin\n  \
               if not exists (\n    \
                 select from pg_catalog.pg_index i\n    \
                 join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]\n    \
                 where i.indrelid = {table_text}::regclass and a.attname = {owner_text}\n      \
                   and i.indisvalid and i.indpred is null\n  \
               ) then\n    \
                 create index on {table} ({owner});\n  \
               end if;\n\
             end"
        ))
    }
}

impl fmt::Display for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, role, .. } = self;
        let (condition, index) = (self.condition(), self.index());
        write!(
            f,
            "\
-- The rows of {table} for the user of the transaction alone. Run as its owner.
alter table {table} enable row level security;
alter table {table} force row level security;

drop policy if exists hallpass_owner_only on {table};
create policy hallpass_owner_only on {table} as restrictive for all to public
  using ({condition})
  with check ({condition});

drop policy if exists hallpass_owner on {table};
create policy hallpass_owner on {table} as permissive for all to {role}
  using ({condition})
  with check ({condition});

revoke all on {table} from public, {role};
"
        )?;
        if let Some(schema) = &self.table.schema {
            writeln!(f, "grant usage on schema {schema} to {role};")?;
        }
        write!(
            f,
            "\
grant select, insert, update, delete on {table} to {role};

{index}
"
        )
    }
}
