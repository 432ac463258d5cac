//! Better Auth's wire, so that its clients work unmodified: a thin translation
//! over the same operations, without rules of its own.
//!
//! It follows `better-auth` 1.7 in routes, bodies, codes and the order of its
//! checks: route, body, origin, fields, session, operation. What differs is
//! listed in `docs/better-auth.md`, and compared with the real one in
//! `e2e/better-auth`. This room is HTTP, like `web`.

mod account;
mod answer;
mod body;
mod fields;
mod origin;
mod password;
mod refusal;
mod session;
mod state;

use axum::http::StatusCode;
use axum::routing::any;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::hallpass::Hallpass;
use crate::token;

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(ours(routes!(password::sign_up)))
        .routes(ours(routes!(password::sign_in)))
        .routes(ours(routes!(session::sign_out)))
        .routes(ours(routes!(session::get_session, session::renew_session)))
        .routes(ours(routes!(session::token)))
        .routes(ours(routes!(session::list_sessions)))
        .routes(ours(routes!(session::revoke_session)))
        .routes(ours(routes!(session::revoke_other_sessions)))
        .routes(ours(routes!(session::revoke_sessions)))
        .routes(ours(routes!(account::update_user)))
        .routes(ours(routes!(state::ok)))
        .routes(ours(routes!(state::error)))
        .route("/api/auth/jwks", token::web::key_set().fallback(nothing))
}

/// The paths of [`unknown`].
pub(crate) const UNKNOWN: [&str; 3] = ["/api/auth", "/api/auth/", "/api/auth/{*path}"];

/// What is no route below Better Auth's path is nothing, as upstream. For a
/// server of its own: another application may have routes there.
pub(crate) fn unknown() -> OpenApiRouter<Hallpass> {
    UNKNOWN
        .into_iter()
        .fold(OpenApiRouter::new(), |router, path| {
            router.route(path, any(nothing))
        })
}

/// Another method on a route is answered as no route is.
fn ours(routes: UtoipaMethodRouter<Hallpass>) -> UtoipaMethodRouter<Hallpass> {
    routes.map(|router| router.fallback(nothing))
}

/// No body and no content type.
async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}
