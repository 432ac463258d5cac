//! The rows of `throttle`: one window for each subject.

use crate::clock::Timestamp;
use crate::db::{self, Db, StoreError, Tx};

/// As many as [`AT_ONCE`]. Whether a window still counts, its reader decides by
/// the time after this read.
const WINDOWS: &str = "
    select subject, hits, ends_at from throttle
    where subject in ($1, $2, $3, $4, $5, $6, $7)";

/// Counts, or starts anew where the window does not count any more, in one
/// statement.
const HIT: &str = "
    insert into throttle (subject, hits, ends_at) values ($1, 1, $4)
    on conflict (subject) do update set
        hits = case when throttle.ends_at > $2 and throttle.ends_at <= $3
            then throttle.hits + 1 else 1 end,
        ends_at = case when throttle.ends_at > $2 and throttle.ends_at <= $3 and not $5
            then throttle.ends_at else excluded.ends_at end
    returning hits, ends_at";

/// Takes the one attempt that is free after a wait, if it is free: each row of
/// the condition is the number of failures and when the last one must have been.
const TAKE_TURN: &str = "
    update throttle set hits = hits + 1, ends_at = $2
    where subject = $1 and (
        hits = $3 and ends_at <= $4
        or hits = $3 + 1 and ends_at <= $5
        or hits = $3 + 2 and ends_at <= $6
        or hits = $3 + 3 and ends_at <= $7
        or hits = $3 + 4 and ends_at <= $8
        or hits = $3 + 5 and ends_at <= $9
        or hits >= $3 + 6 and ends_at <= $10)
    returning hits";

const FORGET: &str = "
    delete from throttle where subject = $1";

/// A few windows that are over, and a few that end later than any can.
const DEAD: &str = "
    select subject from (
        select subject from throttle where ends_at <= $1 order by ends_at limit 10) as past
    union all
    select subject from (
        select subject from throttle where ends_at > $2 order by ends_at desc limit 10) as absurd";

/// The condition stands here too: the window may have been opened anew since.
const SWEEP: &str = "
    delete from throttle where subject = $1 and (ends_at <= $2 or ends_at > $3)";

/// How many windows one statement reads.
pub(super) const AT_ONCE: usize = 7;

/// How many waits there are between spaced attempts.
pub(super) const WAITS: usize = 7;

#[derive(sqlx::FromRow)]
pub(super) struct Window {
    pub(super) subject: Vec<u8>,
    pub(super) hits: i64,
    pub(super) ends_at: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(super) struct Counted {
    pub(super) hits: i64,
    pub(super) ends_at: Timestamp,
}

/// Those that are there, in no order. A subject may be named twice.
pub(super) async fn windows(
    db: &Db,
    subjects: &[&[u8]; AT_ONCE],
) -> Result<Vec<Window>, StoreError> {
    db::read!(db, "throttle read", |connection| {
        let mut statement = sqlx::query_as(WINDOWS);
        for subject in subjects {
            statement = statement.bind(*subject);
        }
        statement.fetch_all(connection)
    })
}

/// What is counted, and by which window.
pub(super) struct Hit<'a> {
    pub(super) subject: &'a [u8],
    pub(super) now: Timestamp,
    /// A window that ends later does not count.
    pub(super) latest_end: Timestamp,
    /// When a window ends that opens now.
    pub(super) ends_at: Timestamp,
    /// Whether each hit moves the end.
    pub(super) slides: bool,
}

pub(super) async fn hit(tx: &mut Tx, hit: &Hit<'_>) -> Result<Counted, StoreError> {
    db::write!(tx, "throttle hit", |connection| {
        sqlx::query_as(HIT)
            .bind(hit.subject)
            .bind(hit.now)
            .bind(hit.latest_end)
            .bind(hit.ends_at)
            .bind(hit.slides)
            .fetch_one(connection)
    })
}

/// A try at the attempt that is free.
pub(super) struct Turn<'a> {
    pub(super) subject: &'a [u8],
    pub(super) ends_at: Timestamp,
    /// The failures from which on attempts are spaced.
    pub(super) from: i64,
    /// The latest end of the window with which the attempt is free, for as many
    /// failures and one to six more.
    pub(super) free_until: [Timestamp; WAITS],
}

/// The number of failures, this attempt included. `None`: it is not free.
pub(super) async fn take_turn(tx: &mut Tx, turn: &Turn<'_>) -> Result<Option<i64>, StoreError> {
    db::write!(tx, "throttle turn", |connection| {
        let mut statement = sqlx::query_scalar(TAKE_TURN)
            .bind(turn.subject)
            .bind(turn.ends_at)
            .bind(turn.from);
        for latest in turn.free_until {
            statement = statement.bind(latest);
        }
        statement.fetch_optional(connection)
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

/// Windows that end at `now` or before, or after `latest_end`.
pub(super) async fn dead(
    db: &Db,
    now: Timestamp,
    latest_end: Timestamp,
) -> Result<Vec<Vec<u8>>, StoreError> {
    db::read!(db, "throttle dead", |connection| {
        sqlx::query_scalar(DEAD)
            .bind(now)
            .bind(latest_end)
            .fetch_all(connection)
    })
}

pub(super) async fn sweep(
    tx: &mut Tx,
    subject: &[u8],
    now: Timestamp,
    latest_end: Timestamp,
) -> Result<(), StoreError> {
    db::write!(tx, "throttle sweep", |connection| async {
        sqlx::query(SWEEP)
            .bind(subject)
            .bind(now)
            .bind(latest_end)
            .execute(connection)
            .await
            .map(|_| ())
    })
}
