//! What each file may name: the table of DESIGN, "a feature is a folder, and
//! each file name says what the file may touch", and the places that alone may
//! do something.

use crate::sources;

/// A sequence of tokens that some files must not hold.
struct Ban {
    /// For which files, by their path from `src/`.
    applies: fn(&str) -> bool,
    tokens: &'static str,
    why: &'static str,
}

fn is_web(path: &str) -> bool {
    path.ends_with("/web.rs") || path.starts_with("web/")
}

/// The room `web` is HTTP, and the room `db` is SQL; their `mod.rs` too.
fn is_rules(path: &str) -> bool {
    path.ends_with("/mod.rs") && !path.starts_with("web/") && !path.starts_with("db/")
}

fn is_store(path: &str) -> bool {
    path.ends_with("/store.rs")
}

fn below_web(path: &str) -> bool {
    !is_web(path) && path != "lib.rs" && path != "hallpass.rs"
}

const HTTP: &str = "the rules of a feature know no HTTP";
const SQL_IN_WEB: &str = "a request reaches the database through an operation";
const HASHING: &str = "hashing is behind an operation";
const CLOCK: &str = "the time comes in by hand";
const POOL: &str = "db/ alone opens connections";
const PLACE: &str = "settings are read by the server";

const BANS: &[Ban] = &[
    Ban {
        applies: is_web,
        tokens: "sqlx",
        why: SQL_IN_WEB,
    },
    Ban {
        applies: is_web,
        tokens: "store",
        why: SQL_IN_WEB,
    },
    Ban {
        applies: is_web,
        tokens: "argon2",
        why: HASHING,
    },
    Ban {
        applies: is_web,
        tokens: "bcrypt",
        why: HASHING,
    },
    Ban {
        applies: is_web,
        tokens: "zxcvbn",
        why: HASHING,
    },
    Ban {
        applies: is_web,
        tokens: "hash",
        why: HASHING,
    },
    Ban {
        applies: is_web,
        tokens: "hashing",
        why: HASHING,
    },
    Ban {
        applies: is_web,
        tokens: "pool",
        why: HASHING,
    },
    Ban {
        applies: is_web,
        tokens: "PasswordHash",
        why: HASHING,
    },
    Ban {
        applies: is_rules,
        tokens: "axum",
        why: HTTP,
    },
    Ban {
        applies: is_rules,
        tokens: "http",
        why: HTTP,
    },
    Ban {
        applies: is_rules,
        tokens: "tower",
        why: HTTP,
    },
    Ban {
        applies: is_rules,
        tokens: "StatusCode",
        why: HTTP,
    },
    Ban {
        applies: is_rules,
        tokens: "HeaderMap",
        why: HTTP,
    },
    Ban {
        applies: is_rules,
        tokens: "sqlx",
        why: "SQL and row types are in store.rs",
    },
    Ban {
        applies: is_store,
        tokens: "axum",
        why: "SQL knows no HTTP",
    },
    Ban {
        applies: is_store,
        tokens: "http",
        why: "SQL knows no HTTP",
    },
    Ban {
        applies: is_store,
        tokens: "Clock",
        why: CLOCK,
    },
    Ban {
        applies: is_store,
        tokens: "monotonic",
        why: CLOCK,
    },
    Ban {
        applies: is_store,
        tokens: "SystemTime",
        why: CLOCK,
    },
    Ban {
        applies: is_store,
        tokens: "Instant",
        why: CLOCK,
    },
    Ban {
        applies: is_store,
        tokens: ". now (",
        why: CLOCK,
    },
    Ban {
        applies: is_store,
        tokens: "store",
        why: "the rows of another room are behind its operations",
    },
    Ban {
        applies: below_web,
        tokens: "axum",
        why: "no HTTP below web",
    },
    Ban {
        applies: below_web,
        tokens: "tower_http",
        why: "no HTTP below web",
    },
    Ban {
        applies: |path| !path.starts_with("method/"),
        tokens: "Proof : : new",
        why: "only a way to sign in proves anything",
    },
    Ban {
        applies: |path| !path.starts_with("method/"),
        tokens: "Proof {",
        why: "only a way to sign in proves anything",
    },
    Ban {
        applies: |path| path != "clock.rs",
        tokens: "SystemTime : : now",
        why: CLOCK,
    },
    Ban {
        applies: |path| path != "clock.rs",
        tokens: "Instant : : now",
        why: CLOCK,
    },
    Ban {
        applies: |path| path != "clock.rs",
        tokens: "now_utc",
        why: CLOCK,
    },
    Ban {
        applies: |path| path != "clock.rs",
        tokens: "now_v7",
        why: CLOCK,
    },
    Ban {
        applies: |path| path != "secret.rs",
        tokens: "getrandom",
        why: "randomness comes from secret.rs",
    },
    Ban {
        applies: |path| path != "secret.rs",
        tokens: "SystemRandom",
        why: "randomness comes from secret.rs",
    },
    Ban {
        applies: |path| path != "secret.rs",
        tokens: "new_v4",
        why: "randomness comes from secret.rs",
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        tokens: "PgPool",
        why: POOL,
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        tokens: "PgPoolOptions",
        why: POOL,
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        tokens: "PgConnection",
        why: POOL,
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        tokens: "SqlitePool",
        why: POOL,
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        tokens: "SqlitePoolOptions",
        why: POOL,
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        tokens: "SqliteConnection",
        why: POOL,
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        tokens: "connect_lazy_with",
        why: POOL,
    },
    Ban {
        applies: |_| true,
        tokens: "env : :",
        why: PLACE,
    },
    Ban {
        applies: |_| true,
        tokens: "fs : :",
        why: PLACE,
    },
    Ban {
        applies: |path| path != "web/error.rs",
        tokens: "IntoResponse for Error",
        why: "one place makes an Error an answer",
    },
    Ban {
        applies: |path| path != "sign_in.rs",
        tokens: "token : : issue",
        why: "sign_in is the one door",
    },
];

