//! Values that a setting does not take.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::{CANARY, KNOWN, is_refused};
use crate::rig::{Place, SECRET};

const DRAIN: &str = "HALLPASS_DRAIN must be a number of seconds from 0 to 300";
const THREADS: &str = "HALLPASS_HASH_THREADS must be a whole number from 1 to 256";
const LENGTH: &str = "HALLPASS_PASSWORD_MIN_LENGTH must be a whole number from 8 to 64";
const PORT: &str = "PORT must be a number from 0 to 65535";
const HOST: &str = "HOST must be an IP address, like 127.0.0.1 or 0.0.0.0";
const HSTS: &str = "HALLPASS_HSTS must be on, subdomains, off or clear";
const SAME_SITE: &str = "HALLPASS_COOKIE_SAMESITE must be strict or lax";
const PREFIX: &str = "HALLPASS_COOKIE_PREFIX must be 1 to 64 letters, digits, - or _";
const METRICS: &str = "HALLPASS_METRICS_ADDR must be an address with a port, like 127.0.0.1:9090";
const SCHEME: &str = "DATABASE_URL must begin with sqlite:// or postgres://";
const IN_MEMORY: &str =
    "DATABASE_URL names a database in memory, which loses every account at exit; name a file";
const SPECIAL: &str = "DATABASE_URL has a special character where it ends a part of the URL; in user, \
     password and parameters @ must be written %40, # %23, / %2F, ? %3F and : %3A";
const NO_PORT: &str = "DATABASE_URL has a port that is not a number from 1 to 65535; special characters \
     in user and password must be percent-encoded";
const PARAMETER: &str =
    "DATABASE_URL has a parameter that is not known here: sslmodus; did you mean sslmode?";
const SSL_MODE: &str = "DATABASE_URL has a parameter sslmode that must be disable, allow, prefer, \
     require, verify-ca or verify-full; did you mean verify-full?";
const SCHEMA: &str = "DATABASE_URL has a parameter schema that may only be public; name another one by \
     the parameter options=-c%20search_path%3DNAME";
const LIMIT: &str =
    "DATABASE_URL has a parameter connection_limit that must be a whole number from 1 to 1000";
const DRIVER: &str =
    "DATABASE_URL must begin with sqlite:// or postgres://, without the name of a driver";
const KEYWORDS: &str = "DATABASE_URL must be a URL, not keywords and values: \
     postgres://USER:PASSWORD@HOST:PORT/DBNAME";
const CONNECTIONS: &str = "HALLPASS_DATABASE_CONNECTIONS must be a whole number from 1 to 1000";
const TIMEOUT: &str = "HALLPASS_DATABASE_TIMEOUT must be a whole number of seconds from 1 to 60";
const BINDING: &str =
    "DATABASE_URL must say channel_binding=require, prefer or disable, or not name it";
const POOLER: &str = "DATABASE_URL must say pgbouncer=true or false, or not name it";
const UNPOOLED_SCHEME: &str = "DATABASE_URL_UNPOOLED must begin with sqlite:// or postgres://";
const NO_FILE: &str = "DATABASE_URL_UNPOOLED must begin with postgres://; a file has one way to it";
const SHORT: &str =
    "BETTER_AUTH_SECRET must have at least 32 bytes; `hallpass secret` prints a fresh one";
const GUESSABLE: &str = "BETTER_AUTH_SECRET is a well-known or repetitive text; `hallpass secret` prints \
     a fresh one";
const LONG: &str = "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp";
const REPETITIVE: &str = "hunter2hunter2hunter2hunter2hunter2";

