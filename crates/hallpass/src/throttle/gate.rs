//! How many sign-ins for one address go on at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Addresses share this many gates. A shared one makes its addresses wait for
/// each other, never longer than a sign-in takes.
const GATES: usize = 1024;

/// Lets in a few sign-ins for one address at a time: what a limit cannot see is
/// the guesses that are on their way, so these must be few.
pub(crate) struct Gates(Box<[Arc<Semaphore>]>);

impl Gates {
    /// Gates through which `abreast` sign-ins go at once.
    pub(super) fn new(abreast: usize) -> Self {
        Self(
            (0..GATES)
                .map(|_| Arc::new(Semaphore::new(abreast)))
                .collect(),
        )
    }

    /// Waits for a place, in the order of arrival; `None` if there are no gates.
    pub(super) async fn enter(&self, subject: &[u8]) -> Option<OwnedSemaphorePermit> {
        let digest = subject.iter().take(8).fold(0_usize, |sum, byte| {
            sum.wrapping_mul(256).wrapping_add(usize::from(*byte))
        });
        let gate = self.0.get(digest % GATES)?;
        Arc::clone(gate).acquire_owned().await.ok()
    }
}
