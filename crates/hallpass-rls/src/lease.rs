//! A pooled connection that is known to be in order when it goes back.

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};

/// A connection on loan. Unless what ran on it has ended in order, it is closed
/// and not given back: a call that was given up may still wait for an answer,
/// and a transaction whose end is not known may still be open.
#[derive(Debug)]
pub(crate) struct Lease<DB: Database>(Option<PoolConnection<DB>>);

impl<DB: Database> Lease<DB> {
    pub(crate) async fn from(pool: &Pool<DB>) -> Result<Self, sqlx::Error> {
        pool.acquire()
            .await
            .map(|connection| Self(Some(connection)))
    }

    pub(crate) fn connection(&mut self) -> Result<&mut DB::Connection, sqlx::Error> {
        self.0.as_deref_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    pub(crate) fn give_back(mut self) {
        drop(self.0.take());
    }
}

/// Leaves the pool at once, without a farewell that a dead peer would not hear.
impl<DB: Database> Drop for Lease<DB> {
    fn drop(&mut self) {
        drop(self.0.take().map(PoolConnection::detach));
    }
}
