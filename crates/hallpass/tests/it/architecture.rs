//! What each file may name: the table of DESIGN, "a feature is a folder, and
//! each file name says what the file may touch", and the places that alone may
//! do something.

use crate::sources;

/// What some files must not name.
struct Ban {
    /// For which files, by their path from `src/`.
    applies: fn(&str) -> bool,
    /// Sequences of tokens, with `|` between them.
    names: &'static str,
    why: &'static str,
}

/// Rooms that are HTTP from end to end.
const WIRES: [&str; 2] = ["web/", "better_auth/"];

fn is_web(path: &str) -> bool {
    path.ends_with("/web.rs")
        || path.ends_with("/pages.rs")
        || WIRES.iter().any(|room| path.starts_with(room))
}

/// The wires are HTTP, and the room `db` is SQL; their `mod.rs` too.
fn is_rules(path: &str) -> bool {
    path.ends_with("/mod.rs") && !is_web(path) && !path.starts_with("db/")
}

fn is_store(path: &str) -> bool {
    path.ends_with("/store.rs")
}

fn below_web(path: &str) -> bool {
    !is_web(path) && path != "lib.rs" && path != "hallpass.rs"
}

const BANS: &[Ban] = &[
    Ban {
        applies: is_web,
        names: "sqlx | store",
        why: "a request reaches the database through an operation",
    },
    Ban {
        applies: is_web,
        names: "argon2 | bcrypt | zxcvbn | hash | hashing | pool | PasswordHash",
        why: "hashing is behind an operation",
    },
    Ban {
        applies: is_rules,
        names: "axum | http | tower | StatusCode | HeaderMap",
        why: "the rules of a feature know no HTTP",
    },
    Ban {
        applies: is_rules,
        names: "sqlx",
        why: "SQL and row types are in store.rs",
    },
    Ban {
        applies: is_store,
        names: "axum | http",
        why: "SQL knows no HTTP",
    },
    Ban {
        applies: is_store,
        names: "Clock | monotonic | SystemTime | Instant | . now (",
        why: "the time comes in by hand",
    },
    Ban {
        applies: is_store,
        names: "store",
        why: "the rows of another room are behind its operations",
    },
    Ban {
        applies: below_web,
        names: "axum | tower_http",
        why: "no HTTP below web",
    },
    Ban {
        applies: |path| !path.starts_with("method/"),
        names: "Proof : : new | Proof {",
        why: "only a way to sign in proves anything",
    },
    Ban {
        applies: |path| path != "sign_in.rs",
        names: "token : : issue",
        why: "sign_in is the one door",
    },
    Ban {
        applies: |path| path != "clock.rs",
        names: "SystemTime : : now | Instant : : now | now_utc | now_v7",
        why: "the time comes in by hand",
    },
    Ban {
        applies: |path| path != "secret.rs",
        names: "getrandom | SystemRandom | new_v4",
        why: "randomness comes from secret.rs",
    },
    Ban {
        applies: |path| !path.starts_with("db/"),
        names: "PgPool | PgPoolOptions | PgConnection | SqlitePool | SqlitePoolOptions | SqliteConnection | connect_lazy_with",
        why: "db/ alone opens connections",
    },
    Ban {
        applies: |path| path != "db/url.rs",
        names: "env : : | fs : :",
        why: "settings are read by the server, and files by the database",
    },
    Ban {
        applies: |path| path != "web/error.rs",
        names: "IntoResponse for Error",
        why: "one place makes an Error an answer",
    },
];

impl Ban {
    fn sequences(&self) -> impl Iterator<Item = &'static str> {
        self.names.split('|').map(str::trim)
    }
}

