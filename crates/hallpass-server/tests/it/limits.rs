//! The table "Limits and times" of docs/operations.md, as far as it can be seen
//! at once: each row on HTTP/1 and on HTTP/2. What takes time is in deadlines.rs
//! and, on a clock of its own, beside the listener.

use std::net::Ipv4Addr;

use axum::body::Bytes;

use crate::rig::{Http2, PATIENCE, Place, Raw, Server, eventually};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Every route that reads a body, and the type of it.
const READERS: [(&str, &str); 8] = [
    ("POST /api/v1/auth/register", "application/json"),
    ("POST /api/v1/auth/signin", "application/json"),
    ("POST /api/auth/register", "application/json"),
    ("POST /api/auth/signin", "application/json"),
    ("POST /api/auth/sign-up/email", "application/json"),
    ("POST /api/auth/sign-in/email", "application/json"),
    ("POST /signin", "application/x-www-form-urlencoded"),
    ("POST /signup", "application/x-www-form-urlencoded"),
];

/// Requests that are refused without a look at their body.
const REFUSED: [(&str, &str, &str); 5] = [
    (
        "POST /api/v1/auth/signin",
        "content-type: text/plain\r\n",
        "415",
    ),
    (
        "PATCH /api/v1/users/me",
        "content-type: application/json\r\n",
        "401",
    ),
    ("POST /api/v1/auth/signout", "", "401"),
    ("POST /nowhere", "", "404"),
    ("POST /healthz", "", "405"),
];

async fn server() -> (Place, Server) {
    let place = Place::new();
    let launch = place.launch().set("HALLPASS_RATE_LIMIT", "off");
    let server = launch.start().await;
    (place, server)
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

const HEALTHZ: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn http2_head_over_limits_gets_431() {
    let (_place, server) = server().await;
    let mut client = Http2::connect(server.port).await;
    let long = |bytes: usize| "a".repeat(bytes);
    let cases = [
        ("100 fields", vec![("x", String::new()); 100], 200_u16),
        ("101 fields", vec![("x", String::new()); 101], 431),
        ("900 fields", vec![("x", String::new()); 900], 431),
        // A browser sends each cookie as a field (RFC 9113, section 8.2.3).
        ("100 cookies", vec![("cookie", "a=b".to_owned()); 100], 200),
        ("101 cookies", vec![("cookie", "a=b".to_owned()); 101], 431),
        ("31 KiB", vec![("x", long(31 * 1024))], 200),
        ("33 KiB", vec![("x", long(33 * 1024))], 431),
    ];
    for (what, fields, expected) in cases {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        for line in ["GET /healthz", "POST /api/v1/auth/signin", "GET /nowhere"] {
            let response = client.ask(line, &fields).await;
            let is_refused = response.status == 431;
            assert_eq!(is_refused, expected == 431, "{what}, {line}: {response:?}");
        }
        assert_eq!(client.ask("GET /healthz", &[]).await.status, 200, "{what}");
    }
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The head of `POST /signin` with a form, in HPACK (RFC 7541): the first one
/// makes the field `x` entry 62, of which each further field is one byte.
fn head_with(fields: usize, is_first: bool) -> Vec<u8> {
    let mut head = b"\x83\x86\x04\x07/signin\x01\x01x".to_vec();
    head.extend(b"\x0f\x10\x21application/x-www-form-urlencoded");
    if is_first {
        head.extend(b"\x40\x01x\x00");
    }
    head.extend(vec![0xbe; fields]);
    head
}

/// A hundred streams, each with this many fields in its head, and as many in
/// its trailers.
fn flood(in_head: usize, in_trailers: usize) -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    for number in 0..100 {
        let stream = 1 + 2 * number;
        bytes.extend(frame(1, 4, stream, &head_with(in_head, number == 0)));
        if in_trailers > 0 {
            bytes.extend(frame(1, 5, stream, &vec![0xbe; in_trailers]));
        }
    }
    bytes
}

#[cfg(target_os = "linux")]
fn peak_memory(server: &Server) -> u64 {
    let pid = server.process.pid().as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = peak
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kib / 1024
}

/// 975 fields on each of 1000 streams took 140 MiB of an unoptimised build.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn fields_of_one_byte_take_no_memory() {
    for (what, in_head, in_trailers) in [("heads", 910, 0), ("trailers", 1, 100)] {
        let (_place, server) = server().await;
        let before = peak_memory(&server);
        let mut clients = Vec::new();
        for _ in 0..10 {
            let mut client = Raw::connect(server.port).await;
            client.send(flood(in_head, in_trailers));
            // Sent last, it is answered once all before it was read.
            client.send(frame(6, 0, 0, &[7; 8]));
            client.skip_to(&frame(6, 1, 0, &[7; 8])).await;
            clients.push(client);
        }
        assert_eq!(server.api.get("/healthz").await.status, 200);
        let grown = peak_memory(&server) - before;
        assert!(grown < 64, "{what}: {grown} MiB more");
    }
}

