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
mod rows;
mod server;
mod url;

use std::future::Future;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions, Postgres, Sqlite};

pub use self::error::StoreError;
pub(crate) use self::lease::Lease;
pub use self::migrations::{MigrationState, MigrationStatus, SchemaError};
pub use self::server::DatabaseServer;
use self::url::Target;
pub use self::url::{DatabaseUrl, InvalidDatabaseUrl, TlsUse};

/// The longest that one statement may take, the wait for a connection included.
/// A frozen database costs a request this much and no more.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections to PostgreSQL a server keeps at most. Sign-ins are bounded by
/// hashing long before they are bounded by this.
const POSTGRES_CONNECTIONS: u32 = 20;

/// SQLite reads in parallel; more connections than cores only wait in turn.
const SQLITE_READERS: u32 = 4;

const BEGIN_IMMEDIATE: &str = "begin immediate";
const BEGIN: &str = "begin";
const COMMIT: &str = "commit";

/// The database: cheap to clone, connected at first use.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    Sqlite(SqliteDb),
    Postgres(PgPool),
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
    Postgres(Lease<Postgres>),
}

impl Db {
    pub(crate) fn new(url: &DatabaseUrl) -> Self {
        match url.target() {
            Target::Sqlite(file) => Self::Sqlite(SqliteDb::new(file)),
            Target::Postgres(options) => {
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(STATEMENT_TIMEOUT)
                    .connect_lazy_with((**options).clone().disable_statement_logging());
                Self::Postgres(pool)
            }
        }
    }

    /// Begins to write. On SQLite the write lock is taken at once, so that two
    /// writers queue instead of failing half-way (`BEGIN IMMEDIATE`).
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        let begin = async {
            Ok(match self {
                Self::Sqlite(db) => {
                    let mut lease = Lease::from(&db.writer).await?;
                    sqlx::raw_sql(BEGIN_IMMEDIATE)
                        .execute(lease.connection()?)
                        .await?;
                    Tx::Sqlite(lease)
                }
                Self::Postgres(pool) => {
                    let mut lease = Lease::from(pool).await?;
                    sqlx::raw_sql(BEGIN).execute(lease.connection()?).await?;
                    Tx::Postgres(lease)
                }
            })
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
                Self::Postgres(pool) => pool.close().await,
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
                Self::Postgres(mut lease) => {
                    sqlx::raw_sql(COMMIT).execute(lease.connection()?).await?;
                    lease.give_back();
                }
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
        $crate::db::bounded($operation, async {
            match $db {
                $crate::db::Db::Sqlite(db) => {
                    let lease = $crate::db::Lease::from(&db.readers).await?;
                    lease.once(async |$connection| $statement.await).await
                }
                $crate::db::Db::Postgres(pool) => {
                    let lease = $crate::db::Lease::from(pool).await?;
                    lease.once(async |$connection| $statement.await).await
                }
            }
        })
        .await
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
                $crate::db::Tx::Postgres(lease) => {
                    let $connection = lease.connection()?;
                    $statement.await
                }
            }
        })
        .await
    };
}

pub(crate) use {read, write};
