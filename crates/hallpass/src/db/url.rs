//! `DATABASE_URL`, checked once.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// Where the accounts live: `sqlite://PATH` or `postgres://…`.
///
/// `Debug` and `Display` leave out user and password.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file, made when it is missing.
    Sqlite(Box<SqliteConnectOptions>),
    /// A server.
    Postgres(Box<PgConnectOptions>),
}

/// How the connection to a database server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsUse {
    /// Not at all, or only if the server insists.
    Off,
    /// If the server offers it; whoever is in between can say that it does not.
    IfOffered,
    /// Always encrypted.
    Always,
}

/// Why a text is not a [`DatabaseUrl`]. Never holds the text, which may hold a
/// password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDatabaseUrl {
    /// Neither scheme.
    #[error("must begin with sqlite:// or postgres://")]
    Scheme,
    /// SQLite in memory.
    #[error("names a database in memory, which loses every account at exit; name a file")]
    InMemory,
    /// No file name after `sqlite://`.
    #[error("must name a file: sqlite://hallpass.db")]
    NoFile,
    /// A part of the URL cannot be read.
    #[error(
        "cannot be read as a database URL; special characters in user and password must be percent-encoded"
    )]
    Syntax,
}

impl DatabaseUrl {
    /// Reads a URL. A relative SQLite path is taken from `folder`.
    ///
    /// # Errors
    /// [`InvalidDatabaseUrl`] says which rule is broken.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, InvalidDatabaseUrl> {
        if text.starts_with("sqlite:") {
            return sqlite(text, folder);
        }
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(InvalidDatabaseUrl::Scheme);
        }
        let options = PgConnectOptions::from_str(text).map_err(|_| InvalidDatabaseUrl::Syntax)?;
        Ok(Self::Postgres(Box::new(
            options.application_name("hallpass"),
        )))
    }

    /// A SQLite file.
    #[must_use]
    pub fn sqlite_file(path: impl AsRef<Path>) -> Self {
        Self::Sqlite(Box::new(durable(
            SqliteConnectOptions::new().filename(path),
        )))
    }

    /// The file of a SQLite database.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(options) => Some(options.get_filename()),
            Self::Postgres(_) => None,
        }
    }

    /// The host of a database server, and how the way to it is protected;
    /// `None` for a file or a server's local socket.
    #[must_use]
    pub fn server(&self) -> Option<(&str, TlsUse)> {
        let Self::Postgres(options) = self else {
            return None;
        };
        if options.get_socket().is_some() || options.get_host().starts_with('/') {
            return None;
        }
        let tls = match options.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow => TlsUse::Off,
            PgSslMode::Prefer => TlsUse::IfOffered,
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => TlsUse::Always,
        };
        Some((options.get_host(), tls))
    }
}

fn sqlite(text: &str, folder: &Path) -> Result<DatabaseUrl, InvalidDatabaseUrl> {
    if text.contains(":memory:") || text.contains("mode=memory") {
        return Err(InvalidDatabaseUrl::InMemory);
    }
    let options = SqliteConnectOptions::from_str(text).map_err(|_| InvalidDatabaseUrl::Syntax)?;
    if options.get_filename().as_os_str().is_empty() {
        return Err(InvalidDatabaseUrl::NoFile);
    }
    let file = folder.join(options.get_filename());
    Ok(DatabaseUrl::Sqlite(Box::new(durable(
        options.filename(file),
    ))))
}

/// An acknowledged write survives a power cut: `synchronous=FULL` syncs the
/// write-ahead log at each commit (<https://sqlite.org/pragma.html#pragma_synchronous>).
fn durable(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(2))
        .foreign_keys(true)
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(options) => write!(f, "sqlite://{}", options.get_filename().display()),
            Self::Postgres(options) => {
                write!(
                    f,
                    "postgres://{}:{}",
                    options.get_host(),
                    options.get_port()
                )?;
                options
                    .get_database()
                    .map_or(Ok(()), |name| write!(f, "/{name}"))
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
