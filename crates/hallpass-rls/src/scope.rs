//! A transaction on the rows of one user.

use std::fmt;
use std::time::Duration;

#[expect(
    clippy::disallowed_types,
    reason = "the one text that is not a literal: see `Owner::begin_sql`"
)]
use sqlx::AssertSqlSafe;
use sqlx::{Postgres, Sqlite};
use tokio::runtime::Handle;

use crate::again::{Again, Ran};
use crate::error::{Error, is_broken, is_unavailable};
use crate::lease::Lease;
use crate::owner::Owner;
use crate::query::Query;
use crate::rows::Pool;
use crate::sql::OwnedSql;

const BEGIN_IMMEDIATE: &str = "begin immediate";
const COMMIT: &str = "commit";
const ROLLBACK: &str = "rollback";

/// The longest that a dropped scope waits for its rollback before it closes the
/// connection instead.
const ROLLBACK_LIMIT: Duration = Duration::from_secs(2);

/// A transaction on the rows of one user, begun by
/// [`UserRows::begin`](crate::UserRows::begin).
///
/// [`commit`](Scope::commit) makes its changes last. Dropping it undoes them,
/// and the next user of the connection finds nothing of this one: neither an
/// open transaction nor the user in PostgreSQL's settings. Whatever future runs
/// here may be dropped at any time; the connection is then closed.
#[must_use = "a scope that is dropped writes nothing"]
pub struct Scope {
    /// `None` once it was given away: back to the pool, or to be rolled back.
    held: Option<Held>,
    owner: Owner,
    state: State,
    ran: Ran,
    /// The longest that each step may take.
    limit: Duration,
}

#[derive(Debug)]
pub(crate) enum Held {
    Postgres(Lease<Postgres>),
    Sqlite(Lease<Sqlite>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// A statement runs, or was given up, or the connection broke.
    Busy,
    /// The database said no to a statement.
    Failed,
}

impl Scope {
    pub(crate) async fn begin(pool: &Pool, owner: Owner, limit: Duration) -> Result<Self, Error> {
        let step = async {
            match pool {
                Pool::Postgres(pool) => Held::begin_on_postgres(pool, &owner).await,
                Pool::Sqlite(pool) => Held::begin_on_sqlite(pool).await,
            }
        };
        // Or what it keeps, a connection that is made, is kept again here.
        let begun = within(limit, Box::pin(step));
        Ok(Self {
            held: Some(begun.await?.map_err(|error| Error::of(&error))?),
            owner,
            state: State::Ready,
            ran: Ran::Nothing,
            limit,
        })
    }

    /// A statement on this user's rows; `$1` is bound here, the others by
    /// [`Query::bind`].
    pub fn query(&mut self, sql: OwnedSql) -> Query<'_> {
        Query::new(self, sql)
    }

    /// Makes the changes last.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] or [`Error::GivenUp`] after a statement that did not
    /// end well: nothing was written then. Else what the database says, and
    /// where that is [`Error::Unavailable`] it may have written or not.
    pub async fn commit(mut self) -> Result<(), Error> {
        match self.state {
            State::Ready => self.end(COMMIT).await,
            // PostgreSQL would say ROLLBACK to a COMMIT, which is no error.
            State::Failed => {
                self.end(ROLLBACK).await?;
                Err(Error::Failed)
            }
            State::Busy => Err(Error::GivenUp),
        }
    }

    /// Undoes the changes, and waits for it; dropping the scope does not wait.
    ///
    /// # Errors
    ///
    /// What the database says. The changes are undone all the same.
    pub async fn roll_back(mut self) -> Result<(), Error> {
        match self.state {
            State::Ready | State::Failed => self.end(ROLLBACK).await,
            // What is dropped here closes the connection.
            State::Busy => Ok(()),
        }
    }

    async fn end(&mut self, sql: &'static str) -> Result<(), Error> {
        self.state = State::Busy;
        let held = self.held.take().ok_or(Error::GivenUp)?;
        let ended = within(self.limit, held.end(sql)).await?;
        ended.map_err(|error| Error::of(&error))
    }

    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(crate) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The connection, for a statement that ends with [`Scope::ended`] or never.
    pub(crate) fn start(&mut self) -> Result<&mut Held, Error> {
        match self.state {
            State::Ready => {
                self.state = State::Busy;
                self.held.as_mut().ok_or(Error::GivenUp)
            }
            State::Failed => Err(Error::Failed),
            State::Busy => Err(Error::GivenUp),
        }
    }

    pub(crate) fn again(&mut self, sql: OwnedSql) -> Again {
        self.ran.next(sql, &self.owner)
    }

    pub(crate) fn ended<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, Error> {
        self.state = match &outcome {
            Ok(_) => State::Ready,
            Err(error) if is_broken(error) => State::Busy,
            Err(_) => State::Failed,
        };
        outcome.map_err(|error| Error::of(&error))
    }
}

/// What a step says in time. Given up, it closes its connection, as whoever
/// drops it does.
pub(crate) async fn within<T>(limit: Duration, step: impl Future<Output = T>) -> Result<T, Error> {
    tokio::time::timeout(limit, step)
        .await
        .map_err(|_| Error::late())
}

impl Held {
    /// One round trip.
    #[expect(
        clippy::disallowed_methods,
        reason = "`begin` takes no parameters; the value is hexadecimal digits"
    )]
    async fn begin_on_postgres(pool: &sqlx::PgPool, owner: &Owner) -> Result<Self, sqlx::Error> {
        let sql = owner.begin_sql();
        // A connection that lay idle may be dead. To begin twice changes nothing,
        // so that it need not be asked first; the last try is on a new one.
        let mut idle = pool.num_idle();
        loop {
            let mut lease = Lease::from(pool).await?;
            let begun = sqlx::raw_sql(AssertSqlSafe(sql.as_str()))
                .execute(lease.connection()?)
                .await;
            match begun {
                Ok(_) => return Ok(Self::Postgres(lease)),
                Err(error) if idle > 0 && is_unavailable(&error) => idle -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The write lock is taken at once, so that two writers queue instead of
    /// failing half-way.
    async fn begin_on_sqlite(pool: &sqlx::SqlitePool) -> Result<Self, sqlx::Error> {
        let mut lease = Lease::from(pool).await?;
        sqlx::raw_sql(BEGIN_IMMEDIATE)
            .execute(lease.connection()?)
            .await?;
        Ok(Self::Sqlite(lease))
    }

    async fn end(self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres(mut lease) => {
                sqlx::raw_sql(sql).execute(lease.connection()?).await?;
                lease.give_back();
            }
            Self::Sqlite(mut lease) => {
                sqlx::raw_sql(sql).execute(lease.connection()?).await?;
                lease.give_back();
            }
        }
        Ok(())
    }
}

/// Rolls back, so that the connection can be used again: a request that ends
/// early, as with "not found", must not cost one. Where that cannot be, the
/// connection is closed.
impl Drop for Scope {
    fn drop(&mut self) {
        let held = self.held.take();
        if let (Some(held), true, Ok(runtime)) =
            (held, self.state != State::Busy, Handle::try_current())
        {
            runtime.spawn(async move {
                // Without an answer in time, or with a bad one, the lease closes it.
                drop(tokio::time::timeout(ROLLBACK_LIMIT, held.end(ROLLBACK)).await);
            });
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
