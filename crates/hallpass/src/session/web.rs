//! The token on its way through HTTP: the cookie, the `Authorization` header,
//! who the current user is, and whether a foreign site is behind a request.

use axum::Json;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Session;
use crate::audit;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::settings::Settings;
use crate::throttle::DEVICE_LIFE;
use crate::token::{AccessToken, TokenBearer};
use crate::user::User;
use crate::user::web::UserResponse;
use crate::web::ApiTag;
use crate::web::answers::{FaultErrors, ForeignSiteErrors, TokenErrors, UnavailableErrors};
use crate::web::client::{ClientAddress, client_of};
use crate::web::cookie::{self, Ambiguous, Cookie};
use crate::web::request::note_user;
use crate::web::site::{self, SEC_FETCH_MODE, SEC_FETCH_SITE};

/// Whether somebody followed a link on a foreign site. The browser then keeps
/// `SameSite=Strict` cookies back (RFC 6265bis, section 5.2), so that none was
/// sent says nothing about whether there is one.
pub(super) fn follows_a_foreign_link(parts: &Parts) -> bool {
    let sent = |name: &HeaderName| parts.headers.get(name).map(HeaderValue::as_bytes);
    parts.method.is_safe()
        && sent(&SEC_FETCH_SITE) == Some(b"cross-site")
        && sent(&SEC_FETCH_MODE) == Some(b"navigate")
}

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(routes!(signout))
        .route("/api/auth/signout", axum::routing::post(signout))
}

/// A fresh token and whose it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenResponse<'a> {
    /// The token: send it as `Authorization: Bearer <token>`. The same token is
    /// in the cookie.
    access_token: &'a str,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds until it is refused.
    #[schema(value_type = u32, example = 3600)]
    expires_in: u64,
    /// Whose it is.
    user: UserResponse,
}

/// Answers a sign-in: the token in the body and in the cookie.
pub(crate) fn signed_in(
    status: StatusCode,
    hallpass: &Hallpass,
    session: Session,
) -> Result<Response, Error> {
    let cookies = sign_in_cookies(hallpass.settings(), &session, Kept::ForItsLife)?;
    note_user(session.user.id);
    let body = Json(TokenResponse {
        access_token: session.token.expose(),
        token_type: "bearer",
        expires_in: AccessToken::life().as_secs(),
        user: UserResponse::from(session.user),
    });
    Ok((status, cookie::set(cookies), body).into_response())
}

/// A sentence for a person.
#[derive(Serialize, ToSchema)]
struct MessageResponse {
    #[schema(example = "Successfully signed out")]
    message: &'static str,
}

/// Sign out
///
/// Expires the cookie. The token itself stays valid until its hour is over: a
/// client that holds it must forget it.
#[utoipa::path(
    post,
    path = "/api/v1/auth/signout",
    tag = ApiTag::AUTH,
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Signed out", body = MessageResponse, headers(("Set-Cookie" = String, description = "The session cookie, expired"))),
        TokenErrors, ForeignSiteErrors, FaultErrors, UnavailableErrors,
    ),
)]
async fn signout(
    State(hallpass): State<Hallpass>,
    CurrentUser(user): CurrentUser,
    ClientAddress(client): ClientAddress,
    headers: HeaderMap,
) -> Result<Response, Error> {
    super::signed_out(user.id, client);
    let cookies = end_session(hallpass.settings(), &headers)?;
    let body = Json(MessageResponse {
        message: "Successfully signed out",
    });
    Ok((cookie::set(cookies), body).into_response())
}

/// The cookies that end a session in the browser, and with it the mark that
/// there was one.
pub(crate) fn end_session(
    settings: &Settings,
    sent: &HeaderMap,
) -> Result<Vec<HeaderValue>, Error> {
    let mut cookies = vec![Cookie::Session.clear(settings)?];
    if Cookie::HadSession.is_sent(sent, settings) {
        cookies.push(Cookie::HadSession.clear(settings)?);
    }
    Ok(cookies)
}

/// The user whose token the request carries, read from the database: a deleted
/// user's token is refused.
///
/// Works in any router whose state a [`Hallpass`] can be had from.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use hallpass::{CurrentUser, Hallpass};
///
/// async fn greet(CurrentUser(user): CurrentUser) -> String {
///     format!("Hello {}", user.email)
/// }
///
/// fn app(hallpass: Hallpass) -> Router {
///     Router::new().route("/greet", get(greet)).with_state(hallpass)
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an extractor is taken apart in a handler's parameters"
)]
pub struct CurrentUser(pub User);

impl<S> FromRequestParts<S> for CurrentUser
where
    S: Send + Sync,
    Hallpass: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let pass = Pass::from_request_parts(parts, state).await?;
        Ok(Self(pass.user))
    }
}

/// The current user, and what their token says.
pub(crate) struct Pass {
    pub(crate) user: User,
    pub(crate) bearer: TokenBearer,
}

impl<S> FromRequestParts<S> for Pass
where
    S: Send + Sync,
    Hallpass: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let hallpass = Hallpass::from_ref(state);
        let CurrentBearer(bearer) = CurrentBearer::from_request_parts(parts, state).await?;
        match hallpass.find_user(bearer.user_id).await? {
            Some(user) => Ok(Self { user, bearer }),
            None => Err(refuse(parts, &hallpass, Error::InvalidToken)),
        }
    }
}

