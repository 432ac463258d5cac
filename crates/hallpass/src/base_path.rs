//! The path of the public URL, below which all routes are.

use url::Url;

use crate::plain_path::{is_plain_path, is_same_segment};
use crate::settings::InvalidSetting;

/// The path at which people reach `/`: empty, or `/auth` where the public URL is
/// `https://example.com/auth`.
///
/// A proxy may take it away or pass it on: requests are read either way, and
/// everything that leads back to us begins with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BasePath(String);

/// Better Auth's clients have it in their base URL, as part of the URL of the
/// server. It is no place of ours then: its routes have it in their own paths.
const BETTER_AUTH: &str = "/api/auth";

/// Where a base path and a route make the path of another route: `/signin` below
/// it is also the API's own. Held by a test over all routes.
const AMBIGUOUS: &str = "/api/v1/auth";

/// Longer than any that people can type, short enough for every header that has
/// it.
const MAX_BYTES: usize = 256;

impl BasePath {
    /// Of a public URL.
    pub(crate) fn of(url: &Url) -> Result<Self, InvalidSetting> {
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidSetting::new(
                "must end with its path: without ? and # and what follows them",
            ));
        }
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        let path = path.strip_suffix(BETTER_AUTH).unwrap_or(path);
        if path == AMBIGUOUS {
            return Err(InvalidSetting::new(
                "must not have the path /api/v1/auth, where the API has routes of its own",
            ));
        }
        let is_plain = is_plain_path(path) && !path.ends_with('/') && path.len() <= MAX_BYTES;
        if path.is_empty() || is_plain {
            return Ok(Self(path.to_owned()));
        }
        Err(InvalidSetting::new(
            "must have a plain path like /auth: at most 256 bytes, no empty segments, and no escape \
             of a slash, a backslash, a dot, a percent sign or a control character",
        ))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// What people have in the address bar for one of our paths.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// What follows it in a path that begins with it: nothing, or from a slash on.
    pub(crate) fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let mut rest = path;
        for ours in self.0.split('/').skip(1) {
            rest = rest.strip_prefix('/')?;
            let end = rest.find('/').unwrap_or(rest.len());
            let (sent, after) = rest.split_at(end);
            if !is_same_segment(sent, ours) {
                return None;
            }
            rest = after;
        }
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<String, String> {
        let base = BasePath::of(&Url::parse(url).unwrap());
        base.map(|base| base.0).map_err(|rule| rule.to_string())
    }

    #[test]
    fn path_of_public_url_is_base() {
        for (url, base) in [
            ("https://example.com", ""),
            ("https://example.com/", ""),
            ("https://example.com/auth", "/auth"),
            ("https://example.com/auth/", "/auth"),
            ("https://example.com/Auth/V2", "/Auth/V2"),
            ("https://example.com/a/../b/./c", "/b/c"),
            ("https://example.com/a/%2e%2e/b", "/b"),
            ("https://example.com\\auth", "/auth"),
            ("https://example.com/caf\u{e9}", "/caf%C3%A9"),
            ("https://example.com/a%20b/~c.d", "/a%20b/~c.d"),
            ("https://example.com/api", "/api"),
            ("https://example.com/signin", "/signin"),
            ("https://example.com/api/v1", "/api/v1"),
            ("https://example.com/x/api/v1/auth", "/x/api/v1/auth"),
            // As Better Auth writes it.
            ("https://example.com/api/auth", ""),
            ("https://example.com/api/auth/", ""),
            ("https://example.com/auth/api/auth", "/auth"),
        ] {
            assert_eq!(of(url).as_deref(), Ok(base), "{url}");
        }
    }

    #[test]
    fn path_without_one_reading_is_refused() {
        for (path, reason) in [
            ("//auth", "plain path"),
            ("/a//b", "plain path"),
            ("/auth//", "plain path"),
            ("/a%2fb", "plain path"),
            ("/a%5Cb", "plain path"),
            ("/a%2541", "plain path"),
            ("/a%00", "plain path"),
            ("/a%0d%0ab", "plain path"),
            ("/%ff", "plain path"),
            ("/a%zz", "plain path"),
            ("/auth?x=1", "without ? and #"),
            ("/auth?", "without ? and #"),
            ("/#auth", "without ? and #"),
            ("/api/v1/auth", "/api/v1/auth"),
            ("/api/v1/auth/", "/api/v1/auth"),
        ] {
            let refused = of(&format!("https://example.com{path}")).unwrap_err();
            assert!(refused.contains(reason), "{path}: {refused}");
        }
        assert!(of(&format!("https://example.com/{}", "a".repeat(MAX_BYTES))).is_err());
    }

    #[test]
    fn base_is_stripped_segment_by_segment() {
        for (base, path, rest) in [
            ("/auth", "/auth", Some("")),
            ("/auth", "/auth/", Some("/")),
            ("/auth", "/auth/signin", Some("/signin")),
            ("/auth", "/%61uth/signin", Some("/signin")),
            ("/auth", "/auth//evil", Some("//evil")),
            ("/auth", "/authx", None),
            ("/auth", "/auth.evil/", None),
            ("/auth", "/AUTH/signin", None),
            ("/auth", "//auth/signin", None),
            ("/auth", "/signin", None),
            ("/auth", "", None),
            ("/auth", "auth", None),
            ("/auth", "/auth%2fsignin", None),
            ("/a/b", "/a/b/c", Some("/c")),
            ("/a/b", "/a", None),
            ("/a/b", "/a/c", None),
            ("/caf%C3%A9", "/caf%c3%a9/x", Some("/x")),
            ("/a%20b", "/a%zzb", None),
            ("", "/signin", Some("/signin")),
        ] {
            let base = BasePath(base.to_owned());
            assert_eq!(base.strip(path), rest, "{base:?} {path}");
        }
    }
}
