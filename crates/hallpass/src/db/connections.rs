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

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::error::{is_full, is_passing};
use super::lease::Pooled;
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

/// Before the pool tries to grow again, after it could not; doubled each time.
const GROWTH_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_GROWTH_PAUSE: Duration = Duration::from_secs(30);

/// Before the next try to connect, where no connection is open; doubled each
/// time.
const CONNECT_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_CONNECT_PAUSE: Duration = Duration::from_millis(400);

/// How often the log says that the server gives no further connection.
const BETWEEN_WARNINGS: Duration = Duration::from_mins(10);

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

/// When the pool may grow again, after it could not.
#[derive(Default)]
struct Growth {
    not_before: Option<Instant>,
    pause: Duration,
    warned: Option<Instant>,
}

struct Idle {
    live: Live,
    since: Instant,
    /// Whether another connection was found dead meanwhile.
    is_doubted: bool,
}

struct Live {
    connection: PgConnection,
    born: Instant,
}

/// A connection of the pool. It goes back when it is dropped.
pub(crate) struct PooledConnection {
    /// `None` once it is back, or closed.
    live: Option<Live>,
    pool: Arc<Shared>,
    /// Closed when it is dropped, unless it has proven itself.
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
            return Ok(Taken::Idle(PooledConnection {
                live: Some(idle.live),
                pool: Arc::clone(self),
                is_doubted: idle.is_doubted,
            }));
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
            sqlx::raw_sql("select 1").execute(&mut connection).await?;
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
            let pooled = PooledConnection {
                live: Some(live),
                pool: Arc::clone(self),
                is_doubted: false,
            };
            let Err(Ok(mut back)) = waiting.send(Ok(pooled)) else {
                return;
            };
            let Some(again) = back.live.take() else {
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
        tokio::time::sleep_until(next.into()).await;
    }
}

/// A try to connect, which is counted as long as it lasts.
struct Connecting {
    pool: Arc<Shared>,
    is_counted: bool,
}

impl Connecting {
    fn of(pool: &Arc<Shared>) -> Self {
        Self {
            pool: Arc::clone(pool),
            is_counted: true,
        }
    }

    async fn run(mut self, limit: Duration) {
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

    fn opened(mut self, connection: PgConnection) -> PooledConnection {
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
        PooledConnection {
            live: Some(Live { connection, born }),
            pool: Arc::clone(&self.pool),
            is_doubted: false,
        }
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

impl PooledConnection {
    async fn has_proven_itself(&mut self) -> bool {
        if !self.is_doubted {
            return true;
        }
        let Some(live) = &mut self.live else {
            return false;
        };
        let lives = live.connection.ping().await.is_ok();
        self.is_doubted = !lives;
        lives
    }

    fn close_now(&mut self) {
        if let Some(live) = self.live.take() {
            drop(live);
            self.pool.closed_one();
        }
    }
}

impl Pooled for PooledConnection {
    type Connection = PgConnection;

    fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let live = self.live.as_mut().ok_or(sqlx::Error::WorkerCrashed)?;
        Ok(&mut live.connection)
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        let ran = sqlx::raw_sql(sql).execute(self.connection()?).await;
        ran.map(|_| ())
    }

    async fn settle(&mut self) -> Result<(), sqlx::Error> {
        self.connection()?.ping().await
    }

    fn give_back(self) {
        drop(self);
    }

    fn discard(mut self) {
        self.close_now();
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if self.is_doubted {
            self.close_now();
        } else if let Some(live) = self.live.take() {
            self.pool.place(live);
        }
    }
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PooledConnection")
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}
