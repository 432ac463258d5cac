//! Access tokens: issued here, verified here and by `hallpass-verify` anywhere.

mod keys;

use std::fmt;
use std::time::Duration;

use hallpass_verify::{Claims, CurrentUser, Refused};
use secrecy::{ExposeSecret, SecretString};

pub(crate) use self::keys::Keys;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::settings::TOKEN_LIFE;
use crate::user::{User, UserId};

/// A signed token, in the JWS compact form (RFC 7515, section 7.1).
///
/// Whoever holds it is the user until it expires: `Debug` hides it.
pub struct AccessToken(SecretString);

impl AccessToken {
    /// The compact form, for an answer or a cookie and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// How long it lives from its issue.
    #[must_use]
    pub const fn life() -> Duration {
        TOKEN_LIFE
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// What a verified token says of its bearer, without asking the database.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenBearer {
    /// Who they are.
    pub user_id: UserId,
    /// The second in which the token dies.
    pub expires_at: Timestamp,
    /// Private, so that nobody but [`verify`] makes a bearer.
    verified: CurrentUser,
}

/// A bearer's own rows: [`UserRows::begin`](crate::rls::UserRows::begin).
impl AsRef<CurrentUser> for TokenBearer {
    fn as_ref(&self) -> &CurrentUser {
        &self.verified
    }
}

/// Without the e-mail address that the token holds.
impl fmt::Debug for TokenBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBearer")
            .field("user_id", &self.user_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Signs a token for `user`, alive for [`TOKEN_LIFE`] from `now`.
pub(crate) fn issue(keys: &Keys, user: &User, now: Timestamp) -> Result<AccessToken, Error> {
    let issued = now.unix_seconds();
    let life = i64::try_from(TOKEN_LIFE.as_secs()).unwrap_or(i64::MAX);
    let claims = keys::IssuedClaims {
        sub: user.id.to_string(),
        email: &user.email,
        iat: issued,
        exp: issued.saturating_add(life),
        iss: keys.issuer(),
    };
    let compact = keys.sign(&claims).map_err(Error::internal)?;
    Ok(AccessToken(SecretString::from(compact)))
}

/// Verifies a token at the time `now`, with no leeway.
pub(crate) fn verify(keys: &Keys, token: &str, now: Timestamp) -> Result<TokenBearer, Error> {
    let verified = keys
        .verifier()
        .current_user_at(token, now.unix_seconds())
        .map_err(refuse)?;
    bearer(verified).ok_or_else(|| {
        tracing::debug!(rule = "subject", "token refused");
        Error::InvalidToken
    })
}

/// The claims of a token, or the very rule that refuses it.
pub(crate) fn explain(keys: &Keys, token: &str, now: Timestamp) -> Result<Claims, Refused> {
    keys.verifier().verify_at(token, now.unix_seconds())
}

/// The log may know which rule refused a token; the outside may not (RFC 8725).
fn refuse(refused: Refused) -> Error {
    tracing::debug!(rule = refused.code(), "token refused");
    if refused.is_expired() {
        Error::TokenExpired
    } else {
        Error::InvalidToken
    }
}

fn bearer(verified: CurrentUser) -> Option<TokenBearer> {
    Some(TokenBearer {
        user_id: UserId::parse(&verified.sub)?,
        expires_at: Timestamp::from_unix_seconds(verified.exp),
        verified,
    })
}
