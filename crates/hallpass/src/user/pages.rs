//! A user's own account, by page: the dashboard.

use askama::Template;
use axum::http::request::Parts;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::User;
use super::web::UpdateBody;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::session::pages::{Member, mark, turn_away};
use crate::session::web::{OwnSite, Pass};
use crate::web::ApiTag;
use crate::web::answers::{
    FaultErrors, ForeignSiteErrors, FormErrors, ThrottleErrors, UnavailableErrors,
};
use crate::web::cookie::Cookie;
use crate::web::form::FormBody;
use crate::web::page::notice::{Input, Notice, Place, Saying, Typed};
use crate::web::page::return_path::DASHBOARD;
use crate::web::page::{Form, Frame, Visit, see_other};

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new().routes(routes!(dashboard, rename))
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage<'a> {
    frame: Frame<'a>,
    user: &'a User,
    member_since: String,
    expiry: Expiry,
    /// What went well just now.
    good_news: Option<String>,
    form: Form,
}

/// When the pass expires, for people and for the script.
struct Expiry {
    at: Timestamp,
    date: String,
    time: String,
    seconds_left: u64,
    life: u64,
}

/// Dashboard
#[utoipa::path(
    get,
    path = "/dashboard",
    operation_id = "dashboard",
    tag = ApiTag::PAGES,
    security(("cookie" = [])),
    responses(
        (status = 200, description = "The account and its pass", content_type = "text/html", body = String),
        (status = 303, description = "To the sign-in page"),
        FaultErrors, UnavailableErrors,
    ),
)]
async fn dashboard(visit: Visit, Member(pass): Member) -> Result<Response, Error> {
    let mut cookies = Vec::new();
    let notice = visit.notice(Place::Dashboard, &mut cookies)?;
    // Whoever signed in by the API has none yet.
    if !visit.has(Cookie::HadSession) {
        cookies.push(mark(visit.hallpass.settings())?);
    }
    visit.page(&page(&visit, &pass, notice), cookies)
}

fn page<'a>(visit: &'a Visit, pass: &'a Pass, notice: Option<Notice>) -> DashboardPage<'a> {
    let (texts, user) = (visit.texts, &pass.user);
    let good_news = match notice.as_ref().map(|notice| &notice.saying) {
        Some(Saying::Welcome) => Some((texts.welcome)(user.name.as_deref())),
        Some(Saying::NameSaved) => Some(texts.name_saved.to_owned()),
        _ => None,
    };
    let mut form = Form::new(DASHBOARD.to_owned());
    form.name = user.name.clone().unwrap_or_default();
    DashboardPage {
        frame: visit.frame(texts.dashboard_title),
        user,
        member_since: (texts.date)(user.created_at.civil()),
        expiry: expiry(visit, pass.bearer.expires_at),
        good_news,
        form: form.again(notice, texts),
    }
}

fn expiry(visit: &Visit, at: Timestamp) -> Expiry {
    let left = at.since(visit.hallpass.now()).as_micros();
    Expiry {
        at,
        date: (visit.texts.date)(at.civil()),
        time: (visit.texts.time)(at.civil()),
        // Rounded up: a pass that is shown has a second left.
        seconds_left: u64::try_from(left.div_ceil(1_000_000)).unwrap_or(u64::MAX),
        life: crate::settings::TOKEN_LIFE.as_secs(),
    }
}

/// Change your name by page
#[utoipa::path(
    post,
    path = "/dashboard",
    operation_id = "dashboard_form",
    tag = ApiTag::PAGES,
    security(("cookie" = [])),
    request_body(content = UpdateBody, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Back to the dashboard, which says how it went, or to the sign-in page"),
        FormErrors, ForeignSiteErrors, ThrottleErrors, FaultErrors, UnavailableErrors,
    ),
)]
async fn rename(
    visit: Visit,
    // First: a form on a foreign site comes without the cookie, and to be sent
    // to sign in takes the cookie away.
    _: OwnSite,
    Member(pass): Member,
    parts: Parts,
    FormBody(body): FormBody<UpdateBody>,
) -> Result<Response, Error> {
    let hallpass = &visit.hallpass;
    let typed = Typed {
        name: body.name.text().unwrap_or_default(),
        ..Typed::default()
    };
    match body.apply(hallpass, pass.user).await {
        Ok(_) => {
            let saved = Notice::new(Place::Dashboard, Saying::NameSaved);
            let settings = hallpass.settings();
            see_other(settings, DASHBOARD, vec![saved.set(settings)?])
        }
        Err(error @ Error::InvalidToken) => turn_away(&parts, hallpass.settings(), error),
        Err(error) => visit.refuse((Place::Dashboard, DASHBOARD), &typed, error),
    }
}
