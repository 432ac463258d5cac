//! Every setting that breaks its rule, with what to write instead.

use std::path::Path;

use hallpass::{Origin, PublicUrl};
use url::Url;

use super::exposure::proxies;
use super::fix::Fix;
use super::report::{Level, Report};
use super::setup::Setup;
use crate::config::{self, Fault, Faults, Warning};

/// A value that each setting takes; a secret's is for nobody to copy. A setting
/// without one is rather removed.
const EXAMPLES: [(&str, Option<&str>); 25] = [
    ("BETTER_AUTH_URL", Some("https://auth.example.com")),
    ("CORS_ORIGINS", None),
    ("DATABASE_URL", Some("sqlite://hallpass.db")),
    ("DATABASE_URL_UNPOOLED", None),
    ("HALLPASS_BRAND_COLOR", Some("#1e6b52")),
    ("HALLPASS_BRAND_LOGO", None),
    ("HALLPASS_BRAND_NAME", Some("Example Inc.")),
    ("HALLPASS_COOKIE_PREFIX", Some("hallpass")),
    ("HALLPASS_COOKIE_SAMESITE", Some("strict")),
    ("HALLPASS_DATABASE_CONNECTIONS", None),
    ("HALLPASS_DATABASE_TIMEOUT", None),
    ("HALLPASS_DATA_DIR", None),
    ("HALLPASS_DRAIN", Some("3")),
    ("HALLPASS_HASH_THREADS", None),
    ("HALLPASS_HSTS", Some("on")),
    ("HALLPASS_LOG", Some("json")),
    ("HALLPASS_METRICS_ADDR", Some("127.0.0.1:9090")),
    ("HALLPASS_PASSWORD_HASH", Some("argon2id")),
    ("HALLPASS_PASSWORD_MIN_LENGTH", Some("8")),
    ("HALLPASS_RATE_LIMIT", Some("on")),
    ("HALLPASS_SIGNING", Some("hs256")),
    ("HOST", Some("127.0.0.1")),
    ("PORT", Some("8000")),
    ("RUST_LOG", Some("info")),
    ("TRUSTED_PROXIES", None),
];

const TWIN: &str = "_FILE";
const DOT_ENV: &str = ".env";
const FOLDER: &str = "HALLPASS_DATA_DIR";
const SECRET: &str = "BETTER_AUTH_SECRET";
const SECRETS: &str = "BETTER_AUTH_SECRETS";
const URL: &str = "BETTER_AUTH_URL";
const CORS: &str = "CORS_ORIGINS";
const PROXIES: &str = "TRUSTED_PROXIES";

pub(super) fn check(setup: &Setup<'_>, warnings: &[Warning], report: &mut Report) {
    if setup.faults.is_empty() && warnings.is_empty() {
        report.ok(
            "settings",
            "every name is known and every value keeps its rule",
        );
    }
    for fault in setup.faults.iter() {
        report.serious(&fault.name, &fault.rule, fix(fault, setup));
    }
    for warning in warnings {
        let level = if warning.is_serious {
            Level::Serious
        } else {
            Level::Warning
        };
        let fix = fix_of_warning(warning, setup);
        report.add(&warning.name, level, warning.finding.clone(), Some(fix));
    }
}

/// Of an unknown name, or of a file's owner and mode.
fn fix_of_warning(warning: &Warning, setup: &Setup<'_>) -> String {
    let Warning {
        name, finding, fix, ..
    } = warning;
    if let Some((_, meant)) = finding.split_once("did you mean ") {
        let meant = meant.trim_end_matches('?');
        if setup.environment.is_set(meant) {
            Fix::unset(name).into()
        } else {
            Fix::rename(name, meant).into()
        }
    } else if finding.starts_with("is not a setting") {
        Fix::unset(name).into()
    } else if name == FOLDER {
        let folder = setup.values.data_dir.as_path();
        Fix::own_with("chmod 700", folder).into()
    } else {
        fix.clone()
    }
}

/// Whether a setting could not be read, from itself or its `_FILE` twin.
pub(super) fn is_faulty(faults: &Faults, name: &str) -> bool {
    faults
        .iter()
        .any(|fault| fault.name.strip_suffix(TWIN).unwrap_or(&fault.name) == name)
}

fn fix(fault: &Fault, setup: &Setup<'_>) -> String {
    let Fault { name, rule } = fault;
    let bare = name.strip_suffix(TWIN).unwrap_or(name);
    if let Some(other) = also_set(rule) {
        Fix::unset(other).remark(format!("or {name}")).into()
    } else if let Some((_, command)) = rule.split_once(" it with: ") {
        // Others should not read a secret either.
        let is_secret = bare == SECRET || bare == SECRETS;
        let access = if is_secret { "chmod 600" } else { "chmod go-w" };
        Fix::run(command.replace("chmod go-w", access)).into()
    } else if name == DOT_ENV {
        dot_env(rule).into()
    } else if name.ends_with(TWIN) {
        let remark = format!("or let {name} name a file that the user who runs hallpass may read");
        without(name, bare, setup).remark(remark).into()
    } else if rule.starts_with("is set but empty") {
        without(name, bare, setup).into()
    } else {
        value(name, rule, setup)
    }
}

/// The other of two names for one setting.
fn also_set(rule: &str) -> Option<&str> {
    let rest = rule.strip_prefix("and ")?;
    rest.split_once(" are both set").map(|(other, _)| other)
}

