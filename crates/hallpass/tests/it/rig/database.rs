//! One database for each test, on either engine.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use hallpass::{DatabaseUrl, Hallpass};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _, SqlSafeStr as _,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database that nobody else uses.
pub(crate) enum Database {
    Sqlite { folder: TempDir, pool: SqlitePool },
    Postgres { name: String, pool: PgPool },
}

impl Database {
    /// A copy of one that was migrated once, which is quicker than to migrate.
    pub(crate) async fn migrated(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = folder();
                std::fs::write(folder.path().join(FILE), sqlite_template().await).unwrap();
                Self::sqlite(folder)
            }
            Engine::Postgres => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let name = format!("hallpass_{}_{number}", std::process::id());
                Self::postgres(name, postgres_template().await).await
            }
        }
    }

    /// Another one, without any table, which is removed with this one.
    pub(crate) async fn beside(&self) -> Self {
        match self {
            Self::Sqlite { .. } => Self::unused(),
            Self::Postgres { name, .. } => Self::postgres(beside(name), "template0").await,
        }
    }

    /// A name without a file behind it.
    pub(crate) fn unused() -> Self {
        Self::sqlite(folder())
    }

    fn sqlite(folder: TempDir) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join(FILE))
            .create_if_missing(true)
            // The tests' own statements are not the library's log.
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        Self::Sqlite { folder, pool }
    }

    async fn postgres(name: String, template: &str) -> Self {
        let create = format!("create database {name} template {template}");
        run(admin(), &create).await;
        let options = admin_options().database(&name);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        Self::Postgres { name, pool }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres { .. } => Engine::Postgres,
        }
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        match self {
            Self::Sqlite { folder, .. } => DatabaseUrl::sqlite_file(folder.path().join(FILE)),
            Self::Postgres { name, .. } => postgres_url(name),
        }
    }

    /// As it stands in `DATABASE_URL`.
    pub(crate) fn url_text(&self) -> String {
        match self {
            Self::Sqlite { folder, .. } => {
                format!("sqlite://{}", folder.path().join(FILE).display())
            }
            Self::Postgres { name, .. } => {
                let mut url = Url::parse(admin_url()).unwrap();
                url.set_path(name);
                url.to_string()
            }
        }
    }

    /// A URL under which no database is to be found.
    pub(crate) fn missing_url(&self) -> DatabaseUrl {
        match self {
            Self::Sqlite { folder, .. } => {
                DatabaseUrl::sqlite_file(folder.path().join("no/such/folder.db"))
            }
            Self::Postgres { name, .. } => postgres_url(&format!("{name}_missing")),
        }
    }

    /// Runs one statement or several.
    pub(crate) async fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite { pool, .. } => {
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(pool)
                    .await
                    .unwrap();
            }
            Self::Postgres { pool, .. } => run(pool, sql).await,
        }
    }

    /// As [`Database::execute`], where the database may say no.
    pub(crate) async fn try_execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Sqlite { pool, .. } => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()),
            Self::Postgres { pool, .. } => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()),
        }
    }

    /// Has the engine read a statement, and not run it.
    pub(crate) async fn prepare(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql).into_sql_str();
        match self {
            Self::Sqlite { pool, .. } => pool.prepare(sql).await.map(|_| ()),
            Self::Postgres { pool, .. } => pool.prepare(sql).await.map(|_| ()),
        }
    }

    pub(crate) async fn table_count(&self) -> i64 {
        let tables = match self.engine() {
            Engine::Sqlite => "select count(*) from sqlite_schema where type = 'table'",
            Engine::Postgres => {
                "select count(*) from pg_tables where schemaname = current_schema()"
            }
        };
        self.number(tables).await
    }

    /// The rows of a query whose columns are all texts; `-` stands for NULL.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<Vec<String>> {
        macro_rules! rows {
            ($pool:expr) => {{
                let rows = sqlx::query(AssertSqlSafe(sql))
                    .fetch_all($pool)
                    .await
                    .unwrap();
                let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                rows.iter()
                    .map(|row| (0..row.len()).map(|at| text(row.get(at))).collect())
                    .collect()
            }};
        }
        match self {
            Self::Sqlite { pool, .. } => rows!(pool),
            Self::Postgres { pool, .. } => rows!(pool),
        }
    }

    /// The one value of a query.
    pub(crate) async fn text(&self, sql: &str) -> String {
        let rows = self.texts(sql).await;
        assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [1], "{sql}");
        rows[0][0].clone()
    }

    /// The one number of a query.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = format!("select cast(({sql}) as text)");
        self.text(&sql).await.parse().unwrap()
    }

    pub(crate) async fn users(&self) -> i64 {
        self.number("select count(*) from users").await
    }

    /// Every row of every table of ours: equal texts, nothing has changed.
    pub(crate) async fn dump(&self) -> String {
        let (id, subject, sealed) = match self.engine() {
            Engine::Sqlite => ("hex(id)", "hex(subject)", "hex(sealed_private_key)"),
            Engine::Postgres => (
                "cast(id as text)",
                "cast(subject as text)",
                "cast(sealed_private_key as text)",
            ),
        };
        let users = format!(
            "select {id}, email, email_key, name, password_hash, cast(created_at as text), \
             cast(updated_at as text) from users order by email_key"
        );
        let throttle = format!(
            "select {subject}, cast(hits as text), cast(ends_at as text) from throttle order by subject"
        );
        let keys = format!(
            "select id, {sealed}, cast(signs_from as text), cast(retired_at as text) from signing_keys order by id"
        );
        let (users, throttle) = (self.texts(&users).await, self.texts(&throttle).await);
        let keys = self.texts(&keys).await;
        format!("{users:?}\n{throttle:?}\n{keys:?}")
    }

    /// Of PostgreSQL what a failed test leaves behind goes with the cluster.
    pub(crate) async fn remove(&self) {
        match self {
            Self::Sqlite { pool, .. } => pool.close().await,
            Self::Postgres { name, pool } => {
                pool.close().await;
                for name in [name, &beside(name)] {
                    let drop = format!("drop database if exists {name} with (force)");
                    run(admin(), &drop).await;
                }
            }
        }
    }
}

