//! Whether a foreign site is behind a request, and whether a redirect leads to
//! one. Stricter than our own wire where a cookie is sent: then there must be an
//! `Origin`, or at least a `Referer`.

use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN, REFERER};
use axum::http::{HeaderMap, HeaderName};
use url::{Position, Url};

use super::refusal::{self, Known};
use crate::settings::Settings;
use crate::web::site::{self, SEC_FETCH_DEST, SEC_FETCH_MODE, SEC_FETCH_SITE, Said};

/// For every request that may change something.
pub(super) fn check(headers: &HeaderMap, settings: &Settings) -> Result<(), Known> {
    // Without a cookie there is nothing that a browser adds by itself.
    if headers.contains_key(COOKIE) {
        must_be_trusted(headers, settings)
    } else {
        Ok(())
    }
}

/// For what takes the cookie away, also where none was sent: a browser keeps it
/// back from a foreign site's form, and takes what the answer sets. It adds no
/// `Authorization` by itself.
pub(super) fn check_sign_out(headers: &HeaderMap, settings: &Settings) -> Result<(), Known> {
    if headers.contains_key(AUTHORIZATION) || !site::is_foreign(headers, settings) {
        Ok(())
    } else {
        Err(refusal::INVALID_ORIGIN)
    }
}

/// For what signs in, also without a cookie: whoever is signed in by a stranger
/// into the stranger's account gives away what they type there (login CSRF).
/// Who sends neither Fetch Metadata nor `Origin` nor `Referer` is no browser.
pub(super) fn check_sign_in(headers: &HeaderMap, settings: &Settings) -> Result<(), Known> {
    let [site, mode, destination] = [&SEC_FETCH_SITE, &SEC_FETCH_MODE, &SEC_FETCH_DEST]
        .map(|name| text(headers, name).unwrap_or_default().trim());
    if site == "cross-site" && mode == "navigate" && !headers.contains_key(COOKIE) {
        return Err(refusal::CROSS_SITE_NAVIGATION);
    }
    let is_browser = [site, mode, destination]
        .iter()
        .any(|said| !said.is_empty());
    let says_whence = headers.contains_key(ORIGIN) || headers.contains_key(REFERER);
    if is_browser || says_whence || headers.contains_key(COOKIE) {
        must_be_trusted(headers, settings)
    } else {
        Ok(())
    }
}

fn must_be_trusted(headers: &HeaderMap, settings: &Settings) -> Result<(), Known> {
    let origin = match Said::by(headers, &ORIGIN) {
        Said::Nothing => "",
        // One that no browser sends is not ours.
        Said::Once(origin) => std::str::from_utf8(origin).map_err(|_| refusal::INVALID_ORIGIN)?,
        Said::Twice => return Err(refusal::INVALID_ORIGIN),
    };
    // A page with `Referrer-Policy: no-referrer` hides its origin, also from itself.
    if origin == "null" && Said::by(headers, &SEC_FETCH_SITE) == Said::Once(b"same-origin") {
        return Ok(());
    }
    let is_trusted = match (origin, Said::by(headers, &REFERER)) {
        ("null", _) | ("", Said::Nothing | Said::Once(b"" | b"null")) => {
            return Err(refusal::MISSING_OR_NULL_ORIGIN);
        }
        ("", Said::Once(url)) => site::is_url_of_trusted(url, settings),
        ("", Said::Twice) => false,
        (origin, _) => site::is_trusted(origin.as_bytes(), settings),
    };
    if is_trusted && !contradicts(headers, settings) {
        Ok(())
    } else {
        Err(refusal::INVALID_ORIGIN)
    }
}

/// Whether the browser says by Fetch Metadata what our own routes refuse.
fn contradicts(headers: &HeaderMap, settings: &Settings) -> bool {
    let says = Said::by(headers, &SEC_FETCH_SITE);
    says == Said::Twice || site::is_foreign(headers, settings)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What a URL in a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Callback,
    Redirect,
    ErrorCallback,
    NewUserCallback,
}

