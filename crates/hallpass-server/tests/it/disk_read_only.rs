//! Files that may only be read, from the start or for a while.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use crate::rig::{Launch, PASSWORD, PATIENCE, Place, eventually, once_hashed, unprivileged_user};

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
            Some(user) => launch.run_as(user, &self.programs.path("hallpass")),
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
    let bob = || once_hashed(server.api.registration("bob@example.com"));
    bob().await.assert_unavailable();
    bob().await.assert_unavailable();
    assert_eq!(server.api.me(&token).await.status, 200);
    assert_eq!(
        server.api.sign_in("ann@example.com", PASSWORD).await.status,
        200
    );

    guarded.may_be_written(true);
    let bob = eventually(PATIENCE / 6, "bob can register", async || {
        let answer = bob().await;
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