const FILE: &str = "hallpass.db";

fn beside(name: &str) -> String {
    format!("{name}_beside")
}

/// In memory where the system has such a place: nothing here has to survive a
/// power cut, and a disk under load would make the tests slow.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    };
    made.unwrap()
}

async fn run(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The bytes of a migrated file.
async fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let make = || async {
        let folder = folder();
        let (made, template) = (folder.path().join("made.db"), folder.path().join(FILE));
        migrate(DatabaseUrl::sqlite_file(&made)).await;
        // Into one file: what was migrated may still be in the write-ahead log.
        let mut made = SqliteConnectOptions::new()
            .filename(made)
            .connect()
            .await
            .unwrap();
        let copy = format!("vacuum into '{}'", template.display());
        sqlx::raw_sql(AssertSqlSafe(copy))
            .execute(&mut made)
            .await
            .unwrap();
        made.close().await.unwrap();
        // The mode is kept in the file, so that no connection has to switch it.
        let options = SqliteConnectOptions::new()
            .filename(&template)
            .journal_mode(SqliteJournalMode::Wal);
        options.connect().await.unwrap().close().await.unwrap();
        std::fs::read(template).unwrap()
    };
    TEMPLATE.get_or_init(make).await
}

/// The database of which the others are copies, made by whoever comes first:
/// another process may run tests on the same server.
async fn postgres_template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let name = format!("hallpass_template_{:016x}", fingerprint_of_the_migrations());
        let mut lock = admin().acquire().await.unwrap();
        sqlx::raw_sql("select pg_advisory_lock(4011)")
            .execute(&mut *lock)
            .await
            .unwrap();
        let found = sqlx::query("select 1 from pg_database where datname = $1").bind(&name);
        if found.fetch_optional(admin()).await.unwrap().is_none() {
            let draft = format!("{name}_draft");
            run(
                admin(),
                &format!("drop database if exists {draft} with (force)"),
            )
            .await;
            run(
                admin(),
                &format!("create database {draft} template template0"),
            )
            .await;
            migrate(postgres_url(&draft)).await;
            run(admin(), &format!("alter database {draft} rename to {name}")).await;
        }
        sqlx::raw_sql("select pg_advisory_unlock(4011)")
            .execute(&mut *lock)
            .await
            .unwrap();
        name
    };
    TEMPLATE.get_or_init(make).await
}

fn fingerprint_of_the_migrations() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.file_name().hash(&mut hasher);
        std::fs::read(file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

async fn migrate(url: DatabaseUrl) {
    let hallpass = Hallpass::new(super::settings(url)).unwrap();
    hallpass.migrate().await.unwrap();
    hallpass.close().await;
}

fn admin_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| {
        std::env::var("HALLPASS_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("run the tests through `make test`, which starts PostgreSQL")
        })
    });
    &URL
}

fn admin_options() -> PgConnectOptions {
    PgConnectOptions::from_str(admin_url())
        .unwrap()
        .disable_statement_logging()
}

fn admin() -> &'static PgPool {
    static POOL: LazyLock<PgPool> = LazyLock::new(|| {
        PgPoolOptions::new()
            .max_connections(4)
            .connect_lazy_with(admin_options())
    });
    &POOL
}

fn postgres_url(database: &str) -> DatabaseUrl {
    let mut url = Url::parse(admin_url()).unwrap();
    url.set_path(database);
    DatabaseUrl::parse(url.as_str(), Path::new("")).unwrap()
}
