//! Whether a foreign site is behind a request: the one rule, for our own routes,
//! for Better Auth's, and for every cookie.

use axum::http::header::{AsHeaderName, ORIGIN, REFERER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::settings::{Origin, Settings};

pub(crate) static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
pub(crate) static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

pub(crate) static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What a request says in a header that no browser sends twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    Nothing,
    Once(&'a [u8]),
    /// Which one is meant cannot be told.
    Twice,
}

impl<'a> Said<'a> {
    pub(crate) fn by(headers: &'a HeaderMap, name: impl AsHeaderName) -> Self {
        let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        match (values.next(), values.next()) {
            (None, _) => Self::Nothing,
            (Some(only), None) => Self::Once(only),
            (Some(_), Some(_)) => Self::Twice,
        }
    }
}

/// Fetch Metadata decides where the browser sends it, `Origin` where it does not,
/// and `Referer` where there is neither; with none of them, no browser is
/// speaking (OWASP CSRF Prevention). What cannot be read is foreign.
pub(crate) fn is_foreign(headers: &HeaderMap, settings: &Settings) -> bool {
    let site = Said::by(headers, &SEC_FETCH_SITE);
    match (site, Said::by(headers, &ORIGIN)) {
        (Said::Once(b"same-origin" | b"none"), _) => false,
        (Said::Once(_) | Said::Twice, Said::Once(origin)) => !settings.is_listed_origin(origin),
        (Said::Nothing, Said::Once(origin)) => !is_trusted(origin, settings),
        (Said::Nothing, Said::Nothing) => refers_elsewhere(headers, settings),
        (_, Said::Nothing | Said::Twice) => true,
    }
}

/// Whether a user opens a page by a link on another site. That is no action of
/// the other site: the answer may take away a cookie that is of no more use.
pub(crate) fn follows_link(method: &Method, headers: &HeaderMap) -> bool {
    let is_page = matches!(
        Said::by(headers, &SEC_FETCH_DEST),
        Said::Nothing | Said::Once(b"document")
    );
    method.is_safe()
        && is_page
        && Said::by(headers, &SEC_FETCH_MODE) == Said::Once(b"navigate")
        && Said::by(headers, &ORIGIN) == Said::Nothing
}

fn refers_elsewhere(headers: &HeaderMap, settings: &Settings) -> bool {
    match Said::by(headers, &REFERER) {
        Said::Nothing => false,
        Said::Once(url) => !is_url_of_trusted(url, settings),
        Said::Twice => true,
    }
}

/// Whether this is our own origin, or one of `CORS_ORIGINS`.
pub(crate) fn is_trusted(origin: &[u8], settings: &Settings) -> bool {
    settings.is_own_origin(origin) || settings.is_listed_origin(origin)
}

/// Whether this is a URL of a trusted origin.
pub(crate) fn is_url_of_trusted(url: &[u8], settings: &Settings) -> bool {
    let url = std::str::from_utf8(url).ok();
    let url = url.and_then(|text| Url::parse(text).ok());
    url.is_some_and(|url| is_of_trusted(&url, settings))
}

/// The same of a parsed one.
pub(crate) fn is_of_trusted(url: &Url, settings: &Settings) -> bool {
    Origin::of_url(url).is_some_and(|origin| is_trusted(origin.as_str().as_bytes(), settings))
}
