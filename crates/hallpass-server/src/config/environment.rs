//! The process's environment, `.env`, and files named by `…_FILE`: the only
//! place of Hallpass that reads any of them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::faults::{Fault, Faults};

/// Every name that is read. Each has a twin `…_FILE` that names a file with
/// the value, for secrets that are mounted.
pub(crate) const KNOWN: [&str; 24] = [
    "BETTER_AUTH_SECRET",
    "BETTER_AUTH_SECRETS",
    "BETTER_AUTH_URL",
    "CORS_ORIGINS",
    "DATABASE_URL",
    "DATABASE_URL_UNPOOLED",
    "HALLPASS_BRAND_COLOR",
    "HALLPASS_BRAND_LOGO",
    "HALLPASS_BRAND_NAME",
    "HALLPASS_COOKIE_PREFIX",
    "HALLPASS_COOKIE_SAMESITE",
    "HALLPASS_DATA_DIR",
    "HALLPASS_DRAIN",
    "HALLPASS_HASH_THREADS",
    "HALLPASS_LOG",
    "HALLPASS_METRICS_ADDR",
    "HALLPASS_PASSWORD_HASH",
    "HALLPASS_PASSWORD_MIN_LENGTH",
    "HALLPASS_RATE_LIMIT",
    "HALLPASS_SIGNING",
    "HOST",
    "PORT",
    "RUST_LOG",
    "TRUSTED_PROXIES",
];

const OURS: &str = "HALLPASS_";
const TWIN: &str = "_FILE";

/// What is set, wherever it is set, and what could not be read of it.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    values: Texts,
    faults: Faults,
}

type Texts = BTreeMap<String, SecretString>;

impl Environment {
    /// The process's environment, and under it `.env` of the working folder.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub(crate) fn of_process() -> Self {
        let mut faults = Faults::default();
        let mut below = dot_env(Path::new(".env"), &mut faults);
        let mut values = Texts::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else {
                continue;
            };
            // What is set here wins, by whichever of its two names.
            let bare = name.strip_suffix(TWIN).unwrap_or(name);
            below.remove(bare);
            below.remove(&format!("{bare}{TWIN}"));
            match value.into_string() {
                Ok(text) => {
                    values.insert(name.to_owned(), SecretString::from(text));
                }
                Err(_) => faults.add(name, "must be valid UTF-8"),
            }
        }
        values.append(&mut below);
        Self { values, faults }
    }

    /// What could not be read at all.
    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The value of a setting, from itself or the file its twin names.
    pub(super) fn get(&self, name: &'static str) -> Result<Option<SecretString>, Fault> {
        let twin = format!("{name}{TWIN}");
        match (self.values.get(name), self.values.get(&twin)) {
            (Some(_), Some(_)) => {
                let rule = format!("and {twin} are both set; remove one");
                Err(Fault::new(name, rule))
            }
            (Some(value), None) => Ok(Some(value.clone())),
            (None, Some(path)) => read_file(&twin, path.expose_secret()).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Names that begin with ours and mean nothing.
    pub(super) fn unknown(&self) -> impl Iterator<Item = String> {
        self.values.keys().filter(|name| !is_known(name)).cloned()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)));
        Self {
            values: pairs.collect(),
            faults: Faults::default(),
        }
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

fn dot_env(path: &Path, faults: &mut Faults) -> Texts {
    let mut values = Texts::new();
    let lines = match dotenvy::from_path_iter(path) {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return values,
        Err(_) => {
            faults.add(".env", CANNOT_BE_READ);
            return values;
        }
    };
    for line in lines {
        match line {
            Ok((name, value)) if is_ours(&name) => {
                values.insert(name, SecretString::from(value));
            }
            Ok(_) => {}
            // Reading a folder fails for ever; a line that is no UTF-8, once.
            Err(dotenvy::Error::Io(error)) if error.kind() != ErrorKind::InvalidData => {
                faults.add(".env", CANNOT_BE_READ);
                return values;
            }
            // The error quotes the line, which may hold a secret.
            Err(_) => faults.add(".env", "has a line that is not NAME=value"),
        }
    }
    values
}

const CANNOT_BE_READ: &str = "cannot be read";

/// The content of a file that a setting's value names.
pub(super) fn read_bytes(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| unreadable(&error))
}

fn unreadable(error: &std::io::Error) -> String {
    format!("names a file that cannot be read: {}", error.kind())
}

/// A file's text without its last line break, which editors and `echo` add.
fn read_file(twin: &str, path: &str) -> Result<SecretString, Fault> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Fault::new(twin, unreadable(&error)))?;
    let text = SecretString::from(text);
    let text = text.expose_secret();
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(SecretString::from(text.strip_suffix('\r').unwrap_or(text)))
}
