//! What a database server says of itself: for operators.

use sqlx::ConnectOptions;

use super::{Db, StoreError, bounded};
use crate::clock::Timestamp;

/// A database server, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[non_exhaustive]
pub struct DatabaseServer {
    /// Its version, in its own words: `17.2 (Debian 17.2-1)`.
    pub version: String,
    /// The time by its clock.
    pub now: Timestamp,
    /// Whether it takes no writes, as a standby does.
    pub read_only: bool,
}

const SERVER: &str = "select current_setting('server_version') as version, \
    clock_timestamp() as now, \
    current_setting('transaction_read_only') = 'on' as read_only";

impl Db {
    /// `None` on SQLite, which is no server.
    pub(crate) async fn server(&self) -> Result<Option<DatabaseServer>, StoreError> {
        let Self::Postgres(pool) = self else {
            return Ok(None);
        };
        // A connection of its own: the pool would try again and again, and then
        // say only that it has waited too long.
        let options = pool.connect_options();
        let mut connection = bounded("connect", options.connect()).await?;
        let row = sqlx::query_as(SERVER).fetch_one(&mut connection);
        bounded("server", row).await.map(Some)
    }
}
