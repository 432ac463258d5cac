//! Settings: from the environment and `.env` to checked values.
//!
//! First everything is read and every fault is gathered ([`Checked`]); only
//! when there is none is anything made ([`Checked::open`]). So a wrong setting
//! leaves no folder, secret or database behind.

mod address;
mod dot_env;
mod environment;
mod faults;
mod file;
mod lists;
mod others;
mod ownership;
mod place;
mod read;
mod secret;
mod secret_file;
mod warnings;

use std::path::PathBuf;
use std::time::Duration;

use hallpass::{Settings, SigningSecret};

pub(crate) use self::address::{own_origins, reachable};
pub(crate) use self::environment::Environment;
#[cfg(test)]
pub(crate) use self::environment::KNOWN;
pub(crate) use self::faults::{Fault, Faults};
pub(crate) use self::read::Values;
pub(crate) use self::secret_file::{SecretFile, others_may_read};
pub(crate) use self::warnings::Warning;

/// Checked settings, before anything is made of them.
#[derive(Debug)]
pub(crate) struct Checked {
    values: Values,
    secret: SecretSource,
    warnings: Vec<Warning>,
}

/// All that could be read, and what is wrong with the rest: for `doctor`, which
/// looks at as much as it can.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Every setting but the secret; one with a fault stands at its default.
    pub(crate) values: Values,
    /// Where the secret is; `None` when there is a fault.
    pub(crate) secret: Option<SecretSource>,
    pub(crate) faults: Faults,
    /// What is odd and stops nothing.
    pub(crate) warnings: Vec<Warning>,
}

/// The secret that signs, and those before it that still verify.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    pub(crate) current: SigningSecret,
    pub(crate) previous: Vec<SigningSecret>,
}

impl From<SigningSecret> for Secrets {
    fn from(only: SigningSecret) -> Self {
        Self {
            current: only,
            previous: Vec::new(),
        }
    }
}

/// Where the signing secret is.
#[derive(Debug)]
pub(crate) enum SecretSource {
    /// In `BETTER_AUTH_SECRET`, `BETTER_AUTH_SECRETS`, or the file that the
    /// `_FILE` twin of one names.
    Setting(Secrets),
    /// In the data folder.
    File(PathBuf, SigningSecret),
    /// Nowhere yet: to be made in the data folder.
    ToBeMade(PathBuf),
}

/// What is not there yet, with its absolute path.
#[derive(Debug)]
pub(crate) enum Missing {
    DataFolder(PathBuf),
    Database(PathBuf),
}

/// Everything the server runs with.
#[derive(Debug)]
pub(crate) struct Config {
    /// What the library runs with.
    pub(crate) settings: Settings,
    /// Where to listen.
    pub(crate) listen: Listen,
    /// Where to show metrics, if anywhere.
    pub(crate) metrics: Option<std::net::SocketAddr>,
    /// Holds database and secret.
    pub(crate) data_dir: PathBuf,
    /// How long requests are still accepted after the process is asked to stop.
    pub(crate) drain: Duration,
    /// How the log looks and what it holds.
    pub(crate) log: Log,
    /// The secret's file, when it was made just now.
    pub(crate) fresh_secret: Option<PathBuf>,
    /// The data folder, when it was made just now.
    pub(crate) fresh_folder: Option<PathBuf>,
    /// Whether the public URL follows the listener, as no setting names one.
    pub(crate) is_default_url: bool,
}

/// Host and port of a listener.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    pub(crate) host: std::net::IpAddr,
    pub(crate) port: u16,
}

/// What the log holds, and in which form.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    /// `RUST_LOG`, checked.
    pub(crate) filter: String,
    /// `HALLPASS_LOG`, if set.
    pub(crate) format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Pretty,
    Json,
}

impl Reading {
    /// Reads every setting; makes nothing.
    pub(crate) fn of(environment: &Environment) -> Self {
        let mut faults = environment.faults().clone();
        let mut warnings = warnings::unknown_names(environment);
        let values = Values::read(environment, &mut faults, &mut warnings);
        let secret = secret::secret(environment, &values, &mut faults, &mut warnings);
        warnings.extend(values.folder_warning());
        Self {
            values,
            secret,
            faults,
            warnings,
        }
    }
}

impl Checked {
    /// Checks every setting; makes nothing.
    pub(crate) fn read(environment: &Environment) -> Result<Self, Faults> {
        match Reading::of(environment) {
            Reading {
                values,
                secret: Some(secret),
                faults,
                warnings,
            } if faults.is_empty() => Ok(Self {
                values,
                secret,
                warnings,
            }),
            Reading { faults, .. } => Err(faults),
        }
    }

    /// What is odd and stops nothing.
    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What a command that makes nothing misses; `None` when the database is
    /// there, or is a server.
    pub(crate) fn missing(&self) -> Option<Missing> {
        self.values.missing()
    }

    /// Where the signing secret is, or will be.
    pub(crate) fn secret(&self) -> &SecretSource {
        &self.secret
    }

    /// What the library runs with, for a command that only looks: where there
    /// is no secret yet, one that is kept nowhere stands in for it.
    pub(crate) fn look(self) -> Result<Settings, Faults> {
        let secret = match self.secret {
            SecretSource::Setting(secrets) => secrets,
            SecretSource::File(_, secret) => secret.into(),
            SecretSource::ToBeMade(_) => stand_in()?.into(),
        };
        Ok(self.values.settings(secret))
    }

    /// Makes the data folder and the secret where they are missing.
    pub(crate) fn open(self) -> Result<Config, Faults> {
        let values = self.values;
        let makes_secret = matches!(self.secret, SecretSource::ToBeMade(_));
        let fresh_folder = if makes_secret || values.database_is_in_folder() {
            secret_file::make_folder(&values.data_dir)?
        } else {
            None
        };
        values.database.make_file().map_err(|error| {
            let rule = format!("names a file that cannot be made: {error}");
            Faults::one("DATABASE_URL", rule)
        })?;
        let (secret, fresh_secret) = match self.secret {
            SecretSource::Setting(secrets) => (secrets, None),
            SecretSource::File(_, secret) => (secret.into(), None),
            SecretSource::ToBeMade(path) => (SecretFile::make(&path)?.into(), Some(path)),
        };
        Ok(Config {
            settings: values.settings(secret),
            listen: values.listen,
            metrics: values.metrics,
            data_dir: values.data_dir,
            drain: values.drain,
            log: values.log,
            fresh_secret,
            fresh_folder,
            is_default_url: values.is_default_url,
        })
    }
}

/// A fresh secret that is kept nowhere.
pub(crate) fn stand_in() -> Result<SigningSecret, Faults> {
    let fault = |error: &dyn std::fmt::Display| Faults::one("BETTER_AUTH_SECRET", error);
    let fresh = SigningSecret::generate().map_err(|error| fault(&error))?;
    SigningSecret::new(&fresh).map_err(|error| fault(&error))
}
