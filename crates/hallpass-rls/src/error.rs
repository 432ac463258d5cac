//! Why rows could not be read or written.

use sqlx::error::DatabaseError;

use crate::postgres_url::InvalidPostgresUrl;

/// Why rows could not be read or written.
///
/// The texts are for logs. They hold the primary message of the database and
/// never what PostgreSQL puts into `DETAIL` (`Key (email)=…`); still, show
/// callers a sentence of your own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The subject of the token is no UUID, and the owner columns hold UUIDs:
    /// see [`UserRows::text_owners`](crate::UserRows::text_owners). Or it holds
    /// a NUL, which no column can.
    #[error("the subject of the token cannot stand in an owner column")]
    NotAnOwner,
    /// The text is no URL of a database.
    #[error("must begin with sqlite:// or postgres://, and be a URL of a database")]
    Url,
    /// The text is a URL of PostgreSQL that cannot be followed.
    #[error("the URL of the database {0}")]
    PostgresUrl(#[from] InvalidPostgresUrl),
    /// A statement names other parameters than were bound, the owner included.
    #[error("the statement names parameters up to ${named} and {bound} are bound")]
    Parameters {
        /// The highest parameter that the statement names.
        named: usize,
        /// How many there are values for.
        bound: usize,
    },
    /// A value could not be encoded.
    #[error("a value could not be encoded: {0}")]
    Value(String),
    /// There is no such row, for this user.
    #[error("there is no such row")]
    NoRow,
    /// There is such a row already (unique violation), perhaps somebody else's:
    /// do not tell. Keep the owner in unique keys, or use random ids.
    #[error("there is such a row already")]
    Conflict,
    /// The database does not allow this: a policy, or a right that is missing
    /// (`SQLSTATE` 42501).
    #[error("the database refuses: {0}")]
    Forbidden(String),
    /// A statement of this scope has failed, so nothing of it can be committed.
    #[error("a statement of this scope has failed; nothing of it was written")]
    Failed,
    /// A statement of this scope was given up before its answer came, so that
    /// nobody knows what became of it.
    #[error("a statement of this scope was given up; the scope cannot be used any more")]
    GivenUp,
    /// The database is away or overloaded. The same may succeed later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Anything else that the database says.
    #[error("the database: {0}")]
    Database(String),
}

impl Error {
    /// Whether the database is away or overloaded, so that the same may succeed
    /// later: a 503.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// For a database that does not answer within the limit of a scope.
    pub(crate) fn late() -> Self {
        Self::Unavailable("no answer in time".to_owned())
    }

    pub(crate) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NoRow,
            sqlx::Error::Encode(error) => Self::Value(error.to_string()),
            sqlx::Error::Database(told) if told.is_unique_violation() => Self::Conflict,
            sqlx::Error::Database(told) if told.code().as_deref() == Some("42501") => {
                Self::Forbidden(told.message().to_owned())
            }
            _ if is_unavailable(error) => Self::Unavailable(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

/// Whether the connection may be out of order: what is wrong is not what the
/// database said of a statement.
pub(crate) fn is_broken(error: &sqlx::Error) -> bool {
    !matches!(
        error,
        sqlx::Error::Database(_)
            | sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. }
    )
}

pub(crate) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        // Half an answer, then the connection was gone.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => told_so(error.as_ref()),
        _ => false,
    }
}

/// PostgreSQL, appendix A: 08 connection exception, 53 insufficient resources,
/// 57P0x shutting down or starting up, 58 system error, 25006 read-only, 40
/// rolled back by a deadlock or a standby, 55P03 lock not available.
const POSTGRES_UNAVAILABLE: [&str; 7] = ["08", "53", "57P0", "58", "25006", "40", "55P03"];

fn told_so(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    let sqlite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>();
    if sqlite.is_some() {
        // The low byte of SQLite's extended result code: BUSY 5, LOCKED 6,
        // READONLY 8, IOERR 10, FULL 13, CANTOPEN 14.
        let primary = code.parse::<i32>().map(|extended| extended & 0xff);
        return matches!(primary, Ok(5 | 6 | 8 | 10 | 13 | 14));
    }
    POSTGRES_UNAVAILABLE
        .iter()
        .any(|class| code.starts_with(class))
}
