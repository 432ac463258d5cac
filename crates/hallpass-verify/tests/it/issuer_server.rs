//! An issuer on the loopback interface that publishes what a test wants, counts
//! who asks, and goes away; and a clock that only the test moves.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use hallpass_verify::{Builder, Verifier};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

use crate::forge::ISSUER;
use crate::issuer::{IssuerKey, jwks};

/// Holds the paused clock of the runtime, which else moves by itself whenever
/// everybody waits for the network.
pub(crate) struct Standstill {
    _release: mpsc::Sender<()>,
    _thread: JoinHandle<()>,
}

impl Standstill {
    pub(crate) fn begin() -> Self {
        let (release, held) = mpsc::channel::<()>();
        // tokio moves no paused clock while such a task runs.
        let thread = tokio::task::spawn_blocking(move || {
            let _ = held.recv();
        });
        Self {
            _release: release,
            _thread: thread,
        }
    }
}

pub(crate) async fn advance(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

/// Until this holds. Client and server share one thread with the test, so that
/// each turn brings them on.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..200_000 {
        if holds() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("never: {what}");
}

/// What this task returns, which it is to do without any time passing.
pub(crate) async fn outcome<T>(task: JoinHandle<T>) -> T {
    until("the end of the task", || task.is_finished()).await;
    task.await.unwrap()
}

/// Lets all that is under way come to its end.
pub(crate) async fn quiet() {
    for _ in 0..2_000 {
        tokio::task::yield_now().await;
    }
}

/// What is sent to whoever asks, byte for byte.
#[derive(Clone)]
pub(crate) struct Answer {
    bytes: Vec<u8>,
    /// Whether the connection then stays open, as if more were to come.
    unfinished: bool,
}

impl Answer {
    pub(crate) fn new(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
        for header in headers {
            head.extend([header, "\r\n"]);
        }
        head.push_str("connection: close\r\n\r\n");
        Self {
            bytes: [head.as_bytes(), body].concat(),
            unfinished: false,
        }
    }

    pub(crate) fn set(keys: &[&IssuerKey], headers: &[&str]) -> Self {
        Self::new("200 OK", headers, jwks(keys))
    }

    /// These bytes, and then the end of the connection.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            unfinished: false,
        }
    }

    /// These bytes, and then nothing for ever.
    pub(crate) fn unfinished(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            unfinished: true,
        }
    }
}

pub(crate) struct IssuerServer {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    heads: watch::Sender<Vec<String>>,
    task: AbortHandle,
}

impl IssuerServer {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(Mutex::new(answer));
        let heads = watch::Sender::new(Vec::new());
        let task = tokio::spawn(serve(listener, Arc::clone(&answer), heads.clone()));
        Self {
            address,
            answer,
            heads,
            task: task.abort_handle(),
        }
    }

    pub(crate) async fn with_keys(keys: &[&IssuerKey]) -> Self {
        Self::start(Answer::set(keys, &[])).await
    }

    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(crate) fn publishes(&self, keys: &[&IssuerKey]) {
        self.answers(Answer::set(keys, &[]));
    }

    /// Nobody listens at the port any more.
    pub(crate) fn goes_away(&self) {
        self.task.abort();
    }

    /// Somebody listens at the same port again.
    pub(crate) async fn comes_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let task = serve(listener, Arc::clone(&self.answer), self.heads.clone());
        self.task = tokio::spawn(task).abort_handle();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/jwks", self.address)
    }

    pub(crate) fn builder(&self) -> Builder {
        Verifier::jwks(self.url())
            .issuer(ISSUER)
            .max_life(Duration::MAX)
    }

    pub(crate) fn verifier(&self) -> Verifier {
        self.builder().build().unwrap()
    }

    /// How many have asked so far.
    pub(crate) fn requests(&self) -> usize {
        self.heads.borrow().len()
    }

    /// The first lines of what was asked.
    pub(crate) fn request_lines(&self) -> Vec<String> {
        let first = |head: &String| head.lines().next().unwrap().to_owned();
        self.heads.borrow().iter().map(first).collect()
    }

    pub(crate) async fn was_asked(&self, times: usize) {
        until(&format!("request {times}"), || self.requests() >= times).await;
    }
}

async fn serve(
    listener: TcpListener,
    answer: Arc<Mutex<Answer>>,
    heads: watch::Sender<Vec<String>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(respond(stream, Arc::clone(&answer), heads.clone()));
    }
}

async fn respond(
    mut stream: TcpStream,
    answer: Arc<Mutex<Answer>>,
    heads: watch::Sender<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            // The verifier gave up.
            Err(_) => return,
        }
    }
    heads.send_modify(|heads| heads.push(String::from_utf8(head).unwrap()));
    let answer = answer.lock().unwrap().clone();
    // Whoever was sent too much hangs up in the middle.
    let sent = stream.write_all(&answer.bytes).await;
    if sent.is_ok() && answer.unfinished {
        std::future::pending::<()>().await;
    }
}
