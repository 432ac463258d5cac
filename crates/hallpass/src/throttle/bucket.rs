//! What is counted under one subject, and when it is full.
//!
//! A transaction that counts in several buckets takes their rows in the order of
//! their subjects, and so does the one that removes rows: no two of them wait for
//! each other.

use std::time::Duration;

use super::store::{self, Window};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::hallpass::Hallpass;

/// A limit: a number of hits within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) name: &'static str,
    pub(super) hits: i64,
    pub(super) window: Duration,
    pub(super) beyond: Beyond,
}

/// What becomes of attempts beyond a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    /// They are refused until the window has passed, which opened with its first
    /// hit.
    Refused,
    /// One is let through after each of [`WAITS`]. The window ends a fixed time
    /// after the last hit.
    Spaced,
}

/// The seconds between a failure and the next spaced attempt; the last one
/// repeats.
const WAITS: [u64; store::WAITS] = [1, 2, 4, 8, 16, 32, 60];

/// By how much a hit may find a window to begin in its own future and still
/// count in it: the hit's time was read before it waited for the row. Without
/// this, each of many parallel hits would open the window anew.
const LATE_HIT: Duration = Duration::from_millis(500);

/// By how much the clocks of two servers may differ where attempts are spaced:
/// each failure at one server moves the end, and must count at the other at once.
const MAX_SKEW: Duration = Duration::from_secs(5);

/// The hits of one subject.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) limit: Limit,
    pub(super) subject: Vec<u8>,
}

impl Bucket {
    const fn slides(&self) -> bool {
        matches!(self.limit.beyond, Beyond::Spaced)
    }

    /// Until when an attempt must wait, if the bucket is full.
    fn closed_until(&self, window: &Window, now: Timestamp) -> Option<Timestamp> {
        if window.hits < self.limit.hits || !self.counts(window, now) {
            return None;
        }
        let until = self.opens_at(window.hits, window.ends_at);
        (until > now).then_some(until)
    }

    /// A window that ends later than one that would open now was opened while
    /// the clock was ahead, and does not count.
    fn counts(&self, window: &Window, now: Timestamp) -> bool {
        let tolerance = match self.limit.beyond {
            Beyond::Refused => Duration::ZERO,
            Beyond::Spaced => MAX_SKEW,
        };
        let latest_end = now.plus(self.limit.window).plus(tolerance);
        window.ends_at > now && window.ends_at <= latest_end
    }

    const fn late_hit(&self) -> Duration {
        match self.limit.beyond {
            Beyond::Refused => LATE_HIT,
            Beyond::Spaced => MAX_SKEW,
        }
    }

    /// When a full bucket lets an attempt through.
    fn opens_at(&self, hits: i64, ends_at: Timestamp) -> Timestamp {
        match self.limit.beyond {
            Beyond::Refused => ends_at,
            Beyond::Spaced => ends_at.minus(self.limit.window).plus(self.wait(hits)),
        }
    }

    /// The wait after this number of failures.
    pub(super) fn wait(&self, hits: i64) -> Duration {
        let beyond = usize::try_from(hits.saturating_sub(self.limit.hits)).unwrap_or(0);
        let seconds = WAITS.get(beyond).or(WAITS.last()).copied();
        Duration::from_secs(seconds.unwrap_or(0))
    }

    /// Whether attempts are spaced by now, so that this one must
    /// [take its turn](Bucket::take_turn).
    fn is_spaced(&self, window: &Window, now: Timestamp) -> bool {
        self.slides() && window.hits >= self.limit.hits && self.counts(window, now)
    }

    /// Takes the one attempt that is free, and counts it as a failure at once: of
    /// any number of parallel attempts one goes on.
    pub(super) async fn take_turn(&self, hallpass: &Hallpass) -> Result<(), Error> {
        let mut tx = hallpass.db().begin().await?;
        let now = hallpass.now();
        let ends_at = now.plus(self.limit.window);
        let turn = store::Turn {
            subject: &self.subject,
            ends_at,
            from: self.limit.hits,
            free_until: WAITS.map(|seconds| ends_at.minus(Duration::from_secs(seconds))),
        };
        let taken = store::take_turn(&mut tx, &turn).await?;
        tx.commit().await?;
        match taken {
            Some(_) => Ok(()),
            // Another attempt took it just now, and has the shortest wait before it.
            None => Err(limited(self.wait(self.limit.hits))),
        }
    }
}

/// What the windows of an attempt say.
pub(super) enum Verdict {
    Free,
    /// It is free if it takes the turn of this bucket.
    Turn(Bucket),
}

/// The windows of some buckets, as they were read.
pub(super) struct Windows {
    rows: Vec<Window>,
    now: Timestamp,
}

impl Windows {
    pub(super) async fn read(hallpass: &Hallpass, buckets: &[Bucket]) -> Result<Self, Error> {
        let mut rows = Vec::new();
        for chunk in buckets.chunks(store::AT_ONCE) {
            let mut subjects: [&[u8]; store::AT_ONCE] = [&[]; store::AT_ONCE];
            for (to, bucket) in subjects.iter_mut().zip(chunk) {
                *to = &bucket.subject;
            }
            rows.extend(store::windows(hallpass.db(), &subjects).await?);
        }
        // After the read: a window that was opened meanwhile began before this.
        let now = hallpass.now();
        Ok(Self { rows, now })
    }

