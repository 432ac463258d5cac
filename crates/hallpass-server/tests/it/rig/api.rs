//! The API as a client sees it.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::{BETWEEN_LOOKS, PASSWORD, PATIENCE, scaled, within};

/// A server's API. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    base: String,
}

impl Api {
    pub(crate) fn new(port: u16) -> Self {
        let client = Client::builder().no_proxy().timeout(scaled(PATIENCE));
        Self::by(client.build().unwrap(), port)
    }

    /// Over HTTP/2 and nothing else.
    pub(crate) fn over_http2(port: u16) -> Self {
        let client = Client::builder().no_proxy().timeout(scaled(PATIENCE));
        Self::by(client.http2_prior_knowledge().build().unwrap(), port)
    }

    fn by(client: Client, port: u16) -> Self {
        Self {
            client,
            base: format!("http://127.0.0.1:{port}"),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn me(&self, token: &str) -> Answer {
        let me = self.request(Method::GET, "/api/v1/auth/me");
        self.send(me.bearer_auth(token)).await
    }

    pub(crate) fn registration(&self, email: &str) -> RequestBuilder {
        let body = json!({"email": email, "password": PASSWORD, "name": "Somebody"});
        self.request(Method::POST, "/api/v1/auth/register")
            .json(&body)
    }

    pub(crate) async fn register(&self, email: &str) -> Answer {
        patiently(self.registration(email)).await.unwrap()
    }

    pub(crate) fn signing_in(&self, email: &str, password: &str) -> RequestBuilder {
        let body = json!({"email": email, "password": password});
        self.request(Method::POST, "/api/v1/auth/signin")
            .json(&body)
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        patiently(self.signing_in(email, password)).await.unwrap()
    }
}

/// Sends a request, and again as long as the server says that it is busy: that
/// is a right answer on a machine whose cores run other tests.
pub(crate) async fn patiently(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    again_while(request, |answer| answer.status == 503).await
}

/// As [`patiently`], for a test that wants to see that the database is away.
pub(crate) async fn once_hashed(request: RequestBuilder) -> Answer {
    let busy = |answer: &Answer| answer.status == 503 && answer.code() == "overloaded";
    again_while(request, busy).await.unwrap()
}

async fn again_while(
    request: RequestBuilder,
    busy: impl Fn(&Answer) -> bool,
) -> Result<Answer, reqwest::Error> {
    let sending = async {
        loop {
            let answer = Answer::of(request.try_clone().unwrap()).await?;
            if !busy(&answer) {
                return Ok(answer);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    within(PATIENCE, "the server has time", sending).await
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.text().await?;
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn token(&self) -> String {
        let token = self.json()["access_token"].take();
        token
            .as_str()
            .unwrap_or_else(|| panic!("no token: {self:?}"))
            .to_owned()
    }

    /// The error's code, or nothing where the answer is no error.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and code in one, for a short comparison.
    pub(crate) fn verdict(&self) -> (u16, String) {
        (self.status, self.code())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The database is away or cannot write, for now.
    pub(crate) fn assert_unavailable(&self) {
        assert_eq!(
            self.verdict(),
            (503, "database_unavailable".to_owned()),
            "{self:?}"
        );
        assert!((1..=3).contains(&self.retry_after()), "{self:?}");
    }

    /// The seconds after which to come back.
    pub(crate) fn retry_after(&self) -> u64 {
        let seconds = self.header("retry-after");
        let seconds = seconds.unwrap_or_else(|| panic!("no Retry-After: {self:?}"));
        seconds.parse().unwrap()
    }
}

/// The address of a client that has not been seen before (RFC 2544's range).
pub(crate) fn fresh_client() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(u32::from_be_bytes([198, 18, 0, 1]));
    Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_string()
}