/// A target is a path of ours or a URL of a trusted origin (CWE-601). It is
/// parsed as a browser parses it, and what was looked at is what is sent: the
/// serialised URL, which is ASCII.
pub(super) fn check_target(
    url: &str,
    target: Target,
    settings: &Settings,
) -> Result<String, Known> {
    resolved(url, settings).ok_or(match target {
        Target::Callback => refusal::INVALID_CALLBACK_URL,
        Target::Redirect => refusal::INVALID_REDIRECT_URL,
        Target::ErrorCallback => refusal::INVALID_ERROR_CALLBACK_URL,
        Target::NewUserCallback => refusal::INVALID_NEW_USER_CALLBACK_URL,
    })
}

/// Longer than any target needs, shorter than what proxies take as a header.
const MAX_BYTES: usize = 2048;

fn resolved(text: &str, settings: &Settings) -> Option<String> {
    // A browser makes a slash of one and leaves out some of the others (URL
    // standard, sections 4.4 and 4.5).
    if text.contains('\\') || text.contains(char::is_control) {
        return None;
    }
    let (url, serialised) = match text.strip_prefix('/') {
        // Another host, or our own spelled as one.
        Some(rest) if rest.starts_with('/') => return None,
        Some(_) => path_of_ours(text, settings)?,
        None => absolute(text, settings)?,
    };
    let is_short = serialised.len() <= MAX_BYTES;
    (is_short && has_plain_path(&url)).then_some(serialised)
}

/// A path stays one: people may reach us by more origins than our own.
fn path_of_ours(text: &str, settings: &Settings) -> Option<(Url, String)> {
    let base = Url::parse(settings.public_url.origin().as_str()).ok()?;
    let url = base.join(text).ok()?;
    let path = url[Position::BeforePath..].to_owned();
    (url.origin() == base.origin()).then_some((url, path))
}

/// With two slashes: with one, or none, a browser reads some as a path, and with
/// more, others than browsers read them so.
fn absolute(text: &str, settings: &Settings) -> Option<(Url, String)> {
    let url = Url::parse(text).ok()?;
    let rest = text.get(url.scheme().len()..)?.strip_prefix("://")?;
    let is_written_out = !rest.starts_with('/');
    let is_bare = url.username().is_empty() && url.password().is_none();
    let is_trusted = is_written_out && is_bare && site::is_of_trusted(&url, settings);
    let text = url.as_str().to_owned();
    is_trusted.then_some((url, text))
}

