//! When the next fetch is due.

use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, HeaderMap, HeaderValue};

/// While the issuer says nothing, as Better Auth does.
const DEFAULT: Duration = Duration::from_mins(5);
/// Keys that must not be cached are still worth a minute.
const SHORTEST: Duration = Duration::from_mins(1);
/// A key that was taken back is refused after that, if the issuer can be reached.
const LONGEST: Duration = Duration::from_hours(1);

/// How long a set is taken as it is: `max-age` of RFC 9111 section 5.2.2.1,
/// within our bounds.
pub(super) fn fresh_for(headers: &HeaderMap) -> Duration {
    let directives: Vec<&str> = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let is_forbidden = directives.iter().any(|directive| {
        directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache")
    });
    if is_forbidden {
        return SHORTEST;
    }
    let max_age = directives.iter().find_map(|directive| max_age(directive));
    max_age.map_or(DEFAULT, |age| age.clamp(SHORTEST, LONGEST))
}

fn max_age(directive: &str) -> Option<Duration> {
    let (name, value) = directive.split_once('=')?;
    let seconds = name.eq_ignore_ascii_case("max-age").then_some(value)?;
    seconds
        .trim_matches('"')
        .parse()
        .ok()
        .map(Duration::from_secs)
}

/// The pause after so many failures in a row: 1, 2, 4 … seconds, at most a
/// minute.
pub(super) fn back_off(failures: u32) -> Duration {
    let seconds = 2_u64.saturating_pow(failures.saturating_sub(1));
    Duration::from_secs(seconds).min(Duration::from_mins(1))
}
