//! Work that runs to its end, also when its caller leaves.
//!
//! A future that is dropped stops where it stands: between the wrong password
//! and its count, or in the middle of a statement. A client that closes its
//! connection, or resets its stream (RFC 9113, section 5.4.2), has the server
//! drop the future of its request. Work that has begun must not depend on that.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tracing::Instrument as _;

/// A future that goes on in a task of its own when it is dropped half-way.
///
/// One that was never polled has done nothing, and goes. As long as the caller
/// waits there is no task, so that this costs nothing.
#[must_use = "a future does nothing unless it is polled"]
pub(crate) struct ToEnd<F>
where
    F: Future<Output: Send> + Send + Unpin + 'static,
{
    /// `None` once it has ended, or has panicked.
    work: Option<F>,
    has_begun: bool,
}

/// An operation of the library, boxed.
pub(crate) type Operation<T> = ToEnd<Pin<Box<dyn Future<Output = T> + Send>>>;

impl<T: Send + 'static> Operation<T> {
    pub(crate) fn of(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self::new(Box::pin(work))
    }
}

impl<F> ToEnd<F>
where
    F: Future<Output: Send> + Send + Unpin + 'static,
{
    pub(crate) fn new(work: F) -> Self {
        Self {
            work: Some(work),
            has_begun: false,
        }
    }
}

impl<F> Future for ToEnd<F>
where
    F: Future<Output: Send> + Send + Unpin + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.has_begun = true;
        // Taken out, so that work that panics is not gone on with.
        let Some(mut work) = self.work.take() else {
            return Poll::Pending;
        };
        let outcome = Pin::new(&mut work).poll(context);
        if outcome.is_pending() {
            self.work = Some(work);
        }
        outcome
    }
}

impl<F> Drop for ToEnd<F>
where
    F: Future<Output: Send> + Send + Unpin + 'static,
{
    fn drop(&mut self) {
        let rest = self.work.take().filter(|_| self.has_begun);
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(
                async move {
                    drop(rest.await);
                }
                .in_current_span(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{Notify, oneshot};

    use super::*;

    /// Work that waits for a sign, and then says that it has ended.
    fn work() -> (Operation<()>, Arc<Notify>, oneshot::Receiver<()>) {
        let sign = Arc::new(Notify::new());
        let (ended, end) = oneshot::channel();
        let waits = Arc::clone(&sign);
        let work = Operation::of(async move {
            waits.notified().await;
            ended.send(()).unwrap();
        });
        (work, sign, end)
    }

    fn poll_once(work: &mut Operation<()>) {
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(work).poll(&mut context).is_pending());
    }

    #[tokio::test]
    async fn begun_work_dropped_half_way_ends() {
        let (mut work, sign, end) = work();
        poll_once(&mut work);
        drop(work);
        sign.notify_one();
        end.await.unwrap();
    }

    #[tokio::test]
    async fn work_never_polled_does_not_begin() {
        let (work, sign, end) = work();
        drop(work);
        sign.notify_one();
        assert!(end.await.is_err());
    }

    #[test]
    fn drop_outside_a_runtime_ends_work() {
        let (mut work, _sign, end) = work();
        poll_once(&mut work);
        drop(work);
        assert!(end.blocking_recv().is_err());
    }

    #[tokio::test]
    async fn work_that_panics_is_not_resumed() {
        let (ended, end) = oneshot::channel::<()>();
        let work = Operation::of(async move {
            let _ended = ended;
            assert!(std::env::args().count() == 0, "canary");
        });
        assert!(tokio::spawn(work).await.unwrap_err().is_panic());
        assert!(end.await.is_err());
    }
}