/// Every rule that this file breaks.
fn faults(path: &str, text: &str) -> Vec<String> {
    let tokens = sources::tokens(text);
    let mut faults: Vec<String> = BANS
        .iter()
        .filter(|ban| (ban.applies)(path) && holds(&tokens, ban.tokens))
        .map(|ban| {
            format!(
                "{path} names `{}`: {}",
                ban.tokens.replace(" : : ", "::"),
                ban.why
            )
        })
        .collect();
    if is_rules(path) && tokens.iter().any(|token| is_markup(token)) {
        faults.push(format!("{path} holds HTML: pages are in web.rs"));
    }
    if is_rules(path) && names_anothers_store(&tokens) {
        faults.push(format!("{path} names another room's store: ask its mod"));
    }
    faults
}

fn holds(tokens: &[String], sequence: &str) -> bool {
    let sequence: Vec<_> = sequence.split(' ').collect();
    tokens
        .windows(sequence.len())
        .any(|window| window == sequence)
}

/// A literal that begins an element.
fn is_markup(token: &str) -> bool {
    let opens = |at: usize| {
        token[at + 1..]
            .starts_with(|next: char| next.is_ascii_alphabetic() || next == '/' || next == '!')
    };
    token.contains('"') && token.match_indices('<').any(|(at, _)| opens(at))
}

/// `somewhere::store`, where somewhere is not this very room.
fn names_anothers_store(tokens: &[String]) -> bool {
    tokens.windows(4).any(|window| {
        let [room, first, second, store] = window else {
            return false;
        };
        first == ":" && second == ":" && store == "store" && room != "self"
    })
}

