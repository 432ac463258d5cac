//! The file `.env`, which other programs share.

use std::fs;

use super::{CANARY, is_refused};
use crate::rig::{PASSWORD, Place, SECRET};

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

const PREFIX_LINE: &str = "HALLPASS_COOKIE_PREFIX=from-file\n";

#[tokio::test]
async fn lines_of_other_programs_are_passed_over() {
    let others = [
        "NEXT_PUBLIC_SITE_NAME=My Great App\n",
        "FIREBASE_CONFIG={\"apiKey\": \"x\"}\n",
        "FIREBASE_CONFIG={\n  \"apiKey\": \"x\"\n}\n",
        "GREETING=it's me\n",
        "GREETING='tis me\n",
        "GREETING=\"hello\n",
        "KEY=\"-----BEGIN KEY-----\nMIIB==\nHALLPASS_LOG=loud\n-----END KEY-----\"\n",
        "export NAME\nNAME\nsome words\n",
        "PASSWORD=a$b${c\n",
        "WINDOWS=yes\r\n",
    ];
    for other in others.into_iter().chain([others.concat().as_str()]) {
        let place = Place::new();
        place.write(".env", format!("\u{feff}{other}{PREFIX_LINE}"));
        let server = place.launch().start().await;
        let registered = server.api.register("ann@example.com").await;
        let cookie = registered.header("set-cookie").unwrap();
        assert!(
            cookie.starts_with("from-file.session_token="),
            "{other}: {cookie}"
        );
        let ended = server.stop().await;
        assert!(!ended.err.contains("WARN"), "{other}: {}", ended.err);
    }
    let place = Place::new();
    place.write(
        ".env",
        [b"LATIN=caf\xe9\nZERO=\0\n", PREFIX_LINE.as_bytes()].concat(),
    );
    place.launch().start().await.stop().await;
}

#[tokio::test]
async fn broken_lines_of_ours_are_numbered() {
    const NO_VALUE: &str = "is not followed by =; write NAME=value";
    for (text, line, rule) in [
        (
            &b"BETTER_AUTH_SECRET hunter2"[..],
            "1: BETTER_AUTH_SECRET",
            NO_VALUE,
        ),
        (
            b"A=b\n\nBETTER_AUTH_SECRET",
            "3: BETTER_AUTH_SECRET",
            NO_VALUE,
        ),
        (b"A='\n\n'\nHOST: hunter2\n", "4: HOST", NO_VALUE),
        (
            b"GREETING='tis\nBETTER_AUTH_SECRET=\"hunter2\n",
            "2: BETTER_AUTH_SECRET",
            "opens a quote that is never closed",
        ),
        (
            b"BETTER_AUTH_SECRET=\"hunter2\"hunter2\n",
            "1: BETTER_AUTH_SECRET",
            "has text after its closing quote",
        ),
        (
            b"BETTER_AUTH_SECRET=hunter2\xff\n",
            "1: BETTER_AUTH_SECRET",
            "must be valid UTF-8",
        ),
        (
            b"BETTER_AUTH_SECRET=hunter2\0\n",
            "1: BETTER_AUTH_SECRET",
            "must not hold a NUL byte",
        ),
        (
            b"BETTER_AUTH_SECRET=hunter2$NONE\n",
            "1: BETTER_AUTH_SECRET",
            "refers to $NONE, which is not set; put the value in single quotes to keep the $",
        ),
    ] {
        let place = Place::new();
        place.write(".env", text);
        let fault = format!(".env line {line} {rule}");
        is_refused(&place, place.launch(), &[&fault]).await;
        // What is set outside the file wins over a broken line, too.
        let (_, name) = line.split_once(": ").unwrap();
        let value = if name == "HOST" { "127.0.0.1" } else { SECRET };
        place.launch().set(name, value).start().await.stop().await;
    }
    let place = Place::new();
    place.write(".env", "HALLPASS_LOG=hunter2\n");
    is_refused(
        &place,
        place.launch(),
        &["HALLPASS_LOG must be pretty or json"],
    )
    .await;
    assert!(place.read(".env").contains(CANARY));
}

#[tokio::test]
async fn hash_begins_values_and_comments() {
    let place = Place::new();
    place.write(
        ".env",
        "HALLPASS_BRAND_COLOR=#1e6b52\nHALLPASS_COOKIE_PREFIX=a # b\n",
    );
    let server = place.launch().start().await;
    let registered = server.api.register("ann@example.com").await;
    let cookie = registered.header("set-cookie").unwrap();
    assert!(cookie.starts_with("a.session_token="), "{cookie}");
}

#[tokio::test]
async fn other_things_named_dot_env_are_named() {
    // Python's tools make a folder of this name.
    let place = Place::new();
    fs::create_dir(place.path(".env")).unwrap();
    // Reading it for ever would fill the memory.
    let launch = place.launch().after("ulimit -v 2000000");
    is_refused(&place, launch, &[".env cannot be read: is a directory"]).await;

    let place = Place::new();
    let launch = place.launch().after("mkfifo .env");
    let ended = launch.end().await;
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(
        ended.err.contains(".env cannot be read: is a named pipe"),
        "{}",
        ended.err
    );

    let place = Place::new();
    let utf_16: Vec<u8> = "\u{feff}PORT=1\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for content in [&utf_16[..], &utf_16[2..]] {
        place.write(".env", content);
        is_refused(
            &place,
            place.launch(),
            &[".env is UTF-16; save it as UTF-8"],
        )
        .await;
    }
    for empty in ["", "\n", "\u{feff}"] {
        place.write(".env", empty);
        place.launch().start().await.stop().await;
    }
}
