//! Settings from files: `.env`, the twins `…_FILE`, and the secret that is made.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::{CANARY, KNOWN, is_refused};
use crate::rig::{Launch, PASSWORD, Place, SECRET};

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

#[tokio::test]
async fn a_dot_env_file_is_read_and_the_environment_wins() {
    let place = Place::new();
    let quoted = format!(
        "\u{23} what a person writes\n\nexport HALLPASS_COOKIE_PREFIX=from-file\n\
         BETTER_AUTH_SECRET=\"{SECRET}\" \u{23} quoted\nHALLPASS_LOG='pretty'\n\
         HALLPASS_DATA_DIR=elsewhere\nSOMEBODY_ELSES_SETTING=hunter2\n"
    );
    place.write(".env", quoted);
    let server = place.launch().start().await;
    let registered = server.api.register("ann@example.com").await;
    assert!(
        registered
            .header("set-cookie")
            .unwrap()
            .starts_with("from-file.session_token=")
    );
    let ended = server.stop().await;
    assert!(
        ended.err.lines().all(|line| !line.starts_with('{')),
        "pretty: {}",
        ended.err
    );
    assert_eq!(
        place.entries(),
        [".env", "elsewhere", "elsewhere/hallpass.db"]
    );

    let server = place
        .launch()
        .set("HALLPASS_COOKIE_PREFIX", "from-environment")
        .start()
        .await;
    let signed_in = server.api.sign_in("ann@example.com", PASSWORD).await;
    assert!(
        signed_in
            .header("set-cookie")
            .unwrap()
            .starts_with("from-environment.session_token=")
    );
}

#[tokio::test]
async fn faults_of_a_dot_env_file_are_told_without_its_lines() {
    for (text, fault) in [
        (
            &b"BETTER_AUTH_SECRET hunter2"[..],
            ".env has a line that is not NAME=value",
        ),
        (
            b"hunter2\nHALLPASS_LOG=json\n",
            ".env has a line that is not NAME=value",
        ),
        (
            b"BETTER_AUTH_SECRET=\"hunter2\n",
            ".env has a line that is not NAME=value",
        ),
        (
            b"BETTER_AUTH_SECRET=hunter2\xff\n",
            ".env has a line that is not NAME=value",
        ),
        (
            b"HALLPASS_LOG=hunter2\n",
            "HALLPASS_LOG must be pretty or json",
        ),
        (
            b"HALLPASS_LOGG=hunter2\n",
            "HALLPASS_LOGG is not a setting; did you mean HALLPASS_LOG?",
        ),
    ] {
        let place = Place::new();
        place.write(".env", text);
        is_refused(&place, place.launch(), &[fault]).await;
    }
}

/// Python's tools make a folder of this name.
#[tokio::test]
async fn a_folder_named_dot_env_is_told() {
    let place = Place::new();
    fs::create_dir(place.path(".env")).unwrap();
    // Whoever reads it for ever fills the memory.
    let launch = place.launch().after("ulimit -v 2000000");
    is_refused(&place, launch, &[".env cannot be read"]).await;
}
