//! What every test stands on: the built binary as a process, in a folder and
//! with an environment that hold nothing but what the test says.

mod api;
mod cluster;
mod database;
mod http2;
mod process;
mod proxy;
mod raw;

use std::time::{Duration, Instant};

pub(crate) use self::api::{Answer, Api, fresh_client, once_hashed, patiently};
pub(crate) use self::cluster::{Cluster, unprivileged_user};
pub(crate) use self::database::{Database, Engine};
pub(crate) use self::http2::Http2;
pub(crate) use self::process::{Ended, Launch, Place, Process, Server, events};
pub(crate) use self::proxy::{Loss, Proxy};
pub(crate) use self::raw::Raw;

pub(crate) const PASSWORD: &str = "marble otter 9 quilt";
pub(crate) const SECRET: &str = "a process-test secret of 32 bytes or more";

/// The longest a test waits for what ought to happen at once, on a machine of
/// usual speed: see [`scaled`].
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The longest that a server under test waits for its database, in seconds,
/// unless the test is about that time.
const DATABASE_TIMEOUT: u32 = 20;

/// The time by which a slow machine is to have done what takes another machine
/// less than `limit`: `HALLPASS_TEST_PATIENCE` times as long, as CONTRIBUTING.md
/// says. A duration of a test that is not scaled here is one of the server's.
pub(crate) fn scaled(limit: Duration) -> Duration {
    limit * patience()
}

/// What to set `HALLPASS_DATABASE_TIMEOUT` to.
pub(crate) fn database_timeout() -> String {
    (DATABASE_TIMEOUT * patience()).min(60).to_string()
}

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

/// Between two looks at what gives no sign of its own when it changes.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// The outcome, or a failed test when it takes longer.
pub(crate) async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    let limit = scaled(limit);
    let outcome = tokio::time::timeout(limit, future).await;
    outcome.unwrap_or_else(|_| panic!("{what}: not within {limit:?}"))
}

/// Asks again and again, until there is an answer.
pub(crate) async fn eventually<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    within(limit, what, looking).await
}

/// The outcome and how long it took.
pub(crate) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    let outcome = future.await;
    (outcome, began.elapsed())
}

/// Makes of one test two: `name::on_sqlite` and `name::on_postgresql`.
macro_rules! on_both_engines {
    ($($(#[doc = $doc:literal])* async fn $name:ident($database:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn check($database: &$crate::rig::Database) $body

            async fn run(engine: $crate::rig::Engine) {
                let database = $crate::rig::Database::new(engine).await;
                check(&database).await;
                database.remove().await;
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
