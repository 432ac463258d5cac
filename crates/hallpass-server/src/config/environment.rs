//! The process's environment, `.env`, and files named by `…_FILE`: the only
//! place of Hallpass that reads any of them.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::faults::Faults;

/// Every name that is read. Each has a twin `…_FILE` that names a file with
/// the value, for secrets that are mounted.
pub(crate) const KNOWN: [&str; 16] = [
    "BETTER_AUTH_SECRET",
    "BETTER_AUTH_URL",
    "CORS_ORIGINS",
    "DATABASE_URL",
    "HALLPASS_COOKIE_PREFIX",
    "HALLPASS_DATA_DIR",
    "HALLPASS_HASH_THREADS",
    "HALLPASS_LOG",
    "HALLPASS_METRICS_ADDR",
    "HALLPASS_PASSWORD_HASH",
    "HALLPASS_PASSWORD_MIN_LENGTH",
    "HALLPASS_RATE_LIMIT",
    "HOST",
    "PORT",
    "RUST_LOG",
    "TRUSTED_PROXIES",
];

const OURS: &str = "HALLPASS_";
const TWIN: &str = "_FILE";

/// What is set, wherever it is set.
#[derive(Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, SecretString>);

impl Environment {
    /// The process's environment, and under it `.env` of the working folder.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub(crate) fn of_process() -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut values = dot_env(Path::new(".env"), &mut faults);
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else {
                continue;
            };
            match value.into_string() {
                Ok(text) => {
                    values.insert(name.to_owned(), SecretString::from(text));
                }
                Err(_) => faults.add(name, "must be valid UTF-8"),
            }
        }
        if faults.is_empty() {
            Ok(Self(values))
        } else {
            Err(faults)
        }
    }

    /// The value of a setting, from itself or the file its twin names.
    pub(super) fn get(&self, name: &'static str, faults: &mut Faults) -> Option<SecretString> {
        let twin = format!("{name}{TWIN}");
        match (self.0.get(name), self.0.get(&twin)) {
            (Some(_), Some(_)) => {
                faults.add(name, format!("and {twin} are both set; remove one"));
                None
            }
            (Some(value), None) => Some(value.clone()),
            (None, Some(path)) => read_file(&twin, path.expose_secret(), faults),
            (None, None) => None,
        }
    }

    /// Names that begin with ours and mean nothing.
    pub(super) fn unknown(&self) -> impl Iterator<Item = String> {
        self.0.keys().filter(|name| !is_known(name)).cloned()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)));
        Self(pairs.collect())
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
        || name
            .strip_suffix(TWIN)
            .is_some_and(|name| KNOWN.contains(&name))
}

fn is_ours(name: &str) -> bool {
    is_known(name) || name.starts_with(OURS)
}

fn dot_env(path: &Path, faults: &mut Faults) -> BTreeMap<String, SecretString> {
    let mut values = BTreeMap::new();
    let lines = match dotenvy::from_path_iter(path) {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return values,
        Err(_) => {
            faults.add(".env", "cannot be read");
            return values;
        }
    };
    for line in lines {
        match line {
            Ok((name, value)) if is_ours(&name) => {
                values.insert(name, SecretString::from(value));
            }
            Ok(_) => {}
            // The error quotes the line, which may hold a secret.
            Err(_) => faults.add(".env", "has a line that is not NAME=value"),
        }
    }
    values
}

/// A file's text without its last line break, which editors and `echo` add.
fn read_file(twin: &str, path: &str, faults: &mut Faults) -> Option<SecretString> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let text = text.strip_suffix('\n').unwrap_or(&text);
            Some(SecretString::from(text.strip_suffix('\r').unwrap_or(text)))
        }
        Err(error) => {
            faults.add(
                twin,
                format!("names a file that cannot be read: {}", error.kind()),
            );
            None
        }
    }
}
