//! A client that speaks to the router without a network in between.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use hallpass::{ManualClock, Timestamp};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use url::form_urlencoded;

use super::{Answer, COOKIE, TestApp, documented, everywhere};

/// A request; awaiting it sends it.
#[must_use = "a request is sent when it is awaited"]
pub(crate) struct Request {
    router: Router,
    sent: axum::http::Request<Body>,
    jar: Option<Jar>,
    may_fail: bool,
    bare: bool,
}

impl Request {
    pub(super) fn new(app: &TestApp, method: &str, path: &str) -> Self {
        let mut request = axum::http::Request::new(Body::empty());
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.uri_mut() = Uri::try_from(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self {
            router: app.router.clone(),
            sent: request,
            jar: None,
            may_fail: false,
            bare: false,
        }
        .from("192.0.2.1")
    }

    /// Sends it from this address.
    pub(crate) fn from(mut self, ip: &str) -> Self {
        let ip: IpAddr = ip.parse().unwrap();
        self.sent
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::new(ip, 40_000)));
        self
    }

    pub(crate) fn path(&self) -> &str {
        self.sent.uri().path()
    }

    /// As a router that was served without connection info sees it.
    pub(crate) fn without_peer(mut self) -> Self {
        self.sent
            .extensions_mut()
            .remove::<ConnectInfo<SocketAddr>>();
        self
    }

    /// Adds a header, also beside one of the same name.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
        self.sent.headers_mut().append(name, value);
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends the token as a browser does.
    pub(crate) fn cookie(self, token: &str) -> Self {
        self.header("cookie", format!("{COOKIE}={token}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw_json(body.to_string())
    }

    /// This text, said to be JSON.
    pub(crate) fn raw_json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").raw(body)
    }

    /// These fields as an HTML form sends them.
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded")
            .raw(body)
    }

    /// As a browser asks for a page.
    pub(crate) fn for_a_page(self) -> Self {
        let accepted = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        self.header("accept", accepted)
            .header("sec-fetch-mode", "navigate")
    }

    pub(crate) fn language(self, language: &str) -> Self {
        self.header("accept-language", language)
    }

    pub(crate) fn raw(self, body: impl Into<Vec<u8>>) -> Self {
        self.body(Body::from(body.into()))
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        *self.sent.body_mut() = body;
        self
    }

    /// Allows a 5xx, which anywhere else fails the test.
    pub(crate) fn may_fail(mut self) -> Self {
        self.may_fail = true;
        self
    }

    /// For what an embedder answers, which is neither like ours nor described.
    pub(crate) fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    async fn send(mut self) -> Answer {
        let method = self.sent.method().clone();
        let path = self.sent.uri().path().to_owned();
        if let Some(cookies) = self.jar.as_ref().and_then(Jar::header) {
            self = self.header("cookie", cookies);
        }
        let response = self.router.oneshot(self.sent).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        };
        if let Some(jar) = &self.jar {
            jar.keep(&answer);
        }
        assert!(
            answer.status < 500 || self.may_fail,
            "{method} {path}\n{answer}"
        );
        if !self.bare {
            everywhere::check(&path, &answer);
            documented::check(&method, &path, &answer);
        }
        answer
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Somebody at a browser: what the server sets is sent back.
pub(crate) struct Browser {
    app: TestApp,
    jar: Jar,
}

impl Browser {
    pub(super) fn new(app: &TestApp) -> Self {
        let jar = Jar {
            clock: app.clock.clone(),
            cookies: Arc::default(),
        };
        Self {
            app: app.clone(),
            jar,
        }
    }

    /// A request as a page of our own origin sends it.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        let mut request = self
            .app
            .request(method, path)
            .header("sec-fetch-site", "same-origin");
        request.jar = Some(self.jar.clone());
        request
    }

    /// Goes to a page, as by a link on one of ours.
    pub(crate) fn get(&self, path: &str) -> Request {
        self.request("GET", path).for_a_page()
    }

    /// Sends a form of one of our pages.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        self.request("POST", path).for_a_page().form(fields)
    }

    /// Goes where an answer sends it.
    pub(crate) fn follow(&self, answer: &Answer) -> Request {
        assert_eq!(answer.status, 303, "{answer}");
        self.get(answer.header("location").unwrap())
    }

    /// Goes to a page and wherever that leads, three steps at most: each path,
    /// and what is shown at the last.
    pub(crate) async fn arrive(&self, path: &str) -> (Vec<String>, Answer) {
        let mut paths = vec![path.to_owned()];
        let mut answer = self.get(path).await;
        while answer.status == 303 {
            paths.push(answer.header("location").unwrap().to_owned());
            assert!(paths.len() <= 4, "{paths:?}\n{answer}");
            answer = self.follow(&answer).await;
        }
        (paths, answer)
    }

    /// Gives it a cookie for a day, by whatever way it came to it.
    pub(crate) fn plant(&self, name: &str, value: &str) {
        let ends_at = self.jar.clock.now().plus(Duration::from_hours(24));
        let mut cookies = self.jar.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), (value.to_owned(), ends_at));
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.jar.fresh().remove(name)
    }

    /// The names of the cookies it would send, but for the one by which it is
    /// known.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let names = self.jar.fresh().into_keys();
        names.filter(|name| !name.ends_with(".device")).collect()
    }
}

#[derive(Clone)]
struct Jar {
    clock: ManualClock,
    cookies: Arc<Mutex<BTreeMap<String, (String, Timestamp)>>>,
}

impl Jar {
    fn fresh(&self) -> BTreeMap<String, String> {
        let now = self.clock.now();
        let cookies = self.cookies.lock().unwrap();
        let fresh = cookies.iter().filter(|(_, (_, ends_at))| *ends_at > now);
        fresh
            .map(|(name, (value, _))| (name.clone(), value.clone()))
            .collect()
    }

    fn header(&self) -> Option<String> {
        let pairs: Vec<_> = self
            .fresh()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn keep(&self, answer: &Answer) {
        for cookie in answer.all("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let max_age = attributes
                .split(';')
                .find_map(|one| one.trim().strip_prefix("Max-Age="));
            let life = Duration::from_secs(max_age.unwrap().parse().unwrap());
            let ends_at = self.clock.now().plus(life);
            self.cookies
                .lock()
                .unwrap()
                .insert(name.to_owned(), (value.to_owned(), ends_at));
        }
    }
}
