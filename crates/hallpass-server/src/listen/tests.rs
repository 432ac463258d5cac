//! The limits of time, on a clock that moves when nothing else happens.

use axum::body::{Body, Bytes};
use axum::http::Method;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::{Instant, advance};

use super::limits::{AGE, HEAD_TIME, IDLE_TIME, LINGER_TIME, REQUEST_TIME, STALL_TIME};
use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// The preface of HTTP/2, empty SETTINGS, and the acknowledgement of the
/// server's.
const GREETING: &[u8] =
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0";

/// More than the system keeps for a client that does not read.
const MUCH: usize = 64 << 20;

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

struct Rig {
    address: SocketAddr,
    /// The server stops when this is dropped.
    _stage: watch::Sender<Stage>,
    /// Says when `POST /runs-on` has begun, and when its body broke off. It
    /// goes on in a task, whatever becomes of its client.
    begun: Arc<Notify>,
    broke_off: Arc<Notify>,
}

impl Rig {
    /// A server that answers `GET /` with this body, and `POST /` when it has
    /// read the request's.
    async fn serving(body: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let read = |body: Bytes| async move { body.len().to_string() };
        let (begun, broke_off) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let signs = (Arc::clone(&begun), Arc::clone(&broke_off));
        let router = Router::new()
            .route("/", get(move || async move { body }).merge(post(read)))
            .route("/runs-on", post(move |body| runs_on(body, signs)));
        let (stage, stages) = watch::channel(Stage::Serving);
        tokio::spawn(async move { serve(listener, router, &[], stages).await });
        Self {
            address,
            _stage: stage,
            begun,
            broke_off,
        }
    }

    async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        // The system would hold small writes back, by its own clock.
        stream.set_nodelay(true).unwrap();
        Client(stream)
    }

    async fn connect_http2(&self) -> Http2 {
        let Client(stream) = self.connect().await;
        let (requests, connection) = h2::client::handshake(stream).await.unwrap();
        Http2 {
            requests,
            connection: tokio::spawn(connection),
        }
    }
}

async fn runs_on(body: Body, (begun, broke_off): (Arc<Notify>, Arc<Notify>)) {
    let running = tokio::spawn(async move {
        begun.notify_one();
        if axum::body::to_bytes(body, MUCH).await.is_err() {
            broke_off.notify_one();
        }
    });
    running.await.unwrap();
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// What there is to read, at least one byte.
    async fn read(&mut self) -> String {
        let mut bytes = vec![0; 65536];
        let read = self.0.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }

    /// Whether there was a response.
    async fn asks(&mut self) -> bool {
        let mut response = [0; 1024];
        self.0.write_all(GET).await.is_ok()
            && self.0.read(&mut response).await.is_ok_and(|read| read > 0)
    }

    /// How long the server took to close, and what it sent before.
    async fn closed_after(&mut self) -> (Duration, Vec<u8>) {
        let began = now();
        let mut rest = Vec::new();
        // A reset is an end too.
        self.0.read_to_end(&mut rest).await.ok();
        (began.elapsed(), rest)
    }

    /// Sends these bytes every second until the server closes, and says after
    /// how long that was.
    async fn closed_while_sending(self, bytes: &[u8]) -> (Duration, Vec<u8>) {
        let began = now();
        let (mut read, mut write) = self.0.into_split();
        let mut rest = Vec::new();
        let sending = async {
            while write.write_all(bytes).await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = sending => {}
            _ = read.read_to_end(&mut rest) => {}
        }
        (began.elapsed(), rest)
    }
}

/// A client of HTTP/2 that answers pings.
struct Http2 {
    requests: h2::client::SendRequest<Bytes>,
    connection: tokio::task::JoinHandle<Result<(), h2::Error>>,
}

impl Http2 {
    /// Sends a head, and returns what is still to come.
    fn begin(
        &mut self,
        method: Method,
        is_whole: bool,
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        self.begin_at("/", method, is_whole)
    }

    fn begin_at(
        &mut self,
        path: &str,
        method: Method,
        is_whole: bool,
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"));
        let sent = self
            .requests
            .send_request(request.body(()).unwrap(), is_whole);
        sent.unwrap()
    }

    async fn asks(&mut self) -> bool {
        let (response, _) = self.begin(Method::GET, true);
        response
            .await
            .is_ok_and(|response| response.status() == 200)
    }

    /// How long the server took to close the connection. Closed gracefully, it
    /// ends without an error (GOAWAY with `NO_ERROR`).
    async fn closed_after(self) -> Duration {
        let began = now();
        self.connection.await.unwrap().unwrap();
        began.elapsed()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock of tokio, moved by the test"
)]
fn now() -> Instant {
    Instant::now()
}

