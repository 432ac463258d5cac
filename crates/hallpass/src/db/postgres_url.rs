//! `postgres://…`, read as `hallpass-rls` reads it.

use hallpass_rls::{InvalidPostgresUrl, PostgresUrl};
use sqlx::postgres::PgConnectOptions;

use super::url::InvalidDatabaseUrl;

/// A server of PostgreSQL, or a pooler before one.
#[derive(Clone)]
pub(super) struct PostgresServer {
    pub(super) options: PgConnectOptions,
    /// Whether a pooler gives each transaction another session; `None` where
    /// only the server can tell.
    pub(super) is_pooled: Option<bool>,
}

impl PostgresServer {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let url = PostgresUrl::parse(text)?;
        Ok(Self {
            options: url.options().clone().application_name("hallpass"),
            is_pooled: url.is_pooled(),
        })
    }
}

impl From<InvalidPostgresUrl> for InvalidDatabaseUrl {
    fn from(fault: InvalidPostgresUrl) -> Self {
        match fault {
            InvalidPostgresUrl::Parameter => Self::Parameter,
            InvalidPostgresUrl::ChannelBinding => Self::ChannelBinding,
            InvalidPostgresUrl::Pgbouncer => Self::Pgbouncer,
            _ => Self::Syntax,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_keeps_its_reason() {
        let fault = |parameters: &str| {
            PostgresServer::parse(&format!("postgres://ann:pw@db.example.com/x?{parameters}")).err()
        };
        for (parameters, reason) in [
            (
                "channel_binding=Require",
                InvalidDatabaseUrl::ChannelBinding,
            ),
            ("pgbouncer=1", InvalidDatabaseUrl::Pgbouncer),
            ("sslmodus=require", InvalidDatabaseUrl::Parameter),
            ("sslmode=maybe", InvalidDatabaseUrl::Syntax),
        ] {
            assert_eq!(fault(parameters), Some(reason), "{parameters}");
        }
        assert_eq!(fault("connect_timeout=10"), None);
    }

    #[test]
    fn the_server_is_told_who_connects() {
        let server = PostgresServer::parse("postgres://db.example.com/x?pgbouncer=true").unwrap();
        assert_eq!(server.options.get_application_name(), Some("hallpass"));
        assert_eq!(server.is_pooled, Some(true));
    }
}
