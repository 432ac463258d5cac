//! What people and programs reach from outside, and whether the settings for it
//! agree: public URL, listener, proxies, front ends, cookie.

mod site;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use hallpass::{Origin, SameSite};

use self::site::Site;
pub(super) use self::site::is_local_name;
use super::report::Report;
use super::settings::is_faulty;
use crate::config::{Faults, Values};

const URL: &str = "BETTER_AUTH_URL";
const PORT: &str = "PORT";
const HOST: &str = "HOST";
const PROXIES: &str = "TRUSTED_PROXIES";
const CORS: &str = "CORS_ORIGINS";
const LIMIT: &str = "HALLPASS_RATE_LIMIT";
const PREFIX: &str = "HALLPASS_COOKIE_PREFIX";
const SAME_SITE: &str = "HALLPASS_COOKIE_SAMESITE";
const METRICS: &str = "HALLPASS_METRICS_ADDR";

/// Looks at each setting that is known and at how it agrees with the others.
pub(super) fn check(values: &Values, faults: &Faults, report: &mut Report) {
    let is_known = |name: &str| !is_faulty(faults, name);
    let url_known = is_known(URL);
    if let Some(ours) = Site::of(values.public_url.origin()).filter(|_| url_known) {
        check_url(&ours, values, report);
        if is_known(HOST) && is_known(PORT) {
            check_listener(&ours, values, report);
        }
        if is_known(PROXIES) {
            check_proxies(values, report);
        }
        if is_known(CORS) {
            check_front_ends(&ours, values, report);
        }
        if is_known(LIMIT) {
            check_rate_limit(values, report);
        }
    }
    if is_known(PREFIX) {
        check_cookie_prefix(values.cookie_prefix.as_str(), report);
        check_same_site(values.cookie_same_site, report);
    }
    if let Some(address) = values.metrics {
        check_metrics(address, values, report);
    }
}

fn check_url(ours: &Site, values: &Values, report: &mut Report) {
    let url = &values.public_url;
    if ours.is_https() {
        report.ok(
            URL,
            format!("{url}: cookies are Secure and bound to this host"),
        );
    } else if ours.is_local() {
        report.ok(URL, format!("{url}: http, for this machine alone"));
    } else {
        let finding = format!(
            "{url}: passwords and tokens travel in the clear, for anybody on the way to take"
        );
        report.serious(
            URL,
            finding,
            "put a proxy with TLS in front, and set BETTER_AUTH_URL to its https URL",
        );
    }
}

fn check_listener(ours: &Site, values: &Values, report: &mut Report) {
    let (host, port) = (values.listen.host, values.listen.port);
    if port == 0 {
        let finding = "0 means another port at each start, which no link can know";
        return report.warning(PORT, finding, "set PORT to a port of your choice");
    }
    // Over https the port is the proxy's.
    let expected = ours.port().filter(|_| ours.is_local() && !ours.is_https());
    if let Some(expected) = expected.filter(|expected| *expected != port) {
        let finding = format!("listens on {port}, but {URL} says {expected}");
        return report.warning(
            PORT,
            finding,
            format!("make the two the same, for example PORT={expected}"),
        );
    }
    report.ok(HOST, format!("listens on {}", SocketAddr::new(host, port)));
    if ours.is_local() && !host.is_loopback() {
        report.note(
            HOST,
            format!("{host} takes calls from other machines too, though {URL} is for this one"),
        );
    }
}

