//! Who gets at which rows: for operators.

use std::time::Duration;

use hallpass_rls::{Finding, RoleName, TableName};

use super::{Db, StoreError};

/// For some dozen looks at the catalogues, by an operator who waits.
const INSPECTION_TIMEOUT: Duration = Duration::from_secs(30);

impl Db {
    /// `None` on SQLite, which has no row-level security.
    pub(crate) async fn inspect_rows(
        &self,
        tables: &[TableName],
        role: Option<&RoleName>,
    ) -> Result<Option<Vec<Finding>>, StoreError> {
        let Self::Postgres(db) = self else {
            return Ok(None);
        };
        // A connection of its own, as in `Db::server`.
        let mut connection = db.connect().await?;
        let inspection = hallpass_rls::inspect(&mut connection, tables, role);
        match tokio::time::timeout(INSPECTION_TIMEOUT, inspection).await {
            Ok(findings) => findings
                .map(Some)
                .map_err(|error| StoreError::of_rows("inspection", &error)),
            Err(_) => Err(StoreError::timed_out("inspection")),
        }
    }
}