/// The bearer of the request's token, verified without asking the database (but
/// for a signing key that this server has not seen yet): a
/// user deleted within the last hour still passes.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an extractor is taken apart in a handler's parameters"
)]
pub struct CurrentBearer(pub TokenBearer);

impl<S> FromRequestParts<S> for CurrentBearer
where
    S: Send + Sync,
    Hallpass: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let hallpass = Hallpass::from_ref(state);
        authenticate(parts, &hallpass)
            .await
            .map(Self)
            .map_err(|error| refuse(parts, &hallpass, error))
    }
}

async fn authenticate(parts: &Parts, hallpass: &Hallpass) -> Result<TokenBearer, Error> {
    let settings = hallpass.settings();
    let sent = sent_token(&parts.headers, settings)?;
    let bearer = hallpass.authenticate(sent.token()).await?;
    note_user(bearer.user_id);
    // A browser adds a cookie by itself, also when a foreign site makes it
    // send the request; nobody but our caller can add the header.
    if matches!(sent, SentToken::Cookie(_)) && !parts.method.is_safe() {
        refuse_foreign_site(&parts.headers, settings)?;
    }
    Ok(bearer)
}

/// One security event for a refusal; who merely has not signed in is no event.
fn refuse(parts: &Parts, hallpass: &Hallpass, error: Error) -> Error {
    if !matches!(error, Error::AuthenticationRequired) {
        let trusted = &hallpass.settings().trusted_proxies;
        audit::refused(
            error.code(),
            None,
            client_of(&parts.extensions, &parts.headers, trusted),
        );
    }
    error
}

/// A token, and how it came.
pub(crate) enum SentToken<'a> {
    Header(&'a str),
    Cookie(&'a str),
}

impl<'a> SentToken<'a> {
    pub(crate) const fn token(&self) -> &'a str {
        match self {
            Self::Header(token) | Self::Cookie(token) => token,
        }
    }
}

/// The header, when there is one, is the whole answer: a cookie does not make
/// up for a header that is refused.
pub(crate) fn sent_token<'a>(
    headers: &'a HeaderMap,
    settings: &Settings,
) -> Result<SentToken<'a>, Error> {
    let mut authorizations = headers.get_all(AUTHORIZATION).iter();
    match (authorizations.next(), authorizations.next()) {
        (None, _) => cookie_token(headers, settings).map(SentToken::Cookie),
        (Some(only), None) => bearer_token(only).map(SentToken::Header),
        (Some(_), Some(_)) => Err(Error::InvalidToken),
    }
}

/// RFC 6750, section 2.1. Another scheme carries no token at all (section 3.1).
fn bearer_token(value: &HeaderValue) -> Result<&str, Error> {
    let text = value.to_str().map_err(|_| Error::InvalidToken)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::AuthenticationRequired);
    }
    let token = token.trim_matches(' ');
    if token.is_empty() {
        Err(Error::InvalidToken)
    } else {
        Ok(token)
    }
}

fn cookie_token<'a>(headers: &'a HeaderMap, settings: &Settings) -> Result<&'a str, Error> {
    match Cookie::Session.sent(headers, settings) {
        Ok(Some(token)) => std::str::from_utf8(token).map_err(|_| Error::InvalidToken),
        Ok(None) => Err(Error::AuthenticationRequired),
        Err(Ambiguous) => Err(Error::InvalidToken),
    }
}

/// How long a browser keeps the session's cookie. The token in it dies by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// For as long as the token lives.
    ForItsLife,
    /// Until the browser is closed, if that comes first.
    WhileItRuns,
}

/// The cookies of a sign-in: the session's token, and that the browser is known
/// from now on.
pub(crate) fn sign_in_cookies(
    settings: &Settings,
    session: &Session,
    kept: Kept,
) -> Result<Vec<HeaderValue>, Error> {
    let token = session.token.expose();
    let devices = session.devices.render();
    Ok(vec![
        match kept {
            Kept::ForItsLife => Cookie::Session.set(settings, token, AccessToken::life().as_secs()),
            Kept::WhileItRuns => Cookie::Session.set_while_browser_runs(settings, token),
        }?,
        Cookie::Device.set(settings, &devices, DEVICE_LIFE.as_secs())?,
    ])
}

/// That no foreign site is behind a request, as an extractor for routes that
/// set the cookie: who is signed in by a stranger into the stranger's account
/// gives away what they type there (login CSRF).
pub(crate) struct OwnSite;

impl FromRequestParts<Hallpass> for OwnSite {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, hallpass: &Hallpass) -> Result<Self, Error> {
        let checked = refuse_foreign_site(&parts.headers, hallpass.settings());
        checked
            .map(|()| Self)
            .map_err(|error| refuse(parts, hallpass, error))
    }
}

fn refuse_foreign_site(headers: &HeaderMap, settings: &Settings) -> Result<(), Error> {
    if site::is_foreign(headers, settings) {
        Err(Error::CrossSiteRequest)
    } else {
        Ok(())
    }
}
