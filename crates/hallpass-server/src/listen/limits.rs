//! The limits of connections, heads and requests, in one list.
//!
//! docs/operations.md names them for operators.

use std::time::Duration;

use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::streams::Streams;

/// The longest a client may take to send a request's head, counted from the
/// connection's begin or from the first byte after the last response.
pub(super) const HEAD_TIME: Duration = Duration::from_secs(10);

/// The largest head of a request: above it the answer is 431.
const HEAD_BYTES: u16 = 32 * 1024;

/// The most header fields of a request: above it the answer is 431. hyper
/// refuses the same number on HTTP/1, and none on HTTP/2.
pub(super) const HEAD_FIELDS: usize = 100;

/// The most bytes of compressed trailers of an HTTP/2 request. No route reads
/// trailers.
pub(super) const TRAILER_BYTES: u32 = 128;

/// How long a connection may be idle after its last response. Proxies keep
/// theirs for 60 s (nginx, ALB): the one that closes later loses no request.
pub(super) const IDLE_TIME: Duration = Duration::from_secs(75);

/// The longest a request may take, from its head to its response's last byte.
/// The parts of it have limits of their own, which together stay below.
pub(super) const REQUEST_TIME: Duration = Duration::from_mins(1);

/// How long a client that reads nothing may hold a response up.
pub(super) const STALL_TIME: Duration = Duration::from_secs(30);

/// How old a connection may become. Then it answers what it was asked and is
/// closed, so that clients find their way to servers that are new.
pub(super) const AGE: Duration = Duration::from_mins(5);

/// How long requests in flight may go on after the server was asked to stop.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// The most bytes of an unread body that are read and thrown away, so that the
/// connection can be kept: as many as the largest body that is accepted.
pub(super) const UNREAD_BYTES: usize = 64 * 1024;

/// How long the rest of an unread body may take to arrive.
pub(super) const UNREAD_TIME: Duration = Duration::from_secs(1);

/// How long, and for how many bytes, a closed connection still takes what the
/// client sends. Without this the system answers with a reset, which may
/// destroy the response before the client reads it (RFC 9112, section 9.6).
pub(super) const LINGER_TIME: Duration = Duration::from_secs(2);
pub(super) const LINGER_BYTES: usize = 1024 * 1024;

/// Requests at once. Each holds some 20 KiB, and up to 64 KiB of its body. The
/// library has the same limit by the client that a proxy names; this one is by
/// the peer, and holds before the request is read.
pub(super) const REQUESTS: usize = 10_000;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// Bytes of one body, and of all bodies of a connection, that an HTTP/2 client
/// may send ahead of what the server has read.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// The largest piece of a response that is handed to hyper at once.
pub(super) const PIECE: usize = 16 * 1024;

/// Connections at once, where the system lets the process have as many files.
const CONNECTIONS: usize = 10_000;

/// Files kept back for the database, the listeners and the log.
const OTHER_FILES: usize = 64;

/// The settings of hyper.
pub(super) fn builder() -> auto::Builder<Streams> {
    let mut builder = auto::Builder::new(Streams);
    builder
        .http1()
        .timer(TokioTimer::new())
        // The time is kept by `Activity`, which tells a head that trickles in
        // from a connection that is idle.
        .header_read_timeout(None)
        .max_buf_size(usize::from(HEAD_BYTES))
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::from(HEAD_BYTES))
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(4 * PIECE)
        .keep_alive_interval(HEAD_TIME)
        .keep_alive_timeout(HEAD_TIME);
    builder
}

/// How many connections there may be, after asking the system for enough files:
/// the limit a process starts with is often 1024, for programs that use
/// `select(2)`, and it may raise that itself.
pub(super) fn connections() -> usize {
    let wanted = u64::try_from(CONNECTIONS + OTHER_FILES).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(wanted).min(wanted);
    let mut files = limit.current.unwrap_or(wanted);
    if files < most {
        let raised = Rlimit {
            current: Some(most),
            ..limit
        };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => files = most,
            Err(error) => tracing::debug!(%error, "the limit of open files stays as it is"),
        }
    }
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS)
}
