//! What people and programs reach from outside, and whether the settings for it
//! agree: public URL, listener, proxies, front ends, cookie.

mod cookie;
mod front_ends;
mod listener;
pub(super) mod proxies;
mod public_url;
#[cfg(test)]
mod tests;

use super::limits::check_rate_limit;
use super::report::Report;
use super::setup::Setup;
use super::site::Site;

const URL: &str = "BETTER_AUTH_URL";
const PORT: &str = "PORT";
const HOST: &str = "HOST";
const PROXIES: &str = "TRUSTED_PROXIES";
const CORS: &str = "CORS_ORIGINS";
const LIMIT: &str = "HALLPASS_RATE_LIMIT";
const METRICS: &str = "HALLPASS_METRICS_ADDR";

pub(super) use self::listener::private_place;

/// Looks at each setting that is known and at how it agrees with the others.
pub(super) fn check(setup: &Setup<'_>, report: &mut Report) {
    let ours = Site::of(setup.values.public_url.origin());
    if let Some(ours) = ours.filter(|_| setup.knows([URL])) {
        public_url::check(setup, report);
        if setup.knows([HOST, PORT]) {
            listener::check(&ours, setup, report);
        }
        if setup.knows([PROXIES]) {
            proxies::check(setup, report);
        }
        if setup.knows([CORS]) {
            front_ends::check(&ours, setup, report);
        }
        if setup.knows([LIMIT]) {
            check_rate_limit(setup, report);
        }
    }
    cookie::check(setup, report);
    if let Some(address) = setup.values.metrics {
        listener::check_metrics(address, setup, report);
    }
}
