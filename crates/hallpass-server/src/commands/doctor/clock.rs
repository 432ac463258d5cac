//! Clocks: a token is refused before its time and after it.

use std::time::Duration;

use hallpass::Timestamp;

use super::report::Report;

const CLOCK: &str = "clock";
const NTP: &str = "timedatectl set-ntp true";

/// The year of this version: before it, a clock is wrong.
const RELEASED: Timestamp = Timestamp::from_unix_seconds(1_767_225_600);

/// Twenty years later this version is out of use.
const FORGOTTEN: Timestamp = Timestamp::from_unix_seconds(2_398_377_600);

/// Verifiers forgive an issuer's clock as much.
const MAX_SKEW: Duration = Duration::from_secs(5);

pub(super) fn check(now: Timestamp, report: &mut Report) {
    if now < RELEASED {
        let finding = format!("it is {now} by this machine, before this version was made");
        report.serious(CLOCK, finding, NTP);
    } else if now > FORGOTTEN {
        let finding = format!("it is {now} by this machine, long after this version was made");
        report.serious(CLOCK, finding, NTP);
    } else {
        report.ok(
            CLOCK,
            format!("it is {} by this machine", whole_second(now)),
        );
    }
}

/// Compares with the database server, which other servers may share.
pub(super) fn check_skew(ours: Timestamp, theirs: Timestamp, report: &mut Report) {
    let (apart, word) = if theirs > ours {
        (theirs.since(ours), "behind")
    } else {
        (ours.since(theirs), "ahead of")
    };
    if apart > MAX_SKEW {
        let finding = format!(
            "this machine is {} s {word} the database server; a verifier refuses tokens from more than {} s ahead",
            apart.as_secs(),
            MAX_SKEW.as_secs()
        );
        report.warning(CLOCK, finding, format!("{NTP}  # on both machines"));
    } else {
        report.ok(CLOCK, "the database server's clock agrees");
    }
}

pub(super) fn check_newest_account(is_ahead: bool, report: &mut Report) {
    if is_ahead {
        let finding =
            "an account was made later than it is now by this machine: the clock is, or was, wrong";
        report.warning(CLOCK, finding, NTP);
    }
}

fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(now.unix_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn complaints(check: impl Fn(&mut Report)) -> Vec<String> {
        let mut report = Report::default();
        check(&mut report);
        report.complaints()
    }

    #[test]
    fn clocks_far_from_this_version_are_wrong() {
        assert_eq!(
            complaints(|report| check(Timestamp::from_unix_seconds(0), report)),
            ["serious clock"]
        );
        let later = Timestamp::from_unix_seconds(4_102_444_800);
        assert_eq!(complaints(|report| check(later, report)), ["serious clock"]);
        assert!(complaints(|report| check(NOW, report)).is_empty());
    }

    #[test]
    fn clocks_may_be_five_seconds_apart_either_way() {
        for (seconds, agree) in [(5, true), (6, false)] {
            let apart = Duration::from_secs(seconds);
            for theirs in [NOW.plus(apart), NOW.minus(apart)] {
                let found = complaints(|report| check_skew(NOW, theirs, report));
                assert_eq!(found.is_empty(), agree, "{seconds} s");
            }
        }
    }
}
