//! Where a person goes after signing in.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use url::form_urlencoded;

/// A path of this very server, with its query.
///
/// Whoever could name another site here would send people from our own page to
/// a copy of it (CWE-601). So it is a list of what is allowed, narrower than
/// what a URL may be: browsers, proxies and servers disagree about the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnPath(String);

/// Longer than any page of ours needs, shorter than what servers cut.
const MAX_BYTES: usize = 1024;

pub(crate) const DASHBOARD: &str = "/dashboard";

impl ReturnPath {
    /// From the query's `next`; when it is not there, or not a path that we
    /// follow, the dashboard.
    pub(crate) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default().as_bytes();
        let mut values = form_urlencoded::parse(query).filter(|(name, _)| name == "next");
        match (values.next(), values.next()) {
            (Some((_, only)), None) => Self::parse(&only).unwrap_or_default(),
            _ => Self::default(),
        }
    }

    /// The page that was asked for.
    pub(crate) fn to(uri: &Uri) -> Self {
        let asked = uri.path_and_query().map(ToString::to_string);
        asked
            .and_then(|path| Self::parse(&path))
            .unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let allowed = text.len() <= MAX_BYTES && is_plain_path(path) && is_plain(query, b"/?");
        allowed.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn is_dashboard(&self) -> bool {
        self.0 == DASHBOARD
    }

    /// A page of ours that leads on to this one.
    pub(crate) fn via(&self, page: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("next", &self.0).finish();
        format!("{page}?{query}")
    }

    /// As [`via`](Self::via), without what is understood: to the dashboard.
    pub(crate) fn carried_by(&self, page: &str) -> String {
        if self.is_dashboard() {
            page.to_owned()
        } else {
            self.via(page)
        }
    }
}

impl Default for ReturnPath {
    fn default() -> Self {
        Self(DASHBOARD.to_owned())
    }
}

impl<S: Sync> FromRequestParts<S> for ReturnPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}

/// `/` and segments that are neither empty nor dots, so that no reading of it
/// begins with two slashes.
fn is_plain_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let folders = rest.strip_suffix('/').unwrap_or(rest);
    let mut segments = folders.split('/');
    let plain = |segment: &str| !matches!(segment, "" | "." | "..") && is_plain(segment, b"");
    rest.is_empty() || segments.all(plain)
}

/// Characters that mean the same everywhere (RFC 3986, sections 2.2 and 2.3),
/// and escapes of UTF-8 that would need one: not of `/`, `\`, `.`, `%` or of
/// control characters, which somebody might decode once more.
fn is_plain(text: &str, also: &[u8]) -> bool {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let read = match byte {
            b'%' => escaped(&mut bytes).filter(|byte| {
                !byte.is_ascii_control() && !matches!(byte, b'/' | b'\\' | b'.' | b'%')
            }),
            _ => Some(byte).filter(|byte| {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=:@".contains(byte)
                    || also.contains(byte)
            }),
        };
        let Some(byte) = read else { return false };
        decoded.push(byte);
    }
    // Lax decoders read overlong forms, such as C0 AF for a slash; and there are
    // more line breaks and slashes than ASCII has.
    let odd =
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{ff0f}' | '\u{ff3c}');
    std::str::from_utf8(&decoded).is_ok_and(|text| !text.contains(odd))
}

fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let mut digit = || char::from(bytes.next()?).to_digit(16);
    let (high, low) = (digit()?, digit()?);
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn paths_of_ours_are_followed() {
        for path in [
            "/",
            "/dashboard",
            "/docs",
            "/a/b/c/",
            "/a?b=c&d=/e?f",
            "/%C3%BC",
            "/a%20b",
            "/a:b@c;d=e",
            "/a?q=%26%3D%2B",
            "/.well-known/x",
            "/...",
        ] {
            assert_eq!(
                ReturnPath::parse(path).map(|path| path.0).as_deref(),
                Some(path),
                "{path}"
            );
        }
    }

    /// What browsers, proxies or servers read as another site, or might.
    #[rustfmt::skip]
    const HOSTILE: &[&str] = &[
        "", "dashboard", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "\\/evil.example", "/\t/evil.example", "/\n/evil.example", " //evil.example", "/ /evil.example",
        "/%2fevil.example", "/%2F%2Fevil.example", "%2f%2fevil.example", "/%5cevil.example",
        "/%5C%5Cevil.example", "/%09/evil.example", "/%0d%0aLocation:%20https://evil.example", "/%00",
        "/%252fevil.example", "/.//evil.example", "/..//evil.example", "/./x", "/../x", "/a/../x", "/a/.",
        "/%2e%2e//evil.example", "/%2e/x", "/a//b", "/a//", "https://evil.example", "https:evil.example",
        "http:/evil.example", "javascript:alert(1)", "data:text/html,x", "//", "/\u{ff0f}evil.example", "/é",
        "@evil.example", "/a#b", "/a?b#c", "/a?b=\\", "/a?b=%0a", "/%", "/%2", "/%zz", "/a%7f", "/a?b=%2fx",
        "/\u{0}", "/<script>", "/\"x", "/a b", "/a?\r\nb", "/[::1]", "/{x}", "/|", "/^", "/`",
        "/%ff%fe/evil.example", "/%c0%afevil.example", "/%C2%85", "/%E2%80%A8", "/%EF%BC%8Fevil.example",
    ];

    #[test]
    fn everything_else_is_not() {
        for path in HOSTILE {
            assert_eq!(ReturnPath::parse(path), None, "{path:?}");
        }
        let long = format!("/{}", "a".repeat(MAX_BYTES));
        assert_eq!(ReturnPath::parse(&long), None);
    }

    #[test]
    fn of_two_none_is_followed() {
        for (uri, path) in [
            ("/signin?next=/docs", "/docs"),
            ("/signin?next=%2Fdocs%3Fa%3Db", "/docs?a=b"),
            ("/signin?other=1&next=/docs", "/docs"),
            ("/signin?next=/docs&next=/docs", DASHBOARD),
            ("/signin?next=/docs&next=//evil.example", DASHBOARD),
            ("/signin?next=", DASHBOARD),
            ("/signin?next", DASHBOARD),
            ("/signin?NEXT=/docs", DASHBOARD),
            ("/signin", DASHBOARD),
            ("/signin?next=%252Fdocs", DASHBOARD),
        ] {
            assert_eq!(ReturnPath::of(&uri.parse().unwrap()).0, path, "{uri}");
        }
    }

    #[test]
    fn it_is_carried_whole() {
        let path = ReturnPath::parse("/a%20b?c=d&next=/e").unwrap();
        let uri = path.via("/signin");
        assert_eq!(uri, "/signin?next=%2Fa%2520b%3Fc%3Dd%26next%3D%2Fe");
        assert_eq!(ReturnPath::of(&uri.parse().unwrap()), path);
    }

    proptest! {
        /// What is followed stays on our origin, however a browser resolves it,
        /// also after somebody has decoded it once too often.
        #[test]
        fn what_is_followed_stays_on_our_origin(text in "[/\\\\.%?#@:;a-z0-9\\t\\n -]{0,12}|\\PC{0,12}") {
            let own = Url::parse("https://auth.example.com/signin").unwrap();
            if let Some(path) = ReturnPath::parse(&text) {
                let decoded: String = form_urlencoded::parse(format!("x={}", path.0.replace('&', "%26").replace('+', "%2B")).as_bytes())
                    .map(|(_, value)| value.into_owned()).collect();
                for reading in [path.0, decoded] {
                    prop_assert_eq!(own.join(&reading).unwrap().origin(), own.origin());
                }
            }
        }
    }
}
