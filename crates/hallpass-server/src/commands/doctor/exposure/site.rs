//! Sites, as browsers see them when they decide whether to send a
//! `SameSite=Strict` cookie: scheme and registrable domain, whatever the port.

use hallpass::Origin;
use url::{Host, Url};

pub(super) struct Site {
    url: Url,
    host: Host<String>,
}

impl Site {
    pub(super) fn of(origin: &Origin) -> Option<Self> {
        let url = Url::parse(origin.as_str()).ok()?;
        let host = url.host()?.to_owned();
        Some(Self { url, host })
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
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
}

/// RFC 6761, section 6.3.
pub(in super::super) fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// Second labels under which a country registers names, as in `co.uk`.
const SECOND_LEVEL: [&str; 11] = [
    "ac", "co", "com", "edu", "go", "gov", "mil", "ne", "net", "or", "org",
];

/// The part of a name that somebody registered. Without the public suffix list,
/// which is large and changes each month, this is right for the common ones; a
/// warning hangs on it and nothing else.
fn registrable(name: &str) -> &str {
    let mut labels = name.rsplitn(4, '.');
    let (top, second, third) = (labels.next(), labels.next(), labels.next());
    let (Some(top), Some(second)) = (top, second) else {
        return name;
    };
    let mut length = top.len() + 1 + second.len();
    if let Some(third) = third.filter(|_| top.len() == 2 && SECOND_LEVEL.contains(&second)) {
        length += 1 + third.len();
    }
    name.get(name.len().saturating_sub(length)..)
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrable_part_is_found() {
        for (name, expected) in [
            ("auth.example.com", "example.com"),
            ("example.com", "example.com"),
            ("a.b.example.com", "example.com"),
            ("auth.one.co.uk", "one.co.uk"),
            ("one.co.uk", "one.co.uk"),
            ("auth.ibm.de", "ibm.de"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(registrable(name), expected);
        }
    }
}
