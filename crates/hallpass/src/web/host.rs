//! For which host a request is: one, named once.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::{Authority, Scheme};
use axum::http::{Uri, Version};

use super::site::Said;
use crate::error::Error;

/// Whether each request has to name its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hosts {
    /// Requests come straight from a socket: RFC 9112, section 3.2, and RFC 9113,
    /// section 8.3.1. Two programs that read two hosts in one request are how a
    /// request slips past a proxy.
    Named,
    /// Whoever calls the router has looked at that, or is no network.
    Any,
}

impl Hosts {
    pub(super) fn check(self, request: &Request) -> Result<(), Error> {
        match self {
            Self::Any => Ok(()),
            Self::Named if names_one(request) => Ok(()),
            Self::Named => Err(Error::InvalidHost),
        }
    }
}

fn names_one(request: &Request) -> bool {
    let target = request.uri().authority();
    if target.is_some_and(|target| !is_sound(target)) {
        return false;
    }
    match Said::by(request.headers(), &HOST) {
        Said::Twice => false,
        Said::Once(host) => {
            let host = Authority::try_from(host).ok().filter(is_sound);
            // Of an absolute target in HTTP/1 the header is ignored (RFC 9112, section
            // 3.2.2); in HTTP/2 both are the client's own words.
            let is_ignored = request.version() <= Version::HTTP_11;
            host.is_some_and(|host| is_ignored || agrees(&host, request.uri()))
        }
        Said::Nothing if request.version() < Version::HTTP_11 => true,
        // HTTP/2 has it in its target, as `:authority`.
        Said::Nothing => request.version() > Version::HTTP_11 && target.is_some(),
    }
}

/// A host, and a port if there is anything after it. A comma is where a program
/// on the way has made one header of two.
fn is_sound(authority: &Authority) -> bool {
    let (text, host) = (authority.as_str(), authority.host());
    let port = text.strip_prefix(host);
    let is_port = |port: &str| port.is_empty() || port == ":" || authority.port_u16().is_some();
    !host.is_empty() && !text.contains(['@', ',']) && port.is_some_and(is_port)
}

/// Whether the header and the target of the request mean the same host.
fn agrees(host: &Authority, target: &Uri) -> bool {
    let Some(named) = target.authority() else {
        return true;
    };
    let default = match target.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => 443,
        _ => 80,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default);
    named.host().eq_ignore_ascii_case(host.host()) && port(named) == port(host)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn is_served(version: Version, target: &str, hosts: &[&str]) -> bool {
        let mut request = Request::new(Body::empty());
        *request.version_mut() = version;
        *request.uri_mut() = target.parse().unwrap();
        for host in hosts {
            request.headers_mut().append(HOST, host.parse().unwrap());
        }
        Hosts::Named.check(&request).is_ok()
    }

    #[test]
    fn request_names_one_host() {
        let one = |host: &str| is_served(Version::HTTP_11, "/", &[host]);
        for host in [
            "localhost",
            "localhost:8000",
            "LOCALHOST:",
            "127.0.0.1:1",
            "[::1]:8000",
            "my_app:80",
            "auth.example.com.",
            "xn--mller-kva.example",
        ] {
            assert!(one(host), "{host}");
        }
        for host in [
            "", " ", "a b", "a, b", "a,b", "a/b", "http://a", "user@a", ":8000", "a:x", "a:99999",
            "a:-1", "[::1", "a?b", "a#b", "a\\b",
        ] {
            assert!(!one(host), "{host}");
        }
    }

    #[test]
    fn host_header_depends_on_version() {
        for (version, target, hosts, served) in [
            (Version::HTTP_11, "/", &[][..], false),
            (Version::HTTP_11, "/", &["a", "a"][..], false),
            (Version::HTTP_11, "/", &["a", "b"][..], false),
            (Version::HTTP_11, "http://a/", &[][..], false),
            (Version::HTTP_11, "http://a/", &["a"][..], true),
            (Version::HTTP_11, "http://a:80/", &["A"][..], true),
            (Version::HTTP_11, "https://a/", &["a:443"][..], true),
            (Version::HTTP_11, "http://a/", &["b:443"][..], true),
            (Version::HTTP_11, "http://a/", &["b", "a"][..], false),
            (Version::HTTP_11, "http://user@a/", &["a"][..], false),
            (Version::HTTP_11, "*", &["a"][..], true),
            (Version::HTTP_10, "/", &[][..], true),
            (Version::HTTP_10, "/", &["a"][..], true),
            (Version::HTTP_10, "/", &["a", "a"][..], false),
            (Version::HTTP_10, "/", &[""][..], false),
            (Version::HTTP_2, "https://a/", &[][..], true),
            (Version::HTTP_2, "https://a/", &["a"][..], true),
            (Version::HTTP_2, "https://a/", &["b"][..], false),
            (Version::HTTP_2, "https://a/", &["A:443"][..], true),
            (Version::HTTP_2, "https://a:443/", &["a"][..], true),
            (Version::HTTP_2, "http://a/", &["a:443"][..], false),
            (Version::HTTP_2, "https://user@a/", &[][..], false),
            (Version::HTTP_2, "https://a/", &["a", "a"][..], false),
            (Version::HTTP_2, "/", &["a"][..], true),
            (Version::HTTP_2, "/", &[][..], false),
        ] {
            assert_eq!(
                is_served(version, target, hosts),
                served,
                "{version:?} {target} {hosts:?}"
            );
        }
    }
}