/// A name, a value that it does not take, and what is said.
const WRONG: [(&str, &str, &str); 75] = [
    ("HOST", "auth.example.com", HOST),
    ("HOST", "127.0.0.1:8000", HOST),
    ("PORT", "65536", PORT),
    ("PORT", "-1", PORT),
    ("PORT", "http", PORT),
    ("PORT", "tcp://10.0.0.1:8000", PORT),
    ("HOST", "[127.0.0.1]", HOST),
    (
        "PORT",
        "\"8000\"",
        "PORT must be a number from 0 to 65535; it stands in quotes, which are part of the value: remove them",
    ),
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
        "BETTER_AUTH_URL",
        "https://auth.example.com/auth?x=1",
        "BETTER_AUTH_URL must end with its path: without ? and # and what follows them",
    ),
    (
        "BETTER_AUTH_URL",
        "https://auth.example.com/#auth",
        "BETTER_AUTH_URL must end with its path: without ? and # and what follows them",
    ),
    (
        "BETTER_AUTH_URL",
        "https://auth.example.com//auth",
        "BETTER_AUTH_URL must have a plain path like /auth: at most 256 bytes, no empty segments, and \
         no escape of a slash, a backslash, a dot, a percent sign or a control character",
    ),
    (
        "BETTER_AUTH_URL",
        "https://auth.example.com/api/v1/auth",
        "BETTER_AUTH_URL must not have the path /api/v1/auth, where the API has routes of its own",
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
    (
        "DATABASE_URL",
        "sqlite://accounts.db?speed=high",
        "DATABASE_URL has a parameter that is not known here: speed; of SQLite's, only mode is",
    ),
    (
        "DATABASE_URL",
        "sqlite://accounts.db?mode=ro",
        "DATABASE_URL must say mode=rwc or mode=rw, or not name it, since accounts are written",
    ),
    (
        "DATABASE_URL",
        "file:./dev.db",
        "DATABASE_URL must begin with sqlite: in place of file:",
    ),
    ("DATABASE_URL", "sqlite+aiosqlite:///accounts.db", DRIVER),
    (
        "DATABASE_URL",
        "postgresql+asyncpg://ann:hunter2@db.example.com/accounts",
        DRIVER,
    ),
    (
        "DATABASE_URL",
        "jdbc:postgresql://db.example.com/accounts?password=hunter2",
        DRIVER,
    ),
    (
        "DATABASE_URL",
        "host=db.example.com password=hunter2 dbname=accounts",
        KEYWORDS,
    ),
    (
        "DATABASE_URL",
        "psql 'postgres://ann:hunter2@db.example.com/accounts'",
        "DATABASE_URL must be the URL alone, without quotes and without psql before it",
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2/x@db.example.com/accounts",
        SPECIAL,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:p@ss#hunter2@db.example.com/accounts",
        SPECIAL,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2@db.example.com:port/accounts",
        NO_PORT,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2@db.example.com/accounts?sslmode=verify",
        SSL_MODE,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2@db.example.com/accounts?schema=hunter2",
        SCHEMA,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2@db.example.com/accounts?connection_limit=0",
        LIMIT,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2@db.example.com/accounts?sslmodus=hunter2",
        PARAMETER,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2@db.example.com/accounts?channel_binding=hunter2",
        BINDING,
    ),
    (
        "DATABASE_URL",
        "postgres://ann:hunter2@db.example.com/accounts?pgbouncer=hunter2",
        POOLER,
    ),
    (
        "DATABASE_URL_UNPOOLED",
        "mysql://ann:hunter2@db",
        UNPOOLED_SCHEME,
    ),
    ("DATABASE_URL_UNPOOLED", "sqlite://hallpass.db", NO_FILE),
    (
        "DATABASE_URL_UNPOOLED",
        "postgres://ann:hunter2@db.example.com/accounts",
        "DATABASE_URL_UNPOOLED names a server, and DATABASE_URL does not",
    ),
    ("HALLPASS_COOKIE_PREFIX", "hall pass", PREFIX),
    ("HALLPASS_COOKIE_PREFIX", "hall;pass", PREFIX),
    ("HALLPASS_COOKIE_PREFIX", LONG, PREFIX),
    ("HALLPASS_COOKIE_SAMESITE", "none", SAME_SITE),
    ("HALLPASS_COOKIE_SAMESITE", "Lax", SAME_SITE),
    ("HALLPASS_DRAIN", "-1", DRAIN),
    ("HALLPASS_DRAIN", "301", DRAIN),
    ("HALLPASS_DRAIN", "3s", DRAIN),
    ("HALLPASS_DRAIN", "0.5", DRAIN),
    ("HALLPASS_HASH_THREADS", "0", THREADS),
    ("HALLPASS_HASH_THREADS", "257", THREADS),
    ("HALLPASS_HASH_THREADS", "two", THREADS),
    ("HALLPASS_DATABASE_CONNECTIONS", "0", CONNECTIONS),
    ("HALLPASS_DATABASE_CONNECTIONS", "1001", CONNECTIONS),
    ("HALLPASS_DATABASE_CONNECTIONS", "many", CONNECTIONS),
    ("HALLPASS_DATABASE_TIMEOUT", "0", TIMEOUT),
    ("HALLPASS_DATABASE_TIMEOUT", "61", TIMEOUT),
    ("HALLPASS_DATABASE_TIMEOUT", "2s", TIMEOUT),
    ("HALLPASS_HSTS", "yes", HSTS),
    ("HALLPASS_HSTS", "preload", HSTS),
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
    ("BETTER_AUTH_SECRET", REPETITIVE, GUESSABLE),
    (
        "BETTER_AUTH_SECRET",
        "better-auth-secret-12345678901234567890",
        GUESSABLE,
    ),
];

#[tokio::test]
async fn a_wrong_value_is_told_with_its_rule() {
    for (name, value, fault) in WRONG {
        let place = Place::new();
        is_refused(&place, place.launch().set(name, value), &[fault]).await;
    }
}

