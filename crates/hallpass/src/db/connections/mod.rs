//! A pool of connections to PostgreSQL that lives with what the server gives.
//!
//! It wants up to a number of connections, and opens one when a call finds none
//! free. Each is made in a task of its own: a call that gives up does not
//! interrupt it, and the next call has the connection. Where the server, or a
//! pooler before it, gives no further connection, calls wait for one of those
//! that are open, and the pool tries to grow again later.
//!
//! sqlx's own pool connects within the call that wants a connection, and has
//! that call wait for the server where others of its connections become free.

mod connecting;
mod pooled;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use self::connecting::{Connecting, Growth};
use self::pooled::Live;
pub(super) use self::pooled::PooledConnection;
use crate::clock::monotonic;

/// A connection that has not been used for this long is closed. Databases that
/// go to sleep do so after five minutes or more, and take their connections with
/// them.
const IDLE_TIMEOUT: Duration = Duration::from_mins(4);

/// The same, for those beyond the first [`KEPT`]: another server may wait for
/// them.
const SURPLUS_IDLE_TIMEOUT: Duration = Duration::from_secs(10);
const KEPT: usize = 2;

/// A connection is replaced at this age, as by sqlx: a server's process keeps
/// memory for each table and statement that it has seen.
const LIFE: Duration = Duration::from_mins(30);

/// The longest wait for a goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// A question that any session answers.
const ANYTHING: &str = "select 1";

/// The pool: cheap to clone, connected at first use.
#[derive(Clone, Debug)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    options: PgConnectOptions,
    /// The most connections.
    most: usize,
    state: Mutex<State>,
    /// Says that a connection was closed.
    closed: Notify,
}

#[derive(Default)]
struct State {
    /// The one used last is at the back.
    idle: VecDeque<Idle>,
    /// Calls that wait for a connection, in order.
    waiting: VecDeque<oneshot::Sender<Made>>,
    /// Connections that are there, idle ones included.
    open: usize,
    /// Connections that are being made.
    connecting: usize,
    /// The longest that a try to connect may take.
    limit: Duration,
    growth: Growth,
    is_closed: bool,
    /// Whether a task closes what was idle for too long.
    is_reaped: bool,
}

struct Idle {
    live: Live,
    since: Instant,
    /// Whether another connection was found dead meanwhile.
    is_doubted: bool,
}

impl Connections {
    pub(super) fn new(options: PgConnectOptions, most: usize) -> Self {
        Self(Arc::new(Shared {
            options,
            most,
            state: Mutex::default(),
            closed: Notify::new(),
        }))
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.0.options
    }

    pub(super) fn are_any_open(&self) -> bool {
        self.0.state().open > 0
    }

    /// A connection, once there is one. A try to connect that begins for it
    /// takes no longer than `limit`.
    pub(super) async fn take(&self, limit: Duration) -> Result<PooledConnection, sqlx::Error> {
        loop {
            match self.0.take_idle(limit)? {
                Taken::Idle(mut pooled) => {
                    if pooled.has_proven_itself().await {
                        return Ok(pooled);
                    }
                }
                Taken::Place(waiting) => {
                    return waiting.await.unwrap_or(Err(sqlx::Error::PoolClosed));
                }
            }
        }
    }

    /// A connection that is made now, if there may be one more.
    pub(super) async fn another(&self) -> Result<Option<PooledConnection>, sqlx::Error> {
        let limit = {
            let mut state = self.0.state();
            if state.is_closed || state.open + state.connecting >= self.0.most {
                return Ok(None);
            }
            state.connecting += 1;
            state.limit
        };
        let connecting = Connecting::of(&self.0);
        let made = self.0.connect(limit).await?;
        Ok(Some(connecting.opened(made)))
    }

    /// Has each connection that is idle now prove itself before it is used.
    pub(super) fn doubt_idle(&self) {
        for idle in &mut self.0.state().idle {
            idle.is_doubted = true;
        }
    }

    /// Refuses further calls, and closes each connection once it is free.
    pub(super) async fn close(&self) {
        let idle = {
            let mut state = self.0.state();
            state.is_closed = true;
            state.waiting.clear();
            std::mem::take(&mut state.idle)
        };
        for idle in idle {
            self.0.say_goodbye(idle.live);
        }
        loop {
            let closed = self.0.closed.notified();
            if self.0.state().open == 0 {
                return;
            }
            closed.await;
        }
    }
}

type Made = Result<PooledConnection, sqlx::Error>;

