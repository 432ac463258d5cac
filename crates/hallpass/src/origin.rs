//! Origins: what a browser writes into the header `Origin`.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::settings::InvalidSetting;

/// An origin as browsers send it (RFC 6454, section 6.2): `https://app.example.com`.
///
/// Pages of desktop and mobile applications and of browser extensions have
/// schemes of their own, and an origin of the same form: `tauri://localhost`,
/// `capacitor://localhost`, `chrome-extension://<id>`.
///
/// ```
/// use hallpass::Origin;
///
/// let read = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
/// assert_eq!(read("https://App.example.com:443/").unwrap(), "https://app.example.com");
/// assert_eq!(read("tauri://localhost").unwrap(), "tauri://localhost");
/// assert!(read("https://*.example.com").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin(pub(crate) String);

impl Origin {
    /// Its serialised form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of a URL; `None` where browsers send `null`.
    pub(crate) fn of_url(url: &Url) -> Option<Self> {
        if is_web(url.scheme()) {
            return Some(Self(url.origin().ascii_serialization()));
        }
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let port = url
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        let origin = format!("{}://{host}{port}", url.scheme()).to_ascii_lowercase();
        (!is_opaque(url.scheme())).then_some(Self(origin))
    }

    /// Whether a browser means this origin by what it sent. It serialises http
    /// and https in one way only; of other schemes it may keep the letter case.
    pub(crate) fn is_sent_as(&self, sent: &[u8]) -> bool {
        let own = self.0.as_bytes();
        own == sent || !is_web(self.scheme()) && own.eq_ignore_ascii_case(sent)
    }

    fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }
}

const EXAMPLE: &str = "must be a URL like https://app.example.com";
const BARE: &str = "must be an origin without a path, like https://app.example.com";
const NULL: &str = "is sent as `null` by browsers, which every site can make them send; \
                    serve the page over http or https";
const PATTERN: &str = "is a pattern; list each origin exactly, since each may send credentials";
const NO_PAGE: &str = "is no origin of a page; write the http or https origin of the front end";

impl FromStr for Origin {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let fault = |rule| Err(InvalidSetting::new(rule));
        if text.eq_ignore_ascii_case("null") {
            return fault(NULL);
        }
        if text.contains('*') {
            return fault(PATTERN);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return fault(EXAMPLE);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return fault(EXAMPLE);
        };
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            web if is_web(web) => web_origin(text),
            "ws" | "wss" | "ftp" => fault(NO_PAGE),
            opaque if is_opaque(opaque) => fault(NULL),
            app => app_origin(app, rest),
        }
    }
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

/// Schemes whose pages have an opaque origin (HTML, section 7.1.1).
fn is_opaque(scheme: &str) -> bool {
    matches!(scheme, "about" | "blob" | "data" | "file" | "javascript")
}

fn web_origin(text: &str) -> Result<Origin, InvalidSetting> {
    let url = web_url(text, EXAMPLE)?;
    let host = url.host_str().unwrap_or_default();
    if host.starts_with('.') || host.contains("..") {
        return Err(InvalidSetting::new(PATTERN));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidSetting::new(BARE));
    }
    Ok(Origin(url.origin().ascii_serialization()))
}