/// Every rule that this file breaks.
fn faults(path: &str, text: &str) -> Vec<String> {
    let tokens = sources::tokens(text);
    let mut faults = Vec::new();
    for ban in BANS.iter().filter(|ban| (ban.applies)(path)) {
        for sequence in ban.sequences().filter(|sequence| holds(&tokens, sequence)) {
            let name = sequence.replace(" : : ", "::");
            faults.push(format!("{path} names `{name}`: {}", ban.why));
        }
    }
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
    let opens =
        |after: &str| after.starts_with(|c: char| c.is_ascii_alphabetic() || "/!".contains(c));
    token.contains('"')
        && token
            .match_indices('<')
            .any(|(at, _)| opens(&token[at + 1..]))
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
            .filter(|one| one.path.ends_with(ending))
            .count()
    };
    // What is not found cannot be held to a rule.
    assert!(sources.len() >= 35, "{} files", sources.len());
    assert!(count("/web.rs") >= 3 && count("/mod.rs") >= 6 && count("/store.rs") >= 3);
    let faults: Vec<_> = sources
        .iter()
        .flat_map(|one| faults(&one.path, &one.text))
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// The compiler keeps a proof in its folder, as long as nobody opens the door.
#[test]
fn a_proof_can_be_made_in_its_folder_alone() {
    let sources = sources::all();
    let source = sources
        .iter()
        .find(|one| one.path == "method/mod.rs")
        .unwrap();
    let tokens = sources::tokens(&source.text);
    assert!(holds(&tokens, "pub ( in crate : : method ) fn new"));
    assert!(holds(
        &tokens,
        "struct Proof { user : User , method : Method , }"
    ));
}

/// Code that breaks each rule: the file, what gives it away, and the code.
const BAD: &str = r#"
user/web.rs             | sqlx              | use sqlx::query;
user/web.rs             | store             | async fn show() { super::store::by_id(db).await }
web/health.rs           | store             | use crate::user::store;
method/password/web.rs  | argon2            | use argon2::Argon2;
method/password/web.rs  | bcrypt            | fn f() { bcrypt::verify(a, b) }
method/password/web.rs  | zxcvbn            | use zxcvbn::zxcvbn;
method/password/web.rs  | hash              | use super::hash::Hasher;
method/password/web.rs  | hashing           | fn f(h: &Hallpass) { h.hashing().hash(p) }
method/password/web.rs  | pool              | use super::pool::HashingPool;
user/web.rs             | PasswordHash      | struct Body { hash: crate::secret::PasswordHash }
user/pages.rs           | sqlx              | use sqlx::query;
user/pages.rs           | store             | use super::store;
user/pages.rs           | PasswordHash      | use crate::secret::PasswordHash;
user/mod.rs             | axum              | use axum::Json;
user/mod.rs             | http              | fn f(r: http::Request<()>) {}
user/mod.rs             | tower             | use tower::Layer;
user/mod.rs             | StatusCode        | fn f() -> StatusCode { StatusCode::OK }
user/mod.rs             | HeaderMap         | fn f(h: &HeaderMap) {}
user/mod.rs             | sqlx              | #[derive(sqlx::FromRow)] struct Row;
user/mod.rs             | HTML              | const PAGE: &str = "<p>Hello</p>";
user/mod.rs             | another room's    | fn f() { crate::throttle::store::hit(tx) }
user/store.rs           | axum              | use axum::Json;
user/store.rs           | http              | use http::StatusCode;
user/store.rs           | Clock             | use crate::clock::{Clock, Timestamp};
user/store.rs           | monotonic         | fn f() { crate::clock::monotonic() }
user/store.rs           | SystemTime        | use std::time::SystemTime;
user/store.rs           | Instant           | fn f(at: Instant) {}
user/store.rs           | . now (           | fn f(h: &Hallpass) { h.now() }
user/store.rs           | store             | use crate::throttle::store;
token/keys.rs           | axum              | use axum::Json;
session/mod.rs          | tower_http        | use tower_http::cors::CorsLayer;
sign_in.rs              | Proof::new        | fn f() { Proof::new(user, method) }
user/mod.rs             | Proof {           | fn f() { let proof = Proof { user, method }; }
method/password/mod.rs  | token::issue      | fn f() { token::issue(keys, user, now) }
token/mod.rs            | SystemTime::now   | fn f() { SystemTime::now() }
web/request.rs          | Instant::now      | fn f() { std::time::Instant::now() }
token/mod.rs            | now_utc           | fn f() { time::OffsetDateTime::now_utc() }
user/mod.rs             | now_v7            | fn f() { Uuid::now_v7() }
user/mod.rs             | getrandom         | fn f() { getrandom::fill(&mut b) }
token/keys.rs           | SystemRandom      | use aws_lc_rs::rand::SystemRandom;
user/mod.rs             | new_v4            | fn f() { Uuid::new_v4() }
user/store.rs           | PgPool            | fn f(pool: &PgPool) {}
hallpass.rs             | PgPoolOptions     | fn f() { PgPoolOptions::new() }
hallpass.rs             | PgConnection      | fn f() { PgConnection::connect(url) }
user/store.rs           | SqlitePool        | fn f(pool: &SqlitePool) {}
hallpass.rs             | SqlitePoolOptions | fn f() { SqlitePoolOptions::new() }
hallpass.rs             | SqliteConnection  | fn f() { SqliteConnection::connect(url) }
throttle/mod.rs         | connect_lazy_with | fn f() { options.connect_lazy_with(o) }
settings.rs             | env : :           | fn f() { std::env::var("X") }
settings.rs             | fs : :            | use std::fs; fn f() { fs::read("x") }
user/web.rs             | IntoResponse for  | impl IntoResponse for Error { }
"#;

/// The three columns of a table of code.
fn table(text: &'static str) -> impl Iterator<Item = [&'static str; 3]> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| {
        let cells: Vec<_> = line.splitn(3, '|').map(str::trim).collect();
        cells.try_into().unwrap()
    })
}

