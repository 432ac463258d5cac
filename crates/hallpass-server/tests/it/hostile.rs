//! Clients that send what they should not: each gets its refusal, and the next
//! one is served.

use reqwest::Method;
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use crate::rig::{Api, PASSWORD, PATIENCE, Place, Raw, Server, eventually};

/// A server and a promise: whatever a test does to it, it serves afterwards.
struct Victim {
    server: Server,
    _place: Place,
}

impl Victim {
    async fn start() -> Self {
        let place = Place::new();
        let server = place
            .launch()
            .set("HALLPASS_RATE_LIMIT", "off")
            .start()
            .await;
        Self {
            server,
            _place: place,
        }
    }

    async fn connect(&self) -> Raw {
        Raw::connect(self.server.port).await
    }

    /// Sends these bytes and takes everything up to where the server hangs up.
    async fn rest_after(&self, bytes: impl Into<Vec<u8>>) -> String {
        let client = self.connect().await;
        client.send(bytes);
        client.rest().await
    }

    /// Sends these bytes and takes the answer.
    async fn answer_to(&self, bytes: impl Into<Vec<u8>>) -> String {
        let mut client = self.connect().await;
        client.send(bytes);
        client.answer().await
    }

    async fn still_serves(&self) {
        let answer = self.answer_to(get("/healthz", "")).await;
        assert_eq!(status(&answer), "200", "{answer}");
    }
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
}

/// A sign-in with these headers besides, and this body.
fn sign_in(headers: &str, body: &str) -> String {
    format!(
        "POST /api/v1/auth/signin HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/json\r\n{headers}\r\n{body}"
    )
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// How many answers there are: a body may end without a line break.
fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

#[tokio::test]
async fn what_is_no_http_is_answered_400_and_hung_up_on() {
    let victim = Victim::start().await;
    let cases: &[(&str, &[u8])] = &[
        ("noise", b"\x00\x01\x02\xff noise\r\n\r\n"),
        (
            "TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and the rest of a greeting",
        ),
        ("no path", b"GET\r\n\r\n"),
        ("no version", b"GET /healthz\r\n\r\n"),
        ("a version to come", b"GET /healthz HTTP/3.0\r\n\r\n"),
        (
            "NUL in the path",
            b"GET /heal\0thz HTTP/1.1\r\nhost: x\r\n\r\n",
        ),
        (
            "NUL in a value",
            b"GET /healthz HTTP/1.1\r\nx: a\0b\r\n\r\n",
        ),
        (
            "a carriage return in a value",
            b"GET /healthz HTTP/1.1\r\nx: a\rb\r\n\r\n",
        ),
        ("NUL in a name", b"GET /healthz HTTP/1.1\r\nx\0: a\r\n\r\n"),
        (
            "a space after a name",
            b"GET /healthz HTTP/1.1\r\ntransfer-encoding : chunked\r\n\r\n",
        ),
        (
            "a folded line",
            b"GET /healthz HTTP/1.1\r\nx: a\r\n b\r\n\r\n",
        ),
        ("no colon", b"GET /healthz HTTP/1.1\r\nhost\r\n\r\n"),
    ];
    for (what, bytes) in cases {
        let rest = victim.rest_after(*bytes).await;
        assert_eq!(
            (status(&rest), answers(&rest)),
            ("400", 1),
            "{what}: {rest}"
        );
        victim.still_serves().await;
    }
}

/// Two programs that see the end of a request at two places are how one
/// client's request becomes part of another's (RFC 9112, section 11.2).
#[tokio::test]
async fn a_body_whose_length_is_in_doubt_smuggles_no_second_request() {
    let victim = Victim::start().await;
    let second = get("/healthz", "x-request-id: smuggled\r\n");
    let refused = [
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: 2, 2\r\n",
        "content-length: +2\r\n",
        "content-length: -2\r\n",
        "content-length: 0x2\r\n",
        "content-length: 99999999999999999999\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: identity\r\n",
    ];
    for headers in refused {
        let rest = victim.rest_after(sign_in(headers, "{}") + &second).await;
        assert_eq!(
            (status(&rest), answers(&rest)),
            ("400", 1),
            "{headers}: {rest}"
        );
        victim.still_serves().await;
    }
    let chunked = "2\r\n{}\r\n0\r\n\r\n";
    let old = sign_in("transfer-encoding: chunked\r\n", chunked).replace("HTTP/1.1", "HTTP/1.0");
    let rest = victim.rest_after(old + &second).await;
    assert_eq!((status(&rest), answers(&rest)), ("400", 1), "{rest}");
    // With both, the chunks count, and after the answer the server hangs up
    // (RFC 9112, section 6.1).
    for both in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        let rest = victim.rest_after(sign_in(both, chunked) + &second).await;
        assert_eq!(
            (status(&rest), answers(&rest)),
            ("422", 1),
            "{both}: {rest}"
        );
        assert!(!rest.contains("smuggled"), "{both}: {rest}");
        victim.still_serves().await;
    }
    for chunks in [
        "2;a\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "-1\r\n{}\r\n0\r\n\r\n",
    ] {
        let rest = victim
            .rest_after(sign_in("transfer-encoding: chunked\r\n", chunks) + &second)
            .await;
        assert_eq!(
            (status(&rest), answers(&rest)),
            ("400", 1),
            "{chunks}: {rest}"
        );
        assert!(!rest.contains("smuggled"), "{chunks}: {rest}");
        victim.still_serves().await;
    }
}

