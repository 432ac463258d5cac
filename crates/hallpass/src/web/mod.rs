//! HTTP: the routes of every room in one list, and what all answers share.

pub(crate) mod answers;
pub(crate) mod client;
mod docs;
pub(crate) mod error;
mod health;
pub(crate) mod json;
mod layers;
mod openapi;
pub(crate) mod request;

use axum::Router;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::openapi::{ApiTag, document};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::{method, session, user};

/// The API: the routes of every room.
fn rooms() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .merge(method::password::web::routes())
        .merge(session::web::routes())
        .merge(user::web::routes())
}

/// What a server answers beside the API.
fn surroundings() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .merge(health::routes())
        .merge(docs::routes())
}

/// The API alone, to be merged into another application's router.
pub(crate) fn routes(hallpass: Hallpass) -> Router {
    let (api, _) = openapi::assemble(rooms());
    layers::wrap(api, &hallpass).with_state(hallpass)
}

/// Everything that Hallpass answers, ready to serve.
pub(crate) fn router(hallpass: Hallpass) -> Router {
    let (all, _) = openapi::assemble(rooms().merge(surroundings()));
    let router = all
        .fallback(any(|| async { Error::NotFound }))
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed });
    layers::wrap(router, &hallpass).with_state(hallpass)
}
