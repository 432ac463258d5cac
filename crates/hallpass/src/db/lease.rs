//! A pooled connection that is known to be in order when it goes back.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::error::spoils_connection;
use crate::clock::monotonic;

/// A step of a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// On SQLite the write lock is taken at once.
    Begin,
    Commit,
    RollBack,
}

/// A connection of a pool.
pub(crate) trait Pooled: Debug + Send + 'static {
    type Connection: Send;

    fn connection(&mut self) -> Result<&mut Self::Connection, sqlx::Error>;

    fn step(&mut self, step: Step) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Waits for the end of what was sent before.
    fn settle(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Back to the pool. From within a runtime only.
    fn give_back(self);

    /// Closed at once, without a farewell that a dead peer would not hear.
    fn discard(self);
}

/// A connection on loan. It goes back to its pool when it is dropped.
///
/// Where a statement was given up, or a transaction is open, a task waits for the
/// answer and undoes the transaction first. It waits no longer than a statement
/// may take; then the connection is closed. So a caller that leaves costs no
/// connection, and a server that no longer answers holds none.
#[derive(Debug)]
pub(crate) struct Lease<P: Pooled> {
    /// `None` once it was given away.
    held: Option<P>,
    state: State,
    in_transaction: bool,
    /// The longest that a statement may take.
    limit: Duration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Ready,
    /// A statement runs since then, or was given up.
    Busy(Instant),
    /// The connection is of no use any more.
    Spoiled,
}

impl<P: Pooled> Lease<P> {
    pub(super) fn of(held: P, limit: Duration) -> Self {
        Self {
            held: Some(held),
            state: State::Ready,
            in_transaction: false,
            limit,
        }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// The connection, for a statement that ends with [`Lease::ended`] or is
    /// given up.
    pub(crate) fn start(&mut self) -> Result<&mut P::Connection, sqlx::Error> {
        self.busy()?.connection()
    }

    /// What a statement came to.
    pub(crate) fn ended<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match &outcome {
            Err(error) if spoils_connection(error) => self.state = State::Spoiled,
            Ok(_) | Err(sqlx::Error::Database(_)) => self.state = State::Ready,
            // Such as a row that cannot be read: more of them may follow.
            Err(_) => {}
        }
        outcome
    }

    /// Begins a transaction, which is undone unless it is committed.
    pub(super) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        // Whether it has begun is not known before the answer.
        self.in_transaction = true;
        let begun = self.busy()?.step(Step::Begin).await;
        self.ended(begun)
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let committed = self.busy()?.step(Step::Commit).await;
        self.ended(committed)?;
        self.in_transaction = false;
        Ok(())
    }

    fn busy(&mut self) -> Result<&mut P, sqlx::Error> {
        self.state = State::Busy(monotonic());
        self.held.as_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    /// How long to wait for the connection to be in order; `None` when it is.
    fn disorder(&self) -> Option<Duration> {
        match self.state {
            State::Ready => self.in_transaction.then_some(self.limit),
            State::Busy(since) => {
                let taken = monotonic().duration_since(since);
                Some(self.limit.saturating_sub(taken))
            }
            State::Spoiled => Some(Duration::ZERO),
        }
    }
}

impl<P: Pooled> Drop for Lease<P> {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        let Ok(runtime) = Handle::try_current() else {
            return held.discard();
        };
        match self.disorder() {
            None => held.give_back(),
            Some(Duration::ZERO) => held.discard(),
            Some(limit) => {
                runtime.spawn(put_in_order(held, self.in_transaction, limit));
            }
        }
    }
}

async fn put_in_order<P: Pooled>(mut held: P, in_transaction: bool, limit: Duration) {
    let work = async {
        if in_transaction {
            held.step(Step::RollBack).await
        } else {
            held.settle().await
        }
    };
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(())) => held.give_back(),
        _ => held.discard(),
    }
}