/// What a call finds.
enum Taken {
    Idle(PooledConnection),
    /// A place in the queue.
    Place(oneshot::Receiver<Made>),
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_idle(self: &Arc<Self>, limit: Duration) -> Result<Taken, sqlx::Error> {
        let mut state = self.state();
        if state.is_closed {
            return Err(sqlx::Error::PoolClosed);
        }
        if let Some(idle) = state.idle.pop_back() {
            let pooled = PooledConnection::new(idle.live, self);
            return Ok(Taken::Idle(pooled.doubted(idle.is_doubted)));
        }
        let (sender, waiting) = oneshot::channel();
        state.waiting.push_back(sender);
        state.limit = limit;
        self.grow(&mut state);
        Ok(Taken::Place(waiting))
    }

    /// Makes as many connections as calls wait for, if it may.
    fn grow(self: &Arc<Self>, state: &mut State) {
        let room = self.most.saturating_sub(state.open + state.connecting);
        let Some(runtime) = Handle::try_current().ok().filter(|_| room > 0) else {
            return;
        };
        state.waiting.retain(|waiting| !waiting.is_closed());
        let wanted = state.waiting.len().saturating_sub(state.connecting);
        let held_back = state.growth.not_before.is_some_and(|at| monotonic() < at);
        let allowed = match (held_back, state.open + state.connecting) {
            (false, _) => room,
            (true, 0) => 1,
            (true, _) => 0,
        };
        for _ in 0..wanted.min(allowed) {
            state.connecting += 1;
            runtime.spawn(Connecting::of(self).run(state.limit));
        }
    }

    async fn connect(&self, limit: Duration) -> Result<PgConnection, sqlx::Error> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            // A pooler in session mode lets in more clients than it has sessions,
            // and has the first statement wait for one.
            sqlx::raw_sql(ANYTHING).execute(&mut connection).await?;
            Ok(connection)
        };
        let outcome = tokio::time::timeout(limit, connecting).await;
        outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Gives a connection to the first that waits, or keeps it.
    fn place(self: &Arc<Self>, mut live: Live) {
        loop {
            let waiting = {
                let mut state = self.state();
                if state.is_closed || monotonic().duration_since(live.born) > LIFE {
                    drop(state);
                    return self.say_goodbye(live);
                }
                let Some(waiting) = state.waiting.pop_front() else {
                    self.keep(&mut state, live);
                    return;
                };
                waiting
            };
            let pooled = PooledConnection::new(live, self);
            // A call that has left meanwhile hands it back.
            let Err(Ok(back)) = waiting.send(Ok(pooled)) else {
                return;
            };
            let Some(again) = back.into_live() else {
                return;
            };
            live = again;
        }
    }

    fn keep(self: &Arc<Self>, state: &mut State, live: Live) {
        state.idle.push_back(Idle {
            live,
            since: monotonic(),
            is_doubted: false,
        });
        if !state.is_reaped
            && let Ok(runtime) = Handle::try_current()
        {
            state.is_reaped = true;
            runtime.spawn(reap(Arc::downgrade(self)));
        }
    }

    /// Closes what has been idle for too long. When to look again, if anything is
    /// left.
    fn close_idle(self: &Arc<Self>) -> Option<Instant> {
        let mut due = Vec::new();
        let mut state = self.state();
        let next = loop {
            let surplus = state.idle.len() > KEPT;
            let timeout = if surplus {
                SURPLUS_IDLE_TIMEOUT
            } else {
                IDLE_TIMEOUT
            };
            let Some(oldest) = state.idle.front() else {
                break None;
            };
            let at = oldest.since + timeout;
            if at > monotonic() {
                break Some(at);
            }
            due.extend(state.idle.pop_front());
        };
        state.is_reaped = next.is_some();
        drop(state);
        for idle in due {
            self.say_goodbye(idle.live);
        }
        next
    }

    fn say_goodbye(self: &Arc<Self>, live: Live) {
        let Ok(runtime) = Handle::try_current() else {
            drop(live);
            return self.closed_one();
        };
        let pool = Arc::clone(self);
        runtime.spawn(async move {
            let goodbye = tokio::time::timeout(GOODBYE, live.connection.close());
            drop(goodbye.await);
            pool.closed_one();
        });
    }

    fn closed_one(self: &Arc<Self>) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(1);
        self.grow(&mut state);
        drop(state);
        self.closed.notify_waiters();
    }
}

/// Closes what is idle for too long, as long as anything is idle.
async fn reap(pool: Weak<Shared>) {
    while let Some(next) = pool.upgrade().and_then(|pool| pool.close_idle()) {
        // More may become idle meanwhile, which is then surplus.
        let look = monotonic() + SURPLUS_IDLE_TIMEOUT;
        tokio::time::sleep_until(next.min(look).into()).await;
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}
