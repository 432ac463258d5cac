//! Sites, as browsers see them when they decide whether to send a cookie:
//! scheme and registrable domain, whatever the port (HTML, "schemelessly same
//! site" and "same site"; RFC 6265bis, section 5.2).

use hallpass::Origin;
use psl::{Psl as _, Type};
use url::{Host, Url};

pub(super) struct Site {
    url: Url,
    host: Host<String>,
}

impl Site {
    pub(super) fn of(origin: &Origin) -> Option<Self> {
        Url::parse(origin.as_str()).ok().and_then(Self::of_url)
    }

    pub(super) fn of_url(url: Url) -> Option<Self> {
        let host = url.host()?.to_owned();
        Some(Self { url, host })
    }

    pub(super) fn host(&self) -> &Host<String> {
        &self.host
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is a page of the web, and not of an app or an extension.
    pub(super) fn is_web(&self) -> bool {
        matches!(self.url.scheme(), "http" | "https")
    }

    /// Whether it is the machine on which the browser runs.
    pub(super) fn is_local(&self) -> bool {
        match &self.host {
            Host::Domain(name) => is_local_name(name),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    pub(super) fn is_same_site(&self, other: &Self) -> bool {
        let same_host = match (&self.host, &other.host) {
            (Host::Domain(one), Host::Domain(another)) => registrable(one) == registrable(another),
            (one, another) => one == another,
        };
        same_host && self.url.scheme() == other.url.scheme()
    }

    /// The domain on whose hosts everything is one site; `None` for addresses
    /// and for names that have no hosts below them.
    pub(super) fn registrable(&self) -> Option<String> {
        match &self.host {
            Host::Domain(name) if !self.is_local() => {
                Some(registrable(name)).filter(|domain| is_below_suffix(domain))
            }
            _ => None,
        }
    }

    /// The public suffix of the host, where a company lets its customers use
    /// names below one of its own, as `vercel.app` does.
    pub(super) fn shared_suffix(&self) -> Option<String> {
        let Host::Domain(name) = &self.host else {
            return None;
        };
        let name = unicode(name);
        let suffix = psl::List.suffix(name.as_bytes())?;
        (suffix.typ() == Some(Type::Private))
            .then(|| String::from_utf8_lossy(suffix.as_bytes()).into_owned())
    }

    pub(super) fn first_label(&self) -> Option<&str> {
        match &self.host {
            Host::Domain(name) => name.split('.').next(),
            _ => None,
        }
    }
}

/// RFC 6761, section 6.3.
pub(super) fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a name ends with a suffix that the public suffix list names, so
/// that everybody on the Internet can look it up.
pub(super) fn is_public_name(name: &str) -> bool {
    let name = unicode(name);
    psl::List
        .suffix(name.as_bytes())
        .is_some_and(|suffix| suffix.is_known() && suffix.as_bytes().len() < name.len())
}

/// The part of a name that its owner registered, by the public suffix list with
/// its private section; the whole name where that is a suffix itself. With a
/// dot at its end it is another name.
fn registrable(name: &str) -> String {
    let name = unicode(name);
    let domain = psl::List.domain(name.as_bytes());
    let domain = domain.and_then(|domain| std::str::from_utf8(domain.as_bytes()).ok());
    domain.unwrap_or(&name).to_owned()
}

fn is_below_suffix(domain: &str) -> bool {
    psl::List.domain(domain.as_bytes()).is_some()
}

/// The list holds names in Unicode, and URLs in Punycode (RFC 3492).
fn unicode(name: &str) -> String {
    idna::domain_to_unicode(name).0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two URLs, and whether a browser sends the one's `SameSite` cookie with
    /// requests from the other.
    const PAIRS: [(&str, &str, bool); 34] = [
        ("https://auth.example.com", "https://app.example.com", true),
        ("https://auth.example.com", "https://example.com", true),
        ("https://a.b.example.com", "https://c.example.com", true),
        (
            "https://auth.example.com",
            "https://auth.example.org",
            false,
        ),
        // The port does not matter, and the scheme does.
        (
            "https://auth.example.com",
            "https://app.example.com:8443",
            true,
        ),
        ("http://localhost:8000", "http://localhost:3000", true),
        ("https://auth.example.com", "http://app.example.com", false),
        ("http://localhost", "https://localhost", false),
        ("tauri://localhost", "http://localhost", false),
        // Suffixes of countries.
        ("https://auth.one.co.uk", "https://app.one.co.uk", true),
        ("https://one.co.uk", "https://two.co.uk", false),
        ("https://a.one.com.br", "https://a.two.com.br", false),
        ("https://a.one.kobe.jp", "https://b.one.kobe.jp", false),
        ("https://a.city.kobe.jp", "https://b.city.kobe.jp", true),
        ("https://a.www.ck", "https://b.www.ck", true),
        ("https://a.one.ck", "https://b.one.ck", false),
        ("https://auth.ibm.de", "https://app.ibm.de", true),
        // Suffixes of companies.
        (
            "https://myapp.vercel.app",
            "https://other.vercel.app",
            false,
        ),
        (
            "https://myapp.vercel.app",
            "https://api.myapp.vercel.app",
            true,
        ),
        ("https://ann.github.io", "https://bob.github.io", false),
        ("https://one.pages.dev", "https://two.pages.dev", false),
        ("https://x.one.pages.dev", "https://y.one.pages.dev", true),
        ("https://one.netlify.app", "https://two.netlify.app", false),
        (
            "https://one.up.railway.app",
            "https://two.up.railway.app",
            false,
        ),
        (
            "https://one.onrender.com",
            "https://two.onrender.com",
            false,
        ),
        ("https://one.fly.dev", "https://two.fly.dev", false),
        // Names with one label, addresses, and a dot at the end.
        ("https://auth", "https://app", false),
        ("https://auth", "https://auth:8443", true),
        ("http://localhost", "http://127.0.0.1", false),
        ("http://192.0.2.1", "http://192.0.2.1:3000", true),
        ("http://192.0.2.1", "http://192.0.2.2", false),
        (
            "https://auth.example.com",
            "https://app.example.com.",
            false,
        ),
        // In Unicode, which the list holds, and in Punycode, which URLs hold.
        (
            "https://a.例子.公司.cn",
            "https://b.xn--fsqu00a.xn--55qx5d.cn",
            true,
        ),
        ("https://一.公司.cn", "https://二.公司.cn", false),
    ];

    fn site(url: &str) -> Site {
        Site::of_url(Url::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn sites_follow_the_public_suffix_list() {
        for (one, another, expected) in PAIRS {
            assert_eq!(
                site(one).is_same_site(&site(another)),
                expected,
                "{one} {another}"
            );
            assert_eq!(
                site(another).is_same_site(&site(one)),
                expected,
                "{another} {one}"
            );
        }
    }

    #[test]
    fn shared_suffixes_are_those_of_companies() {
        let suffix = |url| site(url).shared_suffix();
        assert_eq!(
            suffix("https://myapp.vercel.app").as_deref(),
            Some("vercel.app")
        );
        assert_eq!(suffix("https://auth.one.co.uk"), None);
        assert_eq!(suffix("https://192.0.2.1"), None);
    }

    #[test]
    fn public_names_end_with_known_suffixes() {
        for (name, expected) in [
            ("auth.example.com", true),
            ("xn--fsqu00a.xn--55qx5d.cn", true),
            ("auth.local", false),
            ("auth.corp", false),
            ("auth", false),
            ("com", false),
        ] {
            assert_eq!(is_public_name(name), expected, "{name}");
        }
    }
}
