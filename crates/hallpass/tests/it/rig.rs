//! What every test stands on: a Hallpass of its own, on a clock that the test
//! moves, over a database of its own.

mod answer;
mod client;
mod database;
mod documented;
mod everywhere;
mod page;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use hallpass::{
    Clock, DatabaseUrl, Hallpass, HashPolicy, HashQueue, ManualClock, PublicUrl, Settings,
    SigningSecret, Timestamp,
};
use serde_json::json;

pub(crate) use self::answer::{Answer, is_uuid};
pub(crate) use self::client::{Browser, Request};
pub(crate) use self::database::{Database, Engine};
pub(crate) use self::documented::document;
pub(crate) use self::page::Page;

pub(crate) const SECRET: &str = "an integration-test secret of 32 bytes or more";
pub(crate) const PUBLIC_URL: &str = "http://localhost:8000";
pub(crate) const FRONT_END: &str = "http://localhost:3000";
pub(crate) const COOKIE: &str = "hallpass.session_token";
pub(crate) const PASSWORD: &str = "marble otter 9 quilt";
/// Where each test's clock stands at first: 2027-01-15T08:00:00Z.
pub(crate) const START: i64 = 1_800_000_000;

/// As cheap as Argon2id gets, so that the tests do not measure it.
pub(crate) const CHEAP_ARGON2ID: HashPolicy = HashPolicy::Argon2id {
    memory_kib: 64,
    passes: 1,
};
pub(crate) const CHEAP_BCRYPT: HashPolicy = HashPolicy::Bcrypt { cost: 4 };

/// Makes of one test two: `name::on_sqlite` and `name::on_postgresql`.
macro_rules! on_both_engines {
    ($($(#[doc = $doc:literal])* async fn $name:ident($app:ident) $body:block)+) => {$(
        $(#[doc = $doc])*
        async fn $name($app: $crate::rig::TestApp) $body

        mod $name {
            #[test]
            fn on_sqlite() {
                $crate::rig::run($crate::rig::Engine::Sqlite, super::$name);
            }

            #[test]
            fn on_postgresql() {
                $crate::rig::run($crate::rig::Engine::Postgres, super::$name);
            }
        }
    )+};
}
pub(crate) use on_both_engines;

/// One runtime for all tests, so that connections to PostgreSQL can be shared.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
});

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// For what makes a server outside of a future: its pools look for a runtime.
pub(crate) fn enter() -> tokio::runtime::EnterGuard<'static> {
    RUNTIME.enter()
}

/// Runs one test on one engine, and takes its database away when it passed.
pub(crate) fn run<F: Future<Output = ()>>(engine: Engine, check: impl FnOnce(TestApp) -> F) {
    let run = async {
        let app = start(engine).await;
        check(app.clone()).await;
        finish(&app).await;
    };
    // Both engines must match the one snapshot.
    insta::allow_duplicates! { block_on(run) }
}

/// A server over a database of its own.
pub(crate) async fn start(engine: Engine) -> TestApp {
    let clock = ManualClock::at(Timestamp::from_unix_seconds(START));
    TestApp::on(Database::migrated(engine).await, clock)
}

pub(crate) async fn finish(app: &TestApp) {
    app.hallpass.close().await;
    app.database.remove().await;
}

/// A server under test. Clones are the same server.
#[derive(Clone)]
pub(crate) struct TestApp {
    pub(crate) hallpass: Hallpass,
    pub(crate) clock: ManualClock,
    pub(crate) database: Arc<Database>,
    router: Router,
}

impl TestApp {
    fn on(database: Database, clock: ManualClock) -> Self {
        let settings = settings(database.url());
        Self::assemble(settings, Arc::new(database), clock)
    }

    /// For what is answered before the database is needed.
    pub(crate) fn whose_database_is_not_asked() -> Self {
        Self::on(
            Database::unused(),
            ManualClock::at(Timestamp::from_unix_seconds(START)),
        )
    }

