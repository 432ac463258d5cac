//! One connection, from its first byte to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use super::activity::{Activity, Phase};
use super::lent::Asked;
use super::limits::{AGE, REQUEST_TIME};
use super::places::Places;
use super::request::Requests;
use super::socket::Socket;
use super::streams::Streams;

/// How far the stop of the server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Serving,
    /// New connections are still accepted, and each response on HTTP/1 says
    /// that it is its connection's last.
    Draining,
    /// What was asked is answered, and every connection is closed.
    Stopping,
}

/// What every connection is served with.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) builder: auto::Builder<Streams>,
    pub(super) router: Router,
    pub(super) requests: Arc<Places<Asked>>,
    pub(super) stage: watch::Receiver<Stage>,
}

/// Why a connection is closed before its client hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    /// At once: the client does not do its part.
    Now,
    /// Once what was asked is answered.
    AfterResponses,
}

impl Server {
    /// Serves a connection to its end.
    pub(super) async fn attend(self, stream: TcpStream, peer: SocketAddr, activity: Arc<Activity>) {
        if *self.stage.borrow() != Stage::Serving {
            activity.expect_end();
        }
        let requests = Requests {
            router: self.router,
            places: self.requests,
            peer,
            activity: Arc::clone(&activity),
        };
        let socket = TokioIo::new(Socket::new(stream, Arc::clone(&activity)));
        let mut connection = pin!(self.builder.serve_connection(socket, requests.service()));
        let close = tokio::select! {
            biased;
            ended = connection.as_mut() => return log(ended),
            close = closing(&activity, self.stage) => close,
        };
        if close == Close::Now {
            return;
        }
        activity.end();
        if activity.is_http2() {
            connection.as_mut().graceful_shutdown();
        }
        tokio::select! {
            biased;
            ended = connection => log(ended),
            _ = activity.overdue() => {}
            () = activity.evicted() => {}
            () = sleep(REQUEST_TIME) => {}
        }
    }
}

/// Waits until the connection is to be closed.
async fn closing(activity: &Activity, stage: watch::Receiver<Stage>) -> Close {
    tokio::select! {
        phase = activity.overdue() => match phase {
            Phase::Idle => Close::AfterResponses,
            Phase::Silent | Phase::Head | Phase::Busy => Close::Now,
        },
        () = activity.evicted() => Close::Now,
        () = old(activity) => Close::AfterResponses,
        () = stopping(activity, stage) => Close::AfterResponses,
    }
}

/// Waits until the connection is old. On HTTP/1 that ends it with its next
/// response, which says so, or else when it has been idle for too long. Closed
/// between two requests it might lose the second one.
async fn old(activity: &Activity) {
    sleep(AGE).await;
    activity.expect_end();
    if !activity.is_http2() {
        std::future::pending::<()>().await;
    }
}

/// Waits until the server's stop has come this far.
pub(super) async fn reached(stage: &mut watch::Receiver<Stage>, wanted: Stage) {
    // Without a sender the server has ended.
    drop(stage.wait_for(|stage| *stage >= wanted).await);
}

/// Waits until the server stops. While it drains, each response on HTTP/1 is
/// already its connection's last.
async fn stopping(activity: &Activity, mut stage: watch::Receiver<Stage>) {
    reached(&mut stage, Stage::Draining).await;
    activity.expect_end();
    reached(&mut stage, Stage::Stopping).await;
}

fn log(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended early");
    }
}
