//! The two databases behind one door.
//!
//! `Db` and `Tx` are plain enums over sqlx's SQLite and PostgreSQL pools, and
//! this room is the only one that opens them. Each statement is written once,
//! in the dialect that both engines read, beside its row type in a `store.rs`,
//! and runs through [`read!`] or [`write!`], which name the operation for the log and
//! bound its time.

mod connections;
mod error;
mod lease;
mod migrations;
mod postgres;
mod postgres_url;
mod rows;
mod server;
mod session;
mod url;

use std::future::Future;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection as _, Sqlite, SqliteConnection};

pub use self::error::StoreError;
pub(crate) use self::lease::Lease;
use self::lease::{Pooled, Step};
pub use self::migrations::{MigrationState, MigrationStatus, SchemaError};
pub(crate) use self::postgres::{PostgresDb, PostgresTx, again};
pub use self::server::DatabaseServer;
use self::session::Session;
use self::url::Target;
pub use self::url::{DatabaseUrl, InvalidDatabaseUrl, TlsUse};
use crate::settings::DatabaseConnections;

/// SQLite reads in parallel; more connections than cores only wait in turn.
const SQLITE_READERS: u32 = 4;

const BEGIN_IMMEDIATE: &str = "begin immediate";
const COMMIT: &str = "commit";
const ROLLBACK: &str = "rollback";

/// The database: cheap to clone, connected at first use.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    Sqlite(SqliteDb),
    Postgres(PostgresDb),
}

/// SQLite takes one writer at a time. Giving it a pool of one makes writers
/// wait in our fair queue instead of in SQLite's busy loop.
#[derive(Clone, Debug)]
pub(crate) struct SqliteDb {
    readers: SqlitePool,
    writer: SqlitePool,
    limit: Duration,
}

/// How a database is used, as far as the settings say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// The most connections to a server.
    pub(crate) connections: Option<DatabaseConnections>,
    /// The longest that one call may take, the wait for a connection included. A
    /// frozen database costs a request this much and no more.
    pub(crate) limit: Duration,
}

/// A transaction that changes nothing until [`Tx::commit`].
#[derive(Debug)]
pub(crate) enum Tx {
    Sqlite(Lease<PoolConnection<Sqlite>>),
    Postgres(PostgresTx),
}

impl Db {
    pub(crate) fn new(url: &DatabaseUrl, how: Use) -> Self {
        match url.target() {
            Target::Sqlite(file) => Self::Sqlite(SqliteDb::new(file, how.limit)),
            Target::Postgres(server) => Self::Postgres(PostgresDb::new(server, how)),
        }
    }

    /// The longest that a call which begins now may take.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            Self::Sqlite(db) => db.limit,
            Self::Postgres(db) => db.patience(),
        }
    }

    /// The longest that one call may take where the database is awake.
    fn limit(&self) -> Duration {
        match self {
            Self::Sqlite(db) => db.limit,
            Self::Postgres(db) => db.limit(),
        }
    }

    /// Begins to write. On SQLite the write lock is taken at once, so that two
    /// writers queue instead of failing half-way (`BEGIN IMMEDIATE`).
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        let db = match self {
            Self::Sqlite(db) => db,
            Self::Postgres(db) => return db.begin().await.map(Tx::Postgres),
        };
        let begin = async {
            let mut lease = Lease::of(db.writer.acquire().await?, db.limit);
            lease.begin().await?;
            Ok(Tx::Sqlite(lease))
        };
        bounded(db.limit, "begin", begin).await
    }

    /// Closes every connection after what runs on it has finished, and waits
    /// for that no longer than for a statement.
    pub(crate) async fn close(&self) {
        let close = async {
            match self {
                Self::Sqlite(db) => {
                    db.readers.close().await;
                    db.writer.close().await;
                }
                Self::Postgres(db) => db.close().await,
            }
            Ok(())
        };
        if let Err(error) = bounded(self.limit(), "close", close).await {
            tracing::warn!(%error, "the database did not say goodbye");
        }
    }
}

