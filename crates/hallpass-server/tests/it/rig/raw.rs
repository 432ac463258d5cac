//! A client that sends bytes as they are: broken, slow or hostile ones too.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;

use super::{PATIENCE, within};

pub(crate) struct Raw {
    read: OwnedReadHalf,
    write: Arc<Mutex<OwnedWriteHalf>>,
    /// Received, and not yet given to the test.
    received: Vec<u8>,
}

impl Raw {
    pub(crate) async fn connect(port: u16) -> Self {
        Self::of(TcpStream::connect(("127.0.0.1", port)).await.unwrap())
    }

    /// Connects, unless nothing listens any more.
    pub(crate) async fn try_connect(port: u16) -> Option<Self> {
        match TcpStream::connect(("127.0.0.1", port)).await {
            Ok(stream) => Some(Self::of(stream)),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects as a client with this address, one of the loopback network.
    pub(crate) async fn connect_from(source: Ipv4Addr, port: u16) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        let server = (Ipv4Addr::LOCALHOST, port).into();
        Self::of(socket.connect(server).await.unwrap())
    }

    fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        let (read, write) = stream.into_split();
        Self {
            read,
            write: Arc::new(Mutex::new(write)),
            received: Vec::new(),
        }
    }

    /// Sends these bytes while the test goes on: a server that has read enough
    /// answers before it has read all, and may then hang up.
    pub(crate) fn send(&self, bytes: impl Into<Vec<u8>>) {
        let (write, bytes) = (Arc::clone(&self.write), bytes.into());
        tokio::spawn(async move { write.lock().await.write_all(&bytes).await.ok() });
    }

    /// Sends this text every second, for ever.
    pub(crate) fn trickle(&self, text: &'static str) {
        let write = Arc::clone(&self.write);
        tokio::spawn(async move {
            let mut seconds = tokio::time::interval(Duration::from_secs(1));
            while write.lock().await.write_all(text.as_bytes()).await.is_ok() {
                seconds.tick().await;
            }
        });
    }

    /// The next answer: head and body.
    pub(crate) async fn answer(&mut self) -> String {
        let reading = async {
            loop {
                if let Some(length) = answer_length(&self.received) {
                    let answer = self.received.drain(..length).collect();
                    return String::from_utf8(answer).unwrap();
                }
                if !self.receive().await {
                    let received = String::from_utf8_lossy(&self.received);
                    panic!("hung up after {received:?}");
                }
            }
        };
        within(PATIENCE, "the answer arrives", reading).await
    }

    /// The next answer, or what came before the server hung up.
    pub(crate) async fn answer_or_end(&mut self) -> String {
        let reading =
            async { while answer_length(&self.received).is_none() && self.receive().await {} };
        within(PATIENCE, "the answer arrives", reading).await;
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// Takes everything up to these bytes.
    pub(crate) async fn skip_to(&mut self, bytes: &[u8]) {
        let reading = async {
            while !self
                .received
                .windows(bytes.len())
                .any(|window| window == bytes)
            {
                assert!(self.receive().await, "hung up after {:?}", self.received);
            }
        };
        within(PATIENCE, "the bytes arrive", reading).await;
    }

    /// So many bytes.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        let reading = async {
            while self.received.len() < count {
                assert!(self.receive().await, "hung up after {:?}", self.received);
            }
        };
        within(PATIENCE, "the bytes arrive", reading).await;
        self.received.drain(..count).collect()
    }

    /// Everything up to where the server hangs up.
    pub(crate) async fn rest(mut self) -> String {
        self.rest_within(PATIENCE).await
    }

    pub(crate) async fn rest_within(&mut self, limit: Duration) -> String {
        let reading = async { while self.receive().await {} };
        within(limit, "the server hangs up", reading).await;
        String::from_utf8_lossy(&std::mem::take(&mut self.received)).into_owned()
    }

    /// Whether there was more.
    async fn receive(&mut self) -> bool {
        match self.read.read_buf(&mut self.received).await {
            Ok(read) => read > 0,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }
}

/// How long the first answer of these bytes is, once it is whole.
fn answer_length(bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    let head = bytes.windows(END.len()).position(|window| window == END)? + END.len();
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let body = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = head + body.map_or(0, |length| length.parse().unwrap());
    (bytes.len() >= length).then_some(length)
}
