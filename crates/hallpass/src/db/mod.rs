//! The two databases behind one door.
//!
//! `Db` and `Tx` are plain enums over sqlx's SQLite and PostgreSQL pools, and
//! this room is the only one that opens them. Each statement is written once,
//! in the dialect that both engines read, beside its row type in a `store.rs`,
//! and runs through [`read!`] or [`write!`], which name the operation for the log and
//! bound its time.

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

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions, Sqlite};

pub use self::error::StoreError;
pub(crate) use self::lease::Lease;
pub use self::migrations::{MigrationState, MigrationStatus, SchemaError};
pub(crate) use self::postgres::{PostgresDb, PostgresTx, again};
pub use self::server::DatabaseServer;
use self::session::Session;
use self::url::Target;
pub use self::url::{DatabaseUrl, InvalidDatabaseUrl, TlsUse};

/// The longest that one statement may take, the wait for a connection included.
/// A frozen database costs a request this much and no more.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);

/// SQLite reads in parallel; more connections than cores only wait in turn.
const SQLITE_READERS: u32 = 4;

const BEGIN_IMMEDIATE: &str = "begin immediate";
const COMMIT: &str = "commit";

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
    pub(crate) readers: SqlitePool,
    writer: SqlitePool,
}

/// A transaction that changes nothing until [`Tx::commit`].
#[derive(Debug)]
pub(crate) enum Tx {
    Sqlite(Lease<Sqlite>),
    Postgres(PostgresTx),
}

impl Db {
    pub(crate) fn new(url: &DatabaseUrl) -> Self {
        match url.target() {
            Target::Sqlite(file) => Self::Sqlite(SqliteDb::new(file)),
            Target::Postgres(server) => Self::Postgres(PostgresDb::new(server)),
        }
    }

    /// The longest that a call which begins now may take.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            Self::Sqlite(_) => STATEMENT_TIMEOUT,
            Self::Postgres(db) => db.patience(),
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
            let mut lease = Lease::from(&db.writer).await?;
            sqlx::raw_sql(BEGIN_IMMEDIATE)
                .execute(lease.connection()?)
                .await?;
            Ok(Tx::Sqlite(lease))
        };
        bounded("begin", begin).await
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
        if let Err(error) = bounded("close", close).await {
            tracing::warn!(%error, "the database did not say goodbye");
        }
    }
}

impl SqliteDb {
    fn new(file: &SqliteConnectOptions) -> Self {
        let pool = || {
            SqlitePoolOptions::new()
                // A file does not go away like a server does, and the ping
                // would double the cost of each query.
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(STATEMENT_TIMEOUT)
        };
        let file = file.clone().disable_statement_logging();
        Self {
            readers: pool()
                .max_connections(SQLITE_READERS)
                .connect_lazy_with(file.clone().pragma("query_only", "on")),
            writer: pool().max_connections(1).connect_lazy_with(file),
        }
    }
}

impl Tx {
    /// Makes the changes last. Dropping a `Tx` without this, or when it fails,
    /// undoes them by closing the connection.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let commit = async {
            match self {
                Self::Sqlite(mut lease) => {
                    sqlx::raw_sql(COMMIT).execute(lease.connection()?).await?;
                    lease.give_back();
                }
                Self::Postgres(tx) => tx.commit().await?,
            }
            Ok(())
        };
        bounded("commit", commit).await
    }
}

/// Runs a database call, bounded in time and named for the log.
///
/// The call is boxed: it has some kilobytes, and an operation would else hold
/// each of its calls, once for each function that it passes through, for as long
/// as the request waits to be hashed.
pub(crate) fn bounded<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> impl Future<Output = Result<T, StoreError>> {
    let bounded = tokio::time::timeout(STATEMENT_TIMEOUT, Box::pin(call));
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
                    let lease = $crate::db::Lease::from(&db.readers).await?;
                    lease.once(async |$connection| $statement.await).await
                };
                $crate::db::bounded($operation, read).await
            }
            $crate::db::Db::Postgres(db) => {
                let read = $crate::db::again!(db, async {
                    let mut reading = db.read().await?;
                    let $connection = reading.session()?;
                    let row = $statement.await?;
                    reading.end().await?;
                    Ok(row)
                });
                db.bounded($operation, read).await
            }
        }
    };
}

/// As [`read!`], for writes on `&mut Tx`.
macro_rules! write {
    ($tx:expr, $operation:literal, |$connection:ident| $statement:expr) => {
        $crate::db::bounded($operation, async {
            match $tx {
                $crate::db::Tx::Sqlite(lease) => {
                    let $connection = lease.connection()?;
                    $statement.await
                }
                $crate::db::Tx::Postgres(tx) => {
                    let $connection = tx.session()?;
                    $statement.await
                }
            }
        })
        .await
    };
}

pub(crate) use {read, write};
