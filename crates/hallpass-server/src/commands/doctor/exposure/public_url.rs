//! `BETTER_AUTH_URL`: whether browsers can use it, and what it should be.

use url::{Host, Url};

use super::super::fix::Fix;
use super::super::report::{Level, Report};
use super::super::setup::Setup;
use super::super::site::{Site, is_local_name, is_public_name};
use super::URL;

/// A name that stands for one of the operator's own.
const EXAMPLE: &str = "auth.example.com";

pub(super) fn check(setup: &Setup<'_>, report: &mut Report) {
    let Some(url) = written(setup) else { return };
    let before = report.len();
    let corrected = corrected(setup);
    let mut fix = Fix::set(URL, &corrected);
    if url.scheme() == "http" && corrected.starts_with("https:") {
        fix = fix.remark("the https URL of a proxy in front that speaks TLS");
    }
    for problem in PROBLEMS {
        if let Some((level, finding)) = problem(&url, setup) {
            report.add(URL, level, finding, Some(fix.to_string()));
        }
    }
    if report.len() > before {
        return;
    }
    let public = &setup.values.public_url;
    if setup.is_https() {
        let finding = format!("{public}: cookies are Secure and bound to this host");
        report.ok(URL, finding);
    } else {
        report.ok(URL, format!("{public}: http, for this machine alone"));
    }
}

/// As the operator wrote it, with the parts that no origin has.
fn written(setup: &Setup<'_>) -> Option<Url> {
    let text = setup.text(URL);
    let text = text.unwrap_or_else(|| setup.values.public_url.to_string());
    Url::parse(&text).ok()
}

