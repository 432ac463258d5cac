//! `/`: what this server is, and on.

use askama::Template;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Frame, Visit};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::session::pages::Stranger;
use crate::web::ApiTag;
use crate::web::answers::{FaultErrors, UnavailableErrors};

pub(in crate::web) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new().routes(routes!(home))
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    lead: String,
}

/// What this server is
#[utoipa::path(
    get,
    path = "/",
    tag = ApiTag::PAGES,
    responses(
        (status = 200, description = "A page that leads on", content_type = "text/html", body = String),
        (status = 303, description = "To the dashboard, for who has signed in"),
        FaultErrors, UnavailableErrors,
    ),
)]
async fn home(visit: Visit, _: Stranger) -> Result<Response, Error> {
    let page = HomePage {
        frame: visit.frame((visit.texts.home_title)(visit.brand())),
        lead: (visit.texts.home_lead)(visit.brand()),
    };
    visit.page(&page, Vec::new())
}
