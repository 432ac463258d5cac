//! Settings: each fault is told with name and rule, all at once, and nothing is
//! made of settings that are wrong.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;
use serde_json::json;

use crate::rig::{Launch, PASSWORD, PATIENCE, Place, SECRET, Server, events, within};

/// Stands in values that may be secret, and must not stand in what is said.
const CANARY: &str = "hunter2";

/// Every setting, and a value that it takes.
const KNOWN: [(&str, &str); 16] = [
    ("BETTER_AUTH_SECRET", SECRET),
    ("BETTER_AUTH_URL", "http://localhost:8000"),
    ("CORS_ORIGINS", "http://localhost:3000"),
    ("DATABASE_URL", "sqlite://accounts.db"),
    ("HALLPASS_COOKIE_PREFIX", "hallpass"),
    ("HALLPASS_DATA_DIR", "data"),
    ("HALLPASS_HASH_THREADS", "1"),
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
async fn a_wrong_value_is_told_with_its_rule() {
    const THREADS: &str = "HALLPASS_HASH_THREADS must be a whole number from 1 to 256";
    const LENGTH: &str = "HALLPASS_PASSWORD_MIN_LENGTH must be a whole number from 8 to 64";
    const PORT: &str = "PORT must be a number from 0 to 65535";
    const HOST: &str = "HOST must be an IP address, like 127.0.0.1 or 0.0.0.0";
    const PREFIX: &str = "HALLPASS_COOKIE_PREFIX must be 1 to 64 letters, digits, - or _";
    const METRICS: &str =
        "HALLPASS_METRICS_ADDR must be an address with a port, like 127.0.0.1:9090";
    const SCHEME: &str = "DATABASE_URL must begin with sqlite:// or postgres://";
    const IN_MEMORY: &str =
        "DATABASE_URL names a database in memory, which loses every account at exit; name a file";
    const SYNTAX: &str = "DATABASE_URL cannot be read as a database URL; special characters in user and \
         password must be percent-encoded";
    const SHORT: &str =
        "BETTER_AUTH_SECRET must have at least 32 bytes; `hallpass secret` prints a fresh one";
    const GUESSABLE: &str = "BETTER_AUTH_SECRET is a well-known or repetitive text; `hallpass secret` prints \
         a fresh one";
    let long = "p".repeat(65);
    let repetitive = CANARY.repeat(5);
    for (name, value, fault) in [
        ("HOST", "auth.example.com", HOST),
        ("HOST", "127.0.0.1:8000", HOST),
        ("PORT", "65536", PORT),
        ("PORT", "-1", PORT),
        ("PORT", "http", PORT),
        (
            "BETTER_AUTH_URL",
            "auth.example.com",
            "BETTER_AUTH_URL must be a URL like https://auth.example.com",
        ),
        (
            "BETTER_AUTH_URL",
            "https://",
            "BETTER_AUTH_URL must be a URL like https://auth.example.com",
        ),
        (
            "BETTER_AUTH_URL",
            "localhost:8000",
            "BETTER_AUTH_URL must begin with https:// or http://",
        ),
        (
            "BETTER_AUTH_URL",
            "ftp://auth.example.com",
            "BETTER_AUTH_URL must begin with https:// or http://",
        ),
        (
            "BETTER_AUTH_URL",
            "https://ann:hunter2@auth.example.com",
            "BETTER_AUTH_URL must not hold a user name or password",
        ),
        (
            "DATABASE_URL",
            "mysql://ann:hunter2@db.example.com/accounts",
            SCHEME,
        ),
        ("DATABASE_URL", "accounts.db", SCHEME),
        ("DATABASE_URL", "sqlite::memory:", IN_MEMORY),
        (
            "DATABASE_URL",
            "sqlite://accounts.db?mode=memory",
            IN_MEMORY,
        ),
        (
            "DATABASE_URL",
            "sqlite://",
            "DATABASE_URL must name a file: sqlite://hallpass.db",
        ),
        ("DATABASE_URL", "sqlite://accounts.db?speed=high", SYNTAX),
        (
            "DATABASE_URL",
            "postgres://ann:hunter2/x@db.example.com/accounts",
            SYNTAX,
        ),
        (
            "DATABASE_URL",
            "postgres://ann:hunter2@db.example.com:port/accounts",
            SYNTAX,
        ),
        ("HALLPASS_COOKIE_PREFIX", "hall pass", PREFIX),
        ("HALLPASS_COOKIE_PREFIX", "hall;pass", PREFIX),
        ("HALLPASS_COOKIE_PREFIX", &long, PREFIX),
        ("HALLPASS_HASH_THREADS", "0", THREADS),
        ("HALLPASS_HASH_THREADS", "257", THREADS),
        ("HALLPASS_HASH_THREADS", "two", THREADS),
        ("HALLPASS_LOG", "xml", "HALLPASS_LOG must be pretty or json"),
        ("HALLPASS_METRICS_ADDR", "9090", METRICS),
        ("HALLPASS_METRICS_ADDR", "localhost:9090", METRICS),
        (
            "HALLPASS_PASSWORD_HASH",
            "md5",
            "HALLPASS_PASSWORD_HASH must be argon2id or bcrypt",
        ),
        ("HALLPASS_PASSWORD_MIN_LENGTH", "7", LENGTH),
        ("HALLPASS_PASSWORD_MIN_LENGTH", "65", LENGTH),
        ("HALLPASS_PASSWORD_MIN_LENGTH", "eight", LENGTH),
        (
            "HALLPASS_RATE_LIMIT",
            "false",
            "HALLPASS_RATE_LIMIT must be on or off",
        ),
        (
            "RUST_LOG",
            "hallpass=loud",
            "RUST_LOG must be a filter like info or hallpass=debug,info",
        ),
        ("BETTER_AUTH_SECRET", "hunter2", SHORT),
        ("BETTER_AUTH_SECRET", "", SHORT),
        ("BETTER_AUTH_SECRET", &repetitive, GUESSABLE),
        (
            "BETTER_AUTH_SECRET",
            "better-auth-secret-12345678901234567890",
            GUESSABLE,
        ),
    ] {
        let place = Place::new();
        is_refused(&place, place.launch().set(name, value), &[fault]).await;
    }
}

#[tokio::test]
async fn each_wrong_item_of_a_list_is_told() {
    let place = Place::new();
    let bare = "must be an origin without path or trailing slash, like https://app.example.com";
    let launch = place
        .launch()
        .set(
            "CORS_ORIGINS",
            "https://a.example.com, *, https://b.example.com/, c.example.com",
        )
        .set(
            "TRUSTED_PROXIES",
            "10.0.0.1,10.0.0.0/33, proxy.example.com ,::1",
        );
    let faults = [
        r#"CORS_ORIGINS holds "*", which must be a URL like https://auth.example.com"#,
        &format!(r#"CORS_ORIGINS holds "https://b.example.com/", which {bare}"#),
        r#"CORS_ORIGINS holds "c.example.com", which must be a URL like https://auth.example.com"#,
        r#"TRUSTED_PROXIES holds "10.0.0.0/33", which must be an address or a network, like 10.0.0.0/8"#,
        r#"TRUSTED_PROXIES holds "proxy.example.com", which must be an address or a network, like 10.0.0.0/8"#,
    ];
    is_refused(&place, launch, &faults).await;

    // A password is not repeated, whatever setting it was put into.
    let launch = place
        .launch()
        .set("CORS_ORIGINS", "https://ann:hunter2@app.example.com");
    let ended = launch.end().await;
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("CORS_ORIGINS"), "{}", ended.err);
    assert!(
        ended.err.contains("must not hold a user name or password"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains(CANARY), "{}", ended.err);
}

#[tokio::test]
async fn a_name_without_a_value_was_forgotten() {
    for (name, _) in KNOWN {
        if ["BETTER_AUTH_SECRET", "CORS_ORIGINS", "TRUSTED_PROXIES"].contains(&name) {
            continue;
        }
        let place = Place::new();
        for blank in ["", "  "] {
            let fault = format!("{name} is set but empty; give it a value or remove it");
            is_refused(&place, place.launch().set(name, blank), &[&fault]).await;
        }
    }
    // No origins and no proxies are things one may want to say.
    let place = Place::new();
    let launch = place
        .launch()
        .set("CORS_ORIGINS", "")
        .set("TRUSTED_PROXIES", "");
    launch.start().await.stop().await;
}

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
async fn a_name_that_means_nothing_is_told_with_the_one_that_was_meant() {
    for (name, meant) in [
        ("HALLPASS_COOKIE_PREFX", Some("HALLPASS_COOKIE_PREFIX")),
        ("HALLPASS_RATELIMIT", Some("HALLPASS_RATE_LIMIT")),
        ("HALLPASS_HASH_THREAD", Some("HALLPASS_HASH_THREADS")),
        ("HALLPASS_PASWORD_HASH", Some("HALLPASS_PASSWORD_HASH")),
        ("HALLPASS_DATADIR", Some("HALLPASS_DATA_DIR")),
        ("HALLPASS_PORT", Some("PORT")),
        ("HALLPASS_HOST", Some("HOST")),
        ("HALLPASS_DATABASE_URL", Some("DATABASE_URL")),
        ("HALLPASS_TLS", None),
        ("HALLPASS_COLOUR_OF_THE_SKY", None),
        ("HALLPASS_", None),
    ] {
        let place = Place::new();
        let fault = match meant {
            Some(meant) => format!("{name} is not a setting; did you mean {meant}?"),
            None => format!("{name} is not a setting of Hallpass"),
        };
        is_refused(&place, place.launch().set(name, "hunter2"), &[&fault]).await;
    }
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
async fn bytes_that_are_no_text_are_told() {
    let place = Place::new();
    let noise = OsString::from_vec(b"hunter2\xff".to_vec());
    for name in ["BETTER_AUTH_SECRET", "DATABASE_URL", "PORT", "HOST_FILE"] {
        let fault = format!("{name} must be valid UTF-8");
        is_refused(&place, place.launch().set(name, noise.clone()), &[&fault]).await;
    }
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let place = Place::new();
    let launch = place
        .launch()
        .set("BETTER_AUTH_SECRET", "hunter2")
        .set("BETTER_AUTH_URL", "ftp://example.com")
        .set("DATABASE_URL", "mysql://ann:hunter2@db/accounts")
        .set("HALLPASS_COOKIE_PREFX", "x")
        .set("HALLPASS_HASH_THREADS", "0")
        .set("HALLPASS_LOG_FILE", "missing")
        .set("HOST", "")
        .set("PORT", "http");
    let faults = [
        "HALLPASS_COOKIE_PREFX is not a setting; did you mean HALLPASS_COOKIE_PREFIX?",
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
    place.write(".env", "HALLPASS_LOG=json\nhunter2\n");
    let noise = OsString::from_vec(vec![0xff]);
    let launch = place.launch().set("HOST", noise).set("PORT", "http");
    let ended = launch.end().await;
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    for fault in [
        ".env has a line that is not NAME=value",
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
        .set("HALLPASS_DATA_DIR", "data")
        .set("HALLPASS_HASH_THREADS", "3")
        .set("HALLPASS_PASSWORD_HASH", "bcrypt")
        .set("HALLPASS_PASSWORD_MIN_LENGTH", "21")
        .set("TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1")
        .start()
        .await;
    let short = server.api.register("ann@example.com").await;
    assert_eq!(
        short.status, 422,
        "the password has 20 characters: {short:?}"
    );

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
