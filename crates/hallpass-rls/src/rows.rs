//! The door to everybody's rows, which opens for one user at a time.

use std::str::FromStr as _;
use std::time::Duration;

use hallpass_verify::CurrentUser;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::error::Error;
use crate::owner::{Owner, OwnerKind};
use crate::postgres_url::PostgresUrl;
use crate::scope::Scope;

/// Connections to PostgreSQL at most, where [`UserRows::connect`] makes the pool
/// and the URL has no `connection_limit`.
const POSTGRES_CONNECTIONS: u32 = 20;

/// The longest wait for a connection, where [`UserRows::connect`] makes the
/// pool; for all else, where [`UserRows::limit`] says nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rows of all users, in PostgreSQL or SQLite; cheap to clone.
///
/// There is no way to them but [`begin`](UserRows::begin), which asks for a
/// verified user. The pool cannot be got out again; give it to nobody else.
#[derive(Clone, Debug)]
pub struct UserRows {
    pool: Pool,
    kind: OwnerKind,
    limit: Duration,
}

#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl UserRows {
    /// The rows behind a URL: `postgres://…`, logging in as the application's
    /// role, or `sqlite://PATH` of a file that is there. Connects at first use,
    /// from within a tokio runtime. What the parameters of the former mean says
    /// [`PostgresUrl`]; `pgbouncer` has no effect, since nothing stays prepared.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] and [`Error::PostgresUrl`], which never hold the text.
    pub fn connect(url: &str) -> Result<Self, Error> {
        if PostgresUrl::has_scheme(url) {
            let url = PostgresUrl::parse(url)?;
            let options = url.options().clone();
            let most = url.connections().map_or(POSTGRES_CONNECTIONS, u32::from);
            let pool = PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(PATIENCE)
                // `begin` finds out, and tries another one.
                .test_before_acquire(false)
                .connect_lazy_with(options.disable_statement_logging());
            return Ok(Self::postgres(pool));
        }
        if !url.starts_with("sqlite:") {
            return Err(Error::Url);
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|_| Error::Url)?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            // SQLite takes one writer at a time: here the others wait in turn.
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.disable_statement_logging());
        Ok(Self::sqlite(pool))
    }

    /// The rows behind a pool of connections to PostgreSQL, straight or through
    /// a pooler in transaction mode. Let it log in as a role that owns nothing.
    #[must_use]
    pub fn postgres(pool: PgPool) -> Self {
        Self {
            pool: Pool::Postgres(pool),
            kind: OwnerKind::Uuid,
            limit: PATIENCE,
        }
    }

    /// The rows behind a pool of connections to SQLite, which has no row-level
    /// security: the SQL alone limits what a user sees. Scopes run one after
    /// the other (`BEGIN IMMEDIATE`), reading ones too.
    #[must_use]
    pub fn sqlite(pool: SqlitePool) -> Self {
        Self {
            pool: Pool::Sqlite(pool),
            kind: OwnerKind::Uuid,
            limit: PATIENCE,
        }
    }

    /// For owner columns of type `text`, such as those that hold ids of Better
    /// Auth. Without this they are of type `uuid`, on SQLite blobs of 16 bytes.
    #[must_use]
    pub fn text_owners(mut self) -> Self {
        self.kind = OwnerKind::Text;
        self
    }

    /// How long a scope waits for each of its steps: to begin, which includes
    /// the wait for a connection, each statement, and its end; 5 seconds
    /// without this. What takes longer is [`Error::Unavailable`], and its
    /// connection is closed.
    ///
    /// PostgreSQL may go on with a statement that nobody waits for any more; its
    /// `statement_timeout`, set for the role, ends that too.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Begins a transaction on the rows of one user.
    ///
    /// On PostgreSQL, row-level security knows the user until the transaction
    /// ends, and not a moment longer. Beginning and telling it takes one round
    /// trip, by a text in which the user stands in hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnOwner`] when the user's id does not fit the owner columns;
    /// [`Error::Unavailable`] after the [`limit`](UserRows::limit); else what the
    /// database says.
    pub async fn begin(&self, user: &impl AsRef<CurrentUser>) -> Result<Scope, Error> {
        let owner = Owner::of(user.as_ref(), self.kind)?;
        Scope::begin(&self.pool, owner, self.limit).await
    }

    /// Closes every connection, once what runs on it has ended.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Postgres(pool) => pool.close().await,
            Pool::Sqlite(pool) => pool.close().await,
        }
    }
}
