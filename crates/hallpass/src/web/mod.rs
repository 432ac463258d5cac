//! HTTP: the routes of every room in one list, and what all answers share.

pub(crate) mod answers;
mod base;
pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod content;
pub(crate) mod cookie;
mod cors;
mod docs;
pub(crate) mod error;
pub(crate) mod form;
mod health;
mod host;
pub(crate) mod in_flight;
pub(crate) mod json;
mod layers;
mod openapi;
pub(crate) mod page;
pub(crate) mod request;
pub(crate) mod site;
mod to_end;

use axum::Router;
use axum::routing::any;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::docs::Description;
use self::host::Hosts;
pub(crate) use self::openapi::{ApiTag, document};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::{better_auth, method, session, token, user};

/// The API: the routes of every room.
fn rooms() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .merge(method::password::web::routes())
        .merge(session::web::routes())
        .merge(user::web::routes())
        .merge(token::web::routes())
        .merge(better_auth::routes())
}

/// The pages: those of every room, and what they share.
fn pages() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .merge(page::routes())
        .merge(method::password::pages::routes())
        .merge(session::pages::routes())
        .merge(user::pages::routes())
}

/// What a server of its own answers beside the API and the pages.
fn surroundings() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .merge(page::home::routes())
        .merge(health::routes())
        .merge(docs::routes())
        .merge(better_auth::unknown())
}

/// The API alone, to be merged into another application's router.
pub(crate) fn api_routes(hallpass: Hallpass) -> Router {
    part(rooms(), hallpass)
}

/// The pages alone, likewise.
pub(crate) fn page_routes(hallpass: Hallpass) -> Router {
    part(pages(), hallpass)
}

fn part(routes: OpenApiRouter<Hallpass>, hallpass: Hallpass) -> Router {
    let (part, _) = openapi::assemble(routes);
    let part = part.method_not_allowed_fallback(no_such_method);
    layers::wrap(part, &hallpass).with_state(hallpass)
}

/// Every route, and the document that describes them.
fn everything() -> (Router<Hallpass>, OpenApi) {
    openapi::assemble(rooms().merge(pages()).merge(surroundings()))
}

/// Everything that Hallpass answers, ready to serve.
pub(crate) fn router(hallpass: Hallpass) -> Router {
    whole(hallpass, Hosts::Any)
}

/// The same, for requests that come straight from a socket.
pub(crate) fn server_router(hallpass: Hallpass) -> Router {
    whole(hallpass, Hosts::Named)
}

fn whole(hallpass: Hallpass, hosts: Hosts) -> Router {
    let (all, _) = everything();
    let router = all
        .fallback(any(|| async { Error::NotFound }))
        .method_not_allowed_fallback(no_such_method);
    let router = layers::wrap_for(hosts, router, &hallpass);
    let base = hallpass.settings().public_url.base().clone();
    base::below(&base, router.with_state(hallpass))
}

async fn no_such_method() -> Error {
    Error::MethodNotAllowed
}
