//! A disk without room.
//!
//! `RLIMIT_FSIZE` stands for it: it needs no privilege and can be lifted again,
//! and SQLite sees what it sees there, writes that fail.

use reqwest::Method;
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

use crate::rig::{Database, Engine, PASSWORD, Place, Process, once_hashed};

/// How many bytes a file may have that the process writes; `None` for as many
/// as the test itself may.
fn limit_files(process: &Process, bytes: Option<u64>) {
    let ours = getrlimit(Resource::Fsize);
    let limit = Rlimit {
        current: bytes.or(ours.current),
        ..ours
    };
    prlimit(Some(process.pid()), Resource::Fsize, limit).unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_writes_keeps_reading_and_needs_no_restart() {
    let database = Database::new(Engine::Sqlite).await;
    let place = Place::new();
    // The signal that comes with the limit would end the process; a full disk
    // sends none.
    let server = place.over(&database).after("trap '' XFSZ").start().await;
    let ann = server.api.register("ann@example.com").await;
    let (token, user) = (
        ann.token(),
        ann.json()["user"]["id"].as_str().unwrap().to_owned(),
    );
    let rename = || {
        let request = server
            .api
            .request(Method::PATCH, &format!("/api/v1/users/{user}"));
        request.bearer_auth(&token).json(&json!({"name": "Ann II"}))
    };

    // No room at all, then room for a part of what is to be written.
    for room in [0, 512, 4096, 6000] {
        limit_files(&server.process, Some(room));
        for _ in 0..2 {
            let bob = once_hashed(server.api.registration("bob@example.com"));
            bob.await.assert_unavailable();
            server.api.send(rename()).await.assert_unavailable();
        }
        let me = server.api.me(&token).await;
        assert_eq!(
            (me.status, &me.json()["name"]),
            (200, &json!("Somebody")),
            "{me:?}"
        );
        assert_eq!(
            server.api.sign_in("ann@example.com", PASSWORD).await.status,
            200
        );
        assert_eq!(
            server.api.sign_in("ann@example.com", "wrong").await.status,
            401
        );
        assert_eq!(server.api.get("/readyz").await.status, 200);
        assert_eq!(server.api.get("/healthz").await.status, 200);

        limit_files(&server.process, None);
        let stored = database.texts("select email, name from users").await;
        assert_eq!(stored, [["ann@example.com", "Somebody"]]);
    }

    let bob = server.api.register("bob@example.com").await;
    assert_eq!(bob.status, 201, "{bob:?}");
    assert_eq!(server.api.send(rename()).await.json()["name"], "Ann II");
    server.stop().await;
    assert_eq!(database.texts("pragma integrity_check").await, [["ok"]]);
    let stored = database
        .texts("select email, name from users order by email")
        .await;
    assert_eq!(
        stored,
        [
            ["ann@example.com", "Ann II"],
            ["bob@example.com", "Somebody"]
        ]
    );
}

/// A full disk is no reason to forget how often somebody has guessed.
#[tokio::test]
async fn a_guess_that_cannot_be_counted_is_not_answered() {
    let database = Database::new(Engine::Sqlite).await;
    let place = Place::new();
    let launch = place.over(&database).set("HALLPASS_RATE_LIMIT", "on");
    let server = launch.after("trap '' XFSZ").start().await;
    assert_eq!(server.api.register("ann@example.com").await.status, 201);
    limit_files(&server.process, Some(0));
    let wrong = once_hashed(server.api.signing_in("ann@example.com", "wrong"));
    wrong.await.assert_unavailable();
    let right = server.api.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(right.status, 200, "{right:?}");
    limit_files(&server.process, None);
    let wrong = server.api.sign_in("ann@example.com", "wrong").await;
    assert_eq!(wrong.verdict(), (401, "invalid_credentials".to_owned()));
}
