//! One database for each test, on either engine.

use std::str::FromStr as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tempfile::TempDir;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database that nobody else uses, without any table.
pub(crate) enum Database {
    Sqlite(TempDir),
    Postgres(String),
}

impl Database {
    pub(crate) async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(TempDir::new().unwrap()),
            Engine::Postgres => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let name = format!("hallpass_it_{}_{number}", std::process::id());
                administer(&format!("create database {name} template template0")).await;
                Self::Postgres(name)
            }
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// What to set `DATABASE_URL` to.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.path().join("accounts.db");
                format!("sqlite://{}", file.display())
            }
            Self::Postgres(name) => {
                let mut url = Url::parse(admin_url()).unwrap();
                url.set_path(name);
                url.to_string()
            }
        }
    }

    /// As [`Database::url`], by way of another port of this machine.
    pub(crate) fn url_by(&self, port: u16) -> String {
        let mut url = Url::parse(&self.url()).unwrap();
        url.set_port(Some(port)).unwrap();
        url.to_string()
    }

    /// As [`Database::url`], by way of pgbouncer.
    pub(crate) fn pooled_url(&self) -> String {
        let pooler = super::cluster::from_make_test("HALLPASS_TEST_PGBOUNCER");
        self.url_by(Url::parse(&pooler).unwrap().port().unwrap())
    }

    /// The port of PostgreSQL.
    pub(crate) fn port(&self) -> u16 {
        Url::parse(&self.url()).unwrap().port().unwrap_or(5432)
    }

    /// Runs one statement or several.
    pub(crate) async fn execute(&self, sql: &str) {
        macro_rules! execute {
            ($connection:expr) => {{
                let mut connection = $connection;
                let done = sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(&mut connection)
                    .await;
                done.unwrap_or_else(|error| panic!("{sql}: {error}"));
                connection.close().await.unwrap();
            }};
        }
        match self {
            Self::Sqlite(_) => execute!(self.sqlite().await),
            Self::Postgres(_) => execute!(self.postgres().await),
        }
    }

    /// The rows of a query whose columns are all texts; `-` stands for NULL.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<Vec<String>> {
        macro_rules! texts {
            ($connection:expr) => {{
                let mut connection = $connection;
                let rows = sqlx::query(AssertSqlSafe(sql))
                    .fetch_all(&mut connection)
                    .await;
                let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
                connection.close().await.unwrap();
                let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                rows.iter()
                    .map(|row| (0..row.len()).map(|at| text(row.get(at))).collect())
                    .collect()
            }};
        }
        match self {
            Self::Sqlite(_) => texts!(self.sqlite().await),
            Self::Postgres(_) => texts!(self.postgres().await),
        }
    }

    /// The one number of a query.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let rows = self.texts(&format!("select cast(({sql}) as text)")).await;
        rows[0][0].parse().unwrap()
    }

    /// Keeps everybody else from a table of PostgreSQL.
    pub(crate) async fn lock(&self, table: &str) -> Lock {
        let mut connection = self.postgres().await;
        let sql = format!("begin; lock table {table} in access exclusive mode");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        Lock(connection)
    }

    /// Makes a role the owner of a database of PostgreSQL.
    pub(crate) async fn give_to(&self, role: &str) {
        let Self::Postgres(name) = self else {
            panic!("a file has no role");
        };
        administer(&format!("alter database {name} owner to {role}")).await;
    }

    /// Of PostgreSQL what a failed test leaves behind goes with the cluster.
    pub(crate) async fn remove(self) {
        if let Self::Postgres(name) = self {
            administer(&format!("drop database {name} with (force)")).await;
        }
    }

    async fn sqlite(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::from_str(&self.url()).unwrap();
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    async fn postgres(&self) -> PgConnection {
        let options = PgConnectOptions::from_str(&self.url()).unwrap();
        PgConnection::connect_with(&options).await.unwrap()
    }
}

/// A table that others wait for.
pub(crate) struct Lock(PgConnection);

impl Lock {
    pub(crate) async fn release(self) {
        self.0.close().await.unwrap();
    }
}

async fn administer(sql: &str) {
    let mut admin = PgConnection::connect(admin_url()).await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    admin.close().await.unwrap();
}

fn admin_url() -> &'static str {
    static URL: LazyLock<String> =
        LazyLock::new(|| super::cluster::from_make_test("HALLPASS_TEST_POSTGRES"));
    &URL
}
