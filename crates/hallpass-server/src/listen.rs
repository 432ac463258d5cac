//! The listener: limits against slow and greedy clients, and a graceful stop.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

/// The longest a client may take to send a request's head, and to begin the
/// next one on a connection it keeps open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest head of a request: above it the answer is 431.
const HEAD_BYTES: usize = 32 * 1024;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// Connections at once, where the system lets the process have so many files.
/// Further ones wait until they are accepted.
const CONNECTIONS: u32 = 10_000;

/// Files kept back for the database, the listeners and the log.
const OTHER_FILES: u32 = 64;

/// How old a connection may become. Then it answers what it was asked and is
/// closed, so that nobody keeps one by never reading, or by answering HTTP/2's
/// pings and nothing else; and clients find their way to servers that are new.
const AGE: Duration = Duration::from_mins(5);

/// How long requests in flight may go on after the stop was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// How long to wait when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` resolves, then lets what is in flight finish.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let most = connections();
    let places = Arc::new(Semaphore::new(most as usize));
    let (running, stopping) = watch::channel(());
    let server = Server {
        builder: limits(),
        router,
        stopping,
    };
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => match accepted {
                Ok((place, stream, peer)) => {
                    let connection = server.clone().attend(stream, peer);
                    tokio::spawn(async move {
                        metrics::gauge!("hallpass_connections").increment(1.0);
                        connection.await;
                        metrics::gauge!("hallpass_connections").decrement(1.0);
                        drop(place);
                    });
                }
                Err(error) => rest_after(&error).await,
            },
        }
    }
    drop((listener, running));
    tracing::info!("stopping: requests in flight may finish");
    if timeout(GRACE, places.acquire_many(most)).await.is_err() {
        tracing::warn!("stopped with requests still in flight");
    }
}

/// The next connection, when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((place, stream, peer))
}

/// How many connections there may be, after asking the system for enough files:
/// the limit a process starts with is often 1024, for programs that use
/// `select(2)`, and it may raise that itself.
fn connections() -> u32 {
    let wanted = u64::from(CONNECTIONS + OTHER_FILES);
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
    let files = u32::try_from(files).unwrap_or(u32::MAX);
    files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS)
}

fn limits() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(HEAD_TIMEOUT)
        .keep_alive_timeout(HEAD_TIMEOUT);
    builder
}

/// What every connection is served with.
#[derive(Clone)]
struct Server {
    builder: auto::Builder<TokioExecutor>,
    router: Router,
    /// Closed when the server is asked to stop.
    stopping: watch::Receiver<()>,
}

impl Server {
    /// Serves a connection to its end.
    async fn attend(mut self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not set TCP_NODELAY");
        }
        let first_request = Arc::new(Notify::new());
        let service = answers(self.router, peer, Arc::clone(&first_request));
        let stream = TokioIo::new(stream);
        let mut connection = pin!(self.builder.serve_connection(stream, service));
        // hyper's own timer starts when it knows which version is spoken, which
        // a client that says nothing never tells.
        let silence = async {
            if timeout(HEAD_TIMEOUT, first_request.notified())
                .await
                .is_ok()
            {
                std::future::pending::<()>().await;
            }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = silence => return,
            // Nothing is ever sent: this is the end of the server.
            _ = self.stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = sleep(AGE) => {
                connection.as_mut().graceful_shutdown();
                timeout(GRACE, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error, "a connection ended early");
        }
    }
}

/// The router as hyper calls it, which says when the first request has come.
fn answers(
    router: Router,
    peer: SocketAddr,
    first_request: Arc<Notify>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response,
    Error = Infallible,
    Future: Send + 'static,
> {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        first_request.notify_one();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    })
}

/// A connection that was gone before it was accepted is no reason to wait;
/// being out of sockets is, or the loop would spin.
async fn rest_after(error: &io::Error) {
    let of_peer = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if !of_peer {
        tracing::warn!(%error, "could not accept a connection");
        sleep(BREATH).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::advance;

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

    /// More than the system keeps for a client that does not read.
    const MUCH: usize = 64 << 20;

    /// A client of a server that answers this, on a clock that is moved by hand.
    async fn client_of(body: &'static [u8]) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(move || async move { body }));
        tokio::spawn(serve(listener, router, std::future::pending()));
        TcpStream::connect(address).await.unwrap()
    }

    /// Whether there was an answer.
    async fn ask(client: &mut TcpStream) -> bool {
        let mut answer = [0; 1024];
        client.write_all(REQUEST).await.is_ok()
            && client.read(&mut answer).await.is_ok_and(|read| read > 0)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_old_is_closed_however_busy() {
        let mut client = client_of(b"ok").await;
        let between = Duration::from_secs(5);
        let mut age = Duration::ZERO;
        while ask(&mut client).await {
            advance(between).await;
            age += between;
            assert!(age <= AGE + between, "served after {age:?}");
        }
        assert!(age >= AGE, "closed after {age:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_is_hung_up_on() {
        let mut client = client_of(vec![b'x'; MUCH].leak()).await;
        assert!(ask(&mut client).await);
        for _ in 0..=(AGE + GRACE).as_secs() {
            advance(Duration::from_secs(1)).await;
        }
        let mut rest = Vec::new();
        // Cut off, or told so by a reset: either way it does not get the rest.
        let read = client.read_to_end(&mut rest).await.unwrap_or(rest.len());
        assert!(read < MUCH / 2, "{read} bytes came");
    }
}
