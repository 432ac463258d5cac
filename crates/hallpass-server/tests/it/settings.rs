//! Settings: each fault is told with name and rule, all at once, and nothing is
//! made of settings that are wrong.

mod addresses;
mod dot_env;
mod files;
mod names;
mod values;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use reqwest::Method;
use serde_json::json;

use crate::rig::{Launch, PASSWORD, PATIENCE, Place, SECRET, Server, events, within};

/// Stands in values that may be secret, and must not stand in what is said.
const CANARY: &str = "hunter2";

/// Every setting, and a value that it takes.
const KNOWN: [(&str, &str); 21] = [
    ("BETTER_AUTH_SECRET", SECRET),
    ("BETTER_AUTH_URL", "http://localhost:8000"),
    ("CORS_ORIGINS", "http://localhost:3000"),
    ("DATABASE_URL", "sqlite://accounts.db"),
    ("HALLPASS_COOKIE_PREFIX", "hallpass"),
    ("HALLPASS_COOKIE_SAMESITE", "strict"),
    ("HALLPASS_DATABASE_CONNECTIONS", "5"),
    ("HALLPASS_DATABASE_TIMEOUT", "2"),
    ("HALLPASS_DATA_DIR", "data"),
    ("HALLPASS_DRAIN", "0"),
    ("HALLPASS_HASH_THREADS", "1"),
    ("HALLPASS_HSTS", "on"),
    ("HALLPASS_LOG", "json"),
    ("HALLPASS_METRICS_ADDR", "127.0.0.1:0"),
    ("HALLPASS_PASSWORD_HASH", "argon2id"),
    ("HALLPASS_PASSWORD_MIN_LENGTH", "8"),
    ("HALLPASS_RATE_LIMIT", "on"),
    ("HOST", "127.0.0.1"),
    ("PORT", "0"),
    ("RUST_LOG", "info"),
    ("TRUSTED_PROXIES", "127.0.0.1"),
];

/// It ends with code 2, says exactly these faults, and has made nothing.
async fn is_refused(place: &Place, launch: Launch, faults: &[&str]) {
    let before = place.entries();
    let ended = within(PATIENCE, "it ends", launch.end()).await;
    let count = match faults.len() {
        1 => "1 setting breaks its rule".to_owned(),
        many => format!("{many} settings break their rules"),
    };
    let expected = format!("error: {count}\n  {}", faults.join("\n  "));
    assert_eq!(ended.err, expected);
    assert_eq!(ended.code, Some(2), "{expected}");
    assert_eq!(ended.out, "");
    assert!(!ended.err.contains(CANARY), "{}", ended.err);
    assert_eq!(place.entries(), before, "{expected}");
}

#[tokio::test]
async fn a_server_that_people_reach_is_given_its_secret() {
    let place = Place::new();
    let launch = || {
        place
            .launch()
            .set("BETTER_AUTH_URL", "https://auth.example.com")
    };
    let missing = "BETTER_AUTH_SECRET must be set when BETTER_AUTH_URL is https; `hallpass secret` \
         prints a fresh one";
    is_refused(&place, launch(), &[missing]).await;
    let twin = launch().set("BETTER_AUTH_SECRET_FILE", "missing");
    let unreadable = "BETTER_AUTH_SECRET_FILE names a file that cannot be read: entity not found";
    is_refused(&place, twin.clone(), &[unreadable]).await;
    let both = "BETTER_AUTH_SECRET and BETTER_AUTH_SECRET_FILE are both set; remove one";
    is_refused(&place, twin.set("BETTER_AUTH_SECRET", SECRET), &[both]).await;

    // A secret that was made for a public URL without https does not do either.
    place.launch().start().await.stop().await;
    is_refused(&place, launch(), &[missing]).await;
    let server = launch().set("BETTER_AUTH_SECRET", SECRET).start().await;
    let registered = server.api.register("ann@example.com").await;
    let cookie = registered.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-hallpass.session_token="),
        "{cookie}"
    );
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let place = Place::new();
    let launch = place
        .launch()
        .set("BETTER_AUTH_SECRET", "hunter2")
        .set("BETTER_AUTH_URL", "ftp://example.com")
        .set("DATABASE_URL", "mysql://ann:hunter2@db/accounts")
        .set("HALLPASS_HASH_THREADS", "0")
        .set("HALLPASS_LOG_FILE", "missing")
        .set("HOST", "")
        .set("PORT", "http");
    let faults = [
        "DATABASE_URL must begin with sqlite:// or postgres://",
        "BETTER_AUTH_URL must begin with https:// or http://",
        "HOST is set but empty; give it a value or remove it",
        "PORT must be a number from 0 to 65535",
        "HALLPASS_HASH_THREADS must be a whole number from 1 to 256",
        "HALLPASS_LOG_FILE names a file that cannot be read: entity not found",
        "BETTER_AUTH_SECRET must have at least 32 bytes; `hallpass secret` prints a fresh one",
    ];
    is_refused(&place, launch, &faults).await;
}