/// What is wrong with a URL, if anything.
type Problem = fn(&Url, &Setup<'_>) -> Option<(Level, String)>;

const PROBLEMS: [Problem; 8] = [
    in_the_clear,
    no_destination,
    final_dot,
    no_certificate,
    own_port,
    port_zero,
    better_auth_path,
    default_port,
];

fn in_the_clear(url: &Url, _: &Setup<'_>) -> Option<(Level, String)> {
    let clear = url.scheme() == "http" && !is_local(url) && !is_unspecified(url);
    let finding = || {
        let shown = origin(url);
        format!("{shown}: passwords and tokens travel in the clear, for anybody on the way to take")
    };
    clear.then(|| (Level::Serious, finding()))
}

fn no_destination(url: &Url, _: &Setup<'_>) -> Option<(Level, String)> {
    let finding = "is an address to listen on; browsers cannot call it";
    is_unspecified(url).then(|| (Level::Serious, format!("{} {finding}", origin(url))))
}

fn final_dot(url: &Url, _: &Setup<'_>) -> Option<(Level, String)> {
    let name = url.domain().filter(|name| name.ends_with('.'))?;
    let finding = format!(
        "{name} ends with a dot; for browsers it is another host than the one without, whose requests are refused"
    );
    Some((Level::Serious, finding))
}

/// An authority that browsers trust certifies names that everybody can look up
/// (CA/Browser Forum Baseline Requirements, sections 3.2.2 and 7.1.4.2).
fn no_certificate(url: &Url, _: &Setup<'_>) -> Option<(Level, String)> {
    if url.scheme() != "https" || is_local(url) || is_unspecified(url) {
        return None;
    }
    let why = match url.host()? {
        Host::Domain(name) if name.contains('_') => "a host name must not hold an underscore",
        Host::Domain(name) if is_public_name(name) => return None,
        Host::Domain(_) => "the name is unknown outside of its network",
        _ => "few authorities certify an address",
    };
    let host = url.host_str()?;
    let finding = format!("browsers may refuse the certificate of {host}: {why}");
    Some((Level::Warning, finding))
}

/// Hallpass itself speaks no TLS.
fn own_port(url: &Url, setup: &Setup<'_>) -> Option<(Level, String)> {
    let port = setup.values.listen.port;
    if url.scheme() != "https" || url.port_or_known_default() != Some(port) {
        return None;
    }
    let level = if is_local(url) {
        Level::Serious
    } else {
        Level::Warning
    };
    // A proxy may have this port on another address.
    let exposed = is_local(url) || !setup.values.listen.host.is_loopback();
    let finding = || {
        let shown = origin(url);
        format!("{shown} is where Hallpass itself listens, and it speaks no TLS")
    };
    exposed.then(|| (level, finding()))
}

fn port_zero(url: &Url, _: &Setup<'_>) -> Option<(Level, String)> {
    let finding = || format!("{} has the port 0, which no browser can call", origin(url));
    (url.port() == Some(0)).then(|| (Level::Serious, finding()))
}

/// Hallpass's routes of Better Auth have this in their own paths.
fn better_auth_path(url: &Url, setup: &Setup<'_>) -> Option<(Level, String)> {
    let path = url.path().trim_end_matches('/');
    let finding = || {
        let public = &setup.values.public_url;
        format!("/api/auth at the end is left out: links begin with {public}")
    };
    path.ends_with("/api/auth")
        .then(|| (Level::Note, finding()))
}

/// An origin never holds the port that its scheme implies (RFC 6454, section 4).
fn default_port(url: &Url, setup: &Setup<'_>) -> Option<(Level, String)> {
    let text = setup.text(URL)?;
    let authority = text.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let (_, port) = authority.rsplit_once(':')?;
    let implied = url.port().is_none() && port.bytes().all(|byte| byte.is_ascii_digit());
    let finding = || format!("the port {port} goes without saying; tokens and links leave it out");
    implied.then(|| (Level::Note, finding()))
}

/// The URL with every problem removed, for front ends to agree with.
pub(super) fn corrected(setup: &Setup<'_>) -> String {
    let origin = setup.values.public_url.origin().to_string();
    let Some(mut url) = written(setup) else {
        return origin;
    };
    match correct(&mut url, setup) {
        Ok(()) => url.as_str().trim_end_matches('/').to_owned(),
        Err(_) => origin,
    }
}

/// Its setters fail for URLs that have no host, which a public URL has.
struct NoHost;

impl From<()> for NoHost {
    fn from((): ()) -> Self {
        Self
    }
}

impl From<url::ParseError> for NoHost {
    fn from(_: url::ParseError) -> Self {
        Self
    }
}

fn correct(url: &mut Url, setup: &Setup<'_>) -> Result<(), NoHost> {
    url.set_path(setup.values.public_url.path());
    if let Some(host) = better_host(url) {
        url.set_host(Some(&host))?;
    }
    if is_local(url) {
        if own_port(url, setup).is_some() {
            url.set_scheme("http")?;
        }
        if url.port() == Some(0) {
            let port = Some(setup.values.listen.port).filter(|port| *port != 0);
            url.set_port(port)?;
        }
        return Ok(());
    }
    if url.scheme() == "http" || url.port() == Some(0) || own_port(url, setup).is_some() {
        url.set_port(None)?;
    }
    url.set_scheme("https")?;
    Ok(())
}

/// A host that browsers can call and authorities certify.
fn better_host(url: &Url) -> Option<String> {
    if is_unspecified(url) {
        return Some("localhost".to_owned());
    }
    if is_local(url) {
        let name = url.domain()?;
        return name.strip_suffix('.').map(str::to_owned);
    }
    let Some(name) = url.domain() else {
        return Some(EXAMPLE.to_owned());
    };
    let better = name.trim_end_matches('.').replace('_', "-");
    if is_public_name(&better) {
        return (better != name).then_some(better);
    }
    let label = better.split('.').next().unwrap_or("auth");
    Some(format!("{label}.example.com"))
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_local_name(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_unspecified(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_unspecified(),
        _ => false,
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The origin of the URL that people should use.
pub(super) fn corrected_site(setup: &Setup<'_>) -> Option<Site> {
    let url = Url::parse(&corrected(setup)).ok()?;
    Site::of_url(url)
}
