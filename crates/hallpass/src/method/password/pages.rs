//! Registration and sign-in with a password, by page.

use askama::Template;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::web::{RegisterBody, SigninBody};
use super::{Registration, register_once};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::session::Session;
use crate::session::pages::{SIGN_IN, Stranger, come_in};
use crate::session::web::OwnSite;
use crate::settings::Settings;
use crate::throttle::Caller;
use crate::web::ApiTag;
use crate::web::answers::{
    FaultErrors, ForeignSiteErrors, FormErrors, ThrottleErrors, UnavailableErrors,
};
use crate::web::form::FormBody;
use crate::web::page::notice::{Input, Notice, Place, Saying};
use crate::web::page::return_path::ReturnPath;
use crate::web::page::{Form, Frame, Visit};

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(routes!(show_sign_up, sign_up))
        .routes(routes!(show_sign_in, sign_in))
}

const SIGN_UP: &str = "/signup";

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage<'a> {
    frame: Frame<'a>,
    lead: String,
    form: Form,
    password_hint: String,
    sign_in: String,
}

/// Registration page
#[utoipa::path(
    get,
    path = "/signup",
    operation_id = "signup_page",
    tag = ApiTag::PAGES,
    params(("next" = Option<String>, Query, description = "A path of this server to go to afterwards", example = "/dashboard")),
    responses(
        (status = 200, description = "The form", content_type = "text/html", body = String),
        (status = 303, description = "On, for who has signed in"),
        FaultErrors, UnavailableErrors,
    ),
)]
async fn show_sign_up(visit: Visit, stranger: Stranger) -> Result<Response, Error> {
    let texts = visit.texts;
    let mut cookies = Vec::new();
    let notice = visit.notice(Place::SignUp, &mut cookies)?;
    let fewest = visit.hallpass.settings().password_min_length.get();
    let page = SignUpPage {
        frame: visit.frame(texts.sign_up_title),
        lead: (texts.sign_up_lead)(visit.brand()),
        form: Form::new(stranger.to.carried_by(SIGN_UP)).again(notice, texts),
        password_hint: (texts.password_hint)(fewest),
        sign_in: stranger.to.carried_by(SIGN_IN),
    };
    visit.page(&page, cookies)
}

/// Register by page
///
/// The same form sent twice makes one account. The second leads into it too, from
/// the browser that the first answer has reached.
#[utoipa::path(
    post,
    path = "/signup",
    operation_id = "signup_form",
    tag = ApiTag::PAGES,
    request_body(content = RegisterBody, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "On with a session, or back to the form, which says what is wrong", headers(("Set-Cookie" = String, description = "The cookies of the session and the device"))),
        FormErrors, ForeignSiteErrors, ThrottleErrors, FaultErrors, UnavailableErrors,
    ),
)]
async fn sign_up(
    visit: Visit,
    _: OwnSite,
    caller: Caller,
    to: ReturnPath,
    FormBody(body): FormBody<RegisterBody>,
) -> Result<Response, Error> {
    let hallpass = &visit.hallpass;
    let typed = body.typed();
    let registered = register(hallpass, body, &caller).await;
    match registered {
        Ok(session) => {
            let welcome = Notice::new(Place::Dashboard, Saying::Welcome);
            come_in(hallpass, &session, &to, Some(&welcome))
        }
        Err(error) => visit.refuse((Place::SignUp, &to.carried_by(SIGN_UP)), &typed, error),
    }
}

async fn register(
    hallpass: &Hallpass,
    body: RegisterBody,
    caller: &Caller,
) -> Result<Session, Error> {
    let check = move |settings: &Settings| body.check(settings);
    let registration = Registration::checked(hallpass, caller.client, check).await?;
    register_once(hallpass, registration, caller).await
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    lead: String,
    form: Form,
    has_expired: bool,
    has_signed_out: bool,
    sign_up: String,
}

/// Sign-in page
#[utoipa::path(
    get,
    path = "/signin",
    operation_id = "signin_page",
    tag = ApiTag::PAGES,
    params(("next" = Option<String>, Query, description = "A path of this server to go to afterwards", example = "/dashboard")),
    responses(
        (status = 200, description = "The form", content_type = "text/html", body = String),
        (status = 303, description = "On, for who has signed in"),
        FaultErrors, UnavailableErrors,
    ),
)]
async fn show_sign_in(visit: Visit, stranger: Stranger) -> Result<Response, Error> {
    let texts = visit.texts;
    let mut cookies = stranger.forget;
    let notice = visit.notice(Place::SignIn, &mut cookies)?;
    let page = SignInPage {
        frame: visit.frame(texts.sign_in_title),
        lead: (texts.sign_in_lead)(visit.brand()),
        has_expired: stranger.has_expired,
        has_signed_out: matches!(&notice, Some(notice) if notice.saying == Saying::SignedOut),
        form: Form::new(stranger.to.carried_by(SIGN_IN)).again(notice, texts),
        sign_up: stranger.to.carried_by(SIGN_UP),
    };
    visit.page(&page, cookies)
}

/// Sign in by page
#[utoipa::path(
    post,
    path = "/signin",
    operation_id = "signin_form",
    tag = ApiTag::PAGES,
    request_body(content = SigninBody, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "On with a session, or back to the form, which says what is wrong", headers(("Set-Cookie" = String, description = "The cookies of the session and the device"))),
        FormErrors, ForeignSiteErrors, FaultErrors, UnavailableErrors,
    ),
)]
async fn sign_in(
    visit: Visit,
    _: OwnSite,
    caller: Caller,
    to: ReturnPath,
    FormBody(body): FormBody<SigninBody>,
) -> Result<Response, Error> {
    let hallpass = &visit.hallpass;
    let typed = body.typed();
    let signed_in = async { super::sign_in(hallpass, body.check()?, &caller).await };
    match signed_in.await {
        Ok(session) => come_in(hallpass, &session, &to, None),
        Err(error) => visit.refuse((Place::SignIn, &to.carried_by(SIGN_IN)), &typed, error),
    }
}
