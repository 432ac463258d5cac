//! PostgreSQL: a server that may sleep, whose connections may be gone, and whose
//! sessions may be shared out by a pooler.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Row};
use tokio::sync::OnceCell;

use super::connections::{Connections, PooledConnection};
use super::error::{is_full, is_lost, is_unavailable};
use super::postgres_url::PostgresServer;
use super::{Lease, Session, StoreError, Use};
use crate::clock::monotonic;
use crate::settings::DatabaseConnections;

/// The longest that a call waits while the database may have to wake up first.
const WAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// A database that has answered within this time is awake.
const AWAKE_FOR: Duration = Duration::from_secs(30);

/// Before each try after the first, while a database wakes up. It may let in
/// nobody, or hang up on whoever it has let in.
const WAKING: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// Before each try after the first, while the server gives no connection: one
/// that was just closed may still be counted.
const FULL: [Duration; 5] = WAKING;

/// How often two connections are asked for their sessions in turn.
const ROUNDS: usize = 4;

/// Before the next question whether a pooler is at work, after one without an
/// answer.
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(30);

/// A connection that was lost is replaced at once.
const AWAKE: [Duration; 2] = [Duration::ZERO, Duration::from_millis(100)];

const WHICH_SESSION: &str = "select pid as session, \
    (extract(epoch from backend_start) * 1000000)::bigint as began, \
    (extract(epoch from clock_timestamp()) * 1000000)::bigint as now \
    from pg_stat_activity where pid = pg_backend_pid()";

/// A pool of connections, and what we know of whatever is at their other end.
#[derive(Clone, Debug)]
pub(crate) struct PostgresDb {
    pool: Connections,
    limit: Duration,
    known: Arc<Known>,
}

#[derive(Debug)]
struct Known {
    /// Whether a pooler stands before the server and gives each transaction
    /// whichever session is free.
    is_pooled: OnceCell<bool>,
    contact: Mutex<Contact>,
    /// Whether a task is finding that out.
    is_asking: AtomicBool,
    /// When it was last tried without an answer.
    asked: Mutex<Option<Instant>>,
}

#[derive(Clone, Copy, Debug)]
enum Contact {
    Never,
    Answered(Instant),
    Lost,
}

/// The session that a question was answered by, when it began and what the time
/// was, in microseconds by the server's clock.
struct Asked {
    session: i32,
    began: i64,
    now: i64,
}

/// A transaction.
#[derive(Debug)]
pub(crate) struct PostgresTx {
    lease: Lease<PooledConnection>,
    is_pooled: bool,
}

/// A connection that a statement reads by.
#[derive(Debug)]
pub(crate) enum Reading {
    Alone(Lease<PooledConnection>),
    InTransaction(PostgresTx),
}

/// See [`PostgresDb::pauses`].
#[derive(Debug)]
pub(crate) struct Pauses<'a> {
    db: &'a PostgresDb,
    left: &'static [Duration],
}

/// Makes a call again when its connection was lost, on a fresh one. For calls
/// that do no more when they are made twice: those that change nothing.
macro_rules! again {
    ($db:expr, $call:expr) => {
        async {
            let mut pauses = $db.pauses();
            loop {
                let outcome: Result<_, sqlx::Error> = $call.await;
                match pauses.after(outcome.as_ref().err()) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => break outcome,
                }
            }
        }
    };
}
pub(crate) use again;

impl PostgresDb {
    pub(super) fn new(server: &PostgresServer, how: Use) -> Self {
        let known = Arc::new(Known {
            is_pooled: OnceCell::new_with(server.is_pooled),
            contact: Mutex::new(Contact::Never),
            is_asking: AtomicBool::new(false),
            asked: Mutex::new(None),
        });
        let options = server.options.clone().disable_statement_logging();
        let most = DatabaseConnections::of(how.connections, server.connections);
        Self {
            pool: Connections::new(options, most.get()),
            limit: how.limit,
            known,
        }
    }

