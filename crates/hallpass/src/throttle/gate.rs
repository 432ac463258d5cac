//! How many sign-ins of one kind go on at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Entries without a permit are removed when there are this many, at first.
const SWEEP_AT: usize = 1024;

/// Lets in a few sign-ins for one subject at a time: what a limit cannot see is
/// the guesses that are on their way, so these must be few.
///
/// No two subjects share a gate. An attacker who fills the gate of one subject
/// therefore delays no sign-in that is counted under another.
pub(crate) struct Gates {
    abreast: usize,
    open: Mutex<Open>,
}

struct Open {
    gates: HashMap<Vec<u8>, Weak<Semaphore>>,
    sweep_at: usize,
}

impl Gates {
    /// Gates through which `abreast` sign-ins go at once.
    pub(super) fn new(abreast: usize) -> Self {
        let open = Open {
            gates: HashMap::new(),
            sweep_at: SWEEP_AT,
        };
        Self {
            abreast,
            open: Mutex::new(open),
        }
    }

    /// Waits for a permit, in the order of arrival; `None` if there are no gates.
    pub(super) async fn enter(&self, subject: &[u8]) -> Option<OwnedSemaphorePermit> {
        self.gate(subject).acquire_owned().await.ok()
    }

    /// The gate of the subject, which lives as long as a caller holds it.
    fn gate(&self, subject: &[u8]) -> Arc<Semaphore> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = open.gates.get(subject).and_then(Weak::upgrade) {
            return gate;
        }
        open.sweep();
        let gate = Arc::new(Semaphore::new(self.abreast));
        open.gates.insert(subject.to_vec(), Arc::downgrade(&gate));
        gate
    }
}

impl Open {
    fn sweep(&mut self) {
        if self.gates.len() >= self.sweep_at {
            self.gates.retain(|_, gate| gate.strong_count() > 0);
            self.sweep_at = SWEEP_AT.max(self.gates.len().saturating_mul(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn subjects_do_not_share_a_gate() {
        let gates = Gates::new(1);
        let held = gates.enter(b"one").await;
        assert!(gates.enter(b"two").await.is_some());
        let mut second = Box::pin(gates.enter(b"one"));
        assert!(futures_now(&mut second).await.is_none());
        drop(held);
        assert!(second.await.is_some());
    }

    #[tokio::test]
    async fn gates_without_permits_are_removed() {
        let gates = Gates::new(1);
        let held = gates.enter(b"held").await;
        for at in 0..10 * SWEEP_AT {
            gates.enter(&at.to_be_bytes()).await;
        }
        let count = gates.open.lock().unwrap().gates.len();
        assert!(count <= SWEEP_AT, "{count}");
        assert_eq!(gates.gate(b"held").available_permits(), 0);
        drop(held);
    }

    /// What a future has when it is asked once.
    async fn futures_now<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        tokio::select! {
            biased;
            value = future => Some(value),
            () = std::future::ready(()) => None,
        }
    }
}
