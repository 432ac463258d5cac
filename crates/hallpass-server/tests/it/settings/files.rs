//! Settings from files: the twins `…_FILE`, and the secret that is made.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use super::{CANARY, KNOWN, is_refused};
use crate::rig::{Launch, Place, SECRET, unprivileged_user};

#[tokio::test]
async fn a_name_and_its_twin_are_one_too_many() {
    for (name, value) in KNOWN {
        let place = Place::new();
        let file = place.write("value", value);
        let launch = place
            .launch()
            .set(name, value)
            .set(&format!("{name}_FILE"), file);
        let fault = format!("{name} and {name}_FILE are both set; remove one");
        is_refused(&place, launch, &[&fault]).await;
    }
}

#[tokio::test]
async fn a_twin_that_names_no_readable_file_is_told() {
    for (name, _) in KNOWN {
        let place = Place::new();
        fs::create_dir(place.path("folder")).unwrap();
        place.write("noise", [0xff, 0xfe]);
        for (path, reason) in [
            ("missing", "entity not found"),
            ("folder", "is a directory"),
            ("noise", "invalid data"),
            ("", "entity not found"),
        ] {
            let fault = format!("{name}_FILE names a file that cannot be read: {reason}");
            let launch = place
                .launch()
                .without(name)
                .set(&format!("{name}_FILE"), path);
            is_refused(&place, launch, &[&fault]).await;
        }
    }
}

#[tokio::test]
async fn every_setting_may_come_from_a_file() {
    let place = Place::new();
    let database = place.path("accounts.db");
    let url = format!("sqlite://{}", database.display());
    let files = [
        ("BETTER_AUTH_SECRET", format!("{SECRET}\n")),
        ("DATABASE_URL", format!("{url}\r\n")),
        ("HALLPASS_COOKIE_PREFIX", "from-file\n".to_owned()),
        ("PORT", "0".to_owned()),
    ];
    let launch = files
        .iter()
        .fold(place.launch().without("PORT"), |launch, (name, text)| {
            launch.set(&format!("{name}_FILE"), place.write(name, text))
        });
    let server = launch.start().await;
    let registered = server.api.register("ann@example.com").await;
    assert!(
        registered
            .header("set-cookie")
            .unwrap()
            .starts_with("from-file.session_token=")
    );
    server.stop().await;
    assert!(database.exists());

    // The same secret, said directly, takes the token.
    let launch = place
        .launch()
        .set("DATABASE_URL", url)
        .set("BETTER_AUTH_SECRET", SECRET);
    let server = launch.start().await;
    assert_eq!(server.api.me(&registered.token()).await.status, 200);
}

#[tokio::test]
async fn a_secret_file_that_others_may_read_or_that_is_weak_is_told() {
    const FILE: &str = "./hallpass-data/secret";
    let readable =
        format!("{FILE} holds the secret and others may read it; mend it with: chmod 600 {FILE}");
    let short = format!("{FILE} must have at least 32 bytes; `hallpass secret` prints a fresh one");
    for (text, mode, fault) in [
        (SECRET, 0o644, &readable),
        (SECRET, 0o640, &readable),
        (SECRET, 0o666, &readable),
        (SECRET, 0o604, &readable),
        (CANARY, 0o600, &short),
        ("", 0o600, &short),
    ] {
        let place = Place::new();
        fs::create_dir(place.path("hallpass-data")).unwrap();
        let file = place.write("hallpass-data/secret", text);
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        is_refused(&place, place.launch(), &[fault]).await;
        assert_eq!(fs::read_to_string(file).unwrap(), text, "left as it is");
    }
    let place = Place::new();
    fs::create_dir_all(place.path(FILE)).unwrap();
    let folder = format!("{FILE} holds the secret and cannot be read: is a directory");
    is_refused(&place, place.launch(), &[&folder]).await;
}

#[tokio::test]
async fn a_place_that_cannot_be_made_is_told_and_nothing_else_is_made() {
    let place = Place::new();
    place.write("file", "");
    for (settings, fault) in [
        (
            vec![("HALLPASS_DATA_DIR", "file")],
            "HALLPASS_DATA_DIR names a folder",
        ),
        (
            vec![("HALLPASS_DATA_DIR", "file/data")],
            "HALLPASS_DATA_DIR names a folder",
        ),
        (
            vec![("DATABASE_URL", "sqlite:///no/such/folder/accounts.db")],
            "DATABASE_URL names a file",
        ),
        (
            vec![("DATABASE_URL", "sqlite://no/such/folder/accounts.db")],
            "DATABASE_URL names a file",
        ),
    ] {
        let set = |launch: Launch, (name, value): &(&str, &str)| launch.set(name, *value);
        let ended = settings.iter().fold(place.launch(), set).end().await;
        assert_eq!(ended.code, Some(2), "{}", ended.err);
        let expected = format!("error: 1 setting breaks its rule\n  {fault} ");
        assert!(ended.err.starts_with(&expected), "{}", ended.err);
        assert_eq!(place.entries(), ["file"], "{fault}");
    }
}

/// What Kubernetes does to a volume with `fsGroup`.
#[tokio::test]
async fn secret_shared_with_its_folder_is_used() {
    let place = Place::new();
    place.launch().start().await.stop().await;
    let set = |name: &str, mode| {
        fs::set_permissions(place.path(name), Permissions::from_mode(mode)).unwrap();
    };
    set("hallpass-data", 0o2770);
    set("hallpass-data/secret", 0o660);
    let ended = place.launch().start().await.stop().await;
    let said = ended
        .err
        .matches("which owns the folder, may change it")
        .count();
    assert_eq!(said, 1, "{}", ended.err);
    set("hallpass-data/secret", 0o666);
    let ended = place.launch().end().await;
    assert_eq!(ended.code, Some(2), "{}", ended.err);
}

