//! The two databases behind one door.
//!
//! `Db` and `Tx` are plain enums over sqlx's SQLite and PostgreSQL pools, and
//! this room is the only one that opens them. Each statement is written once,
//! in the dialect that both engines read, beside its row type in a `store.rs`,
//! and runs through [`read!`] or [`write!`], which name the operation for the log and
//! bound its time.

mod error;
mod migrations;
mod server;
mod url;

use std::future::Future;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions, Postgres, Sqlite, Transaction};

pub use self::error::StoreError;
pub use self::migrations::{MigrationState, MigrationStatus, SchemaError};
pub use self::server::DatabaseServer;
pub use self::url::{DatabaseUrl, InvalidDatabaseUrl, TlsUse};

/// The longest that one statement may take, the wait for a connection included.
/// A frozen database costs a request this much and no more.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections to PostgreSQL a server keeps at most. Sign-ins are bounded by
/// hashing long before they are bounded by this.
const POSTGRES_CONNECTIONS: u32 = 20;

/// SQLite reads in parallel; more connections than cores only wait in turn.
const SQLITE_READERS: u32 = 4;

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
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    pub(crate) fn new(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(file) => Self::Sqlite(SqliteDb::new(file)),
            DatabaseUrl::Postgres(options) => {
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
                Self::Sqlite(db) => Tx::Sqlite(db.writer.begin_with("begin immediate").await?),
                Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
            })
        };
        bounded("begin", begin).await
    }

    /// Closes every connection, after what runs on them has finished.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(db) => {
                db.readers.close().await;
                db.writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
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
    /// Makes the changes last. Dropping a `Tx` without this undoes them.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let commit = async {
            match self {
                Self::Sqlite(tx) => tx.commit().await,
                Self::Postgres(tx) => tx.commit().await,
            }
        };
        bounded("commit", commit).await
    }
}

/// Runs a database call, bounded in time and named for the log.
pub(crate) async fn bounded<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(STATEMENT_TIMEOUT, call).await {
        Ok(outcome) => outcome.map_err(|error| StoreError::new(operation, &error)),
        Err(_) => Err(StoreError::new(operation, &sqlx::Error::PoolTimedOut)),
    }
}

/// Runs one statement on whichever engine is behind: for reads on `&Db`.
///
/// ```ignore
/// db::read!(db, "user by id", |connection| {
///     sqlx::query_as(BY_ID).bind(id).fetch_optional(connection)
/// })
/// ```
macro_rules! read {
    ($db:expr, $operation:literal, |$connection:ident| $statement:expr) => {
        $crate::db::bounded($operation, async {
            match $db {
                $crate::db::Db::Sqlite(db) => {
                    let $connection = &db.readers;
                    $statement.await
                }
                $crate::db::Db::Postgres($connection) => $statement.await,
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
                $crate::db::Tx::Sqlite(tx) => {
                    let $connection = &mut **tx;
                    $statement.await
                }
                $crate::db::Tx::Postgres(tx) => {
                    let $connection = &mut **tx;
                    $statement.await
                }
            }
        })
        .await
    };
}

pub(crate) use {read, write};
