//! What a browser says of the site behind a request, in every combination, and
//! what the contract makes of it: shared by the tests of the API and the pages.

use crate::rig::{FRONT_END, PUBLIC_URL, Request};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Credential {
    Cookie,
    Bearer,
    None,
}

impl Credential {
    pub(crate) fn carried_by(self, request: Request, token: &str) -> Request {
        match self {
            Self::Cookie => request.cookie(token),
            Self::Bearer => request.bearer(token),
            Self::None => request,
        }
    }
}

pub(crate) const CREDENTIALS: [Credential; 3] =
    [Credential::Cookie, Credential::Bearer, Credential::None];
pub(crate) const SITES: [Option<&str>; 6] = [
    None,
    Some("same-origin"),
    Some("none"),
    Some("same-site"),
    Some("cross-site"),
    Some("garbage"),
];
pub(crate) const ORIGINS: [&[&str]; 6] = [
    &[],
    &[PUBLIC_URL],
    &[FRONT_END],
    &["https://evil.example"],
    &["null"],
    &[PUBLIC_URL, FRONT_END],
];

/// CONTRACT section 4, "A mutation that is authenticated by the cookie is
/// refused …", word by word.
pub(crate) fn is_from_a_foreign_site(site: Option<&str>, origins: &[&str]) -> bool {
    let listed = origins == [FRONT_END];
    let ours = origins == [PUBLIC_URL];
    match site {
        Some("same-origin" | "none") => false,
        // `cross-site` and `same-site`. No browser sends another word, and what is
        // not known is not trusted.
        Some(_) => !listed,
        None if origins.is_empty() => false,
        None => !ours && !listed,
    }
}

pub(crate) fn sent_from(request: Request, site: Option<&str>, origins: &[&str]) -> Request {
    let request = match site {
        Some(site) => request.header("sec-fetch-site", site),
        None => request,
    };
    origins
        .iter()
        .fold(request, |request, origin| request.header("origin", origin))
}
