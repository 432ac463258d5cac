//! A wire to a database that can be lost in several ways, and mended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) struct Proxy {
    target: u16,
    port: u16,
    wire: watch::Sender<Wire>,
    /// So many who call next are hung up on.
    hang_ups: Arc<AtomicU32>,
    /// The number of calls.
    calls: Arc<AtomicU32>,
    /// Lets callers in.
    door: Option<JoinHandle<()>>,
    /// Keeps the port, also while nobody is let in.
    _holder: TcpSocket,
}

/// How a database is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Nobody listens any more.
    Refused,
    /// Somebody listens and hangs up: a forwarder or a balancer with nothing
    /// behind it.
    HungUp,
    /// Everything stays open, and nothing passes.
    Dead,
}

#[derive(Clone, Copy, Debug)]
struct Wire {
    lost: Option<Loss>,
    /// Connections of an earlier generation carry nothing any more.
    generation: u32,
    /// Connections of generations before this one are ended.
    alive_from: u32,
    /// What the server says to a commit is lost, and the connection with it.
    loses_commits: bool,
}

impl Wire {
    fn carries(self, generation: u32) -> bool {
        self.lost.is_none() && self.generation == generation
    }

    fn ends_connections(self) -> bool {
        matches!(self.lost, Some(Loss::Refused | Loss::HungUp))
    }
}

impl Proxy {
    /// A wire to this port, lost already.
    pub(crate) fn to(target: u16, loss: Loss) -> Self {
        let holder = bound(0);
        let port = holder.local_addr().unwrap().port();
        let (wire, _) = watch::channel(Wire {
            lost: None,
            generation: 0,
            alive_from: 0,
            loses_commits: false,
        });
        let mut proxy = Self {
            target,
            port,
            _holder: holder,
            wire,
            hang_ups: Arc::default(),
            calls: Arc::default(),
            door: None,
        };
        if loss != Loss::Refused {
            proxy.mend();
        }
        proxy.wire.send_modify(|wire| wire.lost = Some(loss));
        proxy
    }

    /// A whole wire to this port.
    pub(crate) fn whole(target: u16) -> Self {
        let mut proxy = Self::to(target, Loss::Refused);
        proxy.mend();
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The number of connections that were opened.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) async fn lose(&mut self, loss: Loss) {
        self.wire.send_modify(|wire| wire.lost = Some(loss));
        if loss == Loss::Refused
            && let Some(door) = self.door.take()
        {
            door.abort();
            drop(door.await);
        }
    }

    pub(crate) fn mend(&mut self) {
        self.wire.send_modify(|wire| wire.lost = None);
        if self.door.is_none() {
            let listener = bound(self.port).listen(128).unwrap();
            let counts = [&self.hang_ups, &self.calls].map(Arc::clone);
            let accepting = accept(listener, self.target, self.wire.subscribe(), counts);
            self.door = Some(tokio::spawn(accepting));
        }
    }

    /// Ends every connection, and hangs up on so many who call next.
    pub(crate) fn hang_up_on(&self, next: u32) {
        self.hang_ups.store(next, Ordering::SeqCst);
        self.wire.send_modify(|wire| {
            wire.generation += 1;
            wire.alive_from = wire.generation;
        });
    }

    pub(crate) fn lose_commits(&self, loses_commits: bool) {
        self.wire
            .send_modify(|wire| wire.loses_commits = loses_commits);
    }

    /// What is connected stays dead for ever, and who calls anew is served: a
    /// database whose address has moved to another machine.
    pub(crate) fn abandon(&self) {
        self.wire.send_modify(|wire| wire.generation += 1);
    }
}

/// A socket that has a port and does not listen.
fn bound(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    // Several of ours may share it, and nobody else is given it.
    socket.set_reuseport(true).unwrap();
    socket.bind(([127, 0, 0, 1], port).into()).unwrap();
    socket
}

async fn accept(
    listener: TcpListener,
    target: u16,
    wire: watch::Receiver<Wire>,
    [hang_ups, calls]: [Arc<AtomicU32>; 2],
) {
    while let Ok((client, _)) = listener.accept().await {
        calls.fetch_add(1, Ordering::SeqCst);
        let hang_up = |left: u32| left.checked_sub(1);
        if hang_ups
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, hang_up)
            .is_ok()
        {
            continue;
        }
        tokio::spawn(connect(client, target, wire.clone()));
    }
}

async fn connect(client: TcpStream, target: u16, mut wire: watch::Receiver<Wire>) {
    let is_up = |wire: &Wire| wire.lost != Some(Loss::Dead);
    let Ok(now) = wire.wait_for(is_up).await.map(|wire| *wire) else {
        return;
    };
    if now.ends_connections() {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = Way {
        generation: now.generation,
        wire: wire.clone(),
        commits: Arc::default(),
    };
    let back = there.clone();
    tokio::select! {
        () = carry(from_client, to_server, there, Way::notices_commits) => {}
        () = carry(from_server, to_client, back, Way::carries_answers) => {}
        _ = wire.wait_for(|wire| wire.ends_connections() || now.generation < wire.alive_from) => {}
    }
}

/// One of the two ways that a connection carries.
#[derive(Clone)]
struct Way {
    generation: u32,
    wire: watch::Receiver<Wire>,
    /// Whether a commit has passed whose answer is to be lost.
    commits: Arc<AtomicBool>,
}

impl Way {
    fn notices_commits(&self, said: &[u8]) -> bool {
        let commits = said.windows(6).any(|word| word == b"commit");
        if commits && self.wire.borrow().loses_commits {
            self.commits.store(true, Ordering::SeqCst);
        }
        true
    }

    fn carries_answers(&self, _: &[u8]) -> bool {
        !self.commits.load(Ordering::SeqCst)
    }
}

/// What arrives while the wire is dead is held back.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: Way,
    passes: impl Fn(&Way, &[u8]) -> bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    let generation = way.generation;
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let carried = way
            .wire
            .wait_for(|wire| wire.carries(generation))
            .await
            .is_ok();
        let passes = carried && passes(&way, &buffer[..read]);
        if !passes || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    // The end of a connection does not pass a dead wire either.
    drop(way.wire.wait_for(|wire| wire.carries(generation)).await);
}
