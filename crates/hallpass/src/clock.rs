//! The only file that reads the time.
//!
//! Everything else asks a [`Clock`], so that a test moves time by hand and
//! never waits for it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Decode, Encode, Postgres, Sqlite, Type};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, in whole microseconds since 1970-01-01T00:00:00Z.
///
/// Microseconds because that is what PostgreSQL's `timestamptz` holds: a value
/// read back equals the value written, on both engines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From whole microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: a token's `iat`.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This point, `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// This point, `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }

    /// How long from `earlier` until this point; zero when it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC with milliseconds, as JavaScript's `toISOString` has it.
    pub(crate) fn to_iso_string(self) -> String {
        let seconds = Self::from_unix_seconds(self.unix_seconds()).to_string();
        let millis = self.0.rem_euclid(1_000_000) / 1_000;
        format!("{}.{millis:03}Z", seconds.trim_end_matches('Z'))
    }

    /// The date and the time of day in UTC, of the nearest point that RFC 3339
    /// knows.
    pub(crate) fn civil(self) -> CivilTime {
        let nearest = Self(self.0.clamp(FIRST_MICROS, LAST_MICROS));
        let at = nearest.to_offset().unwrap_or(OffsetDateTime::UNIX_EPOCH);
        CivilTime {
            year: at.year(),
            month: at.month().into(),
            day: at.day(),
            hour: at.hour(),
            minute: at.minute(),
        }
    }

    fn to_offset(self) -> Result<OffsetDateTime, time::error::ComponentRange> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
    }
}

/// What a calendar and a wall clock show, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CivilTime {
    pub(crate) year: i32,
    /// 1 to 12.
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC, ending in `Z`. It knows the years 0 to 9999; a point
/// outside of them, which no clock of ours gives, shows as the nearest inside.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = Self(self.0.clamp(FIRST_MICROS, LAST_MICROS));
        let text = nearest.to_offset().map(|at| at.format(&Rfc3339));
        let text = text.map_err(|_| fmt::Error)?.map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// 0000-01-01T00:00:00Z.
const FIRST_MICROS: i64 = -62_167_219_200_000_000;

/// 9999-12-31T23:59:59.999999Z.
const LAST_MICROS: i64 = 253_402_300_799_999_999;

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Type<Postgres> for Timestamp {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

/// 2000-01-01T00:00:00Z, from where PostgreSQL counts its microseconds.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The number itself, and not by way of a type that knows fewer years.
impl<'q> Encode<'q, Postgres> for Timestamp {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        let micros = self.0.saturating_sub(POSTGRES_EPOCH_MICROS);
        <i64 as Encode<'q, Postgres>>::encode(micros, buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<'r, Postgres>>::decode(value)?;
        Ok(Self(micros.saturating_add(POSTGRES_EPOCH_MICROS)))
    }
}

impl Type<Sqlite> for Timestamp {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
}

impl<'q> Encode<'q, Sqlite> for Timestamp {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::sqlite::SqliteArgumentsBuffer,
    ) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'q, Sqlite>>::encode(self.0, buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for Timestamp {
    fn decode(value: sqlx::sqlite::SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        <i64 as Decode<'r, Sqlite>>::decode(value).map(Self)
    }
}

/// Where the time comes from: the system, or a test's hand.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(ManualClock),
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_now(),
            Source::Manual(clock) => clock.now(),
        }
    }
}

/// Reads the system's clock; a clock set before 1970 reads as 1970, where every
/// token is refused as not yet issued.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the time"
)]
fn system_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since_epoch.map_or(0, micros))
}

/// A point on the monotonic clock, for deadlines and durations that must not
/// jump when an operator sets the wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the time"
)]
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

/// A clock that stands still until it is told to move. Clones move together.
///
/// ```
/// use std::time::Duration;
/// use hallpass::{Clock, ManualClock, Timestamp};
///
/// let hand = ManualClock::at(Timestamp::from_unix_seconds(1_800_000_000));
/// let clock = Clock::from(hand.clone());
/// hand.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now().unix_seconds(), 1_800_003_600);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.0)))
    }

    /// Moves the time on by `span`.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(micros(span), Ordering::SeqCst);
    }

    /// Sets the time, backwards too.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.0, Ordering::SeqCst);
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self(Source::Manual(clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_rfc_3339_in_utc_with_what_they_hold() {
        let whole = Timestamp::from_unix_seconds(1_800_000_000);
        assert_eq!(whole.to_string(), "2027-01-15T08:00:00Z");
        let fraction = whole.plus(Duration::from_micros(1_500));
        assert_eq!(fraction.to_string(), "2027-01-15T08:00:00.0015Z");
    }

    #[test]
    fn what_rfc_3339_cannot_write_shows_as_the_nearest_that_it_can() {
        for (micros, shown) in [
            (FIRST_MICROS, "0000-01-01T00:00:00Z"),
            (FIRST_MICROS - 1, "0000-01-01T00:00:00Z"),
            (i64::MIN, "0000-01-01T00:00:00Z"),
            (LAST_MICROS, "9999-12-31T23:59:59.999999Z"),
            (LAST_MICROS + 1, "9999-12-31T23:59:59.999999Z"),
            (i64::MAX, "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(Timestamp::from_unix_micros(micros).to_string(), shown);
        }
    }

    #[test]
    fn seconds_round_down_also_before_1970() {
        assert_eq!(Timestamp::from_unix_micros(-1).unix_seconds(), -1);
        assert_eq!(Timestamp::from_unix_micros(1_999_999).unix_seconds(), 1);
    }
}