    /// A connection for a statement that changes nothing.
    pub(crate) async fn read(&self) -> Result<Reading, sqlx::Error> {
        // A statement is prepared in one message and run in another. Behind a
        // pooler both reach the same session only within a transaction.
        if self.is_pooled() {
            return self.begin_once().await.map(Reading::InTransaction);
        }
        self.lease().await.map(Reading::Alone)
    }

    async fn lease(&self) -> Result<Lease<PooledConnection>, sqlx::Error> {
        let connection = self.pool.take(self.patience()).await?;
        Ok(Lease::of(connection, self.limit))
    }

    /// As long as nothing has begun, nothing was done: this too is tried again.
    pub(super) async fn begin(&self) -> Result<PostgresTx, StoreError> {
        let begin = again!(self, self.begin_once());
        self.bounded("begin", begin).await
    }

    async fn begin_once(&self) -> Result<PostgresTx, sqlx::Error> {
        let is_pooled = self.is_pooled();
        let mut lease = self.lease().await?;
        lease.begin().await?;
        Ok(PostgresTx { lease, is_pooled })
    }

    /// A connection of its own. The pool would try again and again, and then say
    /// only that it has waited too long.
    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        let options = self.pool.options();
        let connect = again!(self, async {
            let mut pauses = FULL.iter();
            loop {
                let outcome = options.connect().await;
                let is_full = outcome.as_ref().is_err_and(is_full);
                match pauses.next().filter(|_| is_full) {
                    Some(pause) => tokio::time::sleep(*pause).await,
                    None => break outcome,
                }
            }
        });
        self.bounded("connect", connect).await
    }

    /// Whether connections are open, as in a server that runs.
    pub(super) fn is_connected(&self) -> bool {
        self.pool.are_any_open()
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether a pooler is at work. Until that is known, we act as if there were
    /// one, which is right in either case.
    fn is_pooled(&self) -> bool {
        if let Some(known) = self.known.is_pooled.get() {
            return *known;
        }
        if self.known.may_ask() {
            let db = self.clone();
            tokio::spawn(async move {
                if let Err(error) = db.find_out().await {
                    tracing::debug!(%error, "whether a pooler is at work is not known yet");
                }
                db.known.has_asked();
            });
        }
        true
    }

    /// Whether a pooler is at work; `None` where that cannot be found out now.
    pub(super) async fn find_out(&self) -> Result<Option<bool>, sqlx::Error> {
        if let Some(known) = self.known.is_pooled.get() {
            return Ok(Some(*known));
        }
        let asking = tokio::time::timeout(self.patience(), self.shares_sessions());
        let found = asking.await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        if let Some(found) = found {
            // Another task may have found the same.
            self.known.is_pooled.set(found).unwrap_or_default();
        }
        Ok(found)
    }

    /// Whether transactions of one connection may run in several sessions. A
    /// connection to the server itself begins a session that nobody else has, and
    /// keeps it. `None` where there may be no second connection.
    async fn shares_sessions(&self) -> Result<Option<bool>, sqlx::Error> {
        let mut ours = self.lease().await?;
        let first = Asked::by(&mut ours).await?;
        let Some(other) = self.pool.another().await? else {
            return Ok(None);
        };
        let mut other = Lease::of(other, self.limit);
        let others_first = Asked::by(&mut other).await?;
        let is_fresh = others_first.began > first.now;
        let mut is_own = is_fresh && others_first.session != first.session;
        // Twice each and then the other: a pooler gives the session that was used
        // last, or each in turn. Several times, since others may ask meanwhile.
        for _ in 0..ROUNDS {
            for (lease, own) in [(&mut other, &others_first), (&mut ours, &first)] {
                for _ in 0..2 {
                    is_own &= Asked::by(lease).await?.session == own.session;
                }
            }
        }
        Ok(Some(!is_own))
    }

    /// The pauses between the tries of a call that may be made again.
    pub(crate) fn pauses(&self) -> Pauses<'_> {
        Pauses {
            db: self,
            left: if self.known.may_sleep() {
                &WAKING
            } else {
                &AWAKE
            },
        }
    }

    pub(super) fn patience(&self) -> Duration {
        if self.known.may_sleep() {
            WAKE_TIMEOUT.max(self.limit)
        } else {
            self.limit
        }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// As [`bounded`](super::bounded), but gives a database that may sleep the
    /// time to wake up.
    pub(crate) fn bounded<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> impl Future<Output = Result<T, StoreError>> {
        let mut call = Box::pin(call);
        async move {
            let outcome = tokio::time::timeout(self.patience(), call.as_mut()).await;
            let outcome = outcome.unwrap_or(Err(sqlx::Error::PoolTimedOut));
            self.known.note(outcome.as_ref().err());
            outcome.map_err(|error| StoreError::new(operation, &error))
        }
    }
}

