//! `CORS_ORIGINS`: whether browsers let each front end use the session.

use hallpass::Origin;
use url::{Host, Url};

use super::super::fix::Fix;
use super::super::report::Report;
use super::super::setup::Setup;
use super::super::site::Site;
use super::public_url::corrected_site;
use super::{CORS, URL};

pub(super) fn check(ours: &Site, setup: &Setup<'_>, report: &mut Report) {
    let before = report.len();
    for origin in &setup.values.cors_origins {
        check_front_end(ours, setup, origin, report);
    }
    if report.len() == before {
        report.ok(
            CORS,
            match setup.values.cors_origins.as_slice() {
                [] => "no front end on another origin may call",
                _ => "every front end is on the site of BETTER_AUTH_URL",
            },
        );
    }
}

fn check_front_end(ours: &Site, setup: &Setup<'_>, origin: &Origin, report: &mut Report) {
    let url = setup.values.public_url.origin();
    let Some(theirs) = Site::of(origin) else {
        return;
    };
    if origin == url {
        report.note(
            CORS,
            format!("{origin} is {URL} itself, which may always call"),
        );
    } else if !theirs.is_web() {
        let finding = format!(
            "{origin} is an app or an extension: its session is the token that it sends as a bearer token, and no cookie"
        );
        report.note(CORS, finding);
    } else if ours.is_https() && theirs.is_local() {
        let finding = format!(
            "whatever runs on {origin} of a visitor's machine may call with their credentials"
        );
        report.warning(CORS, finding, corrected(setup));
    } else if ours.is_https() && !theirs.is_https() {
        let finding = format!(
            "{origin} is http: anybody on the way to it can change its pages, and they may call with a visitor's credentials"
        );
        report.serious(CORS, finding, corrected(setup));
    } else if !ours.is_same_site(&theirs) {
        let finding = format!(
            "{origin} is on another site than {url}: browsers will not send it our cookie (SameSite={})",
            setup.values.cookie_same_site.as_str()
        );
        report.warning(CORS, finding, other_site(ours, &theirs, setup));
    }
}

fn other_site(ours: &Site, theirs: &Site, setup: &Setup<'_>) -> Fix {
    const BEARER: &str = "or let the front end send the token as a bearer token";
    if let Some(suffix) = ours.shared_suffix() {
        let remark = format!(
            "on a domain of your own, since names below {suffix} are sites of their own; {BEARER}"
        );
        return own_domain(theirs, setup).remark(remark);
    }
    let remark = if ours.is_local() && theirs.is_local() {
        format!("one host name in both; {BEARER}")
    } else {
        format!("both on hosts of one domain; {BEARER}")
    };
    corrected(setup).remark(remark)
}

/// Both on a domain of the operator's: that of the front end, if it has one.
fn own_domain(theirs: &Site, setup: &Setup<'_>) -> Fix {
    let domain = theirs.registrable();
    let domain = domain.filter(|_| theirs.shared_suffix().is_none());
    let domain = domain.unwrap_or_else(|| "example.com".to_owned());
    let url = Fix::set(URL, format!("https://auth.{domain}"));
    let moved = |origin: &Origin| match Site::of(origin) {
        Some(site) if site.registrable().as_ref() == Some(&domain) => origin.to_string(),
        _ => format!("https://app.{domain}"),
    };
    url.then(set(setup.values.cors_origins.iter().map(moved)))
}

/// All origins with those replaced or removed that cannot stay.
fn corrected(setup: &Setup<'_>) -> Fix {
    let Some(ours) = corrected_site(setup) else {
        return Fix::unset(CORS);
    };
    let origins = setup.values.cors_origins.iter();
    let kept = origins.filter_map(|origin| correct(&ours, origin));
    set(kept).remark("the public origin of each front end")
}

fn set(origins: impl Iterator<Item = String>) -> Fix {
    let mut kept: Vec<_> = origins.collect();
    let mut seen = Vec::new();
    kept.retain(|origin| {
        !seen.contains(origin) && {
            seen.push(origin.clone());
            true
        }
    });
    Fix::set(CORS, kept.join(","))
}

fn correct(ours: &Site, origin: &Origin) -> Option<String> {
    let theirs = Site::of(origin)?;
    if !theirs.is_web() || ours.is_same_site(&theirs) {
        return Some(origin.to_string());
    }
    if ours.is_https() && theirs.is_local() {
        return None;
    }
    let mut url = Url::parse(origin.as_str()).ok()?;
    if ours.is_https() && url.scheme() == "http" {
        url.set_scheme("https").ok()?;
        url.set_port(None).ok()?;
        if Site::of_url(url.clone())?.is_same_site(ours) {
            return Some(url.origin().ascii_serialization());
        }
    }
    let sibling = sibling(ours, &theirs);
    if ours.is_local() {
        url.set_scheme("http").ok()?;
        url.set_port(Some(
            theirs.port().filter(|port| *port > 1023).unwrap_or(3000),
        ))
        .ok()?;
    }
    url.set_host(Some(&sibling)).ok()?;
    Some(url.origin().ascii_serialization())
}

/// A host on our site, named as the front end's is.
fn sibling(ours: &Site, theirs: &Site) -> String {
    let label = theirs
        .first_label()
        .filter(|_| theirs.registrable().is_some());
    match (ours.registrable(), ours.host()) {
        (Some(domain), _) => format!("{}.{domain}", label.unwrap_or("app")),
        (None, Host::Domain(name)) => name.clone(),
        (None, Host::Ipv4(address)) => address.to_string(),
        (None, Host::Ipv6(address)) => format!("[{address}]"),
    }
}