#[tokio::test]
async fn secrets_of_other_kinds_are_refused() {
    const FILE: &str = "./hallpass-data/secret";
    for (make, kind) in [
        ("mkfifo secret", "is a named pipe"),
        ("ln -s /dev/zero secret", "is a symbolic link"),
        (
            "ln -s other secret; echo 01234567890123456789012345678901abcdef >other",
            "is a symbolic link",
        ),
        ("ln -s secret secret", "is a symbolic link"),
        ("mkdir secret", "is a directory"),
        (
            "head -c 5000 /dev/zero | tr '\\0' 'x' >secret",
            "has more than 4096 bytes",
        ),
    ] {
        let place = Place::new();
        fs::create_dir(place.path("hallpass-data")).unwrap();
        shell(&place.path("hallpass-data"), &format!("umask 077; {make}"));
        let fault = format!("{FILE} holds the secret and cannot be read: {kind}");
        is_refused(&place, place.launch(), &[&fault]).await;
    }
}

#[tokio::test]
async fn secret_of_another_user_is_refused() {
    const FILE: &str = "./hallpass-data/secret";
    let Some((user, group)) = unprivileged_user() else {
        return;
    };
    let place = Place::new();
    fs::create_dir(place.path("hallpass-data")).unwrap();
    let file = place.write("hallpass-data/secret", SECRET);
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    chown(&file, Some(user), Some(group)).unwrap();
    let fault = format!(
        "{FILE} holds the secret and belongs to user {user}, who may change it; fix it with: chown 0 {FILE}"
    );
    is_refused(&place, place.launch(), &[&fault]).await;

    let twin = "BETTER_AUTH_SECRET_FILE";
    let fault = format!(
        "{twin} names a file of user {user}, who may change it; fix it with: chown 0 hallpass-data/secret"
    );
    let launch = place.launch().set(twin, "hallpass-data/secret");
    is_refused(&place, launch, &[&fault]).await;
    chown(&file, Some(0), Some(0)).unwrap();
    place
        .launch()
        .set(twin, "hallpass-data/secret")
        .start()
        .await
        .stop()
        .await;
}

#[tokio::test]
async fn twins_of_other_kinds_are_refused() {
    let place = Place::new();
    shell(
        &place.path("."),
        "umask 077; mkfifo pipe; ln -s /dev/zero zero; head -c 70000 /dev/zero | tr '\\0' 'x' >long; echo x >open; chmod 666 open",
    );
    for (name, path, fault) in [
        (
            "BETTER_AUTH_SECRET_FILE",
            "pipe",
            "cannot be read: is a named pipe",
        ),
        (
            "BETTER_AUTH_SECRET_FILE",
            "zero",
            "cannot be read: is a device",
        ),
        (
            "BETTER_AUTH_SECRET_FILE",
            "long",
            "cannot be read: has more than 4096 bytes",
        ),
        (
            "CORS_ORIGINS_FILE",
            "pipe",
            "cannot be read: is a named pipe",
        ),
        (
            "CORS_ORIGINS_FILE",
            "long",
            "cannot be read: has more than 65536 bytes",
        ),
        ("HALLPASS_LOG_FILE", "zero", "cannot be read: is a device"),
        (
            "HALLPASS_BRAND_LOGO",
            "pipe",
            "cannot be read: is a named pipe",
        ),
        ("HALLPASS_BRAND_LOGO", "zero", "cannot be read: is a device"),
    ] {
        let fault = format!("{name} names a file that {fault}");
        is_refused(&place, place.launch().set(name, path), &[&fault]).await;
    }
    let fault = "PORT_FILE names a file that other users may change; fix it with: chmod go-w open";
    let launch = place.launch().without("PORT").set("PORT_FILE", "open");
    is_refused(&place, launch, &[fault]).await;
}

/// Kubernetes mounts a secret behind two links, for root, with mode 0644.
#[tokio::test]
async fn mounted_secrets_start_with_one_warning() {
    let place = Place::new();
    fs::create_dir_all(place.path("secrets/..2026_01_01")).unwrap();
    shell(
        &place.path("secrets"),
        "ln -s ..2026_01_01 ..data; ln -s ..data/key key",
    );
    let file = place.write("secrets/..2026_01_01/key", format!("{SECRET}\n"));
    let launch = || {
        place
            .launch()
            .set("BETTER_AUTH_SECRET_FILE", place.path("secrets/key"))
    };
    for (mode, warnings) in [(0o644, 1), (0o444, 1), (0o440, 0), (0o400, 0)] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let ended = launch().start().await.stop().await;
        let said = ended
            .err
            .matches("every user of this machine may read")
            .count();
        assert_eq!(said, warnings, "{mode:o}: {}", ended.err);
    }
}

/// With a given secret and a database elsewhere, nothing is made.
#[tokio::test]
async fn data_folder_is_made_when_needed() {
    let elsewhere = Place::new();
    let url = format!("sqlite://{}", elsewhere.path("accounts.db").display());
    let place = Place::new();
    place.write("file", "");
    let launch = place
        .launch()
        .set("DATABASE_URL", url)
        .set("BETTER_AUTH_SECRET", SECRET)
        .set("HALLPASS_DATA_DIR", "file/data");
    launch.start().await.stop().await;
    assert_eq!(place.entries(), ["file"]);
}

fn shell(folder: &Path, script: &str) {
    let mut shell = std::process::Command::new("/bin/sh");
    let status = shell.args(["-c", script]).current_dir(folder).status();
    assert!(status.unwrap().success(), "{script}");
}
