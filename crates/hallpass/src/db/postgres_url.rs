//! `postgres://…`, read as `hallpass-rls` reads it.

use std::fmt;
use std::path::{Path, PathBuf};

use hallpass_rls::PostgresUrl;
use sqlx::postgres::PgConnectOptions;

use super::url::InvalidDatabaseUrl;
use crate::settings::DatabaseConnections;

/// A server of PostgreSQL, or a pooler before one.
#[derive(Clone)]
pub(super) struct PostgresServer {
    pub(super) options: PgConnectOptions,
    /// Whether a pooler gives each transaction another session; `None` where
    /// only the server can tell.
    pub(super) is_pooled: Option<bool>,
    /// The most connections.
    pub(super) connections: Option<DatabaseConnections>,
}

impl PostgresServer {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let url = PostgresUrl::parse(text)?;
        Ok(Self {
            options: url.options().clone().application_name("hallpass"),
            is_pooled: url.is_pooled(),
            connections: url
                .connections()
                .and_then(|limit| DatabaseConnections::new(limit).ok()),
        })
    }

    /// The folder of a local socket.
    pub(super) fn socket(&self) -> Option<&Path> {
        let options = &self.options;
        let by_host = Some(options.get_host()).filter(|host| host.starts_with('/'));
        let socket = options.get_socket().map(PathBuf::as_path);
        socket.or_else(|| by_host.map(Path::new))
    }
}

/// Without user and password.
impl fmt::Display for PostgresServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let (host, port) = (options.get_host(), options.get_port());
        let database = options.get_database().map(|name| format!("/{name}"));
        let database = database.unwrap_or_default();
        match self.socket() {
            Some(folder) => {
                let folder = folder.display();
                write!(f, "postgres://{database}?host={folder}&port={port}")
            }
            None if host.contains(':') => write!(f, "postgres://[{host}]:{port}{database}"),
            None => write!(f, "postgres://{host}:{port}{database}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_names_hallpass_and_its_pooler() {
        let server = PostgresServer::parse("postgres://db.example.com/x?pgbouncer=true").unwrap();
        assert_eq!(server.options.get_application_name(), Some("hallpass"));
        assert_eq!(server.is_pooled, Some(true));
    }

    #[test]
    fn display_shows_place_without_login() {
        for (url, shown) in [
            (
                "postgres://ann:pw@db.example.com/x",
                "postgres://db.example.com:5432/x",
            ),
            ("postgres://ann:pw@[::1]:6543/x", "postgres://[::1]:6543/x"),
            (
                "postgres://ann:pw@/x?host=/run/postgresql&port=5433",
                "postgres:///x?host=/run/postgresql&port=5433",
            ),
        ] {
            assert_eq!(PostgresServer::parse(url).unwrap().to_string(), shown);
        }
    }
}
