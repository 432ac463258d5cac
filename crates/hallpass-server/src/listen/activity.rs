//! What a connection does, as far as its limits of time depend on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::limits::{HEAD_TIME, IDLE_TIME, REQUEST_TIME};
use super::places::Holder;

/// What a connection does. Its socket, its requests and its limits of time
/// share one.
pub(super) struct Activity {
    state: watch::Sender<State>,
    http2: AtomicBool,
    /// Whether the next response is the last one.
    last: AtomicBool,
    /// Whether the connection ends as soon as it is idle.
    ending: AtomicBool,
    evicted: Notify,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// Requests that are being answered.
    in_flight: u32,
    /// Whether there was ever one.
    asked: bool,
    /// Whether the next one has begun to arrive.
    head: bool,
}

/// What a connection does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was ever asked. Bytes change nothing: they may be a part of a
    /// head, or answers to pings.
    Silent,
    /// A request is being answered.
    Busy,
    /// All requests are answered.
    Idle,
    /// As `Idle`, and a part of the next head has arrived (HTTP/1).
    Head,
}

impl State {
    const fn phase(self) -> Phase {
        match (self.in_flight, self.asked, self.head) {
            (0, false, _) => Phase::Silent,
            (0, true, false) => Phase::Idle,
            (0, true, true) => Phase::Head,
            _ => Phase::Busy,
        }
    }
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: watch::Sender::new(State::default()),
            http2: AtomicBool::new(false),
            last: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            evicted: Notify::new(),
        })
    }

    pub(super) fn phase(&self) -> Phase {
        self.state.borrow().phase()
    }

    /// Notes that a request has arrived. It is in flight until the guard drops.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.change(|state| State {
            in_flight: state.in_flight.saturating_add(1),
            asked: true,
            head: false,
        });
        InFlight(Arc::clone(self))
    }

    /// Notes that bytes have arrived.
    pub(super) fn receive(&self) {
        if !self.is_http2() {
            self.change(|state| State {
                head: state.asked && state.in_flight == 0,
                ..state
            });
        }
    }

    /// Notes that the client has begun with the preface of HTTP/2.
    pub(super) fn speaks_http2(&self) {
        self.http2.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(Ordering::Relaxed)
    }

    /// Makes the next response the last one. On HTTP/1 it says so.
    pub(super) fn expect_end(&self) {
        self.last.store(true, Ordering::Relaxed);
    }

    /// Lets the connection end after its next response, or now when it is idle.
    pub(super) fn end(&self) {
        self.expect_end();
        self.ending.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Waits until the connection's place is taken away.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// Waits until the connection has been in one phase for longer than it may,
    /// and says in which.
    pub(super) async fn overdue(&self) -> Phase {
        let mut states = self.state.subscribe();
        loop {
            let phase = states.borrow_and_update().phase();
            match self.limit(phase) {
                None => drop(states.changed().await),
                Some(limit) if timeout(limit, states.changed()).await.is_err() => return phase,
                Some(_) => {}
            }
        }
    }

    fn limit(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Silent | Phase::Head => Some(HEAD_TIME),
            Phase::Idle => Some(IDLE_TIME),
            // On HTTP/2 each request has its own time, see `Streams`.
            Phase::Busy => (!self.is_http2()).then_some(REQUEST_TIME),
        }
    }

    /// Wakes who waits only when the phase is another one.
    fn change(&self, next: impl FnOnce(State) -> State) {
        self.state.send_if_modified(|state| {
            let before = std::mem::replace(state, next(*state));
            before.phase() != state.phase()
        });
    }
}

impl Holder for Activity {
    fn rank(&self) -> u8 {
        match self.phase() {
            Phase::Silent => 2,
            Phase::Head | Phase::Idle => 1,
            Phase::Busy => 0,
        }
    }

    fn evict(&self) {
        self.evicted.notify_one();
    }
}

/// A request that is being answered.
pub(super) struct InFlight(Arc<Activity>);

impl InFlight {
    /// Whether its response must be the connection's last.
    pub(super) fn is_last(&self) -> bool {
        self.0.last.load(Ordering::Relaxed)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.change(|state| State {
            in_flight: state.in_flight.saturating_sub(1),
            ..state
        });
    }
}
