//! Requests to a real router, and whole answers as text.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use hallpass_verify::Verifier;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::forge::{Forge, builder};

pub(crate) const NO_TOKEN: &str = "\
401 Unauthorized
cache-control: no-store
content-type: application/json
www-authenticate: Bearer
x-content-type-options: nosniff

{\"detail\":\"Authentication required\",\"code\":\"authentication_required\"}";

pub(crate) const INVALID: &str = "\
401 Unauthorized
cache-control: no-store
content-type: application/json
www-authenticate: Bearer error=\"invalid_token\"
x-content-type-options: nosniff

{\"detail\":\"Could not validate credentials\",\"code\":\"invalid_token\"}";

pub(crate) const EXPIRED: &str = "\
401 Unauthorized
cache-control: no-store
content-type: application/json
www-authenticate: Bearer error=\"invalid_token\"
x-content-type-options: nosniff

{\"detail\":\"Token expired. Please sign in again.\",\"code\":\"token_expired\"}";

/// A token that is good whatever the clock of the machine says.
pub(crate) fn lasting(forge: Forge) -> Forge {
    forge.times(0, 9_999_999_999)
}

/// A verifier that takes those.
pub(crate) fn patient() -> Verifier {
    builder().max_life(Duration::MAX).build().unwrap()
}

/// A request for `/` with these values of `Authorization`.
pub(crate) fn request(authorizations: &[&[u8]]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    for value in authorizations {
        let value = HeaderValue::from_bytes(value).unwrap();
        request.headers_mut().append(AUTHORIZATION, value);
    }
    request
}

pub(crate) async fn send(app: &Router, authorizations: &[&[u8]]) -> Response {
    app.clone().oneshot(request(authorizations)).await.unwrap()
}

/// The whole answer: status, headers in alphabetical order, body.
pub(crate) async fn answer(app: &Router, authorizations: &[&[u8]]) -> String {
    let response = send(app, authorizations).await;
    let mut lines = vec![response.status().to_string()];
    let mut headers: Vec<_> = response
        .headers()
        .iter()
        // What axum adds to every body.
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    lines.append(&mut headers);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    format!(
        "{}\n\n{}",
        lines.join("\n"),
        String::from_utf8(body.to_vec()).unwrap()
    )
}

/// The answer to one token, sent as it should be.
pub(crate) async fn answer_to(app: &Router, token: &str) -> String {
    answer(app, &[format!("Bearer {token}").as_bytes()]).await
}
