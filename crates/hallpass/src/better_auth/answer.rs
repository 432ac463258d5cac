//! People and sessions, as Better Auth's clients know them.

use aws_lc_rs::digest;
use axum::Json;
use axum::http::header::{HeaderName, LOCATION};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::origin::{self, Target};
use super::refusal::Refusal;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::session::Session;
use crate::session::web::{Kept, sign_in_cookies};
use crate::settings::Settings;
use crate::user::User;
use crate::web::cookie;
use crate::web::request::note_user;

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthUser)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserAnswer {
    /// What to call them; empty where they did not say.
    #[schema(example = "Ann")]
    name: String,
    /// The address in lower case.
    #[schema(format = "idn-email", example = "ann@example.com")]
    email: String,
    /// Always `false`: no address is verified yet.
    email_verified: bool,
    /// Where a picture of them is.
    #[schema(required = true)]
    image: Option<String>,
    /// When they registered: RFC 3339, in UTC.
    #[schema(format = DateTime, example = "2026-01-15T08:00:00.123Z")]
    created_at: String,
    /// When the account last changed.
    #[schema(format = DateTime, example = "2026-01-15T08:00:00.123Z")]
    updated_at: String,
    /// The account's identity: a UUID.
    #[schema(format = Uuid, example = "01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f")]
    id: String,
}

impl From<User> for UserAnswer {
    fn from(user: User) -> Self {
        Self {
            name: user.name.unwrap_or_default(),
            email: user.email.to_lowercase(),
            email_verified: false,
            image: user.image,
            created_at: user.created_at.to_iso_string(),
            updated_at: user.updated_at.to_iso_string(),
            id: user.id.to_string(),
        }
    }
}

/// A session: what its token says, since nothing else is kept of it.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthSession)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionAnswer {
    /// When the token dies.
    #[schema(format = DateTime, example = "2026-01-15T09:00:00.000Z")]
    expires_at: String,
    /// The token: send it as `Authorization: Bearer <token>`.
    token: String,
    /// When the token was issued.
    #[schema(format = DateTime, example = "2026-01-15T08:00:00.000Z")]
    created_at: String,
    /// The same: a session does not change.
    #[schema(format = DateTime, example = "2026-01-15T08:00:00.000Z")]
    updated_at: String,
    /// Always `null`: it is not kept.
    #[schema(required = true)]
    ip_address: Option<String>,
    /// Always `null`: it is not kept.
    #[schema(required = true)]
    user_agent: Option<String>,
    /// Whose it is.
    #[schema(format = Uuid, example = "01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f")]
    user_id: String,
    /// A name for this session, from which the token cannot be had.
    #[schema(example = "f1d2d2f924e986ac86fdf7b36c94bcdf")]
    id: String,
}

/// A verified token, and for how long it says it is one.
pub(super) struct Token {
    pub(super) compact: String,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl SessionAnswer {
    pub(super) fn new(user: &User, token: Token) -> Self {
        Self {
            expires_at: token.expires_at.to_iso_string(),
            created_at: token.issued_at.to_iso_string(),
            updated_at: token.issued_at.to_iso_string(),
            ip_address: None,
            user_agent: None,
            user_id: user.id.to_string(),
            id: session_id(&token.compact),
            token: token.compact,
        }
    }
}

/// The first half of the token's SHA-256, in hexadecimal: 32 characters, as many
/// as an identity of Better Auth has.
fn session_id(token: &str) -> String {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let half = digest.as_ref().iter().take(16);
    half.fold(String::with_capacity(32), |id, byte| {
        format!("{id}{byte:02x}")
    })
}

/// Somebody who signed up.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthSignUpAnswer)]
pub(super) struct SignUpAnswer {
    /// Their token. It is in the cookie and in the header `set-auth-token` too.
    token: String,
    user: UserAnswer,
}

/// Somebody who signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthSignInAnswer)]
pub(super) struct SignInAnswer {
    /// Whether the client is to go on to `url`.
    redirect: bool,
    /// Their token. It is in the cookie and in the header `set-auth-token` too.
    token: String,
    /// The `callbackURL` of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    user: UserAnswer,
}

/// What a client asked for besides being let in.
#[derive(Clone)]
pub(super) struct Wishes {
    pub(super) remember_me: Option<bool>,
    pub(super) callback_url: Option<String>,
}

impl Wishes {
    /// With the target as it is sent: checked and serialised.
    pub(super) fn resolved(mut self, settings: &Settings) -> Result<Self, Refusal> {
        if let Some(url) = self.callback_url.as_mut().filter(|url| !url.is_empty()) {
            *url = origin::check_target(url, Target::Callback, settings)?;
        }
        Ok(self)
    }

    fn kept(&self) -> Kept {
        match self.remember_me {
            Some(false) => Kept::WhileItRuns,
            _ => Kept::ForItsLife,
        }
    }
}

pub(super) fn signed_up(
    hallpass: &Hallpass,
    session: Session,
    wishes: &Wishes,
) -> Result<Response, Refusal> {
    let headers = admission(hallpass, &session, wishes)?;
    let body = SignUpAnswer {
        token: session.token.expose().to_owned(),
        user: session.user.into(),
    };
    Ok((headers, Json(body)).into_response())
}

pub(super) fn signed_in(
    hallpass: &Hallpass,
    session: Session,
    wishes: Wishes,
) -> Result<Response, Refusal> {
    let mut headers = admission(hallpass, &session, &wishes)?;
    let url = wishes.callback_url;
    let followed = url.as_deref().filter(|url| !url.is_empty());
    if let Some(url) = followed {
        let location = HeaderValue::try_from(url).map_err(Error::internal)?;
        headers.insert(LOCATION, location);
    }
    let body = SignInAnswer {
        redirect: followed.is_some(),
        token: session.token.expose().to_owned(),
        url,
        user: session.user.into(),
    };
    Ok((headers, Json(body)).into_response())
}

/// The token in the cookie, and for clients without cookies in a header.
fn admission(hallpass: &Hallpass, session: &Session, wishes: &Wishes) -> Result<HeaderMap, Error> {
    note_user(session.user.id);
    let cookies = sign_in_cookies(hallpass.settings(), session, wishes.kept())?;
    let mut headers = HeaderMap::new();
    for (name, value) in cookie::set(cookies).0 {
        headers.append(name, value);
    }
    let name = HeaderName::from_static("set-auth-token");
    headers.insert(name, secret_value(session.token.expose())?);
    Ok(headers)
}

/// A header that no log may show.
pub(super) fn secret_value(token: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(token).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}