/// Removes a name; where there must be a secret, another one takes its place.
fn without(name: &str, bare: &str, setup: &Setup<'_>) -> Fix {
    match bare {
        SECRET | SECRETS if setup.is_https() => {
            Fix::unset(name).then(Fix::set_fresh_secret(SECRET))
        }
        _ => Fix::unset(name),
    }
}

/// For a value that breaks its rule.
fn value(name: &str, rule: &str, setup: &Setup<'_>) -> String {
    match name {
        SECRET => Fix::set_fresh_secret(SECRET).into(),
        SECRETS => weak_item(rule).into(),
        URL => public_url(setup).into(),
        CORS => front_ends(setup).into(),
        PROXIES => proxies::of_valid(setup).into(),
        "DATABASE_URL" => Fix::set(name, "sqlite://hallpass.db")
            .remark("or postgres://user:password@host/database?sslmode=require")
            .into(),
        "HALLPASS_BRAND_LOGO" => Fix::unset(name)
            .remark("or name an SVG, PNG or WebP image of at most 12 KiB")
            .into(),
        _ => match EXAMPLES.iter().find(|(known, _)| *known == name) {
            Some((_, Some(example))) => Fix::set(name, example).into(),
            Some((_, None)) => Fix::unset(name).into(),
            None => secret_file(Path::new(name), rule).into(),
        },
    }
}

/// An item of the list that is weak, by its place.
fn weak_item(rule: &str) -> Fix {
    let place = rule.strip_prefix("holds, in place ").and_then(|rest| {
        let (place, _) = rest.split_once(',')?;
        place.parse().ok().filter(|place| *place > 1)
    });
    match place {
        Some(place) => Fix::remove_item(place, SECRETS),
        None => Fix::unset(SECRETS).then(Fix::set_fresh_secret(SECRET)),
    }
}

/// What stands in the setting, as far as it can be understood.
fn public_url(setup: &Setup<'_>) -> Fix {
    let text = setup.text(URL).unwrap_or_default();
    let bare = text.rsplit("://").next().unwrap_or_default();
    let candidates = [text.clone(), format!("https://{bare}")];
    let mut urls = candidates.iter().filter_map(|text| Url::parse(text).ok());
    let found = urls.find(|url| {
        let host = url.host_str().unwrap_or_default();
        matches!(url.scheme(), "http" | "https")
            && (host == "localhost" || host.contains(['.', ':']))
    });
    let shown = found.map(|url| {
        let origin = url.origin().ascii_serialization();
        let whole = format!("{origin}{}", url.path());
        PublicUrl::parse(&whole).map_or(origin, |url| url.to_string())
    });
    Fix::set(URL, shown.as_deref().unwrap_or("https://auth.example.com"))
}

/// The items that keep their rule, or can be made to.
fn front_ends(setup: &Setup<'_>) -> Fix {
    let text = setup.text(CORS).unwrap_or_default();
    let separators = |c: char| c.is_whitespace() || "[]\"',;".contains(c);
    let kept: Vec<_> = text.split(separators).filter_map(origin).collect();
    if kept.is_empty() {
        Fix::unset(CORS)
    } else {
        Fix::set(CORS, kept.join(","))
    }
}

fn origin(item: &str) -> Option<String> {
    let parsed = item.parse::<Origin>().ok();
    let from_url = || {
        let origin = Url::parse(item).ok()?.origin().ascii_serialization();
        origin.parse::<Origin>().ok()
    };
    parsed.or_else(from_url).map(|origin| origin.to_string())
}

/// A line that assigns a setting and cannot be read, or the whole file. A line
/// that becomes a comment leaves the numbers of the others as they are.
fn dot_env(rule: &str) -> Fix {
    let line = rule.strip_prefix("line ").and_then(|rest| {
        let (number, _) = rest.split_once(':')?;
        number.parse::<usize>().ok()
    });
    match line {
        Some(line) => Fix::run(format!("sed -i '{line}s/^/# /' {DOT_ENV}"))
            .remark("or write NAME=value there"),
        None if rule.contains("UTF-16") => {
            let converted = format!("iconv -f UTF-16 -t UTF-8 {DOT_ENV} -o {DOT_ENV}.new");
            let replaced = format!("mv {DOT_ENV}.new {DOT_ENV}");
            let private = Fix::run_on("chmod 600", Path::new(DOT_ENV));
            Fix::run(converted).then(Fix::run(replaced)).then(private)
        }
        None => Fix::set_aside(Path::new(DOT_ENV)),
    }
}

/// The secret in the data folder.
fn secret_file(path: &Path, rule: &str) -> Fix {
    if rule.contains("cannot be read: permission denied") {
        Fix::own(path)
    } else if rule.contains("cannot be read") {
        Fix::set_aside(path).remark("all users must sign in again")
    } else {
        Fix::run_on("hallpass secret >", path).remark("all users must sign in again")
    }
}

/// `.env` may hold the secret and the database's password.
pub(super) fn check_dot_env(https: bool, report: &mut Report) {
    let path = Path::new(DOT_ENV);
    let finding = ".env may hold secrets, and other users of this machine may read it";
    match config::others_may_read(path) {
        true if https => report.warning(".env", finding, Fix::run_on("chmod 600", path)),
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
