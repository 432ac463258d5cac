//! Where a person goes after signing in.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use url::form_urlencoded;

use crate::base_path::BasePath;
use crate::hallpass::Hallpass;
use crate::plain_path::{is_plain, is_plain_path};
use crate::web::base::own_path;

/// A path of this very server, with its query: without the public URL's path,
/// which every link and redirect puts before it, so that it cannot leave us.
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
    pub(crate) fn of(uri: &Uri, base: &BasePath) -> Self {
        let query = uri.query().unwrap_or_default().as_bytes();
        let mut values = form_urlencoded::parse(query).filter(|(name, _)| name == "next");
        match (values.next(), values.next()) {
            (Some((_, only)), None) => Self::parse(&only, base).unwrap_or_default(),
            _ => Self::default(),
        }
    }

    /// The page that was asked for.
    pub(crate) fn to(uri: &Uri, base: &BasePath) -> Self {
        let asked = uri.path_and_query().map(ToString::to_string);
        asked
            .and_then(|path| Self::parse(&path, base))
            .unwrap_or_default()
    }

    /// With the public URL's path before it, or without, as requests are.
    fn parse(text: &str, base: &BasePath) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let allowed = text.len() <= MAX_BYTES && is_plain_path(path) && is_plain(query, b"/?");
        let rest = text.get(path.len()..).filter(|_| allowed)?;
        Some(Self(format!("{}{rest}", own_path(base, path))))
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

impl FromRequestParts<Hallpass> for ReturnPath {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        hallpass: &Hallpass,
    ) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri, hallpass.settings().public_url.base()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    fn parse(text: &str) -> Option<ReturnPath> {
        ReturnPath::parse(text, &BasePath::default())
    }

    #[test]
    fn public_path_is_no_part_of_it() {
        let base = BasePath::of(&Url::parse("https://example.com/auth").unwrap()).unwrap();
        for (text, path) in [
            ("/dashboard?a=b", "/dashboard?a=b"),
            ("/auth/dashboard?a=b", "/dashboard?a=b"),
            ("/auth", "/"),
            ("/auth?a=b", "/?a=b"),
            ("/auth/", "/"),
            ("/authx", "/authx"),
            ("/x?y=/auth/z", "/x?y=/auth/z"),
        ] {
            let parsed = ReturnPath::parse(text, &base);
            assert_eq!(parsed.map(|path| path.0).as_deref(), Some(path), "{text}");
        }
        for text in ["/auth//evil.example", "/auth/../x", "/auth\\x", "//auth"] {
            assert_eq!(ReturnPath::parse(text, &base), None, "{text}");
        }
    }

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
                parse(path).map(|path| path.0).as_deref(),
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
            assert_eq!(parse(path), None, "{path:?}");
        }
        let long = format!("/{}", "a".repeat(MAX_BYTES));
        assert_eq!(parse(&long), None);
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
            assert_eq!(
                ReturnPath::of(&uri.parse().unwrap(), &BasePath::default()).0,
                path,
                "{uri}"
            );
        }
    }

    #[test]
    fn it_is_carried_whole() {
        let path = parse("/a%20b?c=d&next=/e").unwrap();
        let uri = path.via("/signin");
        assert_eq!(uri, "/signin?next=%2Fa%2520b%3Fc%3Dd%26next%3D%2Fe");
        assert_eq!(
            ReturnPath::of(&uri.parse().unwrap(), &BasePath::default()),
            path
        );
    }

    proptest! {
        /// What is followed stays on our origin, however a browser resolves it,
        /// also after somebody has decoded it once too often.
        #[test]
        fn what_is_followed_stays_on_our_origin(text in "[/\\\\.%?#@:;a-z0-9\\t\\n -]{0,12}|\\PC{0,12}") {
            let own = Url::parse("https://auth.example.com/signin").unwrap();
            if let Some(path) = parse(&text) {
                let decoded: String = form_urlencoded::parse(format!("x={}", path.0.replace('&', "%26").replace('+', "%2B")).as_bytes())
                    .map(|(_, value)| value.into_owned()).collect();
                for reading in [path.0, decoded] {
                    prop_assert_eq!(own.join(&reading).unwrap().origin(), own.origin());
                }
            }
        }
    }
}
