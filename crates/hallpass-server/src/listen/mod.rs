//! The listener: limits against slow and greedy clients, and a graceful stop.

mod activity;
mod connection;
mod frames;
mod handshakes;
mod lent;
mod limits;
mod pieces;
mod places;
mod request;
mod socket;
mod streams;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::activity::Activity;
use self::connection::Server;
pub(crate) use self::connection::Stage;
use self::limits::GRACE;
use self::places::Places;

/// How long to wait when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(50);

/// How long clients that have begun to connect may take to finish.
const HANDSHAKES: Duration = Duration::from_millis(100);

/// What a client reads that cannot be connected.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\n\
    connection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves until the stage is [`Stage::Stopping`], then lets what is in flight
/// finish. Connections of `trusted` proxies have no share of the places.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    trusted: &[IpNet],
    mut stage: watch::Receiver<Stage>,
) {
    let (all, alive) = watch::channel(());
    let clients = Clients {
        places: Places::new(limits::connections(), trusted),
        server: Server {
            builder: limits::builder(),
            router,
            requests: Places::new(limits::REQUESTS, trusted),
            stage: stage.clone(),
        },
        alive,
    };
    tokio::select! {
        biased;
        () = connection::reached(&mut stage, Stage::Stopping) => {}
        () = clients.accept(&listener) => {}
    }
    if let Err(error) = handshakes::refuse_new(&listener) {
        tracing::debug!(%error, "clients may begin to connect until the end");
    }
    drop(timeout(HANDSHAKES, clients.accept(&listener)).await);
    if let Err(error) = clients.admit_queued(listener).await {
        tracing::warn!(%error, "connections that waited could not be accepted");
    }
    drop(clients);
    tracing::info!("stopping: requests in flight may finish");
    if timeout(GRACE, all.closed()).await.is_err() {
        tracing::warn!("stopped with requests still in flight");
    }
}

/// What every new connection receives.
struct Clients {
    places: Arc<Places<Activity>>,
    server: Server,
    /// Dropped with the last connection.
    alive: watch::Receiver<()>,
}

impl Clients {
    /// Accepts connections for as long as it is polled.
    async fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.admit(stream, peer).await,
                Err(error) => rest_after(&error).await,
            }
        }
    }

    /// Serves a connection, when there is a place for it.
    async fn admit(&self, stream: TcpStream, peer: SocketAddr) {
        let activity = Activity::new();
        let Some((place, evicted)) = self.places.take(peer.ip(), &activity) else {
            return refuse(&stream);
        };
        let connection = self.server.clone().attend(stream, peer, activity);
        let alive = self.alive.clone();
        tokio::spawn(async move {
            metrics::gauge!("hallpass_connections").increment(1.0);
            connection.await;
            metrics::gauge!("hallpass_connections").decrement(1.0);
            drop((place, alive));
        });
        if let Some(evicted) = evicted {
            count_refused("evicted");
            evicted.gone().await;
        }
    }

    /// Closes the listener once everything in its queue is accepted: what is
    /// left there is reset by the system, and its requests are lost.
    async fn admit_queued(&self, listener: TcpListener) -> io::Result<()> {
        let listener = listener.into_std()?;
        loop {
            match listener.accept() {
                Ok((stream, peer)) => {
                    stream.set_nonblocking(true)?;
                    self.admit(TcpStream::from_std(stream)?, peer).await;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if is_of_peer(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Says what is the matter, if the client has begun with HTTP/1, and hangs up.
fn refuse(stream: &TcpStream) {
    count_refused("no_place");
    if let Err(error) = stream.try_write(REFUSAL) {
        tracing::debug!(%error, "a client hung up before it was refused");
    }
}

fn count_refused(reason: &'static str) {
    metrics::counter!("hallpass_connections_refused_total", "reason" => reason).increment(1);
}

/// A connection that was gone before it was accepted is no reason to wait;
/// being out of sockets is, or the loop would spin.
async fn rest_after(error: &io::Error) {
    if !is_of_peer(error) {
        tracing::warn!(%error, "could not accept a connection");
        sleep(BREATH).await;
    }
}

fn is_of_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