#[test]
fn every_file_names_only_what_its_name_allows() {
    let sources = sources::all();
    let count = |ending: &str| {
        sources
            .iter()
            .filter(|source| source.path.ends_with(ending))
            .count()
    };
    // What is not found cannot be held to a rule.
    assert!(sources.len() >= 35, "{} files", sources.len());
    assert!(count("/web.rs") >= 3 && count("/mod.rs") >= 6 && count("/store.rs") >= 3);
    let faults: Vec<_> = sources
        .iter()
        .flat_map(|source| faults(&source.path, &source.text))
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Code that breaks each rule, and the tokens that give it away.
const BAD: &[(&str, &str, &str)] = &[
    ("user/web.rs", "use sqlx::query;", "sqlx"),
    (
        "user/web.rs",
        "async fn show() { super::store::by_id(db).await }",
        "store",
    ),
    ("web/health.rs", "use crate::user::store;", "store"),
    ("method/password/web.rs", "use argon2::Argon2;", "argon2"),
    (
        "method/password/web.rs",
        "fn f() { bcrypt::verify(a, b) }",
        "bcrypt",
    ),
    ("method/password/web.rs", "use zxcvbn::zxcvbn;", "zxcvbn"),
    ("method/password/web.rs", "use super::hash::Hasher;", "hash"),
    (
        "method/password/web.rs",
        "fn f(h: &Hallpass) { h.hashing().hash(p) }",
        "hashing",
    ),
    (
        "method/password/web.rs",
        "use super::pool::HashingPool;",
        "pool",
    ),
    (
        "user/web.rs",
        "struct Body { hash: crate::secret::PasswordHash }",
        "PasswordHash",
    ),
    ("user/mod.rs", "use axum::Json;", "axum"),
    ("user/mod.rs", "fn f(r: http::Request<()>) {}", "http"),
    ("user/mod.rs", "use tower::Layer;", "tower"),
    (
        "user/mod.rs",
        "fn f() -> StatusCode { StatusCode::OK }",
        "StatusCode",
    ),
    ("user/mod.rs", "fn f(h: &HeaderMap) {}", "HeaderMap"),
    (
        "user/mod.rs",
        "#[derive(sqlx::FromRow)] struct Row;",
        "sqlx",
    ),
    (
        "user/mod.rs",
        "const PAGE: &str = \"<p>Hello</p>\";",
        "HTML",
    ),
    (
        "user/mod.rs",
        "fn f() { crate::throttle::store::hit(tx) }",
        "another room's store",
    ),
    ("user/store.rs", "use axum::Json;", "axum"),
    ("user/store.rs", "use http::StatusCode;", "http"),
    (
        "user/store.rs",
        "use crate::clock::{Clock, Timestamp};",
        "Clock",
    ),
    (
        "user/store.rs",
        "fn f() { crate::clock::monotonic() }",
        "monotonic",
    ),
    ("user/store.rs", "use std::time::SystemTime;", "SystemTime"),
    ("user/store.rs", "fn f(at: Instant) {}", "Instant"),
    ("user/store.rs", "fn f(h: &Hallpass) { h.now() }", ". now ("),
    ("user/store.rs", "use crate::throttle::store;", "store"),
    ("token/keys.rs", "use axum::Json;", "axum"),
    (
        "session/mod.rs",
        "use tower_http::cors::CorsLayer;",
        "tower_http",
    ),
    (
        "sign_in.rs",
        "fn f() { Proof::new(user, method) }",
        "Proof::new",
    ),
    (
        "user/mod.rs",
        "fn f() { let proof = Proof { user, method }; }",
        "Proof {",
    ),
    (
        "token/mod.rs",
        "fn f() { SystemTime::now() }",
        "SystemTime::now",
    ),
    (
        "web/request.rs",
        "fn f() { std::time::Instant::now() }",
        "Instant::now",
    ),
    (
        "token/mod.rs",
        "fn f() { time::OffsetDateTime::now_utc() }",
        "now_utc",
    ),
    ("user/mod.rs", "fn f() { Uuid::now_v7() }", "now_v7"),
    (
        "user/mod.rs",
        "fn f() { getrandom::fill(&mut b) }",
        "getrandom",
    ),
    (
        "token/keys.rs",
        "use aws_lc_rs::rand::SystemRandom;",
        "SystemRandom",
    ),
    ("user/mod.rs", "fn f() { Uuid::new_v4() }", "new_v4"),
    ("user/store.rs", "fn f(pool: &PgPool) {}", "PgPool"),
    (
        "hallpass.rs",
        "fn f() { PgPoolOptions::new() }",
        "PgPoolOptions",
    ),
    (
        "hallpass.rs",
        "fn f() { PgConnection::connect(url) }",
        "PgConnection",
    ),
    ("user/store.rs", "fn f(pool: &SqlitePool) {}", "SqlitePool"),
    (
        "hallpass.rs",
        "fn f() { SqlitePoolOptions::new() }",
        "SqlitePoolOptions",
    ),
    (
        "hallpass.rs",
        "fn f() { SqliteConnection::connect(url) }",
        "SqliteConnection",
    ),
    (
        "throttle/mod.rs",
        "fn f() { options.connect_lazy_with(o) }",
        "connect_lazy_with",
    ),
    ("settings.rs", "fn f() { std::env::var(\"X\") }", "env : :"),
    (
        "settings.rs",
        "use std::fs; fn f() { fs::read(\"x\") }",
        "fs : :",
    ),
    (
        "user/web.rs",
        "impl IntoResponse for Error { }",
        "IntoResponse for Error",
    ),
    (
        "method/password/mod.rs",
        "fn f() { token::issue(keys, user, now) }",
        "token::issue",
    ),
];

#[test]
fn each_rule_finds_what_it_is_for() {
    for (path, text, given_away_by) in BAD {
        let found = faults(path, text);
        assert!(
            found.iter().any(|fault| fault.contains(given_away_by)),
            "{path}: {text}\nfound {found:?}"
        );
    }
    // The other way round: no rule is without such a case.
    for ban in BANS {
        let found = BAD.iter().any(|(path, text, _)| {
            (ban.applies)(path) && holds(&sources::tokens(text), ban.tokens)
        });
        assert!(found, "nothing shows that `{}` is found", ban.tokens);
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    for (path, text) in [
        (
            "user/store.rs",
            "use crate::clock::Timestamp; fn f(now: Timestamp) { bind(now) }",
        ),
        (
            "user/store.rs",
            "//! Not axum.\n/// Not a Clock.\nconst A: &str = \"select store from axum\";",
        ),
        (
            "user/mod.rs",
            "mod store; use self::store::Row; fn f() { store::by_id(db) }",
        ),
        (
            "user/mod.rs",
            "fn f(a: u8) -> bool { a < 5 && \"a < b\" == \"\" }",
        ),
        (
            "user/web.rs",
            "use axum::Json; use super::User; use crate::session::web::CurrentUser;",
        ),
        ("web/mod.rs", "use axum::Router;"),
        ("db/mod.rs", "use sqlx::postgres::{PgPool, PgPoolOptions};"),
        ("clock.rs", "fn f() { SystemTime::now() }"),
        ("secret.rs", "fn f() { getrandom::fill(&mut b) }"),
        (
            "method/mod.rs",
            "impl Proof { fn new() -> Self { Proof { user } } }",
        ),
        (
            "user/mod.rs",
            "#[cfg(test)] mod tests { use axum::Router; }",
        ),
        ("settings.rs", "const A: &str = env!(\"X\");"),
    ] {
        assert_eq!(faults(path, text), [""; 0], "{path}: {text}");
    }
}