impl Pauses<'_> {
    /// How long to wait before the next try; `None` when this outcome stands.
    pub(crate) fn after(&mut self, error: Option<&sqlx::Error>) -> Option<Duration> {
        let (pause, left) = self.left.split_first()?;
        if !error.is_some_and(is_lost) {
            return None;
        }
        self.db.pool.doubt_idle();
        self.left = left;
        Some(*pause)
    }
}

impl Known {
    /// Whether to find out now whether a pooler is at work: by one task at a
    /// time, and not again at once.
    fn may_ask(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = |at: Instant| monotonic().duration_since(at) < BETWEEN_QUESTIONS;
        !asked.is_some_and(is_early) && !self.is_asking.swap(true, Ordering::Relaxed)
    }

    fn has_asked(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(monotonic());
        self.is_asking.store(false, Ordering::Relaxed);
    }

    /// Whether nobody has spoken to the database lately. One that was lost is
    /// known not to answer, and nobody has to wait for it any longer.
    fn may_sleep(&self) -> bool {
        match *self.contact.lock().unwrap_or_else(PoisonError::into_inner) {
            Contact::Never => true,
            Contact::Answered(at) => monotonic().duration_since(at) > AWAKE_FOR,
            Contact::Lost => false,
        }
    }

    fn note(&self, error: Option<&sqlx::Error>) {
        let contact = if error.is_some_and(is_unavailable) {
            Contact::Lost
        } else {
            Contact::Answered(monotonic())
        };
        *self.contact.lock().unwrap_or_else(PoisonError::into_inner) = contact;
    }
}

impl Reading {
    pub(crate) fn session(&mut self) -> Result<Session<'_>, sqlx::Error> {
        match self {
            Self::Alone(lease) => Ok(Session {
                connection: lease.start()?,
                is_ours: true,
            }),
            Self::InTransaction(tx) => tx.session(),
        }
    }

    /// What the statement came to. The connection goes back.
    pub(crate) async fn end<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match self {
            Self::Alone(mut lease) => lease.ended(outcome),
            Self::InTransaction(mut tx) => {
                let row = tx.ended(outcome)?;
                tx.commit().await?;
                Ok(row)
            }
        }
    }
}

impl PostgresTx {
    pub(crate) fn session(&mut self) -> Result<Session<'_>, sqlx::Error> {
        Ok(Session {
            is_ours: !self.is_pooled,
            connection: self.lease.start()?,
        })
    }

    pub(crate) fn ended<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.lease.ended(outcome)
    }

    pub(super) fn limit(&self) -> Duration {
        self.lease.limit()
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.lease.commit().await
    }
}

impl Asked {
    async fn by(lease: &mut Lease<PooledConnection>) -> Result<Self, sqlx::Error> {
        let asked = sqlx::raw_sql(WHICH_SESSION).fetch_one(lease.start()?).await;
        let row = lease.ended(asked)?;
        Ok(Self {
            session: row.try_get("session")?,
            began: row.try_get("began")?,
            now: row.try_get("now")?,
        })
    }
}
