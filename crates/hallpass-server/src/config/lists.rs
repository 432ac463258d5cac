//! Lists of origins and of networks, in the forms that people and tools write.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const QUOTES: [char; 2] = ['"', '\''];

/// The items of a list: separated by commas, semicolons or white space, with or
/// without quotes, or as an array of JSON. Docker keeps the quotes of its
/// `--env-file`. Blank items are none.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim().trim_matches(QUOTES);
    // Brackets around one item are those of an IPv6 address.
    let array = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let is_array = |inside: &&str| {
        let inside = inside.trim();
        inside.is_empty() || inside.starts_with(['"', '\''])
    };
    let separators = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    array
        .filter(is_array)
        .unwrap_or(text)
        .split(separators)
        .map(|item| item.trim_matches(QUOTES))
        .filter(|item| !item.is_empty())
}

/// What stands between two quotes of one kind.
pub(super) fn without_quotes(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

const NETWORK: &str = "must be an address or a network, like 10.0.0.0/8";

/// An address or a network of proxies, as the addresses of connections are
/// compared with it: those of IPv4 in their own form, and no bit beyond the
/// network's length.
pub(super) fn network(text: &str) -> Result<IpNet, &'static str> {
    if text.contains('%') {
        return Err("has a zone; write the address without it, or the network of the link");
    }
    if text.parse::<std::net::SocketAddr>().is_ok() {
        return Err("has a port, which differs for each connection of a proxy; remove it");
    }
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Some(address) = address_of(address) else {
        return Err(if is_name(text) {
            "is a name, and connections have addresses; write the address or the network"
        } else {
            NETWORK
        });
    };
    match length {
        Some(length) => network_of(address, length).ok_or(NETWORK),
        None => single(address),
    }
}

fn address_of(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(text).parse().ok()
}

/// Letters that no address holds.
fn is_name(text: &str) -> bool {
    text.contains(|c: char| c.is_alphabetic() && !c.is_ascii_hexdigit())
}

fn single(address: IpAddr) -> Result<IpNet, &'static str> {
    let address = address.to_canonical();
    let is_broadcast = address == IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
    if address.is_unspecified() || address.is_multicast() || is_broadcast {
        return Err("is no address that a proxy connects from; name the proxy's own");
    }
    Ok(IpNet::from(address))
}

fn network_of(address: IpAddr, length: &str) -> Option<IpNet> {
    let network: IpNet = match address {
        IpAddr::V4(v4) => match length.parse::<std::net::Ipv4Addr>() {
            Ok(mask) => Ipv4Net::with_netmask(v4, mask.octets().into()).ok()?,
            Err(_) => Ipv4Net::new(v4, length.parse().ok()?).ok()?,
        }
        .into(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            // `::ffff:10.0.0.0/104` is 10.0.0.0/8 (RFC 4291, section 2.5.5.2).
            Some(v4) => {
                let length = length.parse::<u8>().ok()?.checked_sub(96)?;
                Ipv4Net::new(v4, length).ok()?.into()
            }
            None => Ipv6Net::new(v6, length.parse().ok()?).ok()?.into(),
        },
    };
    Some(IpNet::trunc(&network))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_every_form() {
        for text in [
            "a,b",
            " a , b ",
            "a,b,",
            ",,a,,b,,",
            "a;b",
            "a b",
            "a\n b\n",
            "[\"a\",\"b\"]",
            "[ \"a\", \"b\" ]",
            "['a', 'b']",
            "\"a,b\"",
            "'a,b'",
            "\"a\",\"b\"",
            "\"[\"a\",\"b\"]\"",
        ] {
            assert_eq!(items(text).collect::<Vec<_>>(), ["a", "b"], "{text:?}");
        }
        for text in ["", " ", ",", "[]", "[ ]", "\"\"", "''"] {
            assert_eq!(items(text).count(), 0, "{text:?}");
        }
        assert_eq!(items("[::1]").collect::<Vec<_>>(), ["[::1]"]);
        assert_eq!(items("[::1],[::2]").count(), 2);
    }

    #[test]
    fn networks_are_brought_into_form() {
        for (text, form) in [
            ("10.0.0.1", "10.0.0.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("[::1]", "::1/128"),
            ("2001:db8::5/64", "2001:db8::/64"),
            ("[2001:db8::]/64", "2001:db8::/64"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:a00:1/128", "10.0.0.1/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(
                network(text).map(|net| net.to_string()).as_deref(),
                Ok(form),
                "{text}"
            );
        }
    }

    #[test]
    fn networks_that_match_nothing_are_refused() {
        for (text, part) in [
            ("proxy.example.com", "is a name"),
            ("localhost", "is a name"),
            ("loopback", "is a name"),
            ("proxy:8000", "is a name"),
            ("10.0.0.1:8000", "has a port"),
            ("[::1]:8000", "has a port"),
            ("fe80::1%eth0", "has a zone"),
            ("fe80::%eth0/10", "has a zone"),
            ("0.0.0.0", "is no address that"),
            ("::", "is no address that"),
            ("::ffff:0.0.0.0", "is no address that"),
            ("224.0.0.1", "is no address that"),
            ("255.255.255.255", "is no address that"),
            ("10.0.0.0/33", "must be an address"),
            ("10.0.0.0/-1", "must be an address"),
            ("10.0.0.0/", "must be an address"),
            ("10.0.0.0/255.0.255.0", "must be an address"),
            ("10.0.0.0/8/8", "must be an address"),
            ("10.0.0", "must be an address"),
            ("::ffff:10.0.0.0/90", "must be an address"),
            ("010.0.0.1", "must be an address"),
            ("10.0.0.1-10.0.0.9", "must be an address"),
            ("10.*", "must be an address"),
            ("::1/129", "must be an address"),
            ("[::1", "must be an address"),
        ] {
            let rule = network(text).unwrap_err();
            assert!(rule.contains(part), "{text}: {rule}");
        }
    }
}
