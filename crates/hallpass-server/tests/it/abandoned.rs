//! Clients that leave before the answer: a closed socket, a reset stream (RFC
//! 9113, section 5.4.2). What they have begun runs to its end, and costs nobody
//! else anything.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::json;
use tokio::task::JoinSet;

use crate::rig::{
    Api, Database, Engine, PASSWORD, PATIENCE, Place, Proxy, Raw, Server, eventually,
    on_both_engines, once_hashed,
};

/// How long a client waits before it resets its stream.
const IMPATIENCE: Duration = Duration::from_millis(5);

/// The most connections that a server wants, and some that it takes at the start.
const EXPECTED: u32 = 20 + 5;

/// Sends a request, and leaves.
async fn abandon(request: RequestBuilder) {
    drop(tokio::time::timeout(IMPATIENCE, request.send()).await);
}

/// A whole request on a connection of its own, which is closed at once.
async fn hang_up_on(server: &Server, email: &str, password: &str) {
    let body = json!({"email": email, "password": password}).to_string();
    let client = Raw::connect(server.port).await;
    client.send(format!(
        "POST /api/v1/auth/signin HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
}

/// The failed sign-ins in the log.
fn failures(server: &Server) -> usize {
    let log = server.process.err.text();
    let is_one = |line: &&str| line.contains("\"sign_in\"") && line.contains("\"failure\"");
    log.lines().filter(is_one).count()
}

async fn each_attempt_counts(database: &Database, abandon_one: impl AsyncFn(&Server, &str)) {
    let place = Place::new();
    let launch = place.over(database).set("HALLPASS_RATE_LIMIT", "on");
    let server = launch.start().await;
    assert_eq!(server.api.register("ann@example.com").await.status, 201);
    eventually(PATIENCE, "five have failed", async || {
        abandon_one(&server, "ann@example.com").await;
        (failures(&server) >= 5).then_some(())
    })
    .await;
    let right = server.api.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(right.verdict(), (429, "rate_limited".to_owned()));
    server.stop().await;
}

on_both_engines! {
    async fn reset_attempts_are_counted(database) {
        each_attempt_counts(database, async |server: &Server, email: &str| {
            let api = Api::over_http2(server.port);
            abandon(api.signing_in(email, "not the password")).await;
        })
        .await;
    }

    async fn attempts_hung_up_on_are_counted(database) {
        each_attempt_counts(database, async |server: &Server, email: &str| {
            hang_up_on(server, email, "not the password").await;
        })
        .await;
    }
}

/// One connection that opens and resets many streams, and meanwhile the others.
async fn storm(server: &Server, token: &str) {
    let attacker = Api::over_http2(server.port);
    let lanes = (0..20).map(|lane| {
        let attacker = attacker.clone();
        async move {
            for number in 0..30 {
                let email = format!("a{lane}-{number}@example.com");
                abandon(attacker.signing_in(&email, "not the password")).await;
            }
        }
    });
    let mut lanes: JoinSet<()> = lanes.collect();
    while !lanes.is_empty() {
        let me = server.api.me(token).await;
        assert_eq!(me.status, 200, "{me:?}");
        while lanes.try_join_next().is_some() {}
    }
}

#[tokio::test]
async fn reset_streams_cost_no_connections() {
    let database = Database::new(Engine::Postgres).await;
    let proxy = Proxy::whole(database.port());
    let place = Place::new();
    let launch = place
        .over(&database)
        .set("DATABASE_URL", database.url_by(proxy.port()));
    let server = launch.start().await;
    let token = server.api.register("ann@example.com").await.token();
    storm(&server, &token).await;
    let signed_in = once_hashed(server.api.signing_in("ann@example.com", PASSWORD)).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    assert!(proxy.calls() <= EXPECTED, "{} connections", proxy.calls());
    let open = "select count(*) from pg_stat_activity where datname = current_database() \
         and state like 'idle in transaction%' and state_change < now() - interval '1 minute'";
    assert_eq!(database.number(open).await, 0);
    server.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn closed_sockets_cost_no_connections() {
    let database = Database::new(Engine::Postgres).await;
    let proxy = Proxy::whole(database.port());
    let place = Place::new();
    let launch = place
        .over(&database)
        .set("DATABASE_URL", database.url_by(proxy.port()));
    let server = launch.start().await;
    let token = server.api.register("ann@example.com").await.token();
    for number in 0..200 {
        hang_up_on(
            &server,
            &format!("a{number}@example.com"),
            "not the password",
        )
        .await;
        let me = server.api.me(&token).await;
        assert_eq!(me.status, 200, "{me:?}");
    }
    assert!(proxy.calls() <= EXPECTED, "{} connections", proxy.calls());
    server.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn storm_on_sqlite_leaves_others_served() {
    let database = Database::new(Engine::Sqlite).await;
    let place = Place::new();
    let server = place.over(&database).start().await;
    let token = server.api.register("ann@example.com").await.token();
    storm(&server, &token).await;
    let signed_in = once_hashed(server.api.signing_in("ann@example.com", PASSWORD)).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    server.stop().await;
}

/// It ends by the fault of its body, and not when its ten seconds are over (408).
#[tokio::test]
async fn request_cut_off_ends_promptly() {
    let place = Place::new();
    let server = place.launch().start().await;
    let client = Raw::connect(server.port).await;
    client.send(
        "POST /api/v1/auth/signin HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/json\r\ncontent-length: 200\r\n\r\n{\"email\"",
    );
    drop(client);
    let is_answered = |line: &str| line.contains("answered") && line.contains("/auth/signin");
    let line = server.process.err.line(is_answered).await.unwrap();
    assert!(line.contains("\"status\":400"), "{line}");
    server.stop().await;
}
