//! What every answer carries, whichever route gave it.

use std::any::Any;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    SET_COOKIE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::cors;
use super::host::Hosts;
use super::in_flight;
use super::page::Reader;
use super::request;
use super::site;
use super::to_end::ToEndLayer;
use crate::error::Error;
use crate::hallpass::Hallpass;

/// JSON is never rendered, framed or scripted (ASVS 3.4.3, 3.4.6).
const JSON_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The layers of a router that another program calls.
pub(super) fn wrap(router: Router<Hallpass>, hallpass: &Hallpass) -> Router<Hallpass> {
    wrap_for(Hosts::Any, router, hallpass)
}

/// From the outside in: a request that has begun runs to its end, it has its id
/// and its line in the log, the headers are set, a refusal becomes a page where a
/// person reads it, CORS is answered, a client has its share of the requests in
/// progress, and a panic becomes a 500.
///
/// Put together as one layer: of four, the router would box and clone each for
/// every request.
pub(super) fn wrap_for(
    hosts: Hosts,
    router: Router<Hallpass>,
    hallpass: &Hallpass,
) -> Router<Hallpass> {
    let layers = ServiceBuilder::new()
        .layer(ToEndLayer)
        .layer(middleware::from_fn_with_state(
            hallpass.clone(),
            request::around,
        ))
        .layer(middleware::from_fn_with_state(
            (hallpass.clone(), hosts),
            set_headers,
        ))
        .layer(middleware::from_fn_with_state(
            hallpass.clone(),
            cors::answer_preflights,
        ))
        .layer(cors::layer(hallpass.settings()))
        .layer(middleware::from_fn_with_state(
            hallpass.clone(),
            in_flight::limit,
        ))
        .layer(CatchPanicLayer::custom(after_panic));
    router.layer(layers)
}

#[expect(clippy::needless_pass_by_value, reason = "tower-http's signature")]
fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("of unknown kind");
    Error::internal(format!("a handler panicked: {text}")).into_response()
}

async fn set_headers(
    State((hallpass, rule)): State<(Hallpass, Hosts)>,
    request: Request,
    next: Next,
) -> Response {
    let reader = Reader::of(&request);
    let is_foreign = site::is_foreign(request.headers(), hallpass.settings())
        && !site::follows_link(request.method(), request.headers());
    let mut response = match rule.check(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    if let Some(reader) = reader {
        response = reader.dress(&hallpass, response);
    }
    let headers = response.headers_mut();
    if is_foreign {
        // Whichever route it is, and whatever it found: a foreign site neither
        // signs a browser in nor out, nor leaves anything there. Routes that
        // exist for that refuse it and say so; this holds for all others.
        headers.remove(SET_COOKIE);
    }
    default(headers, &X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(headers, &REFERRER_POLICY, "no-referrer");
    default(headers, &CONTENT_SECURITY_POLICY, JSON_POLICY);
    default(headers, &CACHE_CONTROL, "no-store");
    default(
        headers,
        &HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    let settings = hallpass.settings();
    let hsts = settings.hsts.header();
    if let Some(value) = hsts.filter(|_| settings.public_url.is_https()) {
        default(headers, &STRICT_TRANSPORT_SECURITY, value);
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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::db::DatabaseUrl;
    use crate::secret::SigningSecret;
    use crate::settings::{PublicUrl, Settings};

    async fn panics() -> &'static str {
        panic!("canary")
    }

    /// No real route panics, so this one is made to.
    #[tokio::test]
    async fn asvs_16_5_4_a_panic_is_a_500_for_that_request_alone() {
        let secret = SigningSecret::new(&SigningSecret::generate().unwrap()).unwrap();
        let database = DatabaseUrl::sqlite_file("never-opened.db");
        let hallpass =
            Hallpass::new(Settings::new(PublicUrl::default(), secret, database)).unwrap();
        let handlers = Router::new()
            .route("/panics", get(panics))
            .route("/works", get(|| async { "ok" }));
        let router = wrap(handlers, &hallpass).with_state(hallpass);
        for _ in 0..2 {
            let ask = |path: &str| {
                let request = Request::get(path)
                    .header("x-request-id", "my-id")
                    .body(Body::empty())
                    .unwrap();
                router.clone().oneshot(request)
            };
            let failed = ask("/panics").await.unwrap();
            assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(failed.headers()["x-content-type-options"], "nosniff");
            let body = failed.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(
                body.contains("internal_error") && body.contains("my-id"),
                "{body}"
            );
            assert!(!body.contains("canary"), "{body}");
            assert_eq!(ask("/works").await.unwrap().status(), StatusCode::OK);
        }
    }
}
