//! Access tokens: issued here, verified here and by `hallpass-verify` anywhere.

mod jwk;
mod keys;
mod ring;
mod rotation;
mod seal;
mod store;
pub(crate) mod web;

use std::fmt;
use std::time::Duration;

use hallpass_verify::{Claims, CurrentUser, Refused};
use secrecy::{ExposeSecret, SecretString};

pub(crate) use self::jwk::Jwk;
pub(crate) use self::keys::Keys;
pub use self::ring::{SigningKey, SigningKeyState};
pub use self::rotation::SigningKeyError;
pub(crate) use self::rotation::{list, prepare, retire, rotate, start};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::settings::TOKEN_LIFE;
use crate::user::{User, UserId};

/// How long a new signing key is published before it signs: longer than a
/// server's ring and the longest that a verifier may keep the published set,
/// together.
pub const ROTATION_LEAD: Duration = Duration::from_mins(15);

/// How long the published set may be kept.
const PUBLISHED_LIFE: Duration = Duration::from_mins(5);

/// How long the published set waits for the database.
const PATIENCE_OF_VERIFIERS: Duration = Duration::from_secs(1);

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

/// Signs a token for `user`, alive for [`TOKEN_LIFE`] from now. What signs was
/// made ready by [`prepare`].
pub(crate) fn issue(hallpass: &Hallpass, user: &User) -> Result<AccessToken, Error> {
    let issued = hallpass.now().unix_seconds();
    let life = i64::try_from(TOKEN_LIFE.as_secs()).unwrap_or(i64::MAX);
    let keys = hallpass.keys();
    let claims = keys::IssuedClaims {
        sub: user.id.to_string(),
        email: &user.email,
        iat: issued,
        exp: issued.saturating_add(life),
        iss: keys.issuer().as_str(),
    };
    let signer = rotation::signer(hallpass)?;
    let compact = keys
        .sign(&claims, signer.as_ref())
        .map_err(Error::internal)?;
    Ok(AccessToken(SecretString::from(compact)))
}

/// Verifies a token with no leeway, by the keys that are at hand.
pub(crate) fn verify(hallpass: &Hallpass, token: &str) -> Result<TokenBearer, Error> {
    judge(hallpass.keys().verify(token, hallpass.now()).outcome)
}

/// As [`verify`], and sees to it that the keys at hand are the current ones.
pub(crate) async fn authenticate(hallpass: &Hallpass, token: &str) -> Result<TokenBearer, Error> {
    judge(with_current_keys(hallpass, token).await?)
}

/// The claims of a token, or the very rule that refuses it.
pub(crate) async fn explain(
    hallpass: &Hallpass,
    token: &str,
) -> Result<Result<Claims, Refused>, Error> {
    let file = hallpass.settings().database.sqlite_path();
    let verified = if file.is_some_and(|file| !file.exists()) {
        // Where nothing is, asking would make it.
        hallpass.keys().verify(token, hallpass.now()).outcome
    } else {
        with_current_keys(hallpass, token).await?
    };
    Ok(verified.map(|user| user.claims().clone()))
}

/// The database is asked for what is not at hand, and then once a second at
/// most. Else nobody waits: a ring that has become old is read again beside.
async fn with_current_keys(
    hallpass: &Hallpass,
    token: &str,
) -> Result<Result<CurrentUser, Refused>, Error> {
    let keys = hallpass.keys();
    let verdict = keys.verify(token, hallpass.now());
    if verdict.may_change {
        rotation::refresh(hallpass, rotation::SOON).await?;
        return Ok(keys.verify(token, hallpass.now()).outcome);
    }
    if keys.algorithm.is_some() || !keys.ring().is_empty() {
        rotation::refresh_beside(hallpass, rotation::RING_LIFE);
    }
    Ok(verdict.outcome)
}

fn judge(verified: Result<CurrentUser, Refused>) -> Result<TokenBearer, Error> {
    let user = verified.map_err(refuse)?;
    bearer(user).ok_or_else(|| {
        tracing::debug!(rule = "subject", "token refused");
        Error::InvalidToken
    })
}

/// The public keys, as they are published: of the last minute, or as they were
/// last read where the database does not answer at once. Verifiers have waited
/// long enough for those before they give up.
async fn published(hallpass: &Hallpass) -> Result<ring::Published, Error> {
    if hallpass.keys().ring().read_at.is_none() {
        rotation::refresh(hallpass, rotation::RING_LIFE).await?;
    }
    rotation::refresh_for(hallpass, rotation::RING_LIFE, PATIENCE_OF_VERIFIERS).await;
    Ok(hallpass.keys().ring().published())
}

/// The log may know which rule refused a token; the outside may not (RFC 8725).
fn refuse(refused: Refused) -> Error {
    tracing::debug!(rule = refused.code(), "token refused");
    match refused {
        Refused::Expired => Error::TokenExpired,
        // Of ours or not: that cannot be said before the keys were read.
        Refused::KeysUnavailable => Error::DatabaseUnavailable(refused.into()),
        _ => Error::InvalidToken,
    }
}

fn bearer(verified: CurrentUser) -> Option<TokenBearer> {
    Some(TokenBearer {
        user_id: UserId::parse(&verified.sub)?,
        expires_at: Timestamp::from_unix_seconds(verified.exp),
        verified,
    })
}
