//! A connection that a call has of the pool.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::super::lease::{Pooled, Step};
use super::Shared;

const BEGIN: &str = "begin";
const COMMIT: &str = "commit";
const ROLLBACK: &str = "rollback";

pub(super) struct Live {
    pub(super) connection: PgConnection,
    pub(super) born: Instant,
}

/// A connection of the pool. It goes back when it is dropped.
pub(crate) struct PooledConnection {
    /// `None` once it is back, or closed.
    live: Option<Live>,
    pool: Arc<Shared>,
    /// Closed when it is dropped, unless it has proven itself.
    is_doubted: bool,
}

impl PooledConnection {
    pub(super) fn new(live: Live, pool: &Arc<Shared>) -> Self {
        Self {
            live: Some(live),
            pool: Arc::clone(pool),
            is_doubted: false,
        }
    }

    /// Has it prove itself before it is used, or given back.
    pub(super) fn doubted(mut self, is_doubted: bool) -> Self {
        self.is_doubted = is_doubted;
        self
    }

    /// Takes it out, so that nothing is left to give back.
    pub(super) fn into_live(mut self) -> Option<Live> {
        self.live.take()
    }

    pub(super) async fn has_proven_itself(&mut self) -> bool {
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

    async fn step(&mut self, step: Step) -> Result<(), sqlx::Error> {
        let sql = match step {
            Step::Begin => sqlx::raw_sql(BEGIN),
            Step::Commit => sqlx::raw_sql(COMMIT),
            Step::RollBack => sqlx::raw_sql(ROLLBACK),
        };
        sql.execute(self.connection()?).await.map(|_| ())
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
