//! `postgres://…`: what its parameters mean here, and what they must not be.

use std::fmt;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// A server of PostgreSQL, or a pooler before one, as a URL names it.
///
/// A parameter that nobody reads is refused: the driver would pass over a
/// misspelt `sslmode`, and write its value into the log. With
/// `channel_binding=require` the server's certificate and name are checked, as
/// by `sslmode=verify-full`, whatever `sslmode` says. `connect_timeout`,
/// `connection_limit` and `pool_timeout` have no effect.
///
/// `Debug` shows nothing of it.
#[derive(Clone)]
pub struct PostgresUrl {
    options: PgConnectOptions,
    is_pooled: Option<bool>,
}

/// Why a text is not a [`PostgresUrl`]. Never holds the text, which may hold a
/// password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPostgresUrl {
    /// A part of the URL cannot be read.
    #[error(
        "cannot be read as a database URL; special characters in user and password must be percent-encoded"
    )]
    Syntax,
    /// A parameter that nobody here reads.
    #[error("has a parameter that is not known here")]
    Parameter,
    /// What the certificate is checked for.
    #[error("must say channel_binding=require, prefer or disable, or not name it")]
    ChannelBinding,
    /// Whether a pooler stands before it.
    #[error("must say pgbouncer=true or false, or not name it")]
    Pgbouncer,
}

/// What sqlx reads. It passes over any other with no more than a line in the
/// log, which shows the value.
const OF_SQLX: [&str; 12] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Bounds that other programs take from the URL. Ours are our own.
const WITHOUT_EFFECT: [&str; 3] = ["connect_timeout", "connection_limit", "pool_timeout"];

impl PostgresUrl {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidPostgresUrl`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, InvalidPostgresUrl> {
        if !has_scheme(text) {
            return Err(InvalidPostgresUrl::Syntax);
        }
        let mut url = Url::parse(text).map_err(|_| InvalidPostgresUrl::Syntax)?;
        let mut is_pooled = is_neon_pooler(&url).then_some(true);
        let mut must_verify = false;
        let mut for_sqlx = Vec::new();
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                // What Prisma is told, and what sqlx is.
                ("pgbouncer", "true") | ("statement-cache-capacity", "0") => is_pooled = Some(true),
                // One that keeps each client's prepared statements apart.
                ("pgbouncer", "false") => is_pooled = Some(false),
                ("pgbouncer", _) => return Err(InvalidPostgresUrl::Pgbouncer),
                // docs/decisions/0009-channel-binding-is-kept-by-its-purpose.md
                // For the other, as libpq: the authorities that everybody trusts,
                // and no less than a full check.
                ("channel_binding", "require") | ("sslrootcert", "system") => must_verify = true,
                ("channel_binding", "prefer" | "disable") => {}
                ("channel_binding", _) => return Err(InvalidPostgresUrl::ChannelBinding),
                (name, _) if WITHOUT_EFFECT.contains(&name) => {}
                (name, _) if OF_SQLX.contains(&name) || name.starts_with("options[") => {
                    for_sqlx.push((name.to_owned(), value.into_owned()));
                }
                _ => return Err(InvalidPostgresUrl::Parameter),
            }
        }
        url.query_pairs_mut().clear().extend_pairs(for_sqlx);
        let options = PgConnectOptions::from_url(&url).map_err(|_| InvalidPostgresUrl::Syntax)?;
        // pgbouncer knows no such parameter as it comes, and floats travel in
        // binary form, to which it does not apply.
        let options = options.extra_float_digits(None);
        let options = if must_verify {
            options.ssl_mode(PgSslMode::VerifyFull)
        } else {
            options
        };
        Ok(Self { options, is_pooled })
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
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresUrl").finish_non_exhaustive()
    }
}

pub(crate) fn has_scheme(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// `ep-cool-name-123456-pooler.eu-central-1.aws.neon.tech`, beside the direct
/// `ep-cool-name-123456.…`.
fn is_neon_pooler(url: &Url) -> bool {
    let label = url.host_str().and_then(|host| host.split('.').next());
    label.is_some_and(|label| label.ends_with("-pooler"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rest: &str) -> Result<PostgresUrl, InvalidPostgresUrl> {
        PostgresUrl::parse(&format!("postgres://ann:pw@{rest}"))
    }

    fn is_pooled(rest: &str) -> Option<bool> {
        parse(rest).unwrap().is_pooled
    }

    #[test]
    fn a_pooler_is_known_by_what_the_url_says() {
        assert_eq!(is_pooled("db.example.com/x"), None);
        assert_eq!(is_pooled("db.example.com/x?pgbouncer=true"), Some(true));
        assert_eq!(
            is_pooled("db.example.com/x?statement-cache-capacity=0"),
            Some(true)
        );
        assert_eq!(is_pooled("ep-a-1.eu.aws.neon.tech/x"), None);
        assert_eq!(is_pooled("ep-a-1-pooler.eu.aws.neon.tech/x"), Some(true));
        assert_eq!(
            is_pooled("ep-a-1-pooler.eu.aws.neon.tech/x?pgbouncer=false"),
            Some(false)
        );
    }

    #[test]
    fn a_required_channel_binding_checks_the_certificate() {
        let mode = |parameters: &str| {
            let server = parse(&format!("db.example.com/x?{parameters}")).unwrap();
            format!("{:?}", server.options.get_ssl_mode())
        };
        assert_eq!(
            mode("sslmode=require&channel_binding=require"),
            "VerifyFull"
        );
        assert_eq!(
            mode("channel_binding=require&sslmode=disable"),
            "VerifyFull"
        );
        assert_eq!(mode("sslmode=require&sslrootcert=system"), "VerifyFull");
        assert_eq!(mode("sslmode=require&channel_binding=prefer"), "Require");
        assert_eq!(
            mode("sslmode=verify-ca&channel_binding=disable"),
            "VerifyCa"
        );
    }

    #[test]
    fn what_has_no_meaning_here_is_a_fault() {
        let fault = |parameters: &str| parse(&format!("db.example.com/x?{parameters}")).err();
        assert_eq!(
            fault("channel_binding=Require"),
            Some(InvalidPostgresUrl::ChannelBinding)
        );
        assert_eq!(fault("pgbouncer=1"), Some(InvalidPostgresUrl::Pgbouncer));
        assert_eq!(
            fault("sslmodus=require"),
            Some(InvalidPostgresUrl::Parameter)
        );
        assert_eq!(fault("sslmode=maybe"), Some(InvalidPostgresUrl::Syntax));
        assert_eq!(fault("connect_timeout=10&connection_limit=1"), None);
    }

    #[test]
    fn what_neon_asks_for_is_passed_on() {
        let url = "ep-a-1.neon.tech/x?options=endpoint%3Dep-a-1&options[search_path]=app";
        let options = parse(url).unwrap().options;
        assert_eq!(
            options.get_options(),
            Some("endpoint=ep-a-1 -c search_path=app")
        );
    }
}
