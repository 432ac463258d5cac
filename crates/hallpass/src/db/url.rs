//! `DATABASE_URL`, checked once.

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use hallpass_rls::{InvalidPostgresUrl, PostgresUrl};
use sqlx::postgres::PgSslMode;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::postgres_url::PostgresServer;

/// Where the accounts live: `sqlite://PATH` or `postgres://…`.
///
/// `Debug` and `Display` leave out user and password.
#[derive(Clone)]
pub struct DatabaseUrl(Target);

#[derive(Clone)]
pub(super) enum Target {
    /// A file, made when it is missing.
    Sqlite(Box<SqliteConnectOptions>),
    /// A server.
    Postgres(Box<PostgresServer>),
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
    /// A scheme that names a driver, such as `postgresql+asyncpg`.
    #[error("must begin with sqlite:// or postgres://, without the name of a driver")]
    Driver,
    /// `file:`, by which Prisma and SQLite's own shell name a file.
    #[error("must begin with sqlite: in place of file:")]
    File,
    /// More than a URL.
    #[error("must be the URL alone, without quotes and without psql before it")]
    Quotes,
    /// `host=… dbname=…`.
    #[error("must be a URL, not keywords and values: postgres://USER:PASSWORD@HOST:PORT/DBNAME")]
    Keywords,
    /// SQLite in memory.
    #[error("names a database in memory, which loses every account at exit; name a file")]
    InMemory,
    /// No file name after `sqlite://`.
    #[error("must name a file: sqlite://hallpass.db")]
    NoFile,
    /// SQLite: a `%` that begins no escape.
    #[error("cannot be read as a database URL; % itself is written %25, and ? %3F")]
    Syntax,
    /// SQLite: a parameter that is not known.
    #[error("has a parameter that is not known here: {0}; of SQLite's, only mode is")]
    SqliteParameter(String),
    /// SQLite: how the file is opened.
    #[error("must say mode=rwc or mode=rw, or not name it, since accounts are written")]
    SqliteMode,
    /// PostgreSQL: a part that breaks a rule.
    #[error(transparent)]
    Postgres(#[from] InvalidPostgresUrl),
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
        if !PostgresUrl::has_scheme(text) {
            return Err(no_scheme(text));
        }
        let server = PostgresServer::parse(text)?;
        Ok(Self(Target::Postgres(Box::new(server))))
    }

    /// A SQLite file.
    #[must_use]
    pub fn sqlite_file(path: impl AsRef<Path>) -> Self {
        let options = SqliteConnectOptions::new().filename(path);
        Self(Target::Sqlite(Box::new(durable(options))))
    }

    pub(super) fn target(&self) -> &Target {
        &self.0
    }

    /// The file of a SQLite database.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Target::Sqlite(options) => Some(options.get_filename()),
            Target::Postgres(_) => None,
        }
    }

    /// Makes a SQLite file that is missing, so that its owner alone may read it
    /// (mode 0600): SQLite would let everybody, and gives its journal the same
    /// mode. [`Hallpass::migrate`](crate::Hallpass::migrate) does this. The
    /// folder must be there.
    ///
    /// # Errors
    /// Those of the file system, but not that there is such a file.
    pub fn make_file(&self) -> io::Result<()> {
        let Some(path) = self.sqlite_path() else {
            return Ok(());
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// The host of a database server, and how the way to it is protected;
    /// `None` for a file or a server's local socket.
    #[must_use]
    pub fn server(&self) -> Option<(&str, TlsUse)> {
        let Target::Postgres(server) = &self.0 else {
            return None;
        };
        let options = &server.options;
        if server.socket().is_some() {
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

/// What a text that begins with neither scheme may be. Nothing of it is shown.
fn no_scheme(text: &str) -> InvalidDatabaseUrl {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let ours = ["postgres", "sqlite"].map(|name| scheme.to_ascii_lowercase().contains(name));
    if text.starts_with(['"', '\'', '`']) || text.starts_with("psql ") {
        InvalidDatabaseUrl::Quotes
    } else if text.starts_with("file:") {
        InvalidDatabaseUrl::File
    } else if scheme.contains('=') || (scheme.is_empty() && text.contains('=')) {
        InvalidDatabaseUrl::Keywords
    } else if ours.contains(&true) {
        InvalidDatabaseUrl::Driver
    } else {
        InvalidDatabaseUrl::Scheme
    }
}

fn sqlite(text: &str, folder: &Path) -> Result<DatabaseUrl, InvalidDatabaseUrl> {
    if text.contains(":memory:") || text.contains("mode=memory") {
        return Err(InvalidDatabaseUrl::InMemory);
    }
    let (file, parameters) = text.split_once('?').unwrap_or((text, ""));
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("mode", "rwc" | "rw") => {}
            ("mode", _) => return Err(InvalidDatabaseUrl::SqliteMode),
            (other, _) => {
                let shown = other.escape_debug().take(40).collect();
                return Err(InvalidDatabaseUrl::SqliteParameter(shown));
            }
        }
    }
    let options = SqliteConnectOptions::from_str(file).map_err(|_| InvalidDatabaseUrl::Syntax)?;
    if options.get_filename().as_os_str().is_empty() {
        return Err(InvalidDatabaseUrl::NoFile);
    }
    let file = folder.join(options.get_filename());
    let options = durable(options.filename(file));
    Ok(DatabaseUrl(Target::Sqlite(Box::new(options))))
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
        match &self.0 {
            Target::Sqlite(options) => write!(f, "sqlite://{}", options.get_filename().display()),
            Target::Postgres(server) => server.fmt(f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
