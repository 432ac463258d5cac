//! What a database call can answer besides its rows.

use std::io::ErrorKind;

use sqlx::error::DatabaseError;

/// A database call that failed, with the name of the operation.
///
/// Its text is the driver's primary message and never the row's data: what
/// PostgreSQL puts into `DETAIL` (`Key (email)=…`) is left behind.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation}: {cause}")]
pub struct StoreError {
    operation: &'static str,
    cause: String,
    unavailable: bool,
    busy: bool,
}

impl StoreError {
    pub(crate) fn new(operation: &'static str, error: &sqlx::Error) -> Self {
        let unavailable = is_unavailable(error);
        Self {
            operation,
            cause: error.to_string(),
            unavailable,
            busy: is_busy(error),
        }
    }

    pub(crate) fn of_rows(operation: &'static str, error: &hallpass_rls::Error) -> Self {
        Self {
            operation,
            cause: error.to_string(),
            unavailable: error.is_unavailable(),
            busy: false,
        }
    }

    /// For a call that was given up: whether it was done is not known.
    pub(crate) fn timed_out(operation: &'static str) -> Self {
        Self::new(operation, &sqlx::Error::PoolTimedOut)
    }

    /// Whether the database is away or cannot write for now, so that the same
    /// call may succeed later; otherwise the fault is ours.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.unavailable
    }

    /// Whether we waited in vain: for an answer, or for another process to let
    /// go of the file.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }
}

/// Our own limit, or SQLite's BUSY and LOCKED: which of them comes first is
/// chance.
fn is_busy(error: &sqlx::Error) -> bool {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return true;
    }
    let database = error.as_database_error();
    let sqlite = database.and_then(|error| error.try_downcast_ref::<sqlx::sqlite::SqliteError>());
    let code = sqlite.and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|extended| matches!(extended & 0xff, 5 | 6))
}

/// Whether the connection is gone, and with it whatever ran on it, so that the
/// same call may succeed at once on another. Where nobody listens none is to be
/// had.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() != ErrorKind::ConnectionRefused,
        sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("08") || code.starts_with("57P0")),
        _ => false,
    }
}

/// Whether the server, or a pooler before it, gives no further connection.
pub(super) fn is_full(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    // PostgreSQL, appendix A: too_many_connections; rejected by the server.
    let code = error.code();
    let text = error.message().to_ascii_lowercase();
    code.is_some_and(|code| matches!(&*code, "53300" | "08004"))
        || FULL_POOLER.iter().any(|said| text.contains(said))
}

/// What poolers say, which have no code of their own for it: pgbouncer's
/// `max_client_conn`, what it hands on of the server, and Supavisor's limit.
const FULL_POOLER: [&str; 4] = [
    "no more connections allowed",
    "too many connections",
    "too many clients",
    "max clients reached",
];

/// Whether a connection that could not be made may soon be made all the same:
/// the server starts, or another client leaves.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        sqlx::Error::Database(starts) if starts.code().as_deref() == Some("57P03") => true,
        _ => is_full(error),
    }
}

/// Whether the connection is of no use after this error. A server that takes no
/// writes any more may be a primary that was replaced.
pub(super) fn spoils_connection(error: &sqlx::Error) -> bool {
    const KEPT: [&str; 4] = ["40", "42P01", "53", "55P03"];
    let database = error.as_database_error();
    let is_of_postgres = database.is_some_and(|error| !is_of_sqlite(error));
    let code = database.and_then(DatabaseError::code);
    let is_kept = |code: &str| KEPT.iter().any(|class| code.starts_with(class));
    is_unavailable(error) && !(is_of_postgres && code.is_some_and(|code| is_kept(&code)))
}

fn is_of_sqlite(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
}

pub(super) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        // Half an answer, then the connection was gone.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(database) => {
            database_is_unavailable(database.as_ref()) || is_full(error)
        }
        _ => false,
    }
}

fn database_is_unavailable(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    if is_of_sqlite(error) {
        // SQLite has no code of its own for a table that is not there (yet).
        let is_unmigrated = error.message().starts_with("no such table");
        return is_unmigrated || code.parse().is_ok_and(sqlite_is_unavailable);
    }
    POSTGRES_UNAVAILABLE
        .iter()
        .any(|class| code.starts_with(class))
}

/// PostgreSQL, appendix A: 08 connection exception, 53 insufficient resources
/// (disk full, too many connections), 57P0x shutting down or starting up, 58
/// system error, 25006 read-only, 40 rolled back by a deadlock or a standby,
/// 55P03 lock not available, 28 credentials refused (they may be under
/// rotation), 3D000 no such database (yet), 42P01 no such table (yet).
const POSTGRES_UNAVAILABLE: [&str; 10] = [
    "08", "53", "57P0", "58", "25006", "40", "55P03", "28", "3D000", "42P01",
];

/// The low byte of SQLite's extended result code is the primary one:
/// PERM 3, BUSY 5, LOCKED 6, READONLY 8, IOERR 10, FULL 13, CANTOPEN 14.
fn sqlite_is_unavailable(extended: i32) -> bool {
    matches!(extended & 0xff, 3 | 5 | 6 | 8 | 10 | 13 | 14)
}