    /// Whether an attempt that counts in these buckets must wait.
    pub(super) fn check(&self, buckets: &[Bucket]) -> Result<Verdict, Error> {
        let closed = |bucket: &Bucket| bucket.closed_until(self.of(bucket)?, self.now);
        if let Some(until) = buckets.iter().filter_map(closed).max() {
            return Err(limited(until.since(self.now)));
        }
        let is_spaced = |bucket: &&Bucket| {
            let window = self.of(bucket);
            window.is_some_and(|window| bucket.is_spaced(window, self.now))
        };
        Ok(match buckets.iter().find(is_spaced) {
            Some(bucket) => Verdict::Turn(bucket.clone()),
            None => Verdict::Free,
        })
    }

    /// Whether anything was counted in one of these buckets.
    pub(super) fn are_there(&self, buckets: &[Bucket]) -> bool {
        buckets.iter().any(|bucket| self.of(bucket).is_some())
    }

    /// The number of hits and the end of the bucket's window, if it counts.
    pub(super) fn open(&self, bucket: &Bucket) -> Option<(i64, Timestamp)> {
        let window = self.of(bucket)?;
        bucket
            .counts(window, self.now)
            .then_some((window.hits, window.ends_at))
    }

    fn of(&self, bucket: &Bucket) -> Option<&Window> {
        let mut rows = self.rows.iter();
        rows.find(|window| window.subject == bucket.subject)
    }
}

/// Reads whether an attempt must wait, and counts nothing.
pub(super) async fn check(hallpass: &Hallpass, buckets: &[Bucket]) -> Result<Verdict, Error> {
    if !hallpass.settings().rate_limit {
        return Ok(Verdict::Free);
    }
    Windows::read(hallpass, buckets).await?.check(buckets)
}

/// Counts a hit in each bucket, and refuses when one has more than it takes.
///
/// The outer error is the database's, the inner one the limit's.
pub(super) async fn count(
    hallpass: &Hallpass,
    buckets: &[Bucket],
) -> Result<Result<(), Error>, Error> {
    if !hallpass.settings().rate_limit {
        return Ok(Ok(()));
    }
    hit(hallpass, buckets).await
}

/// As [`count`], also where limits are off.
pub(super) async fn hit(
    hallpass: &Hallpass,
    buckets: &[Bucket],
) -> Result<Result<(), Error>, Error> {
    let mut tx = hallpass.db().begin().await?;
    let now = hallpass.now();
    let (mut until, mut is_new) = (None, false);
    for bucket in sorted(buckets) {
        let ends_at = now.plus(bucket.limit.window);
        let hit = store::Hit {
            subject: &bucket.subject,
            now,
            latest_end: ends_at.plus(bucket.late_hit()),
            ends_at,
            slides: bucket.slides(),
        };
        let counted = store::hit(&mut tx, &hit).await?;
        is_new |= counted.hits == 1;
        if counted.hits > bucket.limit.hits {
            until = until.max(Some(bucket.opens_at(counted.hits, counted.ends_at)));
        }
    }
    tx.commit().await?;
    if is_new {
        sweep(hallpass, now).await;
    }
    Ok(match until {
        Some(until) => Err(limited(until.since(now))),
        None => Ok(()),
    })
}

/// Removes the rows of these buckets.
pub(super) async fn forget(hallpass: &Hallpass, buckets: &[Bucket]) -> Result<(), Error> {
    let mut tx = hallpass.db().begin().await?;
    for bucket in sorted(buckets) {
        store::forget(&mut tx, &bucket.subject).await?;
    }
    Ok(tx.commit().await?)
}

fn sorted(buckets: &[Bucket]) -> Vec<&Bucket> {
    let mut sorted: Vec<_> = buckets.iter().collect();
    sorted.sort_by(|one, other| one.subject.cmp(&other.subject));
    sorted
}

/// A new row removes a few dead ones, more than one attempt makes, so the table
/// cannot grow without end. A failure here is no reason to refuse the attempt.
async fn sweep(hallpass: &Hallpass, now: Timestamp) {
    let latest_end = now.plus(super::LONGEST_WINDOW).plus(MAX_SKEW);
    let swept = async {
        let mut dead = store::dead(hallpass.db(), now, latest_end).await?;
        if dead.is_empty() {
            return Ok(());
        }
        dead.sort();
        let mut tx = hallpass.db().begin().await?;
        for subject in dead {
            store::sweep(&mut tx, &subject, now, latest_end).await?;
        }
        tx.commit().await
    };
    if let Err(error) = swept.await {
        tracing::warn!(%error, "could not sweep old rows of the throttle table");
    }
}

pub(super) fn limited(retry_after: Duration) -> Error {
    Error::RateLimited { retry_after }
}
