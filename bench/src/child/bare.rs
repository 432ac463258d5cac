//! What axum does without us: one route, no middleware, no state.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

/// The body that `GET /api/v1/auth/me` has, so that as many bytes are sent.
const BODY: &str = r#"{"id":"01934c5e-0000-7000-8000-000000000001","email":"person-0000@example.com","name":null,"created_at":"2026-01-01T00:00:00.000000Z"}"#;

pub(super) fn router() -> Router {
    let answer = async || ([(CONTENT_TYPE, "application/json")], BODY);
    Router::new().route("/bare", get(answer))
}