#[tokio::test]
async fn each_wrong_item_of_a_list_is_told() {
    let place = Place::new();
    let launch = place
        .launch()
        .set(
            "CORS_ORIGINS",
            "https://a.example.com, *, https://b.example.com/app, c.example.com, null, https://*.example.com",
        )
        .set(
            "TRUSTED_PROXIES",
            "10.0.0.1,10.0.0.0/33, proxy.example.com ,::1, 10.0.0.1:80, fe80::1%eth0, 0.0.0.0",
        );
    let faults = [
        r#"CORS_ORIGINS holds "*", which is a pattern; list each origin exactly, since each may send credentials"#,
        r#"CORS_ORIGINS holds "https://b.example.com/app", which must be an origin without a path, like https://app.example.com"#,
        r#"CORS_ORIGINS holds "c.example.com", which must be a URL like https://app.example.com"#,
        r#"CORS_ORIGINS holds "null", which is sent as `null` by browsers, which every site can make them send; serve the page over http or https"#,
        r#"CORS_ORIGINS holds "https://*.example.com", which is a pattern; list each origin exactly, since each may send credentials"#,
        r#"TRUSTED_PROXIES holds "10.0.0.0/33", which must be an address or a network, like 10.0.0.0/8"#,
        r#"TRUSTED_PROXIES holds "proxy.example.com", which is a name, and connections have addresses; write the address or the network"#,
        r#"TRUSTED_PROXIES holds "10.0.0.1:80", which has a port, which differs for each connection of a proxy; remove it"#,
        r#"TRUSTED_PROXIES holds "fe80::1%eth0", which has a zone; write the address without it, or the network of the link"#,
        r#"TRUSTED_PROXIES holds "0.0.0.0", which is no address that a proxy connects from; name the proxy's own"#,
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
async fn bytes_that_are_no_text_are_told() {
    let place = Place::new();
    let noise = OsString::from_vec(b"hunter2\xff".to_vec());
    for name in ["BETTER_AUTH_SECRET", "DATABASE_URL", "PORT", "HOST_FILE"] {
        let fault = format!("{name} must be valid UTF-8");
        is_refused(&place, place.launch().set(name, noise.clone()), &[&fault]).await;
    }
}

#[tokio::test]
async fn lists_are_read_in_every_form() {
    let place = Place::new();
    for list in [
        "tauri://localhost,https://app.example.com",
        "TAURI://localhost/; https://App.example.com:443/ ;",
        "[\"tauri://localhost\", \"https://app.example.com\"]",
        "\"tauri://localhost,https://app.example.com\"",
        "tauri://localhost https://app.example.com,https://app.example.com",
    ] {
        let launch = place.launch().set("CORS_ORIGINS", list);
        let launch = launch.set("TRUSTED_PROXIES", "[\"::ffff:127.0.0.0/104\"]");
        let server = launch.start().await;
        for origin in ["tauri://localhost", "https://app.example.com"] {
            let request = server.api.request(reqwest::Method::GET, "/healthz");
            let answer = server.api.send(request.header("origin", origin)).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some(origin),
                "{list}"
            );
        }
        let request = server.api.registration("ann@example.com");
        server
            .api
            .send(request.header("x-forwarded-for", "203.0.113.9"))
            .await;
        let ended = server.stop().await;
        assert!(
            ended.err.contains("\"client\":\"203.0.113.9\""),
            "{}",
            ended.err
        );
    }
}

#[tokio::test]
async fn https_trusts_no_origin_by_default() {
    let place = Place::new();
    let origin = "http://localhost:3000";
    for (url, allowed) in [
        ("https://auth.example.com", None),
        ("http://localhost:8000", Some(origin)),
    ] {
        let launch = place.launch().set("BETTER_AUTH_URL", url);
        let server = launch.set("BETTER_AUTH_SECRET", SECRET).start().await;
        let request = server.api.request(reqwest::Method::GET, "/healthz");
        let answer = server.api.send(request.header("origin", origin)).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            allowed,
            "{url}"
        );
    }
}

#[tokio::test]
async fn hsts_is_sent_as_set() {
    let place = Place::new();
    for (value, sent) in [
        (None, Some("max-age=63072000")),
        (Some("on"), Some("max-age=63072000")),
        (
            Some("subdomains"),
            Some("max-age=63072000; includeSubDomains"),
        ),
        (Some("clear"), Some("max-age=0")),
        (Some("off"), None),
    ] {
        let launch = place.launch().set("BETTER_AUTH_SECRET", SECRET);
        let launch = launch.set("BETTER_AUTH_URL", "https://auth.example.com");
        let launch = match value {
            Some(value) => launch.set("HALLPASS_HSTS", value),
            None => launch,
        };
        let server = launch.start().await;
        let answer = server.api.get("/healthz").await;
        assert_eq!(
            answer.header("strict-transport-security"),
            sent,
            "{value:?}"
        );
    }
}
