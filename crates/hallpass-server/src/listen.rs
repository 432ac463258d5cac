//! The listener: limits against slow and greedy clients, and a graceful stop.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::{ServiceExt, service_fn};

/// The longest a client may take to send a request's head, and to begin the
/// next one on a connection it keeps open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest head of a request: above it the answer is 431.
const HEAD_BYTES: usize = 32 * 1024;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// How long requests in flight may go on after the stop was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// How long to wait when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` resolves, then lets what is in flight finish.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let builder = limits();
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(&builder, &graceful, (stream, peer), router.clone()),
                Err(error) => rest_after(&error).await,
            },
        }
    }
    drop(listener);
    tracing::info!("stopping: requests in flight may finish");
    if tokio::time::timeout(GRACE, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("stopped with requests still in flight");
    }
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

fn connect(
    builder: &auto::Builder<TokioExecutor>,
    graceful: &GracefulShutdown,
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let first_request = Arc::new(Notify::new());
    let has_come = Arc::clone(&first_request);
    let service = service_fn(move |request: Request<Incoming>| {
        has_come.notify_one();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request);
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let connection = graceful.watch(connection.into_owned());
    tokio::spawn(async move {
        let mut connection = std::pin::pin!(connection);
        // hyper's own timer starts when it knows which version is spoken, which
        // a client that says nothing never tells.
        let silence = tokio::time::timeout(HEAD_TIMEOUT, first_request.notified());
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            spoken = silence => match spoken {
                Ok(()) => connection.await,
                Err(_) => return,
            },
        };
        if let Err(error) = ended {
            tracing::debug!(error, "a connection ended early");
        }
    });
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
        tokio::time::sleep(BREATH).await;
    }
}
