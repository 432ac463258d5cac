//! What happens around every request: an id, a span, one line in the log, a
//! count for the metrics.

use std::cell::Cell;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use tracing::field::display;

use crate::clock::monotonic;
use crate::hallpass::Hallpass;
use crate::user::UserId;

pub(super) static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request that is being answered.
struct Current {
    id: HeaderValue,
    user: Cell<Option<UserId>>,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// The id of the request that is being answered, for a message that must name
/// it; `-` outside of one.
pub(super) fn current_id() -> String {
    let id = CURRENT.try_with(|current| current.id.to_str().map(ToOwned::to_owned));
    id.ok()
        .and_then(Result::ok)
        .unwrap_or_else(|| "-".to_owned())
}

/// Notes for the request's line in the log who made it. In another
/// application's routes that line is not ours, and this does nothing.
pub(crate) fn note_user(id: UserId) {
    CURRENT
        .try_with(|current| current.user.set(Some(id)))
        .unwrap_or_default();
}

/// The middleware around every route.
pub(super) async fn around(
    State(hallpass): State<Hallpass>,
    request: Request,
    next: Next,
) -> Response {
    let started = monotonic();
    let id = sent_id(request.headers()).unwrap_or_else(|| fresh_id(&hallpass));
    // The matched pattern and never the path itself: a path may hold an
    // address or a token that somebody put there by mistake.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let method = standard_name(request.method());
    // At the highest level, so that a line about an error has its request's id
    // whatever else is filtered out.
    let span = tracing::error_span!(
        "request",
        request_id = id.to_str().unwrap_or("-"),
        method,
        route,
    );
    let current = Current {
        id: id.clone(),
        user: Cell::new(None),
    };
    let answering = CURRENT.scope(current, async {
        let response = next.run(request).await;
        let user_id = CURRENT.with(|current| current.user.get()).map(display);
        let status = response.status().as_u16();
        let elapsed = started.elapsed();
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(status, micros, user_id, "answered");
        count(method, &route, status, elapsed.as_secs_f64());
        response
    });
    let mut response = answering.instrument(span).await;
    response.headers_mut().insert(X_REQUEST_ID.clone(), id);
    response
}

fn count(method: &'static str, route: &str, status: u16, seconds: f64) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("hallpass_http_requests_total", &labels).increment(1);
    metrics::histogram!("hallpass_http_request_seconds", "route" => route.to_owned())
        .record(seconds);
}

/// Anybody can invent methods; the metrics must not grow with them.
fn standard_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The caller's id, when it cannot break a log: 1 to 64 characters of
/// `A-Za-z0-9._-`, sent once.
fn sent_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut ids = headers.get_all(&X_REQUEST_ID).iter();
    let (Some(id), None) = (ids.next(), ids.next()) else {
        return None;
    };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let bytes = id.as_bytes();
    ((1..=64).contains(&bytes.len()) && bytes.iter().all(plain)).then(|| id.clone())
}

/// A UUID of version 7: sorts by time in a log.
fn fresh_id(hallpass: &Hallpass) -> HeaderValue {
    let id = UserId::generate(hallpass.now()).ok();
    let text = id.and_then(|id| HeaderValue::from_str(&id.to_string()).ok());
    text.unwrap_or(HeaderValue::from_static("unknown"))
}
