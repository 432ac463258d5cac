//! The rows of `throttle`: one open window for each subject.

use crate::clock::Timestamp;
use crate::db::{self, Db, StoreError, Tx};

const OPEN_WINDOWS: &str = "
    select subject, hits, ends_at from throttle
    where subject in ($1, $2) and ends_at > $3";

/// Counts, or starts anew where the window has passed, in one statement.
const HIT: &str = "
    insert into throttle (subject, hits, ends_at) values ($1, 1, $3)
    on conflict (subject) do update set
        hits = case when throttle.ends_at <= $2 then 1 else throttle.hits + 1 end,
        ends_at = case when throttle.ends_at <= $2 then excluded.ends_at else throttle.ends_at end
    returning hits, ends_at";

const FORGET: &str = "
    delete from throttle where subject = $1";

/// The condition stands outside too: PostgreSQL looks at it again where a window
/// was opened anew while the statement waited for its row.
const SWEEP: &str = "
    delete from throttle where ends_at <= $1 and subject in (
        select subject from throttle where ends_at <= $1 order by ends_at limit 10)";

#[derive(sqlx::FromRow)]
pub(super) struct OpenWindow {
    pub(super) subject: Vec<u8>,
    pub(super) hits: i64,
    pub(super) ends_at: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(super) struct Window {
    pub(super) hits: i64,
    pub(super) ends_at: Timestamp,
}

pub(super) async fn open_windows(
    db: &Db,
    address: &[u8],
    client: &[u8],
    now: Timestamp,
) -> Result<Vec<OpenWindow>, StoreError> {
    db::read!(db, "throttle read", |connection| {
        sqlx::query_as(OPEN_WINDOWS)
            .bind(address)
            .bind(client)
            .bind(now)
            .fetch_all(connection)
    })
}

pub(super) async fn hit(
    tx: &mut Tx,
    subject: &[u8],
    now: Timestamp,
    ends_at: Timestamp,
) -> Result<Window, StoreError> {
    db::write!(tx, "throttle hit", |connection| {
        sqlx::query_as(HIT)
            .bind(subject)
            .bind(now)
            .bind(ends_at)
            .fetch_one(connection)
    })
}

pub(super) async fn forget(tx: &mut Tx, subject: &[u8]) -> Result<(), StoreError> {
    db::write!(tx, "throttle forget", |connection| async {
        sqlx::query(FORGET)
            .bind(subject)
            .execute(connection)
            .await
            .map(|_| ())
    })
}

pub(super) async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    db::write!(tx, "throttle sweep", |connection| async {
        sqlx::query(SWEEP)
            .bind(now)
            .execute(connection)
            .await
            .map(|_| ())
    })
}
