//! How long and how often everything is measured.

use std::time::Duration;

/// Each pair that is compared is measured in turn, `…_rounds` times, and the
/// median of the rounds counts: what disturbs one round does not decide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) verify_rounds: usize,
    pub(crate) verify: Duration,
    pub(crate) current_user_rounds: usize,
    pub(crate) current_user: Duration,
    pub(crate) sign_in_rounds: usize,
    pub(crate) sign_in: Duration,
    pub(crate) raw_hashing: Duration,
    pub(crate) storm_rounds: usize,
    pub(crate) storm: Duration,
    pub(crate) overload: Duration,
    pub(crate) starts: usize,
    /// Of each class.
    pub(crate) timing_samples: usize,
}

impl Plan {
    pub(crate) const FULL: Self = Self {
        verify_rounds: 7,
        verify: Duration::from_secs(1),
        current_user_rounds: 7,
        current_user: Duration::from_secs(4),
        sign_in_rounds: 5,
        sign_in: Duration::from_secs(8),
        raw_hashing: Duration::from_secs(4),
        storm_rounds: 5,
        storm: Duration::from_secs(10),
        overload: Duration::from_mins(1),
        starts: 10,
        timing_samples: 2000,
    };

    pub(crate) const QUICK: Self = Self {
        verify_rounds: 3,
        verify: Duration::from_millis(500),
        current_user_rounds: 3,
        current_user: Duration::from_secs(2),
        sign_in_rounds: 1,
        sign_in: Duration::from_secs(5),
        raw_hashing: Duration::from_secs(2),
        storm_rounds: 1,
        storm: Duration::from_secs(8),
        overload: Duration::from_secs(20),
        starts: 10,
        timing_samples: 500,
    };
}
