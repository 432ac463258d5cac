//! Who is signed in, and signing out.

use std::convert::Infallible;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{SessionAnswer, Token, UserAnswer, secret_value};
use super::body::{Posted, note_foreign_site};
use super::fields::{Faults, Fields};
use super::origin;
use super::refusal::{
    DEFER_SESSION_REQUIRED, PostErrors, Refusal, RefusalAnswer, SESSIONS_CANNOT_BE_REVOKED,
    ServerErrors, SessionErrors,
};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::session;
use crate::session::web::{CurrentBearer, Pass, SentToken, end_session, sent_token};
use crate::user::User;
use crate::web::ApiTag;
use crate::web::client::ClientAddress;
use crate::web::cookie::{self, Cookie};
use crate::web::json::Field;

/// Somebody who is signed in, and the token that says so.
pub(super) struct SignedIn {
    pub(super) user: User,
    token: Token,
}

impl SignedIn {
    /// Asked after the body was looked at, where there is one.
    pub(super) async fn find(parts: &mut Parts, hallpass: &Hallpass) -> Result<Self, Error> {
        let Pass { user, bearer } = Pass::from_request_parts(parts, hallpass).await?;
        let sent = sent_token(&parts.headers, hallpass.settings())?;
        let token = Token {
            compact: sent.token().to_owned(),
            issued_at: Timestamp::from_unix_seconds(bearer.as_ref().iat),
            expires_at: bearer.expires_at,
        };
        Ok(Self { user, token })
    }
}

impl FromRequestParts<Hallpass> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, hallpass: &Hallpass) -> Result<Self, Refusal> {
        Ok(Self::find(parts, hallpass).await?)
    }
}

/// Who is signed in, and since when.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthSessionOfUser)]
pub(super) struct SessionOfUser {
    session: SessionAnswer,
    user: UserAnswer,
}

/// Who is signed in
///
/// `null` when nobody is. The session is not renewed: it ends an hour after the
/// sign-in.
#[utoipa::path(
    get,
    path = "/api/auth/get-session",
    operation_id = "better_auth_get_session",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = []), ()),
    responses(
        (status = 200, description = "The session, or `null`", body = Option<SessionOfUser>, headers(
            ("set-auth-jwt" = String, description = "The token"),
            ("Set-Cookie" = String, description = "The session cookie, taken away when its token had expired"),
        )),
        ServerErrors,
    ),
)]
pub(super) async fn get_session(
    State(hallpass): State<Hallpass>,
    mut parts: Parts,
) -> Result<Response, Refusal> {
    match SignedIn::find(&mut parts, &hallpass).await {
        Ok(signed_in) => show(signed_in),
        Err(Error::AuthenticationRequired | Error::InvalidToken) => Ok(NOBODY.into_response()),
        Err(Error::TokenExpired) => nobody_any_more(&parts.headers, &hallpass),
        Err(fault) => Err(fault.into()),
    }
}

const NOBODY: Json<Option<SessionOfUser>> = Json(None);

fn show(SignedIn { user, token }: SignedIn) -> Result<Response, Refusal> {
    let name = HeaderName::from_static("set-auth-jwt");
    let header = [(name, secret_value(&token.compact)?)];
    let session = SessionAnswer::new(&user, token);
    let body = SessionOfUser {
        session,
        user: user.into(),
    };
    Ok((header, Json(body)).into_response())
}

/// An authentic token whose hour is over: the browser may forget it.
fn nobody_any_more(headers: &HeaderMap, hallpass: &Hallpass) -> Result<Response, Refusal> {
    let settings = hallpass.settings();
    let cookies = match sent_token(headers, settings)? {
        // The mark that there was one stays, for the pages to say so.
        SentToken::Cookie(_) => vec![Cookie::Session.clear(settings)?],
        SentToken::Header(_) => Vec::new(),
    };
    Ok((cookie::set(cookies), NOBODY).into_response())
}

/// Renew the session
///
/// Nothing is renewed, so this is what Better Auth answers where it does not.
#[utoipa::path(
    post,
    path = "/api/auth/get-session",
    operation_id = "better_auth_renew_session",
    tag = ApiTag::BETTER_AUTH,
    responses(
        (status = 405, description = "Always (`METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED`)", body = RefusalAnswer),
        PostErrors, ServerErrors,
    ),
)]
pub(super) async fn renew_session(_: Posted<Anything>) -> Refusal {
    Refusal::from(DEFER_SESSION_REQUIRED).allowing("GET,HEAD")
}

/// A body that nobody looks into.
#[derive(Deserialize)]
pub(super) struct Anything {}

impl Fields for Anything {}

/// The token, for services that want it as a bearer.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthToken)]
pub(super) struct TokenAnswer {
    token: String,
}

/// The token
///
/// The very one that the request was made with: it verifies wherever the tokens
/// of Hallpass do, and no token outlives the sign-in that it came from.
#[utoipa::path(
    get,
    path = "/api/auth/token",
    operation_id = "better_auth_token",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The token", body = TokenAnswer), SessionErrors, ServerErrors),
)]
pub(super) async fn token(signed_in: SignedIn) -> Json<TokenAnswer> {
    Json(TokenAnswer {
        token: signed_in.token.compact,
    })
}