    fn assemble(settings: Settings, database: Arc<Database>, clock: ManualClock) -> Self {
        let hallpass = Hallpass::with_clock(settings, Clock::from(clock.clone())).unwrap();
        let router = hallpass.router();
        Self {
            hallpass,
            clock,
            database,
            router,
        }
    }

    /// Another server with these settings over the same database and clock.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.hallpass.settings().clone();
        change(&mut settings);
        Self::assemble(settings, Arc::clone(&self.database), self.clock.clone())
    }

    /// A second server beside this one, or this one after a restart.
    pub(crate) fn another(&self) -> Self {
        self.with(|_| ())
    }

    /// A server over a new database without any table.
    pub(crate) async fn on_an_empty_database(&self) -> Self {
        Self::on(self.database.beside().await, self.clock.clone())
    }

    /// This server behind another router.
    pub(crate) fn serving(&self, router: Router) -> Self {
        Self {
            router,
            ..self.clone()
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        self.database.engine()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_seconds()
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self, method, path)
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    pub(crate) fn patch(&self, path: &str) -> Request {
        self.request("PATCH", path)
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self)
    }

    /// Registers somebody with [`PASSWORD`], from an address nobody else has.
    pub(crate) async fn account(&self, email: &str) -> Account {
        let body = json!({"email": email, "password": PASSWORD, "name": "Somebody"});
        let answer = self
            .post("/api/v1/auth/register")
            .from(&fresh_client())
            .json(&body)
            .await;
        assert_eq!(answer.status, 201, "{answer}");
        let user = &answer.json()["user"];
        Account {
            id: user["id"].as_str().unwrap().to_owned(),
            email: email.to_owned(),
            token: answer.token(),
        }
    }

    /// A sign-in that is yet to be sent.
    pub(crate) fn sign_in(&self, email: &str, password: &str) -> Request {
        self.post("/api/v1/auth/signin")
            .json(&json!({"email": email, "password": password}))
    }

    /// As [`TestApp::me`], where a 5xx is what the test is after.
    pub(crate) async fn me_may_fail(&self, token: &str) -> Answer {
        self.get("/api/v1/auth/me").bearer(token).may_fail().await
    }

    pub(crate) async fn me(&self, token: &str) -> Answer {
        self.get("/api/v1/auth/me").bearer(token).await
    }
}

/// Somebody who has registered.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) token: String,
}

impl Account {
    pub(crate) fn path(&self) -> String {
        format!("/api/v1/users/{}", self.id)
    }
}

/// The address of a client that has not been seen before (RFC 2544's range).
pub(crate) fn fresh_client() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(u32::from_be_bytes([198, 18, 0, 1]));
    std::net::Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_string()
}

/// Each byte as a URL may write it.
pub(crate) fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

pub(crate) fn signing_secret(text: &str) -> SigningSecret {
    SigningSecret::new(&text.into()).unwrap()
}

/// The defaults, but for what makes tests slow.
pub(crate) fn settings(database: DatabaseUrl) -> Settings {
    let public_url = PublicUrl::parse(PUBLIC_URL).unwrap();
    let mut settings = Settings::new(public_url, signing_secret(SECRET), database);
    settings.cors_origins = vec![FRONT_END.parse().unwrap()];
    settings.password_hash = CHEAP_ARGON2ID;
    settings.hash_threads = NonZeroUsize::new(2).unwrap();
    // A test machine under load is no reason to answer 503.
    settings.hash_queue = HashQueue {
        deadline: Duration::from_mins(1) * patience(),
        ..HashQueue::default()
    };
    settings.database_timeout = Duration::from_secs(5) * patience();
    settings
}

/// By how much slower than usual this machine may be: `HALLPASS_TEST_PATIENCE`,
/// as CONTRIBUTING.md says.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of these tests that reads it"
)]
fn patience() -> u32 {
    match std::env::var("HALLPASS_TEST_PATIENCE") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => 1,
    }
}
