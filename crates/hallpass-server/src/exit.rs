//! What the process says when it ends.

use std::fmt;
use std::process::ExitCode;

use hallpass::{Error, Hallpass, SchemaError, Settings, SigningKeyError};

use crate::config::Faults;

/// Why a command did not do what it was asked to. Each kind has its exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command was understood and answers no: exit code 1.
    Refused(String),
    /// Settings break rules: exit code 2, as for a command line that cannot be read.
    Settings(Faults),
    /// The database cannot be reached or used: exit code 3.
    Database(String),
}

impl Failure {
    pub(crate) fn refused(reason: impl fmt::Display) -> Self {
        Self::Refused(reason.to_string())
    }

    /// Says which database cannot be used, and what to look at.
    pub(crate) fn schema(hallpass: &Hallpass, error: &SchemaError) -> Self {
        let settings = hallpass.settings();
        let database = &settings.database;
        Self::Database(match error {
            SchemaError::Store(cause) => {
                let hint = hint(settings);
                format!("the database at {database} cannot be used: {cause}; {hint}")
            }
            other => other.to_string(),
        })
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused(_) => 1,
            Self::Settings(_) => 2,
            Self::Database(_) => 3,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) | Self::Database(reason) => f.write_str(reason),
            Self::Settings(faults) => faults.fmt(f),
        }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Settings(faults)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseUnavailable(cause) => Self::Database(format!("{error}: {cause}")),
            Error::Internal(cause) => Self::Refused(format!("{error}: {cause}")),
            _ => Self::refused(error),
        }
    }
}

impl From<SigningKeyError> for Failure {
    fn from(error: SigningKeyError) -> Self {
        match error {
            SigningKeyError::Store(cause) => Self::Database(cause.to_string()),
            other => Self::refused(other),
        }
    }
}

/// Where to look when a database does not answer.
pub(crate) fn hint(settings: &Settings) -> &'static str {
    if settings.migrations_database.is_some() {
        "check DATABASE_URL and DATABASE_URL_UNPOOLED and that the server runs and lets you in"
    } else if settings.database.sqlite_path().is_some() {
        "check that DATABASE_URL names a SQLite file that you may write, in a folder that you may write"
    } else {
        "check DATABASE_URL and that the server runs and lets you in"
    }
}
