//! The process's environment, `.env`, and files named by `…_FILE`: the only
//! place of Hallpass that reads any of them.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::dot_env::{self, DotEnv, Names};
use super::faults::{Fault, Faults};
use super::file::{self, Content, Links};
use super::others;
use super::ownership::{self, Standing};
use super::warnings::Warning;

/// Every name that is read. Each has a twin `…_FILE` that names a file with
/// the value, for secrets that are mounted.
pub(crate) const KNOWN: [&str; 27] = [
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
    "HALLPASS_DATABASE_CONNECTIONS",
    "HALLPASS_DATABASE_TIMEOUT",
    "HALLPASS_DATA_DIR",
    "HALLPASS_DRAIN",
    "HALLPASS_HASH_THREADS",
    "HALLPASS_HSTS",
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

const TWIN: &str = "_FILE";

/// The most bytes of `.env`.
const MOST_OF_DOT_ENV: u64 = 16 * 1024 * 1024;

/// The most bytes of a file that a twin names: a list of front ends is longer
/// than a secret.
const MOST_OF_TWIN: u64 = 64 * 1024;

/// The most bytes of a logo that are read; the logo's own limit is lower.
const MOST_OF_LOGO: u64 = 1024 * 1024;

/// The most bytes of a file that holds one secret.
pub(super) const MOST_OF_SECRET: u64 = 4 * 1024;

/// What is set, wherever it is set, and what could not be read of it.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    values: Texts,
    /// Names that are no settings and may have been meant as one.
    unknown: Vec<String>,
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
        let outside = |name: &str| std::env::var(name).ok();
        let mut environment = Self::default();
        let mut below = environment.dot_env(Path::new(".env"), &outside);
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            below.overridden_by(name);
            match value.into_string() {
                Ok(text) => environment.take(name, SecretString::from(text)),
                Err(_) if is_known(name) => environment.faults.add(name, "must be valid UTF-8"),
                Err(_) => {}
            }
        }
        for (name, value) in below.values {
            environment.take(&name, value);
        }
        for broken in below.broken {
            let rule = format!("line {}: {} {}", broken.line, broken.name, broken.rule);
            environment.faults.add(".env", rule);
        }
        environment
    }

    fn take(&mut self, name: &str, value: SecretString) {
        if is_known(name) {
            self.values.insert(name.to_owned(), value);
        } else if !others::set(name, value.expose_secret()) {
            self.unknown.push(name.to_owned());
        }
    }

    fn dot_env(&mut self, path: &Path, outside: &dyn Fn(&str) -> Option<String>) -> DotEnv {
        let content = match file::read(path, MOST_OF_DOT_ENV, Links::Follow) {
            Ok(content) => content.bytes,
            Err(unread) if unread.is_absent() => return DotEnv::default(),
            Err(unread) => {
                self.faults.add(".env", unread);
                return DotEnv::default();
            }
        };
        if is_utf_16(&content) {
            self.faults.add(".env", "is UTF-16; save it as UTF-8");
            return DotEnv::default();
        }
        let names = Names {
            is_ours: &is_known,
            outside,
        };
        dot_env::parse(&content, names)
    }

    /// What could not be read at all.
    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The value of a setting, from itself or the file its twin names.
    pub(super) fn get(
        &self,
        name: &'static str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<SecretString>, Fault> {
        let twin = twin(name);
        match (self.values.get(name), self.values.get(&twin)) {
            (Some(_), Some(_)) => {
                let rule = format!("and {twin} are both set; remove one");
                Err(Fault::new(name, rule))
            }
            (Some(value), None) => Ok(Some(value.clone())),
            (None, Some(path)) => {
                let path = Path::new(path.expose_secret());
                let read = read_twin(name, path, &twin, warnings);
                read.map(Some).map_err(|rule| Fault::new(twin, rule))
            }
            (None, None) => Ok(None),
        }
    }

    /// A setting as the operator wrote it, for checks beyond its rule.
    pub(crate) fn text(&self, name: &'static str) -> Option<SecretString> {
        self.get(name, &mut Vec::new()).ok().flatten()
    }

    /// Whether a setting has a value, from itself or its twin.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        let bare = name.strip_suffix(TWIN).unwrap_or(name);
        let twin = twin(bare);
        self.values.contains_key(bare) || self.values.contains_key(&twin)
    }

    /// Names that are no settings, of us or of others.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let mut environment = Self::default();
        for (name, value) in pairs {
            environment.take(name, SecretString::from(value));
        }
        environment
    }
}

impl DotEnv {
    /// What is set outside the file wins, by either of its two names.
    fn overridden_by(&mut self, name: &str) {
        let bare = name.strip_suffix(TWIN).unwrap_or(name);
        let twin = twin(bare);
        self.values.remove(bare);
        self.values.remove(&twin);
        self.broken
            .retain(|broken| broken.name != bare && broken.name != twin);
    }
}

/// The name that names a file with the value.
pub(super) fn twin(name: &str) -> String {
    format!("{name}{TWIN}")
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
        || name
            .strip_suffix(TWIN)
            .is_some_and(|name| KNOWN.contains(&name))
}

/// By its mark, or by its zeros, which no text in UTF-8 has.
fn is_utf_16(content: &[u8]) -> bool {
    match content {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, first, 0, second, ..] | [first, 0, second, 0, ..] => *first != 0 && *second != 0,
        _ => false,
    }
}

/// Settings whose values no other user may read.
fn is_secret(name: &str) -> bool {
    name.starts_with("BETTER_AUTH_SECRET") || name.starts_with("DATABASE_URL")
}

/// The content of the logo's file.
pub(super) fn read_bytes(path: &str) -> Result<Vec<u8>, String> {
    let content = file::read(Path::new(path), MOST_OF_LOGO, Links::Follow)
        .map_err(|unread| named(&unread))?;
    Ok(content.bytes)
}

fn named(unread: &file::Unread) -> String {
    format!("names a file that {unread}")
}

/// A file's text without its last line break, which editors and `echo` add.
fn read_twin(
    name: &str,
    path: &Path,
    twin: &str,
    warnings: &mut Vec<Warning>,
) -> Result<SecretString, String> {
    let most = match name {
        "BETTER_AUTH_SECRET" => MOST_OF_SECRET,
        _ => MOST_OF_TWIN,
    };
    let content = file::read(path, most, Links::Follow).map_err(|unread| named(&unread))?;
    match ownership::of_named(path, &content, is_secret(name)) {
        Standing::Safe => {}
        Standing::Warn(finding) => warnings.push(Warning::new(twin, finding, MOUNT_IT_SAFELY)),
        Standing::Refuse(rule) => return Err(rule),
    }
    text_of(content).ok_or_else(|| "names a file that cannot be read: invalid data".to_owned())
}

/// What to do about a file that is used with a warning.
pub(super) const MOUNT_IT_SAFELY: &str =
    "let the user who runs hallpass own it, with mode 0400; Kubernetes sets it by defaultMode";

/// Text in UTF-8 without the line break at its end.
pub(super) fn text_of(content: Content) -> Option<SecretString> {
    let text = SecretString::from(String::from_utf8(content.bytes).ok()?);
    let text = text.expose_secret();
    let text = text.strip_suffix('\n').unwrap_or(text);
    Some(SecretString::from(text.strip_suffix('\r').unwrap_or(text)))
}