/// Sessions of the user
///
/// This one alone: which others there are is not kept.
#[utoipa::path(
    get,
    path = "/api/auth/list-sessions",
    operation_id = "better_auth_list_sessions",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "This session", body = [SessionAnswer; 1]), SessionErrors, ServerErrors),
)]
pub(super) async fn list_sessions(SignedIn { user, token }: SignedIn) -> Json<[SessionAnswer; 1]> {
    Json([SessionAnswer::new(&user, token)])
}

/// What may be asked of signing out.
#[derive(Deserialize, ToSchema)]
#[schema(as = BetterAuthSignOut)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignOutBody {
    /// Looked at and not followed: there is no provider to sign out from yet.
    #[serde(default, rename = "callbackURL")]
    #[schema(value_type = String, required = false, rename = "callbackURL")]
    callback: Field<String>,
    /// Likewise.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    disable_redirect: Field<bool>,
    /// Likewise.
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    state: Field<String>,
}

impl Fields for SignOutBody {}

impl SignOutBody {
    fn check(self) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        faults.optional("callbackURL", self.callback);
        faults.optional("disableRedirect", self.disable_redirect);
        faults.optional("state", self.state);
        faults.finish(Some(()))
    }
}

/// That somebody is signed out.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthSignedOut)]
pub(super) struct SignedOutAnswer {
    /// Always `true`.
    success: bool,
}

/// Sign out
///
/// Takes the cookie away, also without a token, unless a foreign site asks. The token itself stays valid until its
/// hour is over: a client that holds it must forget it.
#[utoipa::path(
    post,
    path = "/api/auth/sign-out",
    operation_id = "better_auth_sign_out",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = []), ()),
    request_body = Option<SignOutBody>,
    responses(
        (status = 200, description = "Signed out", body = SignedOutAnswer, headers(("Set-Cookie" = String, description = "The session cookie, expired"))),
        PostErrors, ServerErrors,
    ),
)]
pub(super) async fn sign_out(
    State(hallpass): State<Hallpass>,
    ClientAddress(client): ClientAddress,
    mut parts: Parts,
    Posted(body): Posted<SignOutBody>,
) -> Result<Response, Refusal> {
    body.optional()?.map_or(Ok(()), SignOutBody::check)?;
    origin::check_sign_out(&parts.headers, hallpass.settings())
        .inspect_err(|_| note_foreign_site(&parts, &hallpass))?;
    // The token is enough: somebody whose account is gone wants the same.
    let bearer = CurrentBearer::from_request_parts(&mut parts, &hallpass).await;
    if let Ok(CurrentBearer(bearer)) = bearer {
        session::signed_out(bearer.user_id, client);
    }
    let cookies = end_session(hallpass.settings(), &parts.headers)?;
    let body = Json(SignedOutAnswer { success: true });
    Ok((cookie::set(cookies), body).into_response())
}

/// Which session to end.
#[derive(Deserialize, ToSchema)]
#[schema(as = BetterAuthRevokeSession)]
pub(super) struct RevokeBody {
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    token: Field<String>,
}

impl Fields for RevokeBody {}

/// End a session
///
/// Refused: a token is valid until its hour is over, and nothing that every
/// verifier asks could say otherwise.
#[utoipa::path(
    post,
    path = "/api/auth/revoke-session",
    operation_id = "better_auth_revoke_session",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = [])),
    request_body = RevokeBody,
    responses(
        (status = 501, description = "Always (`SESSIONS_CANNOT_BE_REVOKED`)", body = RefusalAnswer),
        SessionErrors, PostErrors, ServerErrors,
    ),
)]
pub(super) async fn revoke_session(
    State(hallpass): State<Hallpass>,
    parts: Parts,
    Posted(body): Posted<RevokeBody>,
) -> Result<Infallible, Refusal> {
    let mut faults = Faults::default();
    let token = faults.required("token", body.required()?.token);
    faults.finish(token)?;
    refuse_to_revoke(parts, &hallpass).await
}

/// End all other sessions
///
/// Refused, as [ending one](#operation/better_auth_revoke_session).
#[utoipa::path(
    post,
    path = "/api/auth/revoke-other-sessions",
    operation_id = "better_auth_revoke_other_sessions",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 501, description = "Always (`SESSIONS_CANNOT_BE_REVOKED`)", body = RefusalAnswer),
        SessionErrors, PostErrors, ServerErrors,
    ),
)]
pub(super) async fn revoke_other_sessions(
    State(hallpass): State<Hallpass>,
    parts: Parts,
    _: Posted<Anything>,
) -> Result<Infallible, Refusal> {
    refuse_to_revoke(parts, &hallpass).await
}

/// End all sessions
///
/// Refused, as [ending one](#operation/better_auth_revoke_session).
#[utoipa::path(
    post,
    path = "/api/auth/revoke-sessions",
    operation_id = "better_auth_revoke_sessions",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 501, description = "Always (`SESSIONS_CANNOT_BE_REVOKED`)", body = RefusalAnswer),
        SessionErrors, PostErrors, ServerErrors,
    ),
)]
pub(super) async fn revoke_sessions(
    State(hallpass): State<Hallpass>,
    parts: Parts,
    _: Posted<Anything>,
) -> Result<Infallible, Refusal> {
    refuse_to_revoke(parts, &hallpass).await
}

/// Only who is signed in learns what cannot be done.
async fn refuse_to_revoke(mut parts: Parts, hallpass: &Hallpass) -> Result<Infallible, Refusal> {
    SignedIn::find(&mut parts, hallpass).await?;
    Err(SESSIONS_CANNOT_BE_REVOKED.into())
}
