//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

use crate::client::Client;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::throttle::{Caller, Devices};
use crate::web::cookie::Cookie;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The client of a request, as an extractor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) Client);

impl<S> FromRequestParts<S> for ClientAddress
where
    S: Send + Sync,
    Hallpass: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let hallpass = Hallpass::from_ref(state);
        client_of(
            &parts.extensions,
            &parts.headers,
            &hallpass.settings().trusted_proxies,
        )
        .map(Self)
        .ok_or_else(|| {
            Error::internal(
                "the client's address is unknown: serve the router with \
                 into_make_service_with_connect_info::<SocketAddr>()",
            )
        })
    }
}

/// The client and what its browser keeps. Two cookies of the name are none: which
/// of them is ours cannot be told.
impl FromRequestParts<Hallpass> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, hallpass: &Hallpass) -> Result<Self, Error> {
        let ClientAddress(client) = ClientAddress::from_request_parts(parts, hallpass).await?;
        let sent = Cookie::Device.sent(&parts.headers, hallpass.settings());
        let cookie = sent.ok().flatten().unwrap_or_default();
        Ok(Self {
            client,
            devices: Devices::parse(cookie),
        })
    }
}

/// The socket's address, or what the proxies we trust say of it. `None` when
/// the router is served without connection info.
pub(crate) fn client_of(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: &[IpNet],
) -> Option<Client> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(Client::new(client_address(
        peer.ip().to_canonical(),
        headers,
        trusted,
    )))
}

/// Walks `X-Forwarded-For` from the right, where our own proxies write, and
/// stops at the first hop that is none of them: what stands further left was
/// sent by whoever that is.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer;
    let values: Vec<&str> = headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .map(|value| value.to_str().unwrap_or(""))
        .collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        if !is_trusted(&nearest) {
            break;
        }
        // Something that is no address cannot be counted by: the proxy that
        // passed it on stands for it.
        let Some(address) = hop_address(hop.trim()) else {
            break;
        };
        nearest = address;
    }
    nearest
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok();
    address
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn without_trusted_proxies_the_header_changes_nothing() {
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"], &[]), "192.0.2.1");
        assert_eq!(
            seen("192.0.2.1", &["203.0.113.9"], &["10.0.0.0/8"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn the_right_most_untrusted_hop_is_the_client() {
        let trusted = ["10.0.0.0/8", "2001:db8:ffff::/48"];
        assert_eq!(seen("10.0.0.1", &["203.0.113.9"], &trusted), "203.0.113.9");
        assert_eq!(
            seen(
                "10.0.0.1",
                &["198.51.100.7, 203.0.113.9, 10.0.0.2"],
                &trusted
            ),
            "203.0.113.9"
        );
        assert_eq!(
            seen(
                "10.0.0.1",
                &["198.51.100.7", "203.0.113.9,10.0.0.2"],
                &trusted
            ),
            "203.0.113.9"
        );
        assert_eq!(
            seen("10.0.0.1", &["[2001:db8:1::5]:4711"], &trusted),
            "2001:db8:1::5"
        );
        assert_eq!(
            seen("2001:db8:ffff::1", &["203.0.113.9:80"], &trusted),
            "203.0.113.9"
        );
    }

    #[test]
    fn what_is_no_address_is_the_proxy_itself() {
        for bad in [
            "unknown",
            "",
            "203.0.113.9, nonsense",
            "_hidden",
            "1.2.3.4.5",
        ] {
            assert_eq!(
                seen("10.0.0.1", &[bad], &["10.0.0.0/8"]),
                "10.0.0.1",
                "{bad:?}"
            );
        }
    }

    #[test]
    fn when_every_hop_is_trusted_the_furthest_is_the_client() {
        assert_eq!(
            seen("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &["10.0.0.0/8"]),
            "10.0.0.3"
        );
    }
}