/// Trailers are held until the body is read, and have no use here.
#[tokio::test]
async fn http2_connection_with_large_trailers_is_closed() {
    let (_place, server) = server().await;
    let client = Raw::connect(server.port).await;
    client.send(flood(1, 910));
    client.rest().await;
    assert_eq!(server.api.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn announced_large_body_gets_413_unread() {
    let (_place, server) = server().await;
    for (line, content_type) in READERS {
        for length in ["65537", "10737418240"] {
            for expect in ["", "expect: 100-continue\r\n"] {
                let mut client = Raw::connect(server.port).await;
                client.send(format!(
                    "{line} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n\
                     content-length: {length}\r\n{expect}\r\n"
                ));
                let response = client.answer().await;
                assert_eq!(status(&response), "413", "{line}: {response}");
                assert!(response.contains("connection: close\r\n"), "{response}");
                assert_eq!(client.rest().await, "", "{line}");
            }
            let mut client = Http2::connect(server.port).await;
            let fields = [("content-type", content_type), ("content-length", length)];
            let response = client.begin(line, &fields, false).respond().await;
            assert_eq!(response.status, 413, "{line}: {response:?}");
            assert_eq!(client.ask("GET /healthz", &[]).await.status, 200);
        }
    }
}

#[tokio::test]
async fn http2_body_over_limit_gets_413() {
    let (_place, server) = server().await;
    let mut client = Http2::connect(server.port).await;
    for (bytes, expected) in [(64 * 1024, 400), (64 * 1024 + 1, 413)] {
        let mut begun = client.begin("POST /api/v1/auth/signin", &[JSON], false);
        let body = Bytes::from(vec![b' '; bytes]);
        begun.body.send_data(body, true).unwrap();
        let response = begun.respond().await;
        assert_eq!(response.status, expected, "{bytes}: {response:?}");
    }
}

#[tokio::test]
async fn unread_small_body_keeps_connection() {
    let (_place, server) = server().await;
    let large = "a".repeat(60_000);
    for (line, fields, expected) in REFUSED {
        for body in ["{}", &large] {
            let length = body.len();
            let counted = format!("content-length: {length}\r\n\r\n{body}");
            let chunked =
                format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
            for framed in [counted, chunked] {
                let head = format!("{line} HTTP/1.1\r\nhost: localhost\r\n{fields}");
                let mut client = Raw::connect(server.port).await;
                // The next request comes with it, and one more after it.
                client.send(format!("{head}{framed}{HEALTHZ}"));
                let response = client.answer().await;
                assert_eq!(status(&response), expected, "{line}: {response}");
                assert!(!response.contains("connection: close"), "{response}");
                assert_eq!(status(&client.answer().await), "200", "{line}");
                client.send(HEALTHZ);
                assert_eq!(status(&client.answer().await), "200", "{line}");
            }
        }
    }
}

#[tokio::test]
async fn unread_body_part_announces_close() {
    let (_place, server) = server().await;
    let begun = "a".repeat(1000);
    for (line, fields, expected) in REFUSED {
        for framing in [
            format!("content-length: 2000\r\n\r\n{begun}"),
            format!("content-length: 1000000\r\n\r\n{begun}"),
            format!("transfer-encoding: chunked\r\n\r\n3e8\r\n{begun}\r\n"),
            "content-length: 2\r\nexpect: 100-continue\r\n\r\n".to_owned(),
        ] {
            let mut client = Raw::connect(server.port).await;
            client.send(format!(
                "{line} HTTP/1.1\r\nhost: localhost\r\n{fields}{framing}"
            ));
            let response = client.answer().await;
            assert_eq!(status(&response), expected, "{line}: {response}");
            assert!(
                response.contains("connection: close\r\n"),
                "{line}: {response}"
            );
            assert_eq!(client.rest().await, "", "{line}");
        }
    }
}

#[tokio::test]
async fn http2_unread_body_leaves_other_streams() {
    let (_place, server) = server().await;
    let mut client = Http2::connect(server.port).await;
    for (line, fields, expected) in REFUSED {
        let field = fields.trim_end().split_once(": ");
        let mut begun = client.begin(line, field.as_slice(), false);
        begun
            .body
            .send_data(Bytes::from(vec![b'a'; 2000]), false)
            .unwrap();
        let response = begun.respond().await;
        assert_eq!(
            response.status.to_string(),
            expected,
            "{line}: {response:?}"
        );
        assert!(!response.headers.contains_key("connection"));
        assert_eq!(client.ask("GET /healthz", &[]).await.status, 200, "{line}");
    }
}

/// Whether a client from this address is served.
async fn serves(server: &Server, source: Ipv4Addr) {
    let ask = async || {
        let mut client = Raw::connect_from(source, server.port).await;
        client.send(HEALTHZ);
        (status(&client.answer_or_end().await) == "200").then_some(())
    };
    eventually(PATIENCE, "the client is served", ask).await;
}

#[tokio::test]
async fn one_client_never_takes_all_places() {
    let stranger = Ipv4Addr::new(127, 9, 9, 9);
    let request = frame(1, 5, 1, b"\x82\x86\x04\x08/healthz\x01\x01x");
    let once = [PREFACE, request.as_slice()].concat();
    for (what, bytes) in [
        ("silence", &b""[..]),
        ("half a head", b"GET /healthz HTTP/1.1\r\nhost: "),
        ("one request", HEALTHZ.as_bytes()),
        ("HTTP/2 without a stream", PREFACE),
        ("HTTP/2 after one request", &once),
        (
            "a body that does not come",
            b"POST /api/v1/auth/signin HTTP/1.1\r\nhost: x\r\n\
          content-type: application/json\r\ncontent-length: 9\r\n\r\n",
        ),
    ] {
        let place = Place::new();
        // 64 files are kept back.
        let server = place.launch().after("ulimit -n 192").start().await;
        let mut crowd = Vec::new();
        for _ in 0..300 {
            let client = Raw::connect(server.port).await;
            client.send(bytes);
            crowd.push(client);
        }
        serves(&server, stranger).await;
        let open = open_files(&server);
        assert!(open < 100, "{what}: {open} files are open");
        serves(&server, Ipv4Addr::LOCALHOST).await;
        let log = server.stop().await.err;
        assert!(!log.contains("could not accept"), "{what}: {log}");
    }
}

/// The files that the process has open.
fn open_files(server: &Server) -> usize {
    let pid = server.process.pid().as_raw_nonzero();
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
    files.unwrap().count()
}
