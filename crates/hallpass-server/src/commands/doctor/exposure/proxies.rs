//! `TRUSTED_PROXIES`: whether the proxy in front is among them, and strangers
//! are not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::super::fix::Fix;
use super::super::report::Report;
use super::super::setup::Setup;
use super::PROXIES;

pub(super) fn check(setup: &Setup<'_>, report: &mut Report) {
    let trusted = &setup.values.trusted_proxies;
    let wide = of_strangers(trusted);
    if !wide.is_empty() {
        return report.serious(PROXIES, names_strangers(&wide), without(&wide, setup));
    }
    let host = setup.values.listen.host;
    if trusted.iter().any(|network| can_connect(network, host)) {
        return report.ok(
            PROXIES,
            "the proxies that are named may say who the client is, and nobody else",
        );
    }
    // Hallpass speaks no TLS itself, so with https a proxy does.
    if setup.is_https() {
        report.serious(PROXIES, names_no_proxy(setup), with_example(trusted, host));
    } else if trusted.is_empty() {
        report.ok(
            PROXIES,
            "names no proxy: who the client is, the connection says",
        );
    } else {
        report.warning(PROXIES, names_no_proxy(setup), with_example(trusted, host));
    }
}

/// The entries that keep their rule; with https there must be one.
pub(in super::super) fn of_valid(setup: &Setup<'_>) -> Fix {
    keep(&setup.values.trusted_proxies, setup)
}

fn names_no_proxy(setup: &Setup<'_>) -> String {
    const SHARED: &str =
        "all clients look like that one proxy, and share its limit of failed sign-ins";
    if setup.values.trusted_proxies.is_empty() {
        return format!("is empty though a proxy must be in front for https: {SHARED}");
    }
    let host = setup.values.listen.host;
    format!("names no address from which a proxy can connect to {host}: {SHARED}")
}

fn with_example(trusted: &[IpNet], host: IpAddr) -> Fix {
    let mut networks = trusted.to_vec();
    networks.extend(example(host));
    set(&networks).remark("the address or network of your proxy")
}

/// The private network from which a proxy connects to such a listener.
fn example(host: IpAddr) -> Option<IpNet> {
    let network = match host {
        IpAddr::V4(address) if address.is_loopback() => "127.0.0.1/32",
        IpAddr::V6(address) if address.is_loopback() => "::1/128",
        IpAddr::V6(address) if !address.is_unspecified() => "fd00::/8",
        _ => "10.0.0.0/8",
    };
    network.parse().ok()
}

fn set(networks: &[IpNet]) -> Fix {
    let shown: Vec<_> = networks.iter().map(shown).collect();
    Fix::set(PROXIES, shown.join(","))
}

/// A network of one address as that address.
fn shown(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

/// Whether a connection from an address of the network can reach a listener on
/// `host`.
fn can_connect(network: &IpNet, host: IpAddr) -> bool {
    let loopback_v4 = IpNet::from(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8).trunc());
    let loopback_v6 = IpNet::from(Ipv6Net::from(Ipv6Addr::LOCALHOST));
    let overlaps = |other: &IpNet| network.contains(other) || other.contains(network);
    match (host, network) {
        (IpAddr::V6(address), _) if address.is_unspecified() => true,
        (IpAddr::V4(address), _) if address.is_loopback() => overlaps(&loopback_v4),
        (IpAddr::V6(address), _) if address.is_loopback() => overlaps(&loopback_v6),
        (IpAddr::V4(address), IpNet::V4(_)) => {
            address.is_unspecified() || !loopback_v4.contains(network)
        }
        (IpAddr::V6(_), IpNet::V6(_)) => !loopback_v6.contains(network),
        _ => false,
    }
}

/// The networks that are, together or alone, too large to be an operator's own
/// or a provider's.
fn of_strangers(trusted: &[IpNet]) -> Vec<IpNet> {
    let together = IpNet::aggregate(&trusted.to_vec());
    together.into_iter().filter(is_wide).collect()
}

fn is_wide(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() < 8,
        IpNet::V6(network) if is_private(network) => false,
        // IPv4 addresses as IPv6 ones (RFC 4291, section 2.5.5.2).
        IpNet::V6(network) if network.addr().to_ipv4_mapped().is_some() => {
            network.prefix_len() < 96 + 8
        }
        IpNet::V6(network) => network.prefix_len() < 16,
    }
}

/// Unique local and link-local networks (RFC 4193; RFC 4291, section 2.5.6).
fn is_private(network: &Ipv6Net) -> bool {
    let address = network.addr();
    (address.is_unique_local() && network.prefix_len() >= 7)
        || (address.is_unicast_link_local() && network.prefix_len() >= 10)
}

fn names_strangers(wide: &[IpNet]) -> String {
    if wide.iter().any(|network| network.prefix_len() == 0) {
        return "trusts everybody: any client may choose the address by which its tries are counted".to_owned();
    }
    let networks: Vec<_> = wide.iter().map(IpNet::to_string).collect();
    format!(
        "trusts {}, a large part of the Internet: any client there may choose the address by which its tries are counted",
        networks.join(" and ")
    )
}

fn without(wide: &[IpNet], setup: &Setup<'_>) -> Fix {
    let is_own = |network: &&IpNet| !wide.iter().any(|wide| wide.contains(*network));
    let trusted = setup.values.trusted_proxies.iter();
    let own: Vec<_> = trusted.filter(is_own).copied().collect();
    keep(&own, setup)
}

fn keep(networks: &[IpNet], setup: &Setup<'_>) -> Fix {
    let mut kept = networks.to_vec();
    let host = setup.values.listen.host;
    if setup.is_https() && !kept.iter().any(|network| can_connect(network, host)) {
        kept.extend(example(host));
    }
    if kept.is_empty() {
        Fix::unset(PROXIES).remark("or name the addresses of your proxies")
    } else {
        set(&kept).remark("the addresses of your proxies only")
    }
}
