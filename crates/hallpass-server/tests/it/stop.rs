//! A stop that nobody notices.

use std::time::Duration;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::rig::{
    Answer, Api, Http2, PASSWORD, Place, Raw, Server, events, eventually, scaled, timed,
};

/// Far less than the ten seconds for which a request may be waited for.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A sign-in of which the server has the head and asks for the body.
async fn begin_to_sign_in(server: &Server, body: &str) -> Raw {
    let mut client = Raw::connect(server.port).await;
    client.send(format!(
        "POST /api/v1/auth/signin HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    assert_eq!(client.answer().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client
}

async fn lets_a_sign_in_finish(signal: Signal) {
    let place = Place::new();
    let server = place.launch().start().await;
    assert_eq!(server.api.register("ann@example.com").await.status, 201);
    let body = json!({"email": "ann@example.com", "password": PASSWORD}).to_string();
    let mut client = begin_to_sign_in(&server, &body).await;

    server.process.signal(signal);
    let stopping = |line: &str| line.contains("stopping: requests in flight may finish");
    assert!(server.process.err.line(stopping).await.is_some());
    eventually(AT_ONCE, "nobody is let in any more", async || {
        TcpStream::connect(("127.0.0.1", server.port)).await.err()
    })
    .await;

    client.send(body);
    let answer = client.answer().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("access_token"), "{answer}");
    let (ended, took) = timed(server.process.end()).await;
    assert_eq!((ended.code, ended.signal), (Some(0), None), "{}", ended.err);
    assert!(
        took < scaled(AT_ONCE),
        "stopped {took:?} after the last answer"
    );
    assert_eq!(client.rest().await, "");
    let log = events(&ended.err);
    assert_eq!(log.last().unwrap()["message"], "stopped", "{}", ended.err);
}

#[tokio::test]
async fn sigterm_lets_a_sign_in_finish() {
    lets_a_sign_in_finish(Signal::TERM).await;
}

#[tokio::test]
async fn sigint_lets_a_sign_in_finish() {
    lets_a_sign_in_finish(Signal::INT).await;
}

#[tokio::test]
async fn connections_with_nothing_in_flight_do_not_delay_a_stop() {
    let place = Place::new();
    let server = place.launch().start().await;
    let mut kept_open = Raw::connect(server.port).await;
    kept_open.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert!(kept_open.answer().await.starts_with("HTTP/1.1 200 "));
    let over_http2 = Api::over_http2(server.port);
    assert_eq!(over_http2.get("/healthz").await.status, 200);
    let silent = Raw::connect(server.port).await;
    // Connections are accepted in their order: after this it has them all.
    assert_eq!(server.api.get("/healthz").await.status, 200);
    let (ended, took) = timed(server.stop()).await;
    assert!(
        took < scaled(AT_ONCE),
        "stopped after {took:?}: {}",
        ended.err
    );
    assert!(!ended.err.contains("still in flight"), "{}", ended.err);
    assert_eq!(kept_open.rest().await, "");
    assert_eq!(silent.rest().await, "");
}

#[tokio::test]
async fn requests_that_arrive_while_it_stops_are_served_or_not_let_in() {
    let place = Place::new();
    let server = place
        .launch()
        .set("HALLPASS_RATE_LIMIT", "off")
        .start()
        .await;
    let api = server.api.clone();
    let token = api.register("ann@example.com").await.token();
    let asking = tokio::spawn(async move {
        let mut answers = 0;
        loop {
            let request = api
                .request(Method::GET, "/api/v1/auth/me")
                .bearer_auth(&token);
            match Answer::of(request).await {
                Ok(answer) => assert_eq!(answer.status, 200, "{answer:?}"),
                Err(error) if error.is_connect() || error.is_request() => return answers,
                Err(error) => panic!("{error:?}"),
            }
            answers += 1;
        }
    });
    let answered = |line: &str| line.contains("/api/v1/auth/me");
    assert!(server.process.err.line(answered).await.is_some());
    server.stop().await;
    assert!(asking.await.unwrap() > 0);
}

const HEALTHZ: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn draining_server(seconds: &str) -> (Place, Server) {
    let place = Place::new();
    let launch = place.launch().set("HALLPASS_DRAIN", seconds);
    let server = launch.set("HALLPASS_RATE_LIMIT", "off").start().await;
    (place, server)
}

/// Signals, and waits until the server says that it is not ready.
async fn begin_to_drain(server: &Server, signal: Signal) {
    server.process.signal(signal);
    let draining = |line: &str| line.contains("not ready any more");
    assert!(server.process.err.line(draining).await.is_some());
}

async fn asked(port: u16, path: &str) -> String {
    let mut client = Raw::connect(port).await;
    client.send(HEALTHZ.replace("/healthz", path));
    client.answer().await
}

async fn drains_until_second_signal(first: Signal, second: Signal) {
    let (_place, server) = draining_server("300").await;
    let mut kept_open = Raw::connect(server.port).await;
    kept_open.send(HEALTHZ);
    let answer = kept_open.answer().await;
    assert!(!answer.contains("connection: close"), "{answer}");
    let mut over_http2 = Http2::connect(server.port).await;
    assert_eq!(over_http2.ask("GET /readyz", &[]).await.status, 200);

    begin_to_drain(&server, first).await;
    let ready = asked(server.port, "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503 "), "{ready}");
    assert!(ready.contains(r#""code":"stopping""#), "{ready}");
    assert!(ready.contains("retry-after: "), "{ready}");
    let registered = server.api.register("ann@example.com").await;
    assert_eq!(registered.status, 201, "{registered:?}");
    for answer in [asked(server.port, "/healthz").await, {
        kept_open.send(HEALTHZ);
        kept_open.answer().await
    }] {
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
    assert_eq!(over_http2.ask("GET /readyz", &[]).await.status, 503);
    assert_eq!(over_http2.ask("GET /healthz", &[]).await.status, 200);

    server.process.signal(second);
    let (ended, took) = timed(server.process.end()).await;
    assert_eq!((ended.code, ended.signal), (Some(0), None), "{}", ended.err);
    assert!(took < AT_ONCE, "stopped after {took:?}");
    over_http2.ends_gracefully().await;
}

#[tokio::test]
async fn second_signal_ends_the_drain() {
    drains_until_second_signal(Signal::TERM, Signal::TERM).await;
    drains_until_second_signal(Signal::INT, Signal::TERM).await;
}

#[tokio::test]
async fn drain_ends_after_its_time() {
    let (_place, server) = draining_server("1").await;
    let (ended, took) = timed(server.stop()).await;
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert!(took < AT_ONCE, "{took:?}: {}", ended.err);
}

/// New connections, kept ones and those of HTTP/2 send requests until the
/// server lets nobody in. Each request that was sent is answered.
#[tokio::test]
async fn no_request_is_lost_while_server_stops() {
    let (_place, server) = draining_server("1").await;
    let port = server.port;
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        clients.spawn(async move {
            let mut answered = 0;
            while let Some(mut client) = Raw::try_connect(port).await {
                client.send(HEALTHZ);
                let answer = client.answer().await;
                assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                answered += 1;
            }
            answered
        });
        clients.spawn(async move {
            let mut answered = 0;
            while let Some(mut client) = Raw::try_connect(port).await {
                let mut is_last = false;
                while !is_last {
                    client.send(HEALTHZ);
                    let answer = client.answer().await;
                    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                    is_last = answer.contains("connection: close\r\n");
                    answered += 1;
                }
            }
            answered
        });
    }
    let busy = |line: &str| line.contains("/healthz");
    assert!(server.process.err.line(busy).await.is_some());
    let ended = server.stop().await;
    assert!(!ended.err.contains("still in flight"), "{}", ended.err);
    for answered in clients.join_all().await {
        assert!(answered > 0);
    }
}
