//! One fetch: a GET with an end, and an answer that is nothing but keys.

use std::error::Error;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use thiserror::Error;

use super::{address, schedule};
use crate::error::{ConfigError, KeySetError};
use crate::key_set::{KeySet, MAX_SET_BYTES};

/// From the first packet to the last byte of the body.
pub(super) const FETCH_LIMIT: Duration = Duration::from_secs(5);

pub(super) struct Fetched {
    pub(super) keys: KeySet,
    pub(super) fresh_for: Duration,
}

/// Why there is no new set. Only for the log of whoever runs the service.
#[derive(Debug, Error)]
pub(super) enum FetchFault {
    #[error("no answer came: {}", causes(.0))]
    Transport(reqwest::Error),
    #[error("the status is {0} and not 200")]
    Status(StatusCode),
    #[error("the answer is larger than 64 KiB")]
    TooLarge,
    #[error("the answer is not in UTF-8")]
    NoText,
    #[error("{0}")]
    Keys(#[from] KeySetError),
}

/// The address is logged beside it, and needs not be repeated.
impl From<reqwest::Error> for FetchFault {
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(error.without_url())
    }
}

/// What happened stands at the end of the chain: `connection refused`.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl FetchFault {
    /// What to look at.
    fn hint(&self) -> &'static str {
        match self {
            Self::Transport(_) => "does the issuer run, and can this machine reach this address?",
            Self::Keys(KeySetError::NoUsableKey) => {
                "start Hallpass with HALLPASS_SIGNING=es256, eddsa or rs256"
            }
            Self::Keys(error) if *error != KeySetError::Malformed => "the fault is the issuer's",
            _ => "is this the address of the keys? Hallpass has them at /.well-known/jwks.json",
        }
    }
}

pub(super) struct Fetcher {
    client: Client,
    url: Url,
}

impl Fetcher {
    pub(super) fn new(url: Url) -> Result<Self, ConfigError> {
        let mut client = Client::builder()
            // Where the keys are is set by us; an issuer that moved must be set anew.
            .redirect(Policy::none())
            .timeout(FETCH_LIMIT)
            // One request in minutes: the next one finds the way by itself.
            .pool_max_idle_per_host(0);
        if address::is_this_machine(&url) {
            client = client.no_proxy();
        }
        if url.scheme() == "http" {
            // TLS is never spoken, so that no authorities are needed either.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|_| ConfigError::HttpClient)?;
        Ok(Self { client, url })
    }

    pub(super) async fn fetch(&self) -> Result<Fetched, FetchFault> {
        let response = self.client.get(self.url.clone()).send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchFault::Status(response.status()));
        }
        let fresh_for = schedule::fresh_for(response.headers());
        let body = bounded_body(response).await?;
        let text = std::str::from_utf8(&body).map_err(|_| FetchFault::NoText)?;
        let keys = KeySet::published(text)?;
        Ok(Fetched { keys, fresh_for })
    }

    pub(super) fn report(&self, fault: &FetchFault, pause: Duration) {
        tracing::warn!(
            url = %self.url,
            cause = %fault,
            hint = fault.hint(),
            next_try_seconds = pause.as_secs(),
            "the public keys of the issuer could not be fetched"
        );
    }

    pub(super) fn report_no_keys(&self) {
        tracing::warn!(
            url = %self.url,
            hint = "start Hallpass with HALLPASS_SIGNING=es256, or verify with its secret",
            "the issuer publishes no keys, so that no token can be verified: it signs with its secret"
        );
    }
}

async fn bounded_body(mut response: Response) -> Result<Vec<u8>, FetchFault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_SET_BYTES {
            return Err(FetchFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
