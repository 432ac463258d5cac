//! The socket of a client, as hyper reads and writes it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::activity::{Activity, Phase};
use super::frames::Frames;
use super::limits::{LINGER_BYTES, LINGER_TIME, STALL_TIME};

/// How an HTTP/2 connection begins (RFC 9113, section 3.4). No request of
/// HTTP/1 has this method.
const PREFACE: &[u8; 3] = b"PRI";

/// A client's socket. It notes what arrives, gives up on a client that reads
/// nothing, and is closed in a way that loses neither request nor response.
pub(super) struct Socket {
    stream: TcpStream,
    activity: Arc<Activity>,
    /// How much of the preface has arrived; `None` when it is something else.
    preface: Option<usize>,
    frames: Frames,
    /// Since the client takes no more bytes.
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
}

struct Lingering {
    time: Pin<Box<Sleep>>,
    bytes: usize,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not set TCP_NODELAY");
        }
        Self {
            stream,
            activity,
            preface: Some(0),
            frames: Frames::new(),
            stalled: None,
            lingering: None,
        }
    }

    /// Whether hyper should see the end of the connection: it may end, and no
    /// request is under way. The system is asked at this very moment, so that
    /// only a request which is still in the network can be lost. (An HTTP/2
    /// connection ends by GOAWAY, which loses none.)
    fn ends_here(&self) -> bool {
        let activity = &self.activity;
        activity.is_ending()
            && !activity.is_http2()
            && matches!(activity.phase(), Phase::Silent | Phase::Idle)
            && self.is_empty()
    }

    fn is_empty(&self) -> bool {
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        !recv(&self.stream, &mut [0; 1], flags).is_ok_and(|(_, length)| length > 0)
    }

    /// Takes note of bytes that have arrived. Says whether they keep the limits.
    fn note(&mut self, received: &[u8]) -> bool {
        if let Some(matched) = self.preface {
            let expected = PREFACE.iter().skip(matched);
            let same = received.iter().zip(expected).all(|(a, b)| a == b);
            let matched = matched.saturating_add(received.len()).min(PREFACE.len());
            self.preface = same.then_some(matched);
            if same && matched == PREFACE.len() {
                self.activity.speaks_http2();
            }
        }
        self.activity.receive();
        self.preface.is_none() || self.frames.allow(received)
    }

    /// Passes a write on, unless the client has taken nothing for too long.
    fn watch<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(STALL_TIME)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Takes what the client still sends, until it hangs up.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let lingering = self.lingering.get_or_insert_with(|| Lingering {
            time: Box::pin(sleep(LINGER_TIME)),
            bytes: 0,
        });
        let mut scratch = [0; 4096];
        while lingering.bytes < LINGER_BYTES && lingering.time.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            lingering.bytes = lingering.bytes.saturating_add(buffer.filled().len());
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ends_here() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if let Some(received) = buffer.filled().get(before..).filter(|new| !new.is_empty())
            && !self.note(received)
        {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watch(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        self.poll_linger(context).map(Ok)
    }
}
