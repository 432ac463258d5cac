//! Databases with a table of two users' rows, and users whose tokens were
//! verified.

use std::str::FromStr as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use hallpass_rls::{CurrentUser, Error, Finding, OwnedSql, Policies, UserRows};
use hallpass_verify::Verifier;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use url::Url;

pub(crate) const ANN: &str = "0190a6f4-7c3e-7d00-8a00-00000000000a";
pub(crate) const BOB: &str = "0190a6f4-7c3e-7d00-8a00-00000000000b";

pub(crate) const LIST: OwnedSql =
    OwnedSql::new("select title from tasks where owner = $1 order by title");
pub(crate) const ADD: OwnedSql = OwnedSql::new("insert into tasks (owner, title) values ($1, $2)");
pub(crate) const RENAME: OwnedSql =
    OwnedSql::new("update tasks set title = $3 where owner = $1 and title = $2");
pub(crate) const DROP: OwnedSql =
    OwnedSql::new("delete from tasks where owner = $1 and title = $2");

/// A user whose token was verified.
pub(crate) fn user(id: &str) -> CurrentUser {
    const SECRET: &str = "an example secret, 32 bytes or more";
    const NOW: i64 = 1_800_000_000;
    let claims = json!({
        "sub": id, "email": "ann@example.com", "iat": NOW, "exp": NOW + 3600,
        "iss": "https://auth.example.com",
    });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    let verifier = Verifier::shared_secret(SECRET)
        .issuer("https://auth.example.com")
        .build()
        .unwrap();
    verifier.current_user_at(&token, NOW).unwrap()
}

/// A database that nobody else uses, with a table `tasks` and its policies.
pub(crate) enum Database {
    Sqlite(TempDir),
    Postgres(Server),
}

/// A database of PostgreSQL, with a role that owns its tables and one for the
/// application.
pub(crate) struct Server {
    pub(crate) name: String,
}

const PASSWORD: &str = "only in this cluster";

impl Server {
    pub(crate) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let server = Self {
            name: format!("rls_{}_{number}", std::process::id()),
        };
        let (name, owner, app) = (&server.name, server.owner(), server.app());
        let role = Policies::role_sql(&app.parse().unwrap());
        for sql in [
            format!("create role {owner} login password '{PASSWORD}'"),
            role.clone(),
            role,
            format!("alter role {app} password '{PASSWORD}'"),
            format!("create database {name} template template0 owner {owner}"),
        ] {
            run(&mut admin("").await, &sql).await;
        }
        server
    }

    pub(crate) fn owner(&self) -> String {
        format!("{}_owner", self.name)
    }

    pub(crate) fn app(&self) -> String {
        format!("{}_app", self.name)
    }

    pub(crate) fn url_of(&self, role: &str) -> String {
        let mut url = Url::parse(&self.url()).unwrap();
        url.set_username(role).unwrap();
        url.set_password(Some(PASSWORD)).unwrap();
        url.to_string()
    }

    /// As superuser.
    pub(crate) fn url(&self) -> String {
        admin_url(&self.name)
    }

    /// As superuser, by way of pgbouncer.
    pub(crate) fn pooled(&self) -> PgConnectOptions {
        let url = std::env::var("HALLPASS_TEST_PGBOUNCER").unwrap();
        let options = PgConnectOptions::from_str(&url).unwrap();
        options.database(&self.name).extra_float_digits(None)
    }

    /// Runs SQL as the owner of the tables.
    pub(crate) async fn own(&self, sql: &str) {
        let url = self.url_of(&self.owner());
        run(&mut PgConnection::connect(&url).await.unwrap(), sql).await;
    }

    /// Runs SQL as superuser.
    pub(crate) async fn admin(&self, sql: &str) {
        run(&mut admin(&self.name).await, sql).await;
    }

    /// What the application's role gets by SQL of its own, as the debug text
    /// of its first column; or the error.
    pub(crate) async fn as_app(&self, sql: &str) -> Result<Vec<String>, sqlx::Error> {
        let url = self.url_of(&self.app());
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection);
        rows.await
    }

    pub(crate) async fn inspect(&self, tables: &[&str]) -> Vec<Finding> {
        let mut connection = admin(&self.name).await;
        let tables: Vec<_> = tables.iter().map(|name| name.parse().unwrap()).collect();
        let role = self.app().parse().unwrap();
        hallpass_rls::inspect(&mut connection, &tables, Some(&role))
            .await
            .unwrap()
    }

    pub(crate) fn rows(&self, connections: u32) -> UserRows {
        let options = PgConnectOptions::from_str(&self.url_of(&self.app())).unwrap();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .connect_lazy_with(options.disable_statement_logging());
        UserRows::postgres(pool)
    }

    pub(crate) async fn remove(&self) {
        let mut admin = admin("").await;
        run(
            &mut admin,
            &format!("drop database {} with (force)", self.name),
        )
        .await;
        for role in [self.app(), self.owner()] {
            run(&mut admin, &format!("drop role {role}")).await;
        }
    }
}

