//! `postgres://…`: what its parameters mean here, and what they must not be.

mod parameters;
mod uri;

use std::fmt;
use std::net::IpAddr;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use self::parameters::Meaning;
use self::uri::{has_scheme, keywords};

/// A server of PostgreSQL, or a pooler before one, as a URL names it: a
/// connection URI as libpq reads it, with one host.
///
/// A parameter that is not known is refused: the driver would pass over a
/// misspelt `sslmode`, and write its value into the log. With
/// `channel_binding=require` the server's certificate and name are checked, as
/// by `sslmode=verify-full`, whatever `sslmode` says. `connect_timeout` and
/// `pool_timeout` have no effect.
///
/// `Debug` shows nothing of it.
#[derive(Clone)]
pub struct PostgresUrl {
    options: PgConnectOptions,
    is_pooled: Option<bool>,
    connections: Option<u16>,
}

/// Why a text is not a [`PostgresUrl`]. Never holds a part of the text that may
/// be a password: of a parameter that is not known its name, and no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPostgresUrl {
    /// A part of the URL cannot be read.
    #[error(
        "cannot be read as a database URL; special characters in user and password must be percent-encoded"
    )]
    Syntax,
    /// A character stands where it has another meaning.
    #[error(
        "has a special character where it ends a part of the URL; in user, password and parameters @ must be written %40, # %23, / %2F, ? %3F and : %3A"
    )]
    Special,
    /// A `%` that begins no escape.
    #[error("has a % that two hexadecimal digits must follow; % itself is written %25")]
    Escape,
    /// A parameter without a name or a value.
    #[error(
        "has a parameter that is not NAME=value; special characters in user and password must be percent-encoded"
    )]
    Pair,
    /// The host is none.
    #[error(
        "has a host that is not a name, an IP address or the path of a socket's folder; an IPv6 address stands in brackets, and / in a path is written %2F, or name the path by ?host=/run/postgresql"
    )]
    Host,
    /// The port is none.
    #[error(
        "has a port that is not a number from 1 to 65535; special characters in user and password must be percent-encoded"
    )]
    Port,
    /// More than one host or port.
    #[error(
        "names several hosts; Hallpass connects to one, so name the primary or what stands before it"
    )]
    SeveralHosts,
    /// A parameter that is not known.
    #[error("has a parameter that is not known here: {name}{}", suggestion(*.near))]
    Parameter {
        /// Its name.
        name: String,
        /// What may be meant.
        near: Option<&'static str>,
    },
    /// A parameter whose value breaks a rule.
    #[error("has a parameter {name} that {rule}")]
    Value {
        /// Its name.
        name: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// What the certificate is checked for.
    #[error("must say channel_binding=require, prefer or disable, or not name it")]
    ChannelBinding,
    /// Whether a pooler stands before it.
    #[error("must say pgbouncer=true or false, or not name it")]
    Pgbouncer,
}

impl InvalidPostgresUrl {
    /// An unescaped `?` and `&` make parameters of a password. The `@` after it
    /// then stands among them.
    fn without_secrets(self, text: &str) -> Self {
        let query = text.split_once('?').map_or("", |(_, query)| query);
        match self {
            Self::Parameter { .. } if query.contains('@') => Self::Special,
            other => other,
        }
    }
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default()
}

