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
        sqlx::Error::Database(error) => database_is_unavailable(error.as_ref()),
        _ => false,
    }
}

fn database_is_unavailable(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
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
