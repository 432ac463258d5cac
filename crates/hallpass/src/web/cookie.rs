//! Our cookies: how they are named, set and read.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::AppendHeaders;

use crate::error::Error;
use crate::settings::{SameSite, Settings};

/// What a cookie of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Holds the token.
    Session,
    /// Holds nothing; says that there was a session, so that a browser which has
    /// dropped the expired one can be told so.
    HadSession,
    /// What the page after a redirect says once.
    Notice,
    /// That the browser has signed in to some accounts before.
    Device,
}

/// Puts cookies into an answer, beside each other.
pub(crate) fn set(cookies: Vec<HeaderValue>) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
    let headers = cookies.into_iter().map(|cookie| (SET_COOKIE, cookie));
    AppendHeaders(headers.collect())
}

/// Several cookies of one name were sent.
pub(crate) struct Ambiguous;

impl Cookie {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Session => "session_token",
            Self::HadSession => "had_session",
            Self::Notice => "notice",
            Self::Device => "device",
        }
    }

    /// With https a browser takes the `__Host-` name only from this very host,
    /// with `Secure` and `Path=/` (RFC 6265bis, section 4.1.3.2).
    fn name(self, settings: &Settings) -> String {
        let host = if settings.public_url.is_https() {
            "__Host-"
        } else {
            ""
        };
        let prefix = settings.cookie_prefix.as_str();
        format!("{host}{prefix}.{}", self.suffix())
    }

    /// The header that sets it, for so many seconds.
    pub(crate) fn set(
        self,
        settings: &Settings,
        value: &str,
        max_age: u64,
    ) -> Result<HeaderValue, Error> {
        self.header(settings, value, &format!("; Max-Age={max_age}"))
    }

    /// The header that sets it until the browser is closed (RFC 6265bis,
    /// section 5.7: neither `Max-Age` nor `Expires`).
    pub(crate) fn set_while_browser_runs(
        self,
        settings: &Settings,
        value: &str,
    ) -> Result<HeaderValue, Error> {
        self.header(settings, value, "")
    }

    fn header(self, settings: &Settings, value: &str, life: &str) -> Result<HeaderValue, Error> {
        let name = self.name(settings);
        let same_site = self.same_site(settings).as_str();
        let secure = if settings.public_url.is_https() {
            "; Secure"
        } else {
            ""
        };
        let cookie =
            format!("{name}={value}{life}; Path=/; HttpOnly; SameSite={same_site}{secure}");
        let mut value = HeaderValue::try_from(cookie).map_err(Error::internal)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Only the session follows the setting: the others hold nothing that a
    /// link from another site would need.
    const fn same_site(self, settings: &Settings) -> SameSite {
        match self {
            Self::Session => settings.cookie_same_site,
            Self::HadSession | Self::Notice | Self::Device => SameSite::Strict,
        }
    }

    /// The header that takes it away.
    pub(crate) fn clear(self, settings: &Settings) -> Result<HeaderValue, Error> {
        self.set(settings, "", 0)
    }

    /// What the browser sent, if anything.
    pub(crate) fn sent<'a>(
        self,
        headers: &'a HeaderMap,
        settings: &Settings,
    ) -> Result<Option<&'a [u8]>, Ambiguous> {
        let name = self.name(settings);
        // Bytes, since a cookie of somebody else may hold anything.
        let cookies = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        let pairs = cookies
            .flat_map(|cookies| cookies.split(|byte| *byte == b';'))
            .map(<[u8]>::trim_ascii);
        let value = |pair: &'a [u8]| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=");
        let mut ours = pairs.filter_map(value);
        match (ours.next(), ours.next()) {
            (only, None) => Ok(only),
            // A second one was planted from a sibling domain or an outer path
            // (RFC 6265, section 8.6), and which is which cannot be told.
            (_, Some(_)) => Err(Ambiguous),
        }
    }

    /// Whether the browser sent it, however often.
    pub(crate) fn is_sent(self, headers: &HeaderMap, settings: &Settings) -> bool {
        !matches!(self.sent(headers, settings), Ok(None))
    }
}
