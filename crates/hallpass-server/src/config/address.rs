//! Where the server is reached when no setting says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hallpass::{Origin, PublicUrl};

use super::Listen;

/// An address that a browser or a program on this machine can call.
pub(crate) fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() || address.ip() == Ipv4Addr::LOCALHOST {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// The public URL while `BETTER_AUTH_URL` is not set: the address that is shown
/// at start. A port that the system chooses is another one after each restart,
/// and tokens are to outlive it: the issuer then keeps the default port.
pub(super) fn default_url(listen: &Listen) -> PublicUrl {
    let port = if listen.port == 0 { 8000 } else { listen.port };
    let url = format!("http://{}", reachable(SocketAddr::new(listen.host, port)));
    PublicUrl::parse(&url).unwrap_or_default()
}

/// Every origin by which a browser on this machine opens the pages of a
/// listener: one that takes calls to a loopback address is called `localhost`
/// too, and the reverse.
pub(crate) fn own_origins(listener: SocketAddr) -> Vec<Origin> {
    let ip = listener.ip();
    let v4 = ip == IpAddr::V4(Ipv4Addr::LOCALHOST) || ip.is_unspecified();
    let v6 = ip == IpAddr::V6(Ipv6Addr::LOCALHOST) || ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let port = listener.port();
    let names = [
        Some(reachable(listener)),
        (v4 || v6).then(|| format!("localhost:{port}")),
        v4.then(|| format!("127.0.0.1:{port}")),
        v6.then(|| format!("[::1]:{port}")),
    ];
    let origins = names.into_iter().flatten();
    origins
        .filter_map(|name| format!("http://{name}").parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str, port: u16) -> String {
        let host = host.parse().unwrap();
        default_url(&Listen { host, port }).origin().to_string()
    }

    #[test]
    fn default_url_follows_the_listener() {
        for (host, port, expected) in [
            ("127.0.0.1", 8000, "http://localhost:8000"),
            ("127.0.0.1", 21024, "http://localhost:21024"),
            ("0.0.0.0", 9000, "http://localhost:9000"),
            ("::", 9000, "http://localhost:9000"),
            ("::1", 9000, "http://[::1]:9000"),
            ("127.0.0.2", 9000, "http://127.0.0.2:9000"),
            ("192.0.2.1", 9000, "http://192.0.2.1:9000"),
            ("127.0.0.1", 80, "http://localhost"),
            ("127.0.0.1", 0, "http://localhost:8000"),
        ] {
            assert_eq!(url(host, port), expected, "{host} {port}");
        }
    }

    #[test]
    fn loopback_spellings_are_own_origins() {
        let own = |text: &str| {
            let origins = own_origins(text.parse().unwrap());
            origins.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let (name, v4, v6) = ("http://localhost:80", "http://127.0.0.1", "http://[::1]");
        assert_eq!(
            name.parse::<Origin>().unwrap().to_string(),
            "http://localhost"
        );
        for (listener, expected) in [
            ("127.0.0.1:80", vec!["http://localhost", v4]),
            ("0.0.0.0:80", vec!["http://localhost", v4]),
            ("[::]:80", vec!["http://localhost", v4, v6]),
            ("[::1]:80", vec!["http://localhost", v6]),
            ("192.0.2.1:80", vec!["http://192.0.2.1"]),
        ] {
            let found = own(listener);
            assert!(
                expected.iter().all(|one| found.iter().any(|o| o == one)),
                "{found:?}"
            );
            assert!(
                found.iter().all(|one| expected.contains(&one.as_str())),
                "{found:?}"
            );
        }
    }
}
