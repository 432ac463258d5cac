//! What a database server says of itself: for operators.

use sqlx::Connection;

use super::{Db, PostgresDb, Session, StoreError, bounded};
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
    /// Whether a pooler stands before it and gives each transaction whichever
    /// session is free.
    #[sqlx(skip)]
    pub pooled: bool,
}

const SERVER: &str = "select current_setting('server_version') as version, \
    clock_timestamp() as now, \
    current_setting('transaction_read_only') = 'on' as read_only";

impl Db {
    /// `None` on SQLite, which is no server.
    pub(crate) async fn server(&self) -> Result<Option<DatabaseServer>, StoreError> {
        let Self::Postgres(db) = self else {
            return Ok(None);
        };
        if db.is_connected() {
            return db.server_by_pool().await.map(Some);
        }
        // An operator wants the very reason why there is no connection.
        let mut connection = db.connect().await?;
        let server = async {
            // A statement is prepared in one message and run in another; a pooler
            // brings both to the same session only within a transaction.
            let mut tx = connection.begin().await?;
            let session = Session {
                connection: &mut tx,
                is_ours: false,
            };
            let server: DatabaseServer = sqlx::query_as(SERVER).fetch_one(session).await?;
            tx.commit().await?;
            // Before the pool takes its own: there may be few.
            connection.close().await?;
            Ok(db.described(server).await)
        };
        bounded(db.limit(), "server", server).await.map(Some)
    }
}

impl PostgresDb {
    /// As a server that runs asks, with no connection more than it has.
    async fn server_by_pool(&self) -> Result<DatabaseServer, StoreError> {
        let server = async {
            let mut reading = self.read().await?;
            let session = reading.session()?;
            let server: Result<DatabaseServer, _> = sqlx::query_as(SERVER).fetch_one(session).await;
            let server = reading.end(server).await?;
            Ok(self.described(server).await)
        };
        self.bounded("server", server).await
    }

    /// With what the server cannot say of itself.
    async fn described(&self, mut server: DatabaseServer) -> DatabaseServer {
        let found = self.find_out().await;
        // With a single connection there is nothing to compare.
        server.pooled = found.ok().flatten().unwrap_or_default();
        server
    }
}
