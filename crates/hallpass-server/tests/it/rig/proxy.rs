//! A wire to a database that can be cut, or go dead without a word.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Proxy {
    port: u16,
    wire: watch::Sender<Wire>,
    calls: Arc<AtomicU32>,
}

#[derive(Clone, Copy, Debug)]
struct Wire {
    state: State,
    /// Connections of an earlier generation carry nothing any more.
    generation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    /// Every connection is closed, a new one at once.
    Cut,
    /// Connections stay open, and nothing passes.
    Dead,
}

impl Wire {
    fn carries(&self, generation: u32) -> bool {
        self.state == State::Whole && self.generation == generation
    }
}

impl Proxy {
    /// A whole wire to this port.
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (wire, seen) = watch::channel(Wire { state: State::Whole, generation: 0 });
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        tokio::spawn(async move {
            // The sender is dropped with the proxy, and all of this ends.
            let mut end = seen.clone();
            let accept = async {
                while let Ok((client, _)) = listener.accept().await {
                    counted.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(connect(client, target, seen.clone()));
                }
            };
            tokio::select! {
                () = accept => {}
                _ = end.wait_for(|_| false) => {}
            }
        });
        Self { port, wire, calls }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How often somebody has called.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn cut(&self) {
        self.wire.send_modify(|wire| wire.state = State::Cut);
    }

    pub(crate) fn go_dead(&self) {
        self.wire.send_modify(|wire| wire.state = State::Dead);
    }

    pub(crate) fn mend(&self) {
        self.wire.send_modify(|wire| wire.state = State::Whole);
    }

    /// What is connected stays dead for ever, and who calls anew is served: a
    /// database whose address has moved to another machine.
    pub(crate) fn abandon(&self) {
        self.wire.send_modify(|wire| wire.generation += 1);
    }
}

async fn connect(client: TcpStream, target: u16, mut wire: watch::Receiver<Wire>) {
    let is_up = |wire: &Wire| wire.state != State::Dead;
    let Ok(now) = wire.wait_for(is_up).await.map(|wire| *wire) else { return };
    if now.state == State::Cut {
        return;
    }
    let target = SocketAddr::from(([127, 0, 0, 1], target));
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_client, to_server, now.generation, wire.clone()) => {}
        () = carry(from_server, to_client, now.generation, wire.clone()) => {}
        _ = wire.wait_for(|wire| wire.state == State::Cut) => {}
    }
}

/// What arrives while the wire is dead is held back.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    generation: u32,
    mut wire: watch::Receiver<Wire>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let carries = |wire: &Wire| wire.carries(generation);
        if wire.wait_for(carries).await.is_err() || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    // A connection that was abandoned does not even end.
    drop(wire.wait_for(|wire| wire.carries(generation)).await);
}
