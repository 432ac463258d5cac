//! A disk without room, and one that may only be read.
//!
//! `RLIMIT_FSIZE` stands for the full disk: it needs no privilege and can be
//! lifted again, and SQLite sees the same as there, writes that fail.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use reqwest::Method;
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

use crate::rig::{
    Answer, Database, Engine, Launch, PASSWORD, PATIENCE, Place, Process, eventually,
    unprivileged_user,
};

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

fn assert_unavailable(answer: &Answer) {
    assert_eq!(
        answer.verdict(),
        (503, "database_unavailable".to_owned()),
        "{answer:?}"
    );
    assert!((1..=3).contains(&answer.retry_after()), "{answer:?}");
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
            assert_unavailable(
                &Answer::of(server.api.registration("bob@example.com"))
                    .await
                    .unwrap(),
            );
            assert_unavailable(&Answer::of(rename()).await.unwrap());
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
    let wrong = Answer::of(server.api.signing_in("ann@example.com", "wrong"))
        .await
        .unwrap();
    assert_unavailable(&wrong);
    let right = server.api.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(right.status, 200, "{right:?}");
    limit_files(&server.process, None);
    let wrong = server.api.sign_in("ann@example.com", "wrong").await;
    assert_eq!(wrong.verdict(), (401, "invalid_credentials".to_owned()));
}

/// Files that a server may be kept from writing: root may write anything, so
/// under root it runs as somebody else.
struct Guarded {
    place: Place,
    /// Keeps the copy of the program.
    programs: Place,
}

impl Guarded {
    fn new() -> Self {
        let guarded = Self {
            place: Place::new(),
            programs: Place::new(),
        };
        if let Some((user, group)) = unprivileged_user() {
            chown(guarded.place.path("."), Some(user), Some(group)).unwrap();
            fs::set_permissions(guarded.programs.path("."), Permissions::from_mode(0o755)).unwrap();
        }
        guarded
    }

    fn launch(&self) -> Launch {
        let launch = self.place.launch().set("HALLPASS_RATE_LIMIT", "off");
        match unprivileged_user() {
            Some(user) => launch.as_user(user, &self.programs.path("hallpass")),
            None => launch,
        }
    }

    fn may_be_written(&self, may: bool) {
        let (folder, file) = if may { (0o700, 0o600) } else { (0o500, 0o400) };
        let data = self.place.path("hallpass-data");
        let set =
            |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        set(&data, 0o700);
        for entry in fs::read_dir(&data).unwrap() {
            set(&entry.unwrap().path(), file);
        }
        set(&data, folder);
    }
}

#[tokio::test]
async fn a_server_that_finds_its_files_read_only_says_so_and_ends() {
    let guarded = Guarded::new();
    guarded.launch().start().await.stop().await;
    guarded.may_be_written(false);
    let ended = guarded.launch().end().await;
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let [error] = ended.err.lines().collect::<Vec<_>>()[..] else {
        panic!("one line: {}", ended.err);
    };
    assert!(
        error.starts_with("error: ") && error.contains("hallpass.db"),
        "{error}"
    );
    guarded.may_be_written(true);
    guarded.launch().start().await.stop().await;
}

#[tokio::test]
async fn a_database_that_was_read_only_for_a_while_is_written_again_without_a_restart() {
    let guarded = Guarded::new();
    let server = guarded.launch().start().await;
    let token = server.api.register("ann@example.com").await.token();
    server.stop().await;

    let server = guarded.launch().start().await;
    assert_eq!(server.api.me(&token).await.status, 200);
    guarded.may_be_written(false);
    let bob = || Answer::of(server.api.registration("bob@example.com"));
    assert_unavailable(&bob().await.unwrap());
    assert_unavailable(&bob().await.unwrap());
    assert_eq!(server.api.me(&token).await.status, 200);
    assert_eq!(
        server.api.sign_in("ann@example.com", PASSWORD).await.status,
        200
    );

    guarded.may_be_written(true);
    let bob = eventually(PATIENCE / 6, "bob can register", async || {
        let answer = bob().await.unwrap();
        (answer.status != 503).then_some(answer)
    });
    assert_eq!(bob.await.status, 201);
    server.stop().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_not_waited_for() {
    let place = Place::new();
    fs::create_dir(place.path("folder.db")).unwrap();
    place.write(
        "letter.db",
        "Dear Ann, this is no database but a letter.".repeat(99),
    );
    for (name, reason) in [
        ("folder.db", "unable to open"),
        ("letter.db", "not a database"),
    ] {
        let url = format!("sqlite://{}", place.path(name).display());
        let ended = place.launch().set("DATABASE_URL", url).end().await;
        assert_eq!(ended.code, Some(3), "{}", ended.err);
        let [error] = ended.err.lines().collect::<Vec<_>>()[..] else {
            panic!("one line: {}", ended.err);
        };
        assert!(
            error.starts_with("error: ") && error.contains(reason),
            "{error}"
        );
        assert!(error.contains(name), "which one? {error}");
    }
}