impl Database {
    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("tasks.db"))
            .create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        let table = "create table tasks (owner blob not null, title text not null unique) strict";
        sqlx::raw_sql(table).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        Self::Sqlite(folder)
    }

    pub(crate) async fn postgres() -> Self {
        let server = Server::new().await;
        server
            .own("create table tasks (owner uuid not null, title text not null unique)")
            .await;
        let policies = policies(&server, "tasks");
        server.own(&policies.to_string()).await;
        Self::Postgres(server)
    }

    /// The rows behind a pool of one connection, so that each user gets what
    /// the one before has left.
    pub(crate) fn rows(&self) -> UserRows {
        match self {
            Self::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join("tasks.db"));
                let pool = SqlitePoolOptions::new()
                    .max_connections(1)
                    .connect_lazy_with(options);
                UserRows::sqlite(pool)
            }
            Self::Postgres(server) => server.rows(1),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => {
                format!("sqlite://{}", folder.path().join("tasks.db").display())
            }
            Self::Postgres(server) => server.url_of(&server.app()),
        }
    }

    pub(crate) async fn remove(&self) {
        if let Self::Postgres(server) = self {
            server.remove().await;
        }
    }
}

pub(crate) fn policies(server: &Server, table: &str) -> Policies {
    let role = server.app().parse().unwrap();
    Policies::new(table.parse().unwrap(), "owner".parse().unwrap(), role)
}

/// The titles of a user's tasks.
pub(crate) async fn titles(rows: &UserRows, id: &str) -> Vec<String> {
    let mut scope = rows.begin(&user(id)).await.unwrap();
    let all: Vec<(String,)> = scope.query(LIST).fetch_all().await.unwrap();
    scope.commit().await.unwrap();
    all.into_iter().map(|(title,)| title).collect()
}

pub(crate) async fn add(rows: &UserRows, id: &str, title: &str) -> Result<(), Error> {
    let mut scope = rows.begin(&user(id)).await?;
    scope.query(ADD).bind(title).execute().await?;
    scope.commit().await
}

fn admin_url(database: &str) -> String {
    static URL: LazyLock<String> = LazyLock::new(|| {
        std::env::var("HALLPASS_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("run the tests through `make test`, which starts PostgreSQL")
        })
    });
    let mut url = Url::parse(&URL).unwrap();
    if !database.is_empty() {
        url.set_path(database);
    }
    url.to_string()
}

async fn admin(database: &str) -> PgConnection {
    PgConnection::connect(&admin_url(database)).await.unwrap()
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Makes of one test two: `name::on_sqlite` and `name::on_postgresql`.
macro_rules! on_both_engines {
    ($($(#[doc = $doc:literal])* async fn $name:ident($database:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn check($database: &$crate::rig::Database) $body

            async fn run(database: $crate::rig::Database) {
                check(&database).await;
                database.remove().await;
            }

            #[tokio::test]
            async fn on_sqlite() {
                run($crate::rig::Database::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgresql() {
                run($crate::rig::Database::postgres().await).await;
            }
        }
    )+};
}
pub(crate) use on_both_engines;