/// An http or https URL without user information.
pub(crate) fn web_url(text: &str, example: &'static str) -> Result<Url, InvalidSetting> {
    let url = Url::parse(text).map_err(|_| InvalidSetting::new(example))?;
    if !is_web(url.scheme()) {
        return Err(InvalidSetting::new("must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidSetting::new("must not hold a user name or password"));
    }
    Ok(url)
}

/// The URL standard gives schemes of applications an opaque origin, and browsers
/// send `scheme://host` for their pages all the same.
fn app_origin(scheme: &str, rest: &str) -> Result<Origin, InvalidSetting> {
    let fault = |rule| Err(InvalidSetting::new(rule));
    if rest.contains('@') {
        return fault("must not hold a user name or password");
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '\\']) {
        return fault(BARE);
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if !is_scheme(scheme) || !is_host(host) || !port_fits {
        return fault(EXAMPLE);
    }
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let host = host.to_ascii_lowercase();
    Ok(Origin(format!("{scheme}://{host}{port}")))
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn is_host(text: &str) -> bool {
    let literal = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    match literal {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !text.is_empty() && text.bytes().all(plain),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let origin = text.parse::<Origin>();
        origin
            .map(|origin| origin.to_string())
            .map_err(|fault| fault.to_string())
    }

    #[test]
    fn origins_are_read_as_browsers_send() {
        for (text, sent) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://app.example.com/", "https://app.example.com"),
            ("HTTPS://App.Example.COM", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://localhost:80", "http://localhost"),
            (
                "https://b\u{fc}cher.example",
                "https://xn--bcher-kva.example",
            ),
            ("http://[::0001]:3000", "http://[::1]:3000"),
            ("http://127.1:3000", "http://127.0.0.1:3000"),
            ("tauri://localhost", "tauri://localhost"),
            ("Tauri://LocalHost/", "tauri://localhost"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("ionic://localhost", "ionic://localhost"),
            ("app://.", "app://."),
            ("app://obsidian.md", "app://obsidian.md"),
            ("tauri://localhost:1420", "tauri://localhost:1420"),
            ("app://[::1]:80", "app://[::1]:80"),
            (
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            ),
            (
                "moz-extension://0F9D2C7B-41e8-4a35-90c2-f7981b3e6a54",
                "moz-extension://0f9d2c7b-41e8-4a35-90c2-f7981b3e6a54",
            ),
        ] {
            assert_eq!(read(text).as_deref(), Ok(sent), "{text}");
        }
    }

    #[test]
    fn origins_that_match_nothing_are_refused() {
        for (text, rule) in [
            ("null", NULL),
            ("NULL", NULL),
            ("file://", NULL),
            ("file:///index.html", NULL),
            ("data://x", NULL),
            ("*", PATTERN),
            ("https://*", PATTERN),
            ("https://*.example.com", PATTERN),
            ("http://localhost:*", PATTERN),
            ("chrome-extension://*", PATTERN),
            ("https://.example.com", PATTERN),
            ("https://a..example.com", PATTERN),
            ("wss://app.example.com", NO_PAGE),
            ("ftp://app.example.com", NO_PAGE),
            ("https://app.example.com/app", BARE),
            ("https://app.example.com//", BARE),
            ("https://app.example.com/?a", BARE),
            ("https://app.example.com#a", BARE),
            ("tauri://localhost/index.html", BARE),
            ("tauri://localhost?x", BARE),
            ("app.example.com", EXAMPLE),
            ("localhost:3000", EXAMPLE),
            ("//app.example.com", EXAMPLE),
            ("", EXAMPLE),
            ("https://", EXAMPLE),
            ("https://app example.com", EXAMPLE),
            ("https://app.example\t.com", EXAMPLE),
            ("https://app.example.com:65536", EXAMPLE),
            ("tauri://", EXAMPLE),
            ("tauri://local<host>", EXAMPLE),
            ("tauri://localhost:port", EXAMPLE),
            ("tauri://localhost:65536", EXAMPLE),
            ("ta_uri://localhost", EXAMPLE),
            ("app://[::g]", EXAMPLE),
            (
                "https://ann:pw@app.example.com",
                "must not hold a user name or password",
            ),
            (
                "tauri://ann@localhost",
                "must not hold a user name or password",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), rule, "{text}");
        }
    }

    #[test]
    fn case_matters_on_the_web_only() {
        let is_sent = |text: &str, sent: &str| {
            let origin: Origin = text.parse().unwrap();
            origin.is_sent_as(sent.as_bytes())
        };
        assert!(is_sent(
            "https://app.example.com",
            "https://app.example.com"
        ));
        assert!(!is_sent(
            "https://app.example.com",
            "https://APP.example.com"
        ));
        assert!(!is_sent(
            "https://app.example.com",
            "https://app.example.com/"
        ));
        let extension = "safari-web-extension://0F9D2C7B-41E8-4A35-90C2-F7981B3E6A54";
        assert!(is_sent(extension, extension));
        assert!(is_sent(extension, &extension.to_ascii_lowercase()));
        assert!(!is_sent("tauri://localhost", "tauri://localhost/"));
        assert!(!is_sent("tauri://localhost", "tauri://localhost:80"));
    }

    #[test]
    fn url_origins_cover_applications() {
        let of = |text: &str| Origin::of_url(&Url::parse(text).unwrap()).map(|o| o.to_string());
        for (url, origin) in [
            ("https://a.example:443/x", Some("https://a.example")),
            ("tauri://LocalHost/a?b", Some("tauri://localhost")),
            ("tauri://localhost@evil/", Some("tauri://evil")),
            ("file:///etc/passwd", None),
            ("data:text/html,x", None),
            ("blob:https://a.example/x", None),
            ("javascript:alert(1)", None),
            ("mailto:ann@a.example", None),
        ] {
            assert_eq!(of(url).as_deref(), origin, "{url}");
        }
    }
}
