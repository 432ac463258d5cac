//! Admits a number of tasks at a time, the clients in turn.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::FairQueue;
use crate::client::Client;

/// Admits a number of tasks at a time; the others wait in a [`FairQueue`].
///
/// A client that starts a thousand tasks delays another client's task by one of
/// its own, not by all of them. Clones share the gate.
#[derive(Clone)]
pub struct FairGate(Arc<Mutex<State>>);

struct State {
    free: usize,
    waiting: FairQueue<oneshot::Sender<GatePermit>>,
}

/// Lets the next task in when it is dropped.
pub struct GatePermit(Option<FairGate>);

impl FairGate {
    /// A gate that admits `permits` tasks at a time.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: permits,
            waiting: FairQueue::default(),
        })))
    }

    /// Waits for the client's turn. A caller that stops waiting loses its turn
    /// and takes none from others.
    pub async fn enter(&self, client: Client) -> GatePermit {
        loop {
            match self.join(client) {
                Ok(permit) => return permit,
                Err(admitted) => {
                    if let Ok(permit) = admitted.await {
                        return permit;
                    }
                }
            }
        }
    }

    /// A permit at once, or a place among those that wait.
    fn join(&self, client: Client) -> Result<GatePermit, oneshot::Receiver<GatePermit>> {
        let mut state = self.state();
        if let Some(left) = state.free.checked_sub(1) {
            state.free = left;
            return Ok(GatePermit(Some(self.clone())));
        }
        let (admit, admitted) = oneshot::channel();
        state.waiting.push(client, admit);
        Err(admitted)
    }

    /// Hands a permit to the next task that still waits.
    fn release(&self) {
        let mut permit = GatePermit(Some(self.clone()));
        loop {
            let mut state = self.state();
            let Some(next) = state.waiting.pop() else {
                state.free += 1;
                permit.0 = None;
                return;
            };
            drop(state);
            match next.send(permit) {
                Ok(()) => return,
                Err(unclaimed) => permit = unclaimed,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for GatePermit {
    fn drop(&mut self) {
        if let Some(gate) = self.0.take() {
            gate.release();
        }
    }
}

impl fmt::Debug for FairGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairGate").finish_non_exhaustive()
    }
}

impl fmt::Debug for GatePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatePermit").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn client(number: u8) -> Client {
        Client::new(std::net::Ipv4Addr::new(192, 0, number, 1).into())
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn clients_enter_in_turn() {
        let gate = FairGate::new(1);
        let first = poll(pin!(gate.enter(client(1)))).unwrap();
        let mut greedy = pin!(gate.enter(client(1)));
        let mut greedy_again = pin!(gate.enter(client(1)));
        let mut polite = pin!(gate.enter(client(2)));
        assert!(poll(greedy.as_mut()).is_none());
        assert!(poll(greedy_again.as_mut()).is_none());
        assert!(poll(polite.as_mut()).is_none());
        drop(first);
        let second = poll(greedy.as_mut()).unwrap();
        assert!(poll(polite.as_mut()).is_none());
        drop(second);
        let third = poll(polite.as_mut()).unwrap();
        assert!(poll(greedy_again.as_mut()).is_none());
        drop(third);
        assert!(poll(greedy_again.as_mut()).is_some());
    }

    #[test]
    fn abandoned_turn_goes_to_next() {
        let gate = FairGate::new(1);
        let first = poll(pin!(gate.enter(client(1)))).unwrap();
        let mut next = Box::pin(gate.enter(client(3)));
        {
            let mut leaves_early = Box::pin(gate.enter(client(2)));
            assert!(poll(leaves_early.as_mut()).is_none());
            assert!(poll(next.as_mut()).is_none());
        }
        drop(first);
        drop(poll(next.as_mut()).unwrap());
        // A permit that was sent and never received comes back too.
        let first = poll(pin!(gate.enter(client(1)))).unwrap();
        let mut leaves_late = Box::pin(gate.enter(client(2)));
        assert!(poll(leaves_late.as_mut()).is_none());
        drop(first);
        drop(leaves_late);
        assert!(poll(pin!(gate.enter(client(1)))).is_some());
    }

    #[test]
    fn gate_admits_its_number() {
        let gate = FairGate::new(2);
        let permits = [1, 2].map(|number| poll(pin!(gate.enter(client(number)))).unwrap());
        assert!(poll(pin!(gate.enter(client(3)))).is_none());
        drop(permits);
        assert_eq!(gate.state().free, 2);
    }
}