/// What is wrong with the environment as a whole hides no fault of a setting.
#[tokio::test]
async fn unreadable_texts_are_told_together_with_wrong_values() {
    let place = Place::new();
    place.write(".env", "HALLPASS_LOG=json\nHALLPASS_HSTS hunter2\n");
    let noise = OsString::from_vec(vec![0xff]);
    let launch = place.launch().set("HOST", noise).set("PORT", "http");
    let ended = launch.end().await;
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    for fault in [
        ".env line 2: HALLPASS_HSTS is not followed by =; write NAME=value",
        "HOST must be valid UTF-8",
        "PORT must be a number from 0 to 65535",
    ] {
        assert!(
            ended.err.contains(fault),
            "{fault} is missing: {}",
            ended.err
        );
    }
    assert!(!ended.err.contains(CANARY), "{}", ended.err);
    assert_eq!(place.entries(), [".env"]);
}

/// The thread names of a process.
#[cfg(target_os = "linux")]
fn threads(server: &Server) -> Vec<String> {
    let tasks = format!("/proc/{}/task", server.process.pid());
    let name = |task: std::io::Result<fs::DirEntry>| {
        fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
    };
    let names = fs::read_dir(tasks).unwrap().map(name);
    names.map(|name| name.trim().to_owned()).collect()
}

#[tokio::test]
async fn each_setting_reaches_what_it_is_for() {
    let place = Place::new();
    let server = place
        .launch()
        .set("BETTER_AUTH_URL", "http://auth.test:9000")
        .set("CORS_ORIGINS", "http://app.test, http://other.test:3000")
        .set("DATABASE_URL", "sqlite://accounts.db")
        .set("HALLPASS_COOKIE_PREFIX", "better-auth")
        .set("HALLPASS_COOKIE_SAMESITE", "lax")
        .set("HALLPASS_DATA_DIR", "data")
        .set("HALLPASS_HASH_THREADS", "3")
        .set("HALLPASS_PASSWORD_HASH", "bcrypt")
        .set("HALLPASS_PASSWORD_MIN_LENGTH", "21")
        .set("TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1")
        .start()
        .await;
    let of_20_characters = server.api.register("ann@example.com").await;
    assert_eq!(of_20_characters.status, 422, "{of_20_characters:?}");

    let register = |origin: &str| {
        let body = json!({"email": "ann@example.com", "password": format!("{PASSWORD}!")});
        let request = server
            .api
            .request(Method::POST, "/api/v1/auth/register")
            .json(&body);
        let request = request.header("x-forwarded-for", "198.51.100.7, 203.0.113.9, 10.1.2.3");
        server.api.send(request.header("origin", origin))
    };
    let foreign = register("http://localhost:8000").await;
    assert_eq!(foreign.verdict(), (403, "cross_site_request".to_owned()));
    let registered = register("http://auth.test:9000").await;
    assert_eq!(registered.status, 201, "{registered:?}");
    let cookie = registered.header("set-cookie").unwrap();
    assert!(cookie.starts_with("better-auth.session_token="), "{cookie}");
    assert!(cookie.ends_with("; SameSite=Lax"), "{cookie}");
    for listed in ["http://app.test", "http://other.test:3000"] {
        let taken = register(listed).await;
        assert_eq!(taken.verdict(), (400, "registration_refused".to_owned()));
        assert_eq!(taken.header("access-control-allow-origin"), Some(listed));
    }
    #[cfg(target_os = "linux")]
    {
        let threads = threads(&server);
        let hashing = threads
            .iter()
            .filter(|name| name.starts_with("hallpass-hash"));
        assert_eq!(hashing.count(), 3, "{threads:?}");
    }
    let events = events(&server.stop().await.err);
    let sign_up = events
        .iter()
        .find(|event| event["event"] == "sign_up")
        .unwrap();
    assert_eq!(sign_up["client"], "203.0.113.9", "{sign_up}");
    assert_eq!(place.entries(), ["data", "data/accounts.db", "data/secret"]);
    let stored = fs::read(place.path("data/accounts.db")).unwrap();
    assert!(
        String::from_utf8_lossy(&stored).contains("$2b$12$"),
        "bcrypt of cost 12"
    );
}
