//! How the pool grows, and what becomes of a connection that cannot be made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;

use super::super::error::{is_full, is_passing};
use super::pooled::{Live, PooledConnection};
use super::{Shared, State};
use crate::clock::monotonic;

/// Before the pool tries to grow again, after it could not; doubled each time.
const GROWTH_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_GROWTH_PAUSE: Duration = Duration::from_secs(30);

/// Before the next try to connect, where no connection is open; doubled each
/// time.
const CONNECT_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_CONNECT_PAUSE: Duration = Duration::from_millis(400);

/// How often the log says that the server gives no further connection.
const BETWEEN_WARNINGS: Duration = Duration::from_mins(10);

/// When the pool may grow again, after it could not.
#[derive(Default)]
pub(super) struct Growth {
    pub(super) not_before: Option<Instant>,
    pub(super) pause: Duration,
    warned: Option<Instant>,
}

/// A try to connect, which is counted as long as it lasts.
pub(super) struct Connecting {
    pool: Arc<Shared>,
    is_counted: bool,
}

impl Connecting {
    pub(super) fn of(pool: &Arc<Shared>) -> Self {
        Self {
            pool: Arc::clone(pool),
            is_counted: true,
        }
    }

    pub(super) async fn run(mut self, limit: Duration) {
        let mut pause = CONNECT_PAUSE;
        loop {
            match self.pool.connect(limit).await {
                // It is given to the first that waits.
                Ok(connection) => return drop(self.opened(connection)),
                Err(error) => {
                    if !self.goes_on_after(error) {
                        return;
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_CONNECT_PAUSE);
        }
    }

    pub(super) fn opened(mut self, connection: PgConnection) -> PooledConnection {
        let born = monotonic();
        let mut state = self.pool.state();
        self.is_counted = false;
        state.connecting = state.connecting.saturating_sub(1);
        state.open += 1;
        state.growth = Growth {
            warned: state.growth.warned,
            ..Growth::default()
        };
        drop(state);
        PooledConnection::new(Live { connection, born }, &self.pool)
    }

    /// Whether to try again. Where connections are open, calls wait for those.
    /// Where none is, one try goes on for all calls if the reason may pass; else
    /// the reason is what the first call that waits receives.
    fn goes_on_after(&mut self, error: sqlx::Error) -> bool {
        let pool = Arc::clone(&self.pool);
        let mut state = pool.state();
        state.waiting.retain(|waiting| !waiting.is_closed());
        let serves = state.open > 0;
        let passes = is_passing(&error);
        if serves || passes {
            state.growth.hold_back();
        }
        let says = (serves || is_full(&error)) && state.growth.may_warn();
        let (open, most) = (state.open, pool.most);
        let goes_on = !serves && passes && state.connecting == 1 && !state.waiting.is_empty();
        let first = (!serves && !passes).then(|| state.waiting.pop_front());
        if !goes_on {
            self.leave(&mut state);
        }
        drop(state);
        if says {
            tracing::warn!(%error, open, most, "the database gives no further connection");
        }
        if let Some(first) = first.flatten() {
            // A call that has left meanwhile needs no answer.
            drop(first.send(Err(error)));
        }
        goes_on
    }

    fn leave(&mut self, state: &mut State) {
        if std::mem::take(&mut self.is_counted) {
            state.connecting = state.connecting.saturating_sub(1);
            self.pool.grow(state);
        }
    }
}

/// As when its runtime ends.
impl Drop for Connecting {
    fn drop(&mut self) {
        if self.is_counted {
            let pool = Arc::clone(&self.pool);
            self.leave(&mut pool.state());
        }
    }
}

impl Growth {
    fn hold_back(&mut self) {
        self.pause = (self.pause * 2).clamp(GROWTH_PAUSE, LONGEST_GROWTH_PAUSE);
        self.not_before = Some(monotonic() + self.pause);
    }

    /// Whether the log has not said so lately.
    fn may_warn(&mut self) -> bool {
        let now = monotonic();
        let lately = |at: Instant| now.duration_since(at) < BETWEEN_WARNINGS;
        let may = !self.warned.is_some_and(lately);
        if may {
            self.warned = Some(now);
        }
        may
    }
}
