//! What each parameter means here, and what its value must be.

use super::InvalidPostgresUrl as Fault;

/// What becomes of a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    /// The driver reads it.
    Driver,
    /// It has no effect, whatever it says.
    Nothing,
    /// It has no effect, and must say one of these.
    OneOf(&'static [&'static str], &'static str),
    /// It is refused, for this reason.
    Refused(&'static str),
    SslMode,
    SslRootCert,
    SslAccept,
    ChannelBinding,
    Pgbouncer,
    StatementCache,
    ConnectionLimit,
    Host,
    HostAddress,
    Port,
}

const SSL_MODE: &str = "must be disable, allow, prefer, require, verify-ca or verify-full";
const NEAR_FULL: &str =
    "must be disable, allow, prefer, require, verify-ca or verify-full; did you mean verify-full?";
const NEAR_REQUIRE: &str =
    "must be disable, allow, prefer, require, verify-ca or verify-full; did you mean require?";
const NEAR_DISABLE: &str =
    "must be disable, allow, prefer, require, verify-ca or verify-full; did you mean disable?";
pub(super) const CONNECTION_LIMIT: &str = "must be a whole number from 1 to 1000";
pub(super) const HOST_ADDRESS: &str = "must be an IP address";
pub(super) const SSL_ACCEPT: &str = "must be strict or accept_invalid_certs";
pub(super) const STATEMENT_CACHE: &str = "must be a whole number";
const SCHEMA: &str =
    "may only be public; name another one by the parameter options=-c%20search_path%3DNAME";
const ONE_SERVER: &str =
    "may only be any, read-write or primary; Hallpass writes, and connects to one server";
const NO_GSSAPI: &str = "may only be disable or prefer; connections are not encrypted by GSSAPI";
const CHECKED_ELSEWHERE: &str = "is not read, and would leave a check out; remove it";

/// Every parameter that is known, in alphabetical order.
const KNOWN: &[(&str, Meaning)] = &[
    ("application_name", Meaning::Driver),
    ("channel_binding", Meaning::ChannelBinding),
    (
        "client_encoding",
        Meaning::OneOf(&["auto", "utf8", "utf-8", "unicode"], "may only be UTF8"),
    ),
    ("connect_timeout", Meaning::Nothing),
    ("connection_limit", Meaning::ConnectionLimit),
    ("currentSchema", Meaning::OneOf(&["public"], SCHEMA)),
    ("dbname", Meaning::Driver),
    ("fallback_application_name", Meaning::Nothing),
    ("gssdelegation", Meaning::Nothing),
    (
        "gssencmode",
        Meaning::OneOf(&["disable", "prefer"], NO_GSSAPI),
    ),
    ("gsslib", Meaning::Nothing),
    ("host", Meaning::Host),
    ("hostaddr", Meaning::HostAddress),
    ("keepalives", Meaning::Nothing),
    ("keepalives_count", Meaning::Nothing),
    ("keepalives_idle", Meaning::Nothing),
    ("keepalives_interval", Meaning::Nothing),
    ("krbsrvname", Meaning::Nothing),
    ("load_balance_hosts", Meaning::Nothing),
    ("options", Meaning::Driver),
    (
        "passfile",
        Meaning::Refused("is not read; name the file by the environment's PGPASSFILE"),
    ),
    ("password", Meaning::Driver),
    ("pgbouncer", Meaning::Pgbouncer),
    ("pool_timeout", Meaning::Nothing),
    ("port", Meaning::Port),
    ("prepared_statement_cache_size", Meaning::StatementCache),
    ("require_auth", Meaning::Refused(CHECKED_ELSEWHERE)),
    ("schema", Meaning::OneOf(&["public"], SCHEMA)),
    (
        "search_path",
        Meaning::Refused("is not read; write options=-c%20search_path%3DNAME"),
    ),
    (
        "service",
        Meaning::Refused(
            "names an entry of a file that is not read; write what it says into the URL",
        ),
    ),
    (
        "servicefile",
        Meaning::Refused("names a file that is not read; write what it says into the URL"),
    ),
    ("socket_timeout", Meaning::Nothing),
    (
        "ssl",
        Meaning::Refused("is not read; write sslmode=require or sslmode=verify-full"),
    ),
    (
        "ssl_max_protocol_version",
        Meaning::OneOf(&["tlsv1.3"], "may only be TLSv1.3"),
    ),
    (
        "ssl_min_protocol_version",
        Meaning::OneOf(
            &["tlsv1", "tlsv1.1", "tlsv1.2"],
            "may only be TLSv1.2 or below; no version below it is spoken",
        ),
    ),
    ("sslaccept", Meaning::SslAccept),
    ("sslcert", Meaning::Driver),
    ("sslcompression", Meaning::Nothing),
    ("sslcrl", Meaning::Refused(CHECKED_ELSEWHERE)),
    ("sslcrldir", Meaning::Refused(CHECKED_ELSEWHERE)),
    ("sslkey", Meaning::Driver),
    ("sslmode", Meaning::SslMode),
    (
        "sslnegotiation",
        Meaning::OneOf(&["postgres"], "may only be postgres"),
    ),
    ("sslrootcert", Meaning::SslRootCert),
    (
        "sslsni",
        Meaning::OneOf(&["1"], "may only be 1; the host is always named"),
    ),
    ("statement-cache-capacity", Meaning::StatementCache),
    ("statement_cache_size", Meaning::StatementCache),
    (
        "target_session_attrs",
        Meaning::OneOf(&["any", "read-write", "primary"], ONE_SERVER),
    ),
    ("tcp_user_timeout", Meaning::Nothing),
    ("user", Meaning::Driver),
];

/// A parameter by its name, as it is spelled here.
pub(super) fn look_up(name: &str) -> Result<(&'static str, Meaning), Fault> {
    if name.starts_with("options[") && name.ends_with(']') {
        return Ok(("options", Meaning::Driver));
    }
    let found = KNOWN.iter().find(|(known, _)| *known == name);
    found.copied().ok_or_else(|| unknown(name))
}

/// Names a parameter that is not known, unless its name cannot be one: it may
/// then be a piece of a password that holds an unescaped `?` or `&`.
fn unknown(name: &str) -> Fault {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 40 || !name.chars().all(is_name) {
        return Fault::Pair;
    }
    Fault::Parameter {
        name: name.to_owned(),
        near: nearest(name),
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, known);
    let near = KNOWN.iter().map(|(known, _)| (distance(known), *known));
    let (distance, known) = near.min()?;
    (distance <= 2 && known.len() > 4).then_some(known)
}

/// The rule that a value of `sslmode` breaks, and what may be meant.
pub(super) fn ssl_mode_fault(value: &str) -> Option<&'static str> {
    match &*value.to_ascii_lowercase() {
        "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" => None,
        "true" | "on" | "1" | "yes" | "required" | "no-verify" => Some(NEAR_REQUIRE),
        "false" | "off" | "0" | "no" | "none" | "disabled" => Some(NEAR_DISABLE),
        near if near.starts_with("verif") || near.starts_with("full") => Some(NEAR_FULL),
        _ => Some(SSL_MODE),
    }
}