#[test]
fn each_rule_finds_what_it_is_for() {
    for [path, given_away_by, code] in table(BAD) {
        let found = faults(path, code);
        let is_found = found.iter().any(|fault| fault.contains(given_away_by));
        assert!(is_found, "{path}: {code}\nfound {found:?}");
    }
    // The other way round: no rule is without such a case.
    for ban in BANS {
        for sequence in ban.sequences() {
            let mut cases = table(BAD).filter(|[path, ..]| (ban.applies)(path));
            let found = cases.any(|[_, _, code]| holds(&sources::tokens(code), sequence));
            assert!(found, "nothing shows that `{sequence}` is found");
        }
    }
}

const GOOD: &str = r#"
user/store.rs | the time as a value   | use crate::clock::Timestamp; fn f(now: Timestamp) { bind(now) }
user/store.rs | words in SQL          | const A: &str = "select store from axum where now() > Clock";
user/store.rs | documentation         | #[doc = "Not axum."] fn f() {}
user/mod.rs   | its own store         | mod store; use self::store::Row; fn f() { store::by_id(db) }
user/mod.rs   | comparing             | fn f(a: u8) -> bool { a < 5 && "a < b" == "" }
user/mod.rs   | its unit tests        | #[cfg(test)] mod tests { use axum::Router; }
user/web.rs   | HTTP                  | use axum::Json; use super::User; use crate::session::web::CurrentUser;
web/mod.rs    | HTTP                  | use axum::Router;
db/mod.rs     | pools                 | use sqlx::postgres::{PgPool, PgPoolOptions};
clock.rs      | the time              | fn f() { SystemTime::now() }
secret.rs     | randomness            | fn f() { getrandom::fill(&mut b) }
method/mod.rs | proofs                | impl Proof { fn new() -> Self { Proof { user } } }
db/url.rs     | its own file        | use std::fs::OpenOptions;
settings.rs   | what is built in      | const A: &str = env!("X");
"#;

#[test]
fn what_is_allowed_is_not_found() {
    for [path, what, code] in table(GOOD) {
        assert_eq!(faults(path, code), [""; 0], "{what} in {path}: {code}");
    }
}
