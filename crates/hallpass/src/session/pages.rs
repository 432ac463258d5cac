//! Coming in and going out by page: which cookies a browser is given, and where
//! it is sent.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Session;
use super::web::{
    CurrentBearer, Kept, OwnSite, Pass, end_session, follows_a_foreign_link, sign_in_cookies,
};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::settings::Settings;
use crate::web::ApiTag;
use crate::web::answers::{FaultErrors, ForeignSiteErrors};
use crate::web::client::ClientAddress;
use crate::web::cookie::Cookie;
use crate::web::page::notice::{Notice, Place, Saying};
use crate::web::page::return_path::ReturnPath;
use crate::web::page::{Frame, Visit, see_other};
use crate::web::request::note_user;

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new().routes(routes!(sign_out))
}

/// For how long a browser knows that it had a session: who comes back within a
/// day is told that it expired, and not merely asked to sign in.
const MARK_LIFE: u64 = 24 * 60 * 60;

/// The mark that there is a session, which outlives it.
pub(crate) fn mark(settings: &Settings) -> Result<HeaderValue, Error> {
    Cookie::HadSession.set(settings, "1", MARK_LIFE)
}

/// Sends somebody who has just signed in where they wanted to go.
pub(crate) fn come_in(
    hallpass: &Hallpass,
    session: &Session,
    to: &ReturnPath,
    notice: Option<&Notice>,
) -> Result<Response, Error> {
    let settings = hallpass.settings();
    note_user(session.user.id);
    let mut cookies = sign_in_cookies(settings, session, Kept::ForItsLife)?;
    cookies.push(mark(settings)?);
    if let Some(notice) = notice {
        cookies.push(notice.set(settings)?);
    }
    see_other(settings, to.as_str(), cookies)
}

/// Who asks for a page that is theirs alone. Anybody else is sent to sign in,
/// and from there back.
pub(crate) struct Member(pub(crate) Pass);

impl FromRequestParts<Hallpass> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hallpass: &Hallpass) -> Result<Self, Response> {
        let pass = Pass::from_request_parts(parts, hallpass).await;
        let turned_away = |error| match error {
            error if is_kept_back(&error, parts) => ask_again(parts, hallpass),
            error => turn_away(parts, hallpass.settings(), error),
        };
        pass.map(Self)
            .map_err(|error| turned_away(error).into_response())
    }
}

#[derive(Template)]
#[template(path = "onward.html")]
struct OnwardPage<'a> {
    frame: Frame<'a>,
    to: &'a str,
}

/// Whether the browser may have a pass that it did not send.
fn is_kept_back(error: &Error, parts: &Parts) -> bool {
    matches!(error, Error::AuthenticationRequired) && follows_a_foreign_link(parts)
}

/// A page that asks for the same once more, from our own site: now the browser
/// sends its cookie, if it has one. Otherwise whoever follows a link in a mail
/// would seem to be a stranger.
fn ask_again(parts: &Parts, hallpass: &Hallpass) -> Result<Response, Error> {
    let visit = Visit::new(hallpass, parts.headers.clone());
    let page = OnwardPage {
        frame: visit.frame(visit.texts.one_moment),
        // The path is one of our routes, or we would not be here.
        to: parts.uri.path_and_query().map_or("/", PathAndQuery::as_str),
    };
    visit.page(&page, Vec::new())
}

/// To the sign-in page, where whoever held an expired pass is told so.
pub(crate) fn turn_away(
    parts: &Parts,
    settings: &Settings,
    error: Error,
) -> Result<Response, Error> {
    let session = Cookie::Session.clear(settings)?;
    let cookies = match error {
        // A browser that has dropped the cookie may still have the mark. And one
        // that keeps it back, on a foreign link, must not lose it.
        Error::AuthenticationRequired => Vec::new(),
        Error::TokenExpired => vec![session, mark(settings)?],
        Error::InvalidToken => vec![session, Cookie::HadSession.clear(settings)?],
        other => return Err(other),
    };
    // What was sent by a form is not sent again.
    let asked = if parts.method.is_safe() {
        ReturnPath::to(&parts.uri, settings.public_url.base())
    } else {
        ReturnPath::default()
    };
    see_other(settings, &asked.via(SIGN_IN), cookies)
}

pub(crate) const SIGN_IN: &str = "/signin";

/// Somebody at the door: who has a pass already is sent on.
pub(crate) struct Stranger {
    /// They had one, and it expired.
    pub(crate) has_expired: bool,
    /// What the browser must forget when it was told so.
    pub(crate) forget: Vec<HeaderValue>,
    pub(crate) to: ReturnPath,
}

impl FromRequestParts<Hallpass> for Stranger {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hallpass: &Hallpass) -> Result<Self, Response> {
        let settings = hallpass.settings();
        let to = ReturnPath::of(&parts.uri, settings.public_url.base());
        match Pass::from_request_parts(parts, hallpass).await {
            Ok(_) => Err(see_other(settings, to.as_str(), Vec::new()).into_response()),
            Err(refused) if is_kept_back(&refused, parts) => {
                Err(ask_again(parts, hallpass).into_response())
            }
            Err(
                refused @ (Error::AuthenticationRequired
                | Error::TokenExpired
                | Error::InvalidToken),
            ) => Self::refused(&parts.headers, settings, &refused, to)
                .map_err(IntoResponse::into_response),
            Err(other) => Err(other.into_response()),
        }
    }
}

impl Stranger {
    fn refused(
        sent: &HeaderMap,
        settings: &Settings,
        refused: &Error,
        to: ReturnPath,
    ) -> Result<Self, Error> {
        let marked = Cookie::HadSession.is_sent(sent, settings);
        let dropped = marked && matches!(refused, Error::AuthenticationRequired);
        let stale = [Cookie::Session, Cookie::HadSession].into_iter();
        let stale = stale.filter(|cookie| cookie.is_sent(sent, settings));
        Ok(Self {
            has_expired: dropped || matches!(refused, Error::TokenExpired),
            forget: stale
                .map(|cookie| cookie.clear(settings))
                .collect::<Result<_, _>>()?,
            to,
        })
    }
}

/// Sign out by page
#[utoipa::path(
    post,
    path = "/signout",
    operation_id = "signout_page",
    tag = ApiTag::PAGES,
    security(("cookie" = [])),
    responses(
        (status = 303, description = "To the sign-in page, signed out, whoever asked", headers(("Set-Cookie" = String, description = "The session cookie, expired"))),
        ForeignSiteErrors, FaultErrors,
    ),
)]
async fn sign_out(
    visit: Visit,
    _: OwnSite,
    bearer: Result<CurrentBearer, Error>,
    ClientAddress(client): ClientAddress,
    headers: HeaderMap,
) -> Result<Response, Error> {
    // The token is enough: somebody whose pass is over wants the same.
    if let Ok(CurrentBearer(bearer)) = bearer {
        super::signed_out(bearer.user_id, client);
    }
    let settings = visit.hallpass.settings();
    let mut cookies = end_session(settings, &headers)?;
    cookies.push(Notice::new(Place::SignIn, Saying::SignedOut).set(settings)?);
    see_other(settings, SIGN_IN, cookies)
}
