//! Every setting that breaks its rule, with what to write instead.

use std::path::Path;

use super::report::Report;
use crate::config::{self, Fault, Faults, Warning};

/// A value that each setting takes; a secret's is for nobody to copy.
const EXAMPLES: [(&str, &str); 25] = [
    ("BETTER_AUTH_URL", "https://auth.example.com"),
    (
        "CORS_ORIGINS",
        "https://app.example.com,https://admin.example.com",
    ),
    (
        "DATABASE_URL",
        "sqlite://hallpass.db or postgres://user:password@host/database?sslmode=require",
    ),
    (
        "DATABASE_URL_UNPOOLED",
        "postgres://user:password@host/database?sslmode=require",
    ),
    ("HALLPASS_BRAND_COLOR", "#1e6b52"),
    ("HALLPASS_BRAND_LOGO", "/etc/hallpass/logo.svg"),
    ("HALLPASS_BRAND_NAME", "\"Example Inc.\""),
    ("HALLPASS_COOKIE_PREFIX", "hallpass"),
    ("HALLPASS_COOKIE_SAMESITE", "strict"),
    ("HALLPASS_DATABASE_CONNECTIONS", "20"),
    ("HALLPASS_DATABASE_TIMEOUT", "2"),
    ("HALLPASS_DATA_DIR", "/var/lib/hallpass"),
    ("HALLPASS_DRAIN", "3"),
    ("HALLPASS_HASH_THREADS", "2"),
    ("HALLPASS_HSTS", "on"),
    ("HALLPASS_LOG", "json"),
    ("HALLPASS_METRICS_ADDR", "127.0.0.1:9090"),
    ("HALLPASS_PASSWORD_HASH", "argon2id"),
    ("HALLPASS_PASSWORD_MIN_LENGTH", "8"),
    ("HALLPASS_RATE_LIMIT", "on"),
    ("HALLPASS_SIGNING", "eddsa"),
    ("HOST", "127.0.0.1"),
    ("PORT", "8000"),
    ("RUST_LOG", "info"),
    ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
];

const TWIN: &str = "_FILE";

pub(super) fn check(faults: &Faults, warnings: &[Warning], report: &mut Report) {
    if faults.is_empty() && warnings.is_empty() {
        report.ok(
            "settings",
            "every name is known and every value keeps its rule",
        );
    }
    for fault in faults.iter() {
        report.serious(&fault.name, &fault.rule, mend(fault));
    }
    for warning in warnings {
        let Warning {
            name, finding, fix, ..
        } = warning;
        if warning.is_serious {
            report.serious(name, finding, fix);
        } else {
            report.warning(name, finding, fix);
        }
    }
}

/// Whether a setting could not be read, from itself or its `_FILE` twin.
pub(super) fn is_faulty(faults: &Faults, name: &str) -> bool {
    faults
        .iter()
        .any(|fault| fault.name.strip_suffix(TWIN).unwrap_or(&fault.name) == name)
}

fn mend(fault: &Fault) -> String {
    let Fault { name, rule } = fault;
    let example = EXAMPLES.iter().find(|(known, _)| known == name);
    if let Some(other) = also_set(rule) {
        format!("keep one of {name} and {other}")
    } else if rule.contains("cannot be read:") {
        let file = if name.ends_with(TWIN) {
            format!("the file that {name} names")
        } else {
            name.clone()
        };
        format!("make sure that {file} is there and that the user who runs hallpass may read it")
    } else if name == "BETTER_AUTH_SECRETS" {
        format!("set {name} to NEW,OLD, each as `hallpass secret` prints it")
    } else if name == "BETTER_AUTH_SECRET" {
        format!("set {name} to what `hallpass secret` prints")
    } else if let Some((_, example)) = example {
        format!("set {name} to a value like {example}")
    } else if name == ".env" {
        "write one NAME=value on each line, and quote values that hold spaces".to_owned()
    } else if rule.contains("chmod") {
        format!("chmod 600 {name}")
    } else {
        format!("put a fresh secret there (`hallpass secret > {name}`), or set BETTER_AUTH_SECRET")
    }
}

/// The other of two names for one setting.
fn also_set(rule: &str) -> Option<&str> {
    let rest = rule.strip_prefix("and ")?;
    rest.split_once(" are both set").map(|(other, _)| other)
}

/// `.env` may hold the secret and the database's password.
pub(super) fn check_dot_env(https: bool, report: &mut Report) {
    let finding = ".env may hold secrets, and other users of this machine may read it";
    match config::others_may_read(Path::new(".env")) {
        true if https => report.warning(".env", finding, "chmod 600 .env"),
        true => report.note(".env", finding),
        false => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KNOWN;

    #[test]
    fn every_setting_has_an_example() {
        let examples = EXAMPLES.iter().map(|(name, _)| *name);
        assert!(
            KNOWN
                .into_iter()
                .filter(|name| !name.starts_with("BETTER_AUTH_SECRET"))
                .eq(examples)
        );
    }
}
