//! PostgreSQL: a server that may sleep, whose connections may be gone, and whose
//! sessions may be shared out by a pooler.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres, Row};
use tokio::sync::OnceCell;

use super::error::{is_lost, is_unavailable};
use super::postgres_url::PostgresServer;
use super::{Lease, STATEMENT_TIMEOUT, Session, StoreError};
use crate::clock::monotonic;

/// Connections a server keeps at most. Sign-ins are bounded by hashing long
/// before they are bounded by this.
const CONNECTIONS: u32 = 20;

/// The longest that a call waits while the database may have to wake up first.
const WAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// A database that has answered within this time is awake.
const AWAKE_FOR: Duration = Duration::from_secs(30);

/// A connection that nobody has used for so long is closed by us. Databases that
/// go to sleep do so after five minutes or more, and take their connections with
/// them.
const IDLE_TIMEOUT: Duration = Duration::from_mins(4);

/// Before each try after the first, while a database wakes up. It may let in
/// nobody, or hang up on whoever it has let in.
const WAKING: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// A connection that was lost is replaced at once.
const AWAKE: [Duration; 2] = [Duration::ZERO, Duration::from_millis(100)];

const BEGIN: &str = "begin";
const COMMIT: &str = "commit";
const WHICH_SESSION: &str = "select pid as session, \
    (extract(epoch from backend_start) * 1000000)::bigint as began, \
    (extract(epoch from clock_timestamp()) * 1000000)::bigint as now \
    from pg_stat_activity where pid = pg_backend_pid()";

/// A pool of connections, and what we know of whatever is at their other end.
#[derive(Clone, Debug)]
pub(crate) struct PostgresDb {
    pool: PgPool,
    known: Arc<Known>,
}

#[derive(Debug)]
struct Known {
    /// Whether a pooler stands before the server and gives each transaction
    /// whichever session is free.
    is_pooled: OnceCell<bool>,
    contact: Mutex<Contact>,
    /// How many more connections are asked before they are used whether they
    /// still live: as many as there can be, each time that one did not.
    doubts: AtomicU32,
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
    lease: Lease<Postgres>,
    is_pooled: bool,
}

/// A connection that a statement reads by.
#[derive(Debug)]
pub(crate) enum Reading {
    Alone(Lease<Postgres>),
    InTransaction(PostgresTx),
}

/// See [`PostgresDb::pauses`].
#[derive(Debug)]
pub(crate) struct Pauses<'a> {
    known: &'a Known,
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
    pub(super) fn new(server: &PostgresServer) -> Self {
        let known = Arc::new(Known {
            is_pooled: OnceCell::new_with(server.is_pooled),
            contact: Mutex::new(Contact::Never),
            doubts: AtomicU32::new(0),
        });
        let asked = Arc::clone(&known);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAKE_TIMEOUT)
            .idle_timeout(IDLE_TIMEOUT)
            // A ping before each statement would be a second way there and back.
            .test_before_acquire(false)
            .before_acquire(move |connection, _| {
                let is_doubted = asked.take_doubt();
                Box::pin(async move { Ok(!is_doubted || connection.ping().await.is_ok()) })
            })
            .connect_lazy_with(server.options.clone().disable_statement_logging());
        Self { pool, known }
    }

    /// A connection for a statement that changes nothing.
    pub(crate) async fn read(&self) -> Result<Reading, sqlx::Error> {
        // A statement is prepared in one message and run in another. Behind a
        // pooler both reach the same session only within a transaction.
        if self.is_pooled().await? {
            return self.begin_once().await.map(Reading::InTransaction);
        }
        Lease::from(&self.pool).await.map(Reading::Alone)
    }

    /// As long as nothing has begun, nothing was done: this too is tried again.
    pub(super) async fn begin(&self) -> Result<PostgresTx, StoreError> {
        let begin = again!(self, self.begin_once());
        self.bounded("begin", begin).await
    }

    async fn begin_once(&self) -> Result<PostgresTx, sqlx::Error> {
        let is_pooled = self.is_pooled().await?;
        let mut lease = Lease::from(&self.pool).await?;
        sqlx::raw_sql(BEGIN).execute(lease.connection()?).await?;
        Ok(PostgresTx { lease, is_pooled })
    }

    /// A connection of its own. The pool would try again and again, and then say
    /// only that it has waited too long.
    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        let options = self.pool.connect_options();
        let connect = again!(self, options.connect());
        self.bounded("connect", connect).await
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether a pooler is at work. Found out once.
    pub(super) async fn is_pooled(&self) -> Result<bool, sqlx::Error> {
        let find_out = || self.shares_sessions();
        let found = self.known.is_pooled.get_or_try_init(find_out).await;
        found.copied()
    }

    /// Whether transactions of one connection may run in several sessions. A
    /// connection to the server itself begins a session that nobody else has, and
    /// keeps it.
    async fn shares_sessions(&self) -> Result<bool, sqlx::Error> {
        let mut ours = Lease::from(&self.pool).await?;
        let before = Asked::by(ours.connection()?).await?;
        let mut other = self.pool.connect_options().connect().await?;
        // Not in turn: a pooler that gives out its sessions in turn would give
        // each the same one again.
        let others_before = Asked::by(&mut other).await?;
        let others_after = Asked::by(&mut other).await?;
        let after = Asked::by(ours.connection()?).await?;
        other.close().await?;
        ours.give_back();
        Ok(others_before.began <= before.now
            || others_before.session == before.session
            || others_before.session != others_after.session
            || before.session != after.session)
    }

    /// The pauses between the tries of a call that may be made again.
    pub(crate) fn pauses(&self) -> Pauses<'_> {
        Pauses {
            known: &self.known,
            left: if self.known.may_sleep() {
                &WAKING
            } else {
                &AWAKE
            },
        }
    }

    pub(super) fn patience(&self) -> Duration {
        if self.known.may_sleep() {
            WAKE_TIMEOUT
        } else {
            STATEMENT_TIMEOUT
        }
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
        self.known.doubts.store(CONNECTIONS, Ordering::Relaxed);
        self.left = left;
        Some(*pause)
    }
}

impl Known {
    fn take_doubt(&self) -> bool {
        let take = |doubts: u32| doubts.checked_sub(1);
        let took = self
            .doubts
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        took.is_ok()
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
                connection: lease.connection()?,
                is_ours: true,
            }),
            Self::InTransaction(tx) => tx.session(),
        }
    }

    /// Gives the connection back, which is closed where this is not reached.
    pub(crate) async fn end(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Alone(lease) => lease.give_back(),
            Self::InTransaction(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl PostgresTx {
    pub(crate) fn session(&mut self) -> Result<Session<'_>, sqlx::Error> {
        Ok(Session {
            is_ours: !self.is_pooled,
            connection: self.lease.connection()?,
        })
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let connection = self.lease.connection()?;
        sqlx::raw_sql(COMMIT).execute(connection).await?;
        self.lease.give_back();
        Ok(())
    }
}

impl Asked {
    async fn by(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let row = sqlx::raw_sql(WHICH_SESSION).fetch_one(connection).await?;
        Ok(Self {
            session: row.try_get("session")?,
            began: row.try_get("began")?,
            now: row.try_get("now")?,
        })
    }
}
