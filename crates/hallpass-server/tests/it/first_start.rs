//! Two commands: install it, start it. What is made, what is said, and that it
//! works when pasted.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::process::Command;

use crate::rig::{Api, PASSWORD, PATIENCE, Place, within};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What a person reads, without the empty lines.
fn greeting(out: &str) -> Vec<&str> {
    out.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Pastes a line into a shell that has nothing but its programs.
async fn paste(place: &Place, line: &str) -> Value {
    let mut shell = Command::new("bash");
    shell.args(["-c", line]).current_dir(place.path("."));
    shell
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    let output = within(PATIENCE, line, shell.kill_on_drop(true).output())
        .await
        .unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[tokio::test]
async fn a_first_start_makes_all_it_needs_and_says_where_it_is() {
    let place = Place::new();
    // The most careless setting a shell can have.
    let server = place.launch().after("umask 000").start().await;
    assert_eq!(server.api.register("ann@example.com").await.status, 201);
    assert_eq!(
        place.entries(),
        [
            "hallpass-data",
            "hallpass-data/hallpass.db",
            "hallpass-data/hallpass.db-shm",
            "hallpass-data/hallpass.db-wal",
            "hallpass-data/secret",
        ]
    );
    assert_eq!(mode(&place.path("hallpass-data")), 0o700);
    for name in place.entries().iter().skip(1) {
        assert_eq!(mode(&place.path(name)), 0o600, "{name}");
    }
    let secret = place.read("hallpass-data/secret");
    assert_eq!(secret.len(), 65, "64 digits and a line break");
    assert!(
        secret
            .trim_end()
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
    );

    let port = server.port;
    let ended = server.stop().await;
    let said = greeting(&ended.out);
    let expected = [
        format!("Hallpass {}", env!("CARGO_PKG_VERSION")),
        format!("listens on  http://localhost:{port}"),
        format!("API         http://localhost:{port}/docs"),
        "data        ./hallpass-data".to_owned(),
        "database    sqlite://./hallpass-data/hallpass.db".to_owned(),
        "signs with  HS256".to_owned(),
        "secret      made in ./hallpass-data/secret: keep it, tokens are signed by it".to_owned(),
        "Open it in a browser, or paste:".to_owned(),
    ];
    assert_eq!(said[..expected.len()], expected);
    assert_eq!(said.len(), expected.len() + 3, "{said:?}");
    // A stop leaves one file, ready to be copied away.
    let left = [
        "hallpass-data",
        "hallpass-data/hallpass.db",
        "hallpass-data/secret",
    ];
    assert_eq!(place.entries(), left);
}

#[tokio::test]
async fn the_three_lines_work_when_pasted() {
    let place = Place::new();
    let server = place.launch().start().await;
    let heard = server
        .process
        .out
        .line(|line| line.ends_with("/api/v1/auth/me"))
        .await;
    assert!(heard.is_some());
    let said = server.process.out.text();
    let [register, sign_in, me] = greeting(&said).split_off(greeting(&said).len() - 3)[..] else {
        panic!("three lines: {said}");
    };
    let registered = paste(&place, register).await;
    assert!(registered["access_token"].is_string(), "{registered}");
    let signed_in = paste(&place, sign_in).await;
    assert!(signed_in["access_token"].is_string(), "{signed_in}");
    let cookies = place.read("cookies.txt");
    assert!(cookies.contains("hallpass.session_token"), "{cookies}");
    let me = paste(&place, me).await;
    assert_eq!(me, signed_in["user"]);
    assert_eq!(me["email"], "ann@example.com");
}

#[tokio::test]
async fn a_second_start_keeps_secret_and_accounts() {
    let place = Place::new();
    let first = place.launch().start().await;
    let secret = place.read("hallpass-data/secret");
    let token = first.api.register("ann@example.com").await.token();
    let first = first.stop().await;

    let second = place.launch().argument("serve").start().await;
    assert_eq!(place.read("hallpass-data/secret"), secret);
    assert_eq!(second.api.me(&token).await.status, 200);
    assert_eq!(
        second.api.sign_in("ann@example.com", PASSWORD).await.status,
        200
    );
    assert_eq!(second.api.register("Ann@Example.com").await.status, 400);
    let second = second.stop().await;
    assert!(!second.out.contains("made in"), "{}", second.out);
    for said in [first.out, first.err, second.out, second.err] {
        assert!(!said.contains(secret.trim_end()), "{said}");
    }
}

#[tokio::test]
async fn servers_that_start_together_on_one_folder_share_one_secret_and_one_database() {
    let place = Place::new();
    let starts = [(); 4].map(|()| place.launch().spawn());
    let mut servers = Vec::new();
    for process in starts {
        servers.push(process.listening().await);
    }
    let token = servers[0].api.register("ann@example.com").await.token();
    for server in &servers {
        assert_eq!(server.api.get("/readyz").await.status, 200);
        assert_eq!(server.api.me(&token).await.status, 200);
    }
    let kept = [
        "hallpass-data",
        "hallpass-data/hallpass.db",
        "hallpass-data/secret",
    ];
    for server in servers {
        let ended = server.stop().await;
        assert!(
            !ended.err.contains("WARN") && !ended.err.contains("ERROR"),
            "{}",
            ended.err
        );
    }
    assert_eq!(place.entries(), kept);
}

/// Longer than SQLite itself waits, which is two seconds.
#[tokio::test]
async fn a_file_that_another_process_holds_at_the_start_is_waited_for() {
    let place = Place::new();
    let file = place.path("accounts.db");
    let options = SqliteConnectOptions::new().filename(&file);
    let mut holder = options.create_if_missing(true).connect().await.unwrap();
    let hold = sqlx::raw_sql("begin exclusive").execute(&mut holder).await;
    hold.unwrap();
    let url = format!("sqlite://{}", file.display());
    let waiting = place.launch().set("DATABASE_URL", url).spawn();
    let said = "another process holds the database; trying again for 30 s";
    let line = waiting.err.line(|line| line.contains(said)).await;
    assert!(line.is_some(), "{}", waiting.err.text());
    holder.close().await.unwrap();
    let server = waiting.listening().await;
    assert_eq!(server.api.register("ann@example.com").await.status, 201);
    let ended = server.stop().await;
    assert_eq!(ended.err.matches(said).count(), 1, "{}", ended.err);
}

#[tokio::test]
async fn whatever_it_listens_on_the_greeting_names_an_address_that_can_be_called() {
    for (host, shown) in [
        ("127.0.0.1", "http://localhost:"),
        ("localhost", "http://localhost:"),
        ("0.0.0.0", "http://localhost:"),
        ("127.0.0.2", "http://127.0.0.2:"),
    ] {
        // Other systems give themselves the first of these addresses alone.
        if host == "127.0.0.2" && !cfg!(target_os = "linux") {
            continue;
        }
        let place = Place::new();
        let server = place.launch().set("HOST", host).start().await;
        let url = format!("{shown}{}", server.port);
        let is_it = |line: &str| line.trim() == format!("listens on  {url}");
        assert!(server.process.out.line(is_it).await.is_some(), "{url}");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let health = client.get(format!("{url}/healthz")).send().await.unwrap();
        assert_eq!(health.status(), 200, "{url}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let elsewhere = Place::new();
    let first = elsewhere.launch().start().await;
    let taken = first.port.to_string();
    let place = Place::new();
    let second = place.launch().set("PORT", &taken).end().await;
    assert_eq!(second.code, Some(1), "{}", second.err);
    let expected = format!("error: cannot listen on 127.0.0.1:{taken}: ");
    assert!(second.err.starts_with(&expected), "{}", second.err);
    assert!(
        second.err.ends_with("; set PORT to another one"),
        "{}",
        second.err
    );
    assert_eq!(second.out, "");

    let second = place
        .launch()
        .set("HALLPASS_METRICS_ADDR", format!("127.0.0.1:{taken}"));
    let second = second.end().await;
    assert_eq!(second.code, Some(1), "{}", second.err);
    assert!(
        second
            .err
            .ends_with("; set HALLPASS_METRICS_ADDR to another one"),
        "{}",
        second.err
    );

    // RFC 5737 keeps this address for documentation: no machine has it.
    let nowhere = place.launch().set("HOST", "192.0.2.1").end().await;
    assert_eq!(nowhere.code, Some(1), "{}", nowhere.err);
    assert!(nowhere.err.contains("HOST"), "{}", nowhere.err);
    assert_eq!(Api::new(first.port).get("/healthz").await.status, 200);
}
