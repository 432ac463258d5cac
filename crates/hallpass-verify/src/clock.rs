//! The one place of this crate that reads the clocks of the machine.

use std::time::{SystemTime, UNIX_EPOCH};

/// The whole seconds since the first of January 1970, UTC.
///
/// A clock that stands before 1970 reads as 0. Every token is then from the
/// future and refused, which is the safe end to fall on.
#[expect(
    clippy::disallowed_methods,
    reason = "the only reading of the system clock; everything else takes the time as an argument"
)]
pub(crate) fn unix_seconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
}

/// A time that only goes forward, for how long ago something was. A test with
/// a runtime that is paused moves it.
#[cfg(feature = "jwks")]
#[expect(
    clippy::disallowed_methods,
    reason = "the only reading of the monotonic clock"
)]
pub(crate) fn monotonic() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
