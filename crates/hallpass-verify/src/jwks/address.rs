//! Where keys may be fetched.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::ConfigError;

/// An address as it was set, not looked at yet.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) text: String,
    /// Whether plain HTTP is trusted to other machines too.
    pub(crate) plain_http: bool,
}

impl Address {
    /// Whoever stands between us and the issuer could replace the keys, so that
    /// plain HTTP stays on this machine unless somebody answers for the network.
    pub(super) fn url(&self) -> Result<Url, ConfigError> {
        let url = Url::parse(&self.text).map_err(|_| ConfigError::KeysUrl)?;
        if !url.username().is_empty() || url.password().is_some() || !url.has_host() {
            return Err(ConfigError::KeysUrl);
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.plain_http || is_this_machine(&url) => Ok(url),
            "http" => Err(ConfigError::KeysUrlInsecure),
            _ => Err(ConfigError::KeysUrl),
        }
    }
}

/// RFC 6761 section 6.3: `localhost` is the loopback interface everywhere.
pub(super) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
