//! What browsers are told: the cookie's name, when they send it, and https.

use hallpass::{Hsts, SameSite};

use super::super::fix::Fix;
use super::super::report::Report;
use super::super::setup::Setup;
use super::URL;

const PREFIX: &str = "HALLPASS_COOKIE_PREFIX";
const HSTS: &str = "HALLPASS_HSTS";
const SAME_SITE: &str = "HALLPASS_COOKIE_SAMESITE";

/// Prefixes by which a name promises a browser that its cookie is `Secure`
/// (RFC 6265bis, section 4.1.3), in any letter case.
const PROMISES: [&str; 4] = ["__secure-", "__host-", "__http-", "__host-http-"];

pub(super) fn check(setup: &Setup<'_>, report: &mut Report) {
    if setup.knows([PREFIX]) {
        check_prefix(setup, report);
    }
    if setup.knows([SAME_SITE]) {
        check_same_site(setup.values.cookie_same_site, report);
    }
    if setup.knows([HSTS, URL]) {
        check_hsts(setup, report);
    }
}

fn check_prefix(setup: &Setup<'_>, report: &mut Report) {
    let prefix = setup.values.cookie_prefix.as_str();
    let lower = prefix.to_ascii_lowercase();
    let broken = PROMISES.iter().any(|promise| lower.starts_with(promise));
    if broken && !setup.is_https() && setup.knows([URL]) {
        let finding = format!(
            "browsers refuse every cookie whose name begins with {prefix} from an http URL, so no user stays signed in"
        );
        report.serious(PREFIX, finding, Fix::unset(PREFIX));
    } else if prefix.starts_with("__") {
        let finding = format!(
            "browsers give names that begin with {prefix} a meaning and may refuse the cookie"
        );
        report.warning(PREFIX, finding, Fix::unset(PREFIX));
    } else if prefix == "better-auth" {
        report.note(
            PREFIX,
            "better-auth: meant for moving over from Better Auth; do not serve both on one host",
        );
    } else {
        report.ok(PREFIX, format!("the cookie's name begins with {prefix}"));
    }
}

fn check_same_site(same_site: SameSite, report: &mut Report) {
    match same_site {
        SameSite::Strict => {
            report.ok(
                SAME_SITE,
                "other sites never make a browser send the cookie",
            );
        }
        _ => report.note(
            SAME_SITE,
            "lax: whoever follows a link from another site to here is signed in at once",
        ),
    }
}

/// RFC 6797: with https only, and for two years.
fn check_hsts(setup: &Setup<'_>, report: &mut Report) {
    let host = setup.values.public_url.origin();
    let note = match setup.values.hsts {
        Hsts::Host => return,
        _ if !setup.is_https() => "has no effect: BETTER_AUTH_URL is http".to_owned(),
        Hsts::Subdomains => {
            format!("subdomains: browsers call every host below {host} by https only")
        }
        Hsts::Clear => format!("clear: browsers forget to call {host} by https only"),
        _ => format!(
            "off: a first call of {host} by http can be intercepted, unless a proxy sends it"
        ),
    };
    report.note(HSTS, note);
}