/// A path that also a program which redirects once more, to the path alone,
/// reads as one: without an empty first segment and hidden slashes.
fn has_plain_path(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    !path.starts_with("//") && !path.contains("%2f") && !path.contains("%5c")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::db::DatabaseUrl;
    use crate::secret::SigningSecret;
    use crate::settings::PublicUrl;

    fn settings() -> Settings {
        let secret = SigningSecret::new(&SigningSecret::generate().unwrap()).unwrap();
        let database = DatabaseUrl::sqlite_file("never-opened.db");
        let url = PublicUrl::parse("https://auth.example.com").unwrap();
        let mut settings = Settings::new(url, secret, database);
        settings.cors_origins = vec!["https://app.example.com:8443".parse().unwrap()];
        settings
    }

    fn leads_home(url: &str) -> bool {
        check_target(url, Target::Callback, &settings()).is_ok()
    }

    #[test]
    fn a_target_is_a_path_of_ours_or_of_a_trusted_origin() {
        for url in [
            "/",
            "/dash?next=https://evil.example.com/%2f#x",
            "/a b",
            "/caf\u{e9}",
            "/@evil.example.com",
            "https://auth.example.com",
            "https://AUTH.example.com:443/x",
            "https://app.example.com:8443/welcome?a=b",
        ] {
            assert!(leads_home(url), "{url}");
        }
    }

    /// The ways in which Better Auth was led astray, four times over:
    /// GHSA-8jhw-6pjj-8723, GHSA-hjpm-7mrm-26w8, GHSA-vp58-j275-797x,
    /// GHSA-36rg-gfq2-3h56.
    #[test]
    fn a_target_elsewhere_is_refused_however_it_is_written() {
        for url in [
            "//evil.example.com",
            "///evil.example.com",
            "/\\evil.example.com",
            "\\\\evil.example.com",
            "/%2fevil.example.com",
            "/%2Fevil.example.com",
            "/a/..%5c..%5cevil.example.com",
            "/\t/evil.example.com",
            "/\n/evil.example.com",
            "/..//evil.example.com",
            "/.//evil.example.com",
            "/a/../../%2e%2e//evil.example.com",
            "/da\tsh",
            "/da\\sh",
            "/da\u{85}sh",
            "\t//evil.example.com",
            " https://evil.example.com",
            "https://evil.example.com",
            "https:evil.example.com",
            "https:/evil.example.com",
            "http://auth.example.com",
            "https://auth.example.com.evil.example.com",
            "https://auth.example.com@evil.example.com",
            "https://auth.example.com:8443",
            "https://evil.example.com?https://auth.example.com",
            "https://evil.example.com\\@auth.example.com",
            "https://sub.app.example.com:8443",
            "https://app.example.com",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "auth.example.com",
            "dash",
            "?x",
            "#x",
            ".",
            "blob:https://auth.example.com/x",
        ] {
            assert!(!leads_home(url), "{url:?}");
        }
    }

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        of.iter().map(pair).collect()
    }

    #[test]
    fn who_brings_a_cookie_says_whence() {
        let said = |of: &[(&'static str, &str)]| {
            let mut all = vec![("cookie", "a=b")];
            all.extend(of);
            check(&headers(&all), &settings())
        };
        let ours = "https://auth.example.com";
        assert_eq!(said(&[("origin", ours)]), Ok(()));
        assert_eq!(said(&[("origin", "https://app.example.com:8443")]), Ok(()));
        assert_eq!(
            said(&[("referer", "https://auth.example.com/signin?x")]),
            Ok(())
        );
        assert_eq!(
            said(&[("origin", "null"), ("sec-fetch-site", "same-origin")]),
            Ok(())
        );
        for missing in [
            vec![],
            vec![("origin", "null")],
            vec![("origin", "")],
            vec![("referer", "")],
            vec![("origin", "null"), ("sec-fetch-site", "same-site")],
            vec![("origin", "null"), ("referer", ours)],
        ] {
            let refused = Err(refusal::MISSING_OR_NULL_ORIGIN);
            assert_eq!(said(&missing), refused, "{missing:?}");
        }
        for foreign in [
            vec![("origin", "https://evil.example.com")],
            vec![("origin", "https://evil.example.com"), ("referer", ours)],
            vec![(
                "referer",
                "https://evil.example.com/https://auth.example.com",
            )],
            vec![("origin", "https://auth.example.com.evil.example.com")],
            vec![("origin", "garbage")],
        ] {
            assert_eq!(said(&foreign), Err(refusal::INVALID_ORIGIN), "{foreign:?}");
        }
        assert_eq!(
            check(
                &headers(&[("origin", "https://evil.example.com")]),
                &settings()
            ),
            Ok(())
        );
    }

    #[test]
    fn who_says_two_things_says_nothing() {
        let ours = "https://auth.example.com";
        let two = |name| {
            let mut two = headers(&[
                ("cookie", "a=b"),
                ("origin", ours),
                ("sec-fetch-site", "same-origin"),
            ]);
            two.append(name, "same-origin".parse().unwrap());
            check(&two, &settings())
        };
        assert_eq!(two("origin"), Err(refusal::INVALID_ORIGIN));
        assert_eq!(two("sec-fetch-site"), Err(refusal::INVALID_ORIGIN));
        let mut unreadable = headers(&[("cookie", "a=b"), ("referer", ours)]);
        unreadable.insert("origin", HeaderValue::from_bytes(b"\xff").unwrap());
        let refused = check(&unreadable, &settings());
        assert_eq!(refused, Err(refusal::INVALID_ORIGIN));
    }

    #[test]
    fn who_signs_in_without_a_cookie_says_whence_if_it_is_a_browser() {
        let said = |of: &[(&'static str, &str)]| check_sign_in(&headers(of), &settings());
        assert_eq!(said(&[]), Ok(()));
        assert_eq!(said(&[("origin", "https://auth.example.com")]), Ok(()));
        let navigation = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert_eq!(said(&navigation), Err(refusal::CROSS_SITE_NAVIGATION));
        for browser in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"] {
            let refused = Err(refusal::MISSING_OR_NULL_ORIGIN);
            assert_eq!(said(&[(browser, "empty")]), refused, "{browser}");
        }
        for foreign in ["origin", "referer"] {
            let refused = Err(refusal::INVALID_ORIGIN);
            assert_eq!(said(&[(foreign, "https://evil.example.com")]), refused);
        }
    }
}