impl PostgresUrl {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidPostgresUrl`] says which part breaks which rule.
    pub fn parse(text: &str) -> Result<Self, InvalidPostgresUrl> {
        let mut reading = Reading::default();
        for (name, value) in keywords(text)? {
            let read = reading.read(&name, value);
            read.map_err(|fault| fault.without_secrets(text))?;
        }
        reading.finish()
    }

    /// Whether a text begins as such a URL does.
    #[must_use]
    pub fn has_scheme(text: &str) -> bool {
        has_scheme(text)
    }

    /// What the driver connects by.
    #[must_use]
    pub const fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Whether a pooler gives each transaction another session; `None` where
    /// only the server can tell.
    #[must_use]
    pub const fn is_pooled(&self) -> Option<bool> {
        self.is_pooled
    }

    /// The most connections, by the parameter `connection_limit`: 1 to 1000.
    #[must_use]
    pub const fn connections(&self) -> Option<u16> {
        self.connections
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresUrl").finish_non_exhaustive()
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    host: String,
    is_pooled: Option<bool>,
    must_verify: bool,
    connections: Option<u16>,
    for_driver: Vec<(String, String)>,
}

impl Reading {
    fn read(&mut self, name: &str, value: String) -> Result<(), InvalidPostgresUrl> {
        let (known, meaning) = parameters::look_up(name)?;
        let refuse = |rule| Err(InvalidPostgresUrl::Value { name: known, rule });
        match meaning {
            Meaning::Nothing => {}
            Meaning::OneOf(allowed, rule) => {
                if !allowed.contains(&value.to_ascii_lowercase().as_str()) {
                    return refuse(rule);
                }
            }
            Meaning::Refused(rule) => return refuse(rule),
            Meaning::SslMode | Meaning::SslAccept | Meaning::HostAddress => {
                if let Some(rule) = broken_rule(meaning, &value) {
                    return refuse(rule);
                }
                self.protect(name, value);
            }
            // As libpq: the authorities that everybody trusts, and no less than a
            // full check.
            Meaning::SslRootCert if value == "system" => self.must_verify = true,
            Meaning::Driver | Meaning::SslRootCert => self.pass(name, value),
            // docs/decisions/0009-channel-binding-is-kept-by-its-purpose.md
            Meaning::ChannelBinding => match &*value {
                "require" => self.must_verify = true,
                "prefer" | "disable" => {}
                _ => return Err(InvalidPostgresUrl::ChannelBinding),
            },
            // What Prisma reads. `false`: one that keeps each client's prepared
            // statements apart.
            Meaning::Pgbouncer => {
                let is_pooled = value.parse();
                self.is_pooled = Some(is_pooled.map_err(|_| InvalidPostgresUrl::Pgbouncer)?);
            }
            // What sqlx, asyncpg and SQLAlchemy read, which keep no prepared
            // statement then.
            Meaning::StatementCache => match value.parse::<u32>() {
                Ok(0) => self.is_pooled = Some(true),
                Ok(_) => {}
                Err(_) => return refuse(parameters::STATEMENT_CACHE),
            },
            Meaning::ConnectionLimit => match value.parse() {
                Ok(limit @ 1..=1000) => self.connections = Some(limit),
                _ => return refuse(parameters::CONNECTION_LIMIT),
            },
            Meaning::Host => self.set_host(value)?,
            Meaning::Port => self.set_port(value)?,
        }
        Ok(())
    }

    /// `sslaccept` is Prisma's; the driver knows the others.
    fn protect(&mut self, name: &str, value: String) {
        match (name, &*value) {
            ("sslaccept", "strict") => self.must_verify = true,
            ("sslaccept", _) => {}
            _ => self.pass(name, value),
        }
    }

    fn pass(&mut self, name: &str, value: String) {
        self.for_driver.push((name.to_owned(), value));
    }

    fn set_host(&mut self, host: String) -> Result<(), InvalidPostgresUrl> {
        if host.contains(',') && !host.starts_with('/') {
            return Err(InvalidPostgresUrl::SeveralHosts);
        }
        if !is_host(&host) {
            return Err(InvalidPostgresUrl::Host);
        }
        self.host.clone_from(&host);
        self.pass("host", host);
        Ok(())
    }

    fn set_port(&mut self, port: String) -> Result<(), InvalidPostgresUrl> {
        if port.is_empty() {
            return Ok(());
        }
        if port.contains(',') {
            return Err(InvalidPostgresUrl::SeveralHosts);
        }
        match port.parse::<u16>() {
            Ok(1..) => self.pass("port", port),
            _ => return Err(InvalidPostgresUrl::Port),
        }
        Ok(())
    }

    fn finish(self) -> Result<PostgresUrl, InvalidPostgresUrl> {
        // Each part as a parameter: the driver then reads none of them in another
        // way than we do.
        let mut url = Url::parse("postgres:///").map_err(|_| InvalidPostgresUrl::Syntax)?;
        url.query_pairs_mut().extend_pairs(&self.for_driver);
        let options = PgConnectOptions::from_url(&url).map_err(|_| InvalidPostgresUrl::Syntax)?;
        // pgbouncer knows no such parameter as it comes, and floats travel in
        // binary form, to which it does not apply.
        let options = options.extra_float_digits(None);
        let options = if self.must_verify {
            options.ssl_mode(PgSslMode::VerifyFull)
        } else {
            options
        };
        let by_host = is_neon_pooler(&self.host).then_some(true);
        Ok(PostgresUrl {
            options,
            is_pooled: self.is_pooled.or(by_host),
            connections: self.connections,
        })
    }
}

/// The rule that a value breaks.
fn broken_rule(meaning: Meaning, value: &str) -> Option<&'static str> {
    match meaning {
        Meaning::SslMode => parameters::ssl_mode_fault(value),
        Meaning::SslAccept => {
            let is_known = matches!(value, "strict" | "accept_invalid_certs");
            (!is_known).then_some(parameters::SSL_ACCEPT)
        }
        _ => {
            let is_address = value.parse::<IpAddr>().is_ok();
            (!is_address).then_some(parameters::HOST_ADDRESS)
        }
    }
}

/// A name, an address, or the absolute path of a folder.
fn is_host(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_address = || {
        let address = text.split_once('%').map_or(text, |(address, _)| address);
        address.parse::<IpAddr>().is_ok()
    };
    text.starts_with('/') || (!text.is_empty() && text.chars().all(is_part)) || is_address()
}

/// `ep-cool-name-123456-pooler.eu-central-1.aws.neon.tech`, where the direct host
/// is `ep-cool-name-123456.…`.
fn is_neon_pooler(host: &str) -> bool {
    let label = host.split('.').next();
    label.is_some_and(|label| label.ends_with("-pooler"))
}

#[cfg(test)]
mod tests;
