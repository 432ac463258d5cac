//! A request on its way to the router, and its response on the way back.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, CONTENT_TYPE, EXPECT, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use hyper::Request;
use hyper::body::Incoming;
use tower::ServiceExt;

use super::activity::Activity;
use super::lent::{Asked, Lent, Unread};
use super::limits::HEAD_FIELDS;
use super::pieces::Pieces;
use super::places::{Place, Places};

/// What a client reads whose request has no place.
const BUSY: &str =
    r#"{"detail":"The server is busy. Please try again in a moment.","code":"overloaded"}"#;

/// What all requests of one connection share.
pub(super) struct Requests {
    pub(super) router: Router,
    pub(super) places: Arc<Places<Asked>>,
    pub(super) peer: SocketAddr,
    pub(super) activity: Arc<Activity>,
}

/// A request with its place.
struct Admitted {
    request: Request<Incoming>,
    asked: Arc<Asked>,
    _place: Place<Asked>,
}

/// Why a request does not reach the router.
enum Refusal {
    TooManyFields,
    Busy,
}

impl Requests {
    /// The router as hyper calls it.
    pub(super) fn service(
        self,
    ) -> impl hyper::service::Service<
        Request<Incoming>,
        Response = Response<Pieces>,
        Error = Infallible,
        Future: Send + 'static,
    > {
        hyper::service::service_fn(move |request| {
            let in_flight = self.activity.begin();
            // Before anything is kept of it: HPACK makes a field of one byte
            // that was sent (RFC 9113, section 10.5.1), which takes a hundred
            // bytes of memory.
            let is_http2 = request.version() == Version::HTTP_2;
            let admitted = self.admit(request);
            let (router, peer) = (self.router.clone(), self.peer);
            async move {
                let (mut response, is_drained) = match admitted {
                    Ok(admitted) => admitted.answer(router, peer).await,
                    Err(refusal) => (refusal.into_response(), false),
                };
                // An HTTP/2 stream ends by itself; on HTTP/1 the rest of the
                // body is in the next request's way.
                if !is_http2 && (!is_drained || in_flight.is_last()) {
                    let headers = response.headers_mut();
                    headers.insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok(response.map(|body| Pieces::new(body, in_flight)))
            }
        })
    }

    fn admit(&self, request: Request<Incoming>) -> Result<Admitted, Refusal> {
        if request.headers().len() > HEAD_FIELDS {
            return Err(Refusal::TooManyFields);
        }
        let asked = Arc::default();
        let place = self.places.take(self.peer.ip(), &asked);
        let (place, _) = place.ok_or(Refusal::Busy)?;
        Ok(Admitted {
            request,
            asked,
            _place: place,
        })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, "application/json"), (RETRY_AFTER, "1")];
        match self {
            // As hyper answers on HTTP/1.
            Self::TooManyFields => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response(),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, headers, BUSY).into_response(),
        }
    }
}

impl Admitted {
    /// The response, and whether all of the request's body was read.
    async fn answer(self, router: Router, peer: SocketAddr) -> (Response, bool) {
        let is_http2 = self.request.version() == Version::HTTP_2;
        let (mut request, unread) = lend(self.request, &self.asked);
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = tokio::select! {
            biased;
            response = router.oneshot(request) => match response {
                Ok(response) => response,
                Err(never) => match never {},
            },
            () = self.asked.evicted() => return (Refusal::Busy.into_response(), false),
        };
        (response, is_http2 || unread.drained().await)
    }
}

/// Lends the body to the router, which may drop it unread.
fn lend(request: Request<Incoming>, asked: &Arc<Asked>) -> (Request<Body>, Unread) {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return (Request::from_parts(parts, Body::empty()), Unread::nothing());
    }
    let expects_continue = parts.headers.contains_key(EXPECT);
    let (body, unread) = Lent::new(body, expects_continue, Arc::clone(asked));
    (Request::from_parts(parts, Body::new(body)), unread)
}