impl SqliteDb {
    pub(crate) async fn read(&self) -> Result<Lease<PoolConnection<Sqlite>>, sqlx::Error> {
        let reader = self.readers.acquire().await?;
        Ok(Lease::of(reader, self.limit))
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    fn new(file: &SqliteConnectOptions, limit: Duration) -> Self {
        let pool = || {
            SqlitePoolOptions::new()
                // A file does not go away like a server does, and the ping
                // would double the cost of each query.
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(limit)
        };
        let file = file.clone().busy_timeout(limit);
        let file = file.disable_statement_logging();
        Self {
            readers: pool()
                .max_connections(SQLITE_READERS)
                .connect_lazy_with(file.clone().pragma("query_only", "on")),
            writer: pool().max_connections(1).connect_lazy_with(file),
            limit,
        }
    }
}

impl Pooled for PoolConnection<Sqlite> {
    type Connection = SqliteConnection;

    fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        Ok(self)
    }

    async fn step(&mut self, step: Step) -> Result<(), sqlx::Error> {
        let sql = match step {
            Step::Begin => sqlx::raw_sql(BEGIN_IMMEDIATE),
            Step::Commit => sqlx::raw_sql(COMMIT),
            Step::RollBack => sqlx::raw_sql(ROLLBACK),
        };
        sql.execute(&mut **self).await.map(|_| ())
    }

    async fn settle(&mut self) -> Result<(), sqlx::Error> {
        self.ping().await
    }

    fn give_back(self) {
        drop(self);
    }

    fn discard(self) {
        drop(self.detach());
    }
}

impl Tx {
    pub(crate) fn limit(&self) -> Duration {
        match self {
            Self::Sqlite(lease) => lease.limit(),
            Self::Postgres(tx) => tx.limit(),
        }
    }

    /// Makes the changes last. Dropping a `Tx` without this, or when it fails,
    /// undoes them.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let limit = self.limit();
        let commit = async {
            match self {
                Self::Sqlite(lease) => lease.commit().await,
                Self::Postgres(tx) => tx.commit().await,
            }
        };
        bounded(limit, "commit", commit).await
    }
}

/// Runs a database call, bounded in time and named for the log.
///
/// The call is boxed: it has some kilobytes, and an operation would else hold
/// each of its calls, once for each function that it passes through, for as long
/// as the request waits to be hashed.
pub(crate) fn bounded<T>(
    limit: Duration,
    operation: &'static str,
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> impl Future<Output = Result<T, StoreError>> {
    let bounded = tokio::time::timeout(limit, Box::pin(call));
    async move {
        match bounded.await {
            Ok(outcome) => outcome.map_err(|error| StoreError::new(operation, &error)),
            Err(_) => Err(StoreError::timed_out(operation)),
        }
    }
}

/// Runs one statement on whichever engine is behind: for reads on `&Db`.
///
/// ```text
/// db::read!(db, "user by id", |connection| {
///     sqlx::query_as(BY_ID).bind(id).fetch_optional(connection)
/// })
/// ```
macro_rules! read {
    ($db:expr, $operation:literal, |$connection:ident| $statement:expr) => {
        match $db {
            $crate::db::Db::Sqlite(db) => {
                let read = async {
                    let mut lease = db.read().await?;
                    let $connection = lease.start()?;
                    let row = $statement.await;
                    lease.ended(row)
                };
                $crate::db::bounded(db.limit(), $operation, read).await
            }
            $crate::db::Db::Postgres(db) => {
                let read = $crate::db::again!(db, async {
                    let mut reading = db.read().await?;
                    let $connection = reading.session()?;
                    let row = $statement.await;
                    reading.end(row).await
                });
                db.bounded($operation, read).await
            }
        }
    };
}

/// As [`read!`], for writes on `&mut Tx`.
macro_rules! write {
    ($tx:expr, $operation:literal, |$connection:ident| $statement:expr) => {
        $crate::db::bounded($tx.limit(), $operation, async {
            match $tx {
                $crate::db::Tx::Sqlite(lease) => {
                    let $connection = lease.start()?;
                    let row = $statement.await;
                    lease.ended(row)
                }
                $crate::db::Tx::Postgres(tx) => {
                    let $connection = tx.session()?;
                    let row = $statement.await;
                    tx.ended(row)
                }
            }
        })
        .await
    };
}

pub(crate) use {read, write};