#[track_caller]
fn assert_about(took: Duration, expected: Duration) {
    let late = LINGER_TIME + Duration::from_secs(2);
    assert!(
        expected <= took && took <= expected + late,
        "{took:?}, not {expected:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn connection_without_request_closes_after_ten_seconds() {
    let rig = Rig::serving(b"ok").await;
    let half_head: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ";
    let half_headers = &[GREETING, &frame(1, 0, 1, &[0x82])].concat();
    for (what, first, then) in [
        ("silence", &b""[..], &b""[..]),
        ("half a head", half_head, b""),
        ("a head that trickles", half_head, b"a"),
        ("half a preface", &GREETING[..9], b""),
        ("HTTP/2", GREETING, b""),
        ("HTTP/2 with pings", GREETING, &frame(6, 0, 0, &[0; 8])),
        (
            "HTTP/2 with answered pings",
            GREETING,
            &frame(6, 1, 0, &[0; 8]),
        ),
        ("HTTP/2 with SETTINGS", GREETING, &frame(4, 0, 0, b"")),
        ("half of HEADERS", half_headers, b""),
        ("line breaks", b"\r\n", b"\r\n"),
    ] {
        let mut client = rig.connect().await;
        client.send(first).await;
        let (took, _) = client.closed_while_sending(then).await;
        assert!(took <= HEAD_TIME + LINGER_TIME, "{what}: {took:?}");
        assert!(took >= HEAD_TIME, "{what}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connection_closes_after_75_seconds() {
    let rig = Rig::serving(b"ok").await;
    let mut client = rig.connect().await;
    for _ in 0..3 {
        assert!(client.asks().await);
        sleep(Duration::from_secs(74)).await;
    }
    assert!(client.asks().await);
    assert_about(client.closed_after().await.0, IDLE_TIME);

    let mut client = rig.connect_http2().await;
    for _ in 0..3 {
        assert!(client.asks().await);
        sleep(Duration::from_secs(74)).await;
    }
    assert!(client.asks().await);
    assert_about(client.closed_after().await, IDLE_TIME);
}

#[tokio::test(start_paused = true)]
async fn http2_without_request_closes_after_ten_seconds() {
    let rig = Rig::serving(b"ok").await;
    let client = rig.connect_http2().await;
    let began = now();
    drop(client.connection.await);
    assert_about(began.elapsed(), HEAD_TIME);
}

#[tokio::test(start_paused = true)]
async fn next_head_that_trickles_closes_after_ten_seconds() {
    let rig = Rig::serving(b"ok").await;
    let mut client = rig.connect().await;
    assert!(client.asks().await);
    sleep(Duration::from_secs(30)).await;
    client.send(b"GET / HTTP/1.1\r\nx: ").await;
    assert_about(client.closed_while_sending(b"a").await.0, HEAD_TIME);
}

#[tokio::test(start_paused = true)]
async fn old_connection_says_close_with_response() {
    let rig = Rig::serving(b"ok").await;
    let mut client = rig.connect().await;
    for _ in 0..5 {
        client.send(GET).await;
        let response = client.read().await;
        assert!(!response.contains("connection: close"), "{response}");
        advance(AGE / 5).await;
    }
    advance(Duration::from_secs(1)).await;
    // Closed between two requests it would lose the second one.
    client.send(GET).await;
    let response = client.read().await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert!(response.contains("connection: close"), "{response}");
    assert_eq!(client.read().await, "");
}

#[tokio::test(start_paused = true)]
async fn old_http2_connection_ends_with_goaway() {
    let rig = Rig::serving(b"ok").await;
    let mut client = rig.connect_http2().await;
    let began = now();
    for _ in 0..5 {
        assert!(client.asks().await);
        sleep(Duration::from_secs(59)).await;
    }
    client.closed_after().await;
    assert_about(began.elapsed(), AGE);
}

#[tokio::test(start_paused = true)]
async fn body_that_trickles_ends_within_a_minute() {
    let rig = Rig::serving(b"ok").await;
    let mut client = rig.connect().await;
    client
        .send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
        .await;
    assert_about(client.closed_while_sending(b"a").await.0, REQUEST_TIME);

    let mut client = rig.connect_http2().await;
    let began = now();
    let (response, mut body) = client.begin(Method::POST, false);
    tokio::spawn(async move {
        while body.send_data(Bytes::from_static(b"a"), false).is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    assert!(response.await.unwrap_err().is_reset());
    assert_about(began.elapsed(), REQUEST_TIME);
    assert!(client.asks().await, "the other streams go on");
}

#[tokio::test(start_paused = true)]
async fn response_that_is_not_read_is_cut_off() {
    let rig = Rig::serving(vec![b'x'; MUCH].leak()).await;
    let mut client = rig.connect().await;
    client.send(GET).await;
    sleep(STALL_TIME + LINGER_TIME + Duration::from_secs(1)).await;
    let (_, rest) = client.closed_after().await;
    assert!(rest.len() < MUCH / 2, "{} bytes came", rest.len());

    // The window of the stream is never opened again (RFC 9113, section 6.9).
    let mut client = rig.connect_http2().await;
    let (response, _) = client.begin(Method::GET, true);
    let mut body = response.await.unwrap().into_body();
    sleep(REQUEST_TIME + Duration::from_secs(1)).await;
    let ended = loop {
        match body.data().await {
            Some(Ok(_)) => {}
            ended => break ended,
        }
    };
    assert!(ended.unwrap().unwrap_err().is_reset());
}

#[tokio::test(start_paused = true)]
async fn response_that_is_read_slowly_arrives() {
    const LENGTH: usize = 1 << 20;
    let rig = Rig::serving(vec![b'x'; LENGTH].leak()).await;
    let mut client = rig.connect().await;
    client.send(GET).await;
    let mut received = 0;
    while received < LENGTH {
        received += client.read().await.len();
        advance(Duration::from_millis(100)).await;
    }
    assert!(client.asks().await);
}

#[tokio::test(start_paused = true)]
async fn abandoned_request_does_not_wait_for_body() {
    let rig = Rig::serving(b"ok").await;
    let head = b"POST /runs-on HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n";
    let mut client = rig.connect().await;
    client.send(head).await;
    rig.begun.notified().await;
    drop(client);
    rig.broke_off.notified().await;

    let mut client = rig.connect_http2().await;
    let (response, body) = client.begin_at("/runs-on", Method::POST, false);
    rig.begun.notified().await;
    drop((response, body));
    rig.broke_off.notified().await;
}