fn check_proxies(values: &Values, report: &mut Report) {
    let everybody = values
        .trusted_proxies
        .iter()
        .any(|network| network.prefix_len() == 0);
    if everybody {
        let finding =
            "trusts everybody: any client may choose the address by which its tries are counted";
        return report.serious(PROXIES, finding, "name the addresses of your proxies only");
    }
    if !values.trusted_proxies.is_empty() {
        return report.ok(
            PROXIES,
            "the proxies that are named may say who the client is, and nobody else",
        );
    }
    if !values.public_url.is_https() {
        return report.ok(
            PROXIES,
            "names no proxy: who the client is, the connection says",
        );
    }
    // Hallpass speaks no TLS itself, so somebody does it before.

    let finding = "is empty though a proxy must be in front for https: all clients look like that one proxy, \
                   and share its limit of failed sign-ins";
    let example = if values.listen.host.is_loopback() {
        "127.0.0.1"
    } else {
        "10.0.0.0/8"
    };
    report.warning(
        PROXIES,
        finding,
        format!("name the address of the proxy, for example {PROXIES}={example}"),
    );
}

fn check_front_ends(ours: &Site, values: &Values, report: &mut Report) {
    let before = report.len();
    for origin in &values.cors_origins {
        check_front_end(ours, values.public_url.origin(), origin, report);
    }
    if report.len() == before {
        report.ok(
            CORS,
            match values.cors_origins.as_slice() {
                [] => "no front end on another origin may call",
                _ => "every front end is on the site of BETTER_AUTH_URL",
            },
        );
    }
}

fn check_front_end(ours: &Site, url: &Origin, origin: &Origin, report: &mut Report) {
    let Some(theirs) = Site::of(origin) else {
        return;
    };
    if origin == url {
        report.note(
            CORS,
            format!("{origin} is {URL} itself, which may always call"),
        );
    } else if ours.is_https() && theirs.is_local() {
        let finding = format!(
            "whatever runs on {origin} of a visitor's machine may call with their credentials"
        );
        let fix = format!(
            "set {CORS} to the front end's public origin, or to nothing ({CORS}=) when there is none"
        );
        report.warning(CORS, finding, fix);
    } else if !ours.is_same_site(&theirs) {
        let finding = format!(
            "{origin} is on another site than {url}: browsers will not send it our cookie (SameSite=Strict)"
        );
        let fix = if ours.is_local() && theirs.is_local() {
            "use one host name in both, for example localhost"
        } else {
            "serve both over https on hosts of one domain, like app.example.com and auth.example.com; \
             or let the front end send the token as a bearer token"
        };
        report.warning(CORS, finding, fix);
    }
}

fn check_rate_limit(values: &Values, report: &mut Report) {
    let (finding, fix) = (
        "off: passwords can be guessed without end",
        "set HALLPASS_RATE_LIMIT=on, or remove it",
    );
    match (values.rate_limit, values.public_url.is_https()) {
        (true, _) => report.ok(LIMIT, "failed sign-ins are counted and limited"),
        (false, true) => report.serious(LIMIT, finding, fix),
        (false, false) => report.warning(LIMIT, finding, fix),
    }
}

fn check_cookie_prefix(prefix: &str, report: &mut Report) {
    if prefix.starts_with("__") {
        // RFC 6265bis, section 4.1.3: such prefixes are promises to browsers.
        let finding = format!(
            "browsers give names that begin with {prefix} a meaning and may refuse the cookie"
        );
        report.warning(
            PREFIX,
            finding,
            "choose a prefix without underscores at its beginning",
        );
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

fn check_metrics(metrics: SocketAddr, values: &Values, report: &mut Report) {
    let same_host = metrics.ip() == values.listen.host
        || metrics.ip().is_unspecified()
        || values.listen.host.is_unspecified();
    if metrics.port() == values.listen.port && metrics.port() != 0 && same_host {
        let finding = format!("{metrics} is where the server itself listens");
        report.serious(METRICS, finding, "give metrics another port");
    } else if metrics.ip().is_loopback() {
        report.ok(METRICS, format!("{metrics}, for this machine alone"));
    } else {
        let finding = format!(
            "{metrics} shows to others how many sign in and fail, and asks for no password"
        );
        report.warning(
            METRICS,
            finding,
            "use 127.0.0.1, or let a firewall admit the collector alone",
        );
    }
}