#[tokio::test]
async fn a_head_over_the_limits_is_answered_431() {
    let victim = Victim::start().await;
    let of_bytes = |bytes: usize| get("/healthz", &format!("x: {}\r\n", "a".repeat(bytes)));
    // With the host there is one line more.
    let of_lines = |lines: usize| get("/healthz", &"x: a\r\n".repeat(lines - 1));
    let of_path = |bytes: usize| get(&format!("/{}", "a".repeat(bytes)), "");
    for (what, head, expected) in [
        ("31 KiB", of_bytes(31 * 1024), "200"),
        ("33 KiB", of_bytes(33 * 1024), "431"),
        ("1 MiB", of_bytes(1024 * 1024), "431"),
        ("100 lines", of_lines(100), "200"),
        ("101 lines", of_lines(101), "431"),
        ("a path of 30 KiB", of_path(30 * 1024), "404"),
        ("a path of 60 KiB", of_path(60 * 1024), "431"),
    ] {
        let answer = victim.answer_to(head).await;
        assert_eq!(status(&answer), expected, "{what}: {answer}");
        victim.still_serves().await;
    }
}

#[tokio::test]
async fn a_body_over_64_kib_is_answered_413_and_one_of_64_kib_is_read() {
    let victim = Victim::start().await;
    let whole = |bytes: usize| sign_in(&format!("content-length: {bytes}\r\n"), &" ".repeat(bytes));
    let in_chunks = |bytes: usize| {
        let chunk = format!("400\r\n{}\r\n", " ".repeat(1024));
        let chunks = chunk.repeat(bytes / 1024) + "0\r\n\r\n";
        sign_in("transfer-encoding: chunked\r\n", &chunks)
    };
    for (what, request, expected) in [
        ("64 KiB", whole(64 * 1024), ("400", "malformed_json")),
        (
            "64 KiB in chunks",
            in_chunks(64 * 1024),
            ("400", "malformed_json"),
        ),
        (
            "a byte more",
            whole(64 * 1024 + 1),
            ("413", "body_too_large"),
        ),
        ("65 KiB", whole(65 * 1024), ("413", "body_too_large")),
        (
            "65 KiB in chunks",
            in_chunks(65 * 1024),
            ("413", "body_too_large"),
        ),
        (
            "a chunk without end",
            sign_in(
                "transfer-encoding: chunked\r\n",
                &format!("fffffffff\r\n{}", " ".repeat(100 * 1024)),
            ),
            ("413", "body_too_large"),
        ),
        (
            "1 TiB, announced",
            sign_in("content-length: 1099511627776\r\n", &" ".repeat(100 * 1024)),
            ("413", "body_too_large"),
        ),
    ] {
        let answer = victim.answer_to(request).await;
        assert_eq!(status(&answer), expected.0, "{what}: {answer}");
        assert!(answer.contains(expected.1), "{what}: {answer}");
        victim.still_serves().await;
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let victim = Victim::start().await;
    let mut client = victim.connect().await;
    let ids = ["first", "second", "third"];
    let requests = [
        get("/readyz", "x-request-id: first\r\n"),
        sign_in("content-length: 2\r\nx-request-id: second\r\n", "{}"),
        get("/nowhere", "x-request-id: third\r\n"),
    ];
    client.send(requests.concat());
    for (id, expected) in ids.into_iter().zip(["200", "422", "404"]) {
        let answer = client.answer().await;
        assert_eq!(status(&answer), expected, "{answer}");
        assert!(
            answer.contains(&format!("x-request-id: {id}\r\n")),
            "{id}: {answer}"
        );
    }
}

#[tokio::test]
async fn who_expects_100_continue_is_asked_for_the_body() {
    let victim = Victim::start().await;
    let mut client = victim.connect().await;
    client.send(sign_in("content-length: 2\r\nexpect: 100-continue\r\n", ""));
    assert_eq!(client.answer().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("{}");
    let answer = client.answer().await;
    assert_eq!(status(&answer), "422", "{answer}");
    // Nobody reads the body of what is refused by its head alone.
    let mut client = victim.connect().await;
    let request = sign_in("content-length: 2\r\nexpect: 100-continue\r\n", "");
    client.send(request.replace("application/json", "text/plain"));
    let answer = client.answer().await;
    assert_eq!(status(&answer), "415", "{answer}");
    victim.still_serves().await;
}

#[tokio::test]
async fn odd_methods_and_targets_are_no_fault_of_ours() {
    let victim = Victim::start().await;
    for (request, expected) in [
        ("CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("BREW /healthz HTTP/1.1\r\nhost: x\r\n\r\n", "405"),
        (
            "GET http://elsewhere.example/healthz HTTP/1.1\r\nhost: x\r\n\r\n",
            "200",
        ),
        ("GET //healthz HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET /%2e%2e/%00/..%2f HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET /api/v1/users/%ff HTTP/1.1\r\nhost: x\r\n\r\n", "401"),
        ("GET /\u{e4} HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET /healthz HTTP/1.0\r\n\r\n", "200"),
        ("\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", "200"),
        (
            "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
            "200",
        ),
    ] {
        let answer = victim.answer_to(request).await;
        assert_eq!(status(&answer), expected, "{request}: {answer}");
        victim.still_serves().await;
    }
}

#[tokio::test]
async fn http2_is_spoken_to_who_begins_with_it_and_has_the_same_limits() {
    let victim = Victim::start().await;
    let api = Api::over_http2(victim.server.port);
    let registered = api.register("ann@example.com").await;
    assert_eq!(registered.status, 201, "{registered:?}");
    assert_eq!(api.me(&registered.token()).await.status, 200);
    let signed_in = api.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");

    let large = api
        .request(Method::GET, "/healthz")
        .header("x", "a".repeat(33 * 1024));
    let answer = api.send(large).await;
    assert_eq!(answer.status, 431, "{answer:?}");
    let body = api.request(Method::POST, "/api/v1/auth/signin");
    let body = body
        .header("content-type", "application/json")
        .body(" ".repeat(65 * 1024));
    let answer = api.send(body).await;
    assert_eq!(answer.verdict(), (413, "body_too_large".to_owned()));
    assert_eq!(api.get("/healthz").await.status, 200);
    victim.still_serves().await;
}

/// SETTINGS is a list of two-byte names and four-byte values (RFC 9113, 6.5.1).
#[tokio::test]
async fn an_http2_connection_is_told_its_limits() {
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    const MAX_HEADER_LIST_SIZE: u16 = 6;
    let victim = Victim::start().await;
    let mut client = victim.connect().await;
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    let head = client.bytes(9).await;
    assert_eq!(head[3], 4, "a frame SETTINGS: {head:?}");
    let list = client
        .bytes(usize::from(u16::from_be_bytes([head[1], head[2]])))
        .await;
    let value = |name: u16| {
        let entries = list.chunks_exact(6);
        let mut named = entries.filter(|entry| entry[..2] == name.to_be_bytes());
        named
            .next()
            .map(|entry| u32::from_be_bytes(entry[2..].try_into().unwrap()))
    };
    assert_eq!(value(MAX_CONCURRENT_STREAMS), Some(100));
    assert_eq!(value(MAX_HEADER_LIST_SIZE), Some(32 * 1024));
}

/// The files that the process has open.
fn open_files(server: &Server) -> usize {
    let pid = server.process.pid().as_raw_nonzero();
    std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count()
}

async fn serves_again(port: u16) {
    let api = Api::new(port);
    eventually(PATIENCE, "it serves again", async || {
        let answer = api.get("/readyz").await;
        (answer.status == 200).then_some(())
    })
    .await;
}

/// 64 files are kept back, and an unused connection gives its place up.
#[tokio::test]
async fn client_is_served_while_places_run_out() {
    let place = Place::new();
    let server = place.launch().after("ulimit -n 96").start().await;
    let token = server.api.register("ann@example.com").await.token();
    let mut crowd = Vec::new();
    for _ in 0..96 {
        crowd.push(Raw::connect(server.port).await);
    }
    for _ in 0..3 {
        assert_eq!(server.api.me(&token).await.status, 200);
        assert!(open_files(&server) < 96, "{}", open_files(&server));
    }
    drop(crowd);
    serves_again(server.port).await;
    let log = server.stop().await.err;
    assert!(!log.contains("could not accept"), "{log}");
}

#[tokio::test]
async fn a_server_without_a_descriptor_left_serves_again_when_there_are_some() {
    let place = Place::new();
    let server = place.launch().start().await;
    assert_eq!(server.api.get("/readyz").await.status, 200);
    let limit = |files| {
        let pid = Some(server.process.pid());
        prlimit(
            pid,
            Resource::Nofile,
            Rlimit {
                current: Some(files),
                ..getrlimit(Resource::Nofile)
            },
        )
        .unwrap()
    };
    let before = limit(open_files(&server) as u64);
    let waiting = Raw::connect(server.port).await;
    let says = |line: &str| line.contains("could not accept a connection");
    assert!(server.process.err.line(says).await.is_some());
    limit(before.current.unwrap());
    drop(waiting);
    serves_again(server.port).await;
}
