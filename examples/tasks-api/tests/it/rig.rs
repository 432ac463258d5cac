//! The router over a database of its own, and users with tokens.

use std::str::FromStr as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use hallpass_rls::UserRows;
use hallpass_verify::{CurrentUser, Verifier};
use http_body_util::BodyExt as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tasks_api::{App, database, router};
use tempfile::TempDir;
use tower::ServiceExt as _;
use url::Url;
use uuid::Uuid;

const SECRET: &str = "an example secret, 32 bytes or more";
pub(crate) const ISSUER: &str = "http://localhost:8000";

/// Every server of the tests has it; pgbouncer lets it in.
pub(crate) const ROLE: &str = "hallpass_app";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// The service, with a database that nobody else uses.
pub(crate) struct Rig {
    pub(crate) router: Router,
    pub(crate) rows: UserRows,
    database: Database,
}

enum Database {
    /// A file, in a folder that goes with it.
    Sqlite {
        pool: SqlitePool,
        _folder: TempDir,
    },
    Postgres {
        name: String,
        pool: PgPool,
    },
}

/// Somebody with a token.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    token: String,
}

/// The whole answer, without the date.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn verifier() -> Verifier {
    let verifier = Verifier::shared_secret(SECRET).issuer(ISSUER);
    verifier.build().unwrap()
}

impl Person {
    /// The person with this number, who signed in just now.
    pub(crate) fn number(number: u128) -> Self {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        Self::signed(number, &Header::new(Algorithm::HS256), &key)
    }

    /// The same, with a token that this key has signed.
    pub(crate) fn signed(number: u128, header: &Header, key: &EncodingKey) -> Self {
        let id = Uuid::from_u128(0x0190_a6f4_7c3e_7d00_8a00_0000_0000_0000 + number);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let claims = json!({
            "sub": id, "email": format!("{number}@example.com"), "iat": now, "exp": now + 3600,
            "iss": ISSUER,
        });
        let token = jsonwebtoken::encode(header, &claims, key).unwrap();
        Self { id, token }
    }

    pub(crate) fn verified(&self) -> CurrentUser {
        verifier().current_user(&self.token).unwrap()
    }
}

impl Rig {
    pub(crate) async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite().await,
            Engine::Postgres => Self::postgres().await,
        }
    }

    async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
        database::migrate(&url, "").await.unwrap();
        let rows = UserRows::connect(&url).unwrap();
        let pool = SqlitePool::connect(&url).await.unwrap();
        Self::over(
            rows,
            Database::Sqlite {
                pool,
                _folder: folder,
            },
        )
    }

    /// The table is made by whoever runs the server, and served as a role that
    /// owns nothing.
    async fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tasks_{}_{number}", std::process::id());
        administer(&format!("create database {name} template template0")).await;
        let admin = url(admin_url(), &name);
        database::migrate(&admin, ROLE).await.unwrap();
        let mut app = Url::parse(&admin).unwrap();
        app.set_username(ROLE).unwrap();
        let rows = UserRows::connect(app.as_str()).unwrap();
        let pool = PgPool::connect_lazy(&admin).unwrap();
        Self::over(rows, Database::Postgres { name, pool })
    }

    fn over(rows: UserRows, database: Database) -> Self {
        let app = App {
            rows: rows.clone(),
            verifier: verifier(),
        };
        let router = router(app);
        Self {
            router,
            rows,
            database,
        }
    }

    /// The connections to PostgreSQL by way of pgbouncer, as the role of the
    /// application, and the admin's own.
    pub(crate) fn pooled(&self, connections: u32) -> (PgPool, PgPool) {
        let Database::Postgres { name, pool: admin } = &self.database else {
            panic!("there is no pooler before a file");
        };
        let pooler = std::env::var("HALLPASS_TEST_PGBOUNCER").unwrap();
        let options = PgConnectOptions::from_str(&url(&pooler, name)).unwrap();
        let options = options.username(ROLE).extra_float_digits(None);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .acquire_timeout(std::time::Duration::from_mins(1))
            .connect_lazy_with(options.disable_statement_logging());
        (pool, admin.clone())
    }

    /// Runs SQL as the owner of the tables.
    pub(crate) async fn admin(&self, sql: &str) {
        let done = match &self.database {
            Database::Sqlite { pool, .. } => {
                let sql = sqlx::raw_sql(AssertSqlSafe(sql));
                sql.execute(pool).await.map(drop)
            }
            Database::Postgres { pool, .. } => {
                let sql = sqlx::raw_sql(AssertSqlSafe(sql));
                sql.execute(pool).await.map(drop)
            }
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Every row there is.
    pub(crate) async fn dump(&self) -> Vec<(Uuid, Uuid, String, bool)> {
        const ALL: &str = "select id, owner, title, done from tasks order by id";
        match &self.database {
            Database::Sqlite { pool, .. } => sqlx::query_as(ALL).fetch_all(pool).await.unwrap(),
            Database::Postgres { pool, .. } => sqlx::query_as(ALL).fetch_all(pool).await.unwrap(),
        }
    }

    pub(crate) async fn ask(
        &self,
        who: Option<&Person>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        ask(&self.router, who, method, path, body).await
    }

    /// A task of this person.
    pub(crate) async fn add(&self, who: &Person, title: &str) -> Uuid {
        let body = json!({ "title": title });
        let added = self
            .ask(Some(who), "POST", "/api/v1/tasks", Some(&body))
            .await;
        assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
        added.json()["id"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn remove(self) {
        self.rows.close().await;
        match self.database {
            Database::Sqlite { pool, .. } => pool.close().await,
            Database::Postgres { name, pool } => {
                pool.close().await;
                administer(&format!("drop database {name} with (force)")).await;
            }
        }
    }
}

pub(crate) fn request(
    who: Option<&Person>,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(person) = who {
        request = request.header("authorization", format!("Bearer {}", person.token));
    }
    let Some(body) = body else {
        return request.body(Body::empty()).unwrap();
    };
    let request = request.header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

pub(crate) async fn ask(
    router: &Router,
    who: Option<&Person>,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Answer {
    send(router, request(who, method, path, body)).await
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (mut head, body) = response.into_parts();
    head.headers.remove("date");
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}

fn url(server: &str, database: &str) -> String {
    let mut url = Url::parse(server).unwrap();
    url.set_path(database);
    url.to_string()
}

fn admin_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| {
        std::env::var("HALLPASS_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("run the tests through `make test`, which starts PostgreSQL")
        })
    });
    &URL
}

async fn administer(sql: &str) {
    let mut admin = PgConnection::connect(admin_url()).await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Makes of one test two: `name::on_sqlite` and `name::on_postgresql`.
macro_rules! on_both_engines {
    ($($(#[doc = $doc:literal])* async fn $name:ident($rig:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn check($rig: &$crate::rig::Rig) $body

            async fn run(engine: $crate::rig::Engine) {
                let rig = $crate::rig::Rig::new(engine).await;
                check(&rig).await;
                rig.remove().await;
            }

            #[tokio::test]
            async fn on_sqlite() {
                run($crate::rig::Engine::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgresql() {
                run($crate::rig::Engine::Postgres).await;
            }
        }
    )+};
}
pub(crate) use on_both_engines;
