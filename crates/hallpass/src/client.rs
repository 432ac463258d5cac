//! Where a request comes from, and the networks that contain it.
//!
//! Limits and fair shares are kept by client network, since one customer is
//! given a whole IPv6 network and can use any address in it (RFC 6177). An
//! attacker may hold more than one /64, so the wider networks count too.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The client of a request: an IPv4 address, or the /64 network of an IPv6
/// address.
///
/// ```
/// use hallpass::Client;
///
/// let client = |text: &str| Client::new(text.parse().unwrap());
/// assert_eq!(client("2001:db8::1"), client("2001:db8::2"));
/// assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

/// A network that contains clients: an address and the length of its prefix.
///
/// `Display` writes it in CIDR notation (RFC 4632, section 3.1): `192.0.2.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientNetwork {
    address: IpAddr,
    prefix: u8,
}

impl Client {
    /// The operator, or the application that embeds Hallpass.
    pub(crate) const OPERATOR: Self = Self(IpAddr::V4(Ipv4Addr::LOCALHOST));

    /// The client with this address. An IPv6 address that carries an IPv4
    /// address counts as that one: `::ffff:0:0/96` (RFC 4291, section 2.5.5.2),
    /// `64:ff9b::/96` (RFC 6052, section 2.1) and `2002::/16` (RFC 3056,
    /// section 2).
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => embedded_ipv4(v6).map_or_else(
                || IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask(64, 128))),
                IpAddr::V4,
            ),
        })
    }

    /// The address, or the first one of the /64.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.0
    }

    /// The networks that contain this client, the widest first and the client's
    /// own last: /24 and /32 of an IPv4 address, /48, /56 and /64 of an IPv6
    /// one. Shared resources are divided along this path.
    #[must_use]
    pub fn networks(self) -> [ClientNetwork; 3] {
        match self.0 {
            // An IPv4 address has two levels; the widest stands twice.
            IpAddr::V4(_) => [24, 24, 32].map(|prefix| self.network(prefix)),
            IpAddr::V6(_) => [48, 56, 64].map(|prefix| self.network(prefix)),
        }
    }

    /// The networks whose failures are counted, each with the number by which
    /// the limit of one client is multiplied: 1 for the client itself, 4 for
    /// the /56 and 16 for the /48 of an IPv6 client.
    pub(crate) fn counted_networks(self) -> impl Iterator<Item = (ClientNetwork, i64)> {
        let counted: &[(u8, i64)] = match self.0 {
            IpAddr::V4(_) => &[(32, 1)],
            IpAddr::V6(_) => &[(64, 1), (56, 4), (48, 16)],
        };
        counted
            .iter()
            .map(move |(prefix, multiple)| (self.network(*prefix), *multiple))
    }

    fn network(self, prefix: u8) -> ClientNetwork {
        let address = match self.0 {
            IpAddr::V4(v4) => {
                let bits = u128::from(u32::from(v4)) & mask(prefix, 32);
                IpAddr::V4(Ipv4Addr::from(u32::try_from(bits).unwrap_or(0)))
            }
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask(prefix, 128))),
        };
        ClientNetwork { address, prefix }
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The first `prefix` of `length` bits.
fn mask(prefix: u8, length: u8) -> u128 {
    let rest = u32::from(length.saturating_sub(prefix));
    u128::MAX.checked_shl(rest).unwrap_or(0)
}

fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            let bits = u32::from(high) << 16 | u32::from(low);
            Some(Ipv4Addr::from(bits))
        }
        _ => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Client {
        Client::new(text.parse().unwrap())
    }

    fn networks(text: &str) -> Vec<String> {
        let networks = client(text).networks();
        networks.iter().map(ToString::to_string).collect()
    }

    fn counted(text: &str) -> Vec<String> {
        let counted = client(text).counted_networks();
        counted
            .map(|(net, times)| format!("{net} x{times}"))
            .collect()
    }

    #[test]
    fn client_is_ipv4_address_or_slash_64() {
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), client("2001:db8:1:2::1"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[test]
    fn embedded_ipv4_counts_as_itself() {
        for text in [
            "::ffff:192.0.2.1",
            "64:ff9b::192.0.2.1",
            "2002:c000:201::",
            "2002:c000:201:77::5",
        ] {
            assert_eq!(client(text), client("192.0.2.1"), "{text}");
        }
        for text in ["64:ff9b:1::192.0.2.1", "2001:db8::192.0.2.1", "::192.0.2.1"] {
            assert!(client(text).address().is_ipv6(), "{text}");
        }
    }

    #[test]
    fn networks_are_nested_widest_first() {
        assert_eq!(
            networks("192.0.2.7"),
            ["192.0.2.0/24", "192.0.2.0/24", "192.0.2.7/32"]
        );
        assert_eq!(
            networks("2001:db8:1:2345::1"),
            [
                "2001:db8:1::/48",
                "2001:db8:1:2300::/56",
                "2001:db8:1:2345::/64"
            ]
        );
    }

    #[test]
    fn wider_networks_have_higher_limits() {
        assert_eq!(counted("192.0.2.7"), ["192.0.2.7/32 x1"]);
        assert_eq!(
            counted("2001:db8:1:2345::1"),
            [
                "2001:db8:1:2345::/64 x1",
                "2001:db8:1:2300::/56 x4",
                "2001:db8:1::/48 x16"
            ]
        );
    }
}
