//! What every answer carries, whichever route gave it.

use std::any::Any;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    self, ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::request::{self, X_REQUEST_ID};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::settings::Settings;

/// JSON is never rendered, framed or scripted (ASVS 3.4.3, 3.4.6).
const JSON_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// From the inside out: a panic becomes a 500, CORS is answered, the headers
/// are set, and around it all the request has its id and its line in the log.
pub(super) fn wrap(router: Router<Hallpass>, hallpass: &Hallpass) -> Router<Hallpass> {
    router
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(cors(hallpass.settings()))
        .layer(middleware::from_fn_with_state(
            hallpass.clone(),
            set_headers,
        ))
        .layer(middleware::from_fn_with_state(
            hallpass.clone(),
            request::around,
        ))
}

#[expect(clippy::needless_pass_by_value, reason = "tower-http's signature")]
fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("of unknown kind");
    Error::internal(format!("a handler panicked: {text}")).into_response()
}

/// Exact origins and never `*`, since credentials are allowed.
fn cors(settings: &Settings) -> CorsLayer {
    let origins = settings.cors_origins.iter();
    let origins = origins.filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PATCH])
        .allow_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, X_REQUEST_ID.clone()])
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE, X_REQUEST_ID.clone()])
        .max_age(std::time::Duration::from_mins(10))
}

async fn set_headers(State(hallpass): State<Hallpass>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    default(headers, &X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(headers, &REFERRER_POLICY, "no-referrer");
    default(headers, &CONTENT_SECURITY_POLICY, JSON_POLICY);
    default(headers, &CACHE_CONTROL, "no-store");
    default(
        headers,
        &HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    if hallpass.settings().public_url.is_https() {
        default(
            headers,
            &STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
    headers.remove(header::SERVER);
    response
}

/// Sets what the route has not set itself.
fn default(headers: &mut HeaderMap, name: &HeaderName, value: &'static str) {
    if !headers.contains_key(name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
