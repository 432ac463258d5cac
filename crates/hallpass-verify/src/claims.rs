//! What a token says, and the rules by which we believe it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Refused;
use crate::strict::{object, present};

/// How far the issuer's clock may be ahead of ours. Not a setting: it only
/// catches clocks that are wrong, and makes no token live longer.
const MAX_CLOCK_SKEW: i64 = 5;

/// What an authentic token says of its bearer.
///
/// Times are seconds since 1970. The claims hold an e-mail address: think
/// before you log them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// The id of the user. Never empty, never given to somebody else. Together
    /// with `iss` it names the user everywhere; key your own tables by it.
    pub sub: String,
    /// The e-mail address at the time of signing in. It may change; it is for
    /// showing, not for deciding.
    pub email: String,
    /// When the token was issued.
    pub iat: i64,
    /// The first second in which the token is no longer valid.
    pub exp: i64,
    /// Who issued the token: the issuer that the verifier was built with.
    pub iss: String,
}

/// What the claims of a token must be, apart from authentic.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) issuer: String,
    pub(crate) audience: Option<String>,
    /// In seconds, as all times here.
    pub(crate) leeway: i64,
    pub(crate) max_life: i64,
}

impl Rules {
    /// Reads an authentic payload and says whether it holds now. The age comes
    /// last, so that only a token that is right in all else is called expired.
    pub(crate) fn admit(&self, payload: &[u8], now: i64) -> Result<Claims, Refused> {
        let mut payload: Payload = object(payload)?;
        let not_before = payload.nbf.as_ref().map(seconds).transpose()?;
        let audience = payload.aud.take();
        let claims = payload.into_claims()?;
        if claims.iss != self.issuer {
            return Err(Refused::Issuer);
        }
        if !self.is_our_audience(audience.as_ref()) {
            return Err(Refused::Audience);
        }
        self.check_times(&claims, not_before, now)?;
        Ok(claims)
    }

    /// RFC 7519 section 4.1.3: one string or an array of strings. Where we are
    /// nobody's audience, whatever names one is not for us.
    fn is_our_audience(&self, theirs: Option<&Value>) -> bool {
        match (self.audience.as_deref(), theirs) {
            (None, None) => true,
            (Some(ours), Some(Value::String(one))) => ours == one,
            (Some(ours), Some(Value::Array(all))) => {
                all.iter().all(Value::is_string) && all.iter().any(|one| one == ours)
            }
            _ => false,
        }
    }

    fn check_times(
        &self,
        claims: &Claims,
        not_before: Option<i64>,
        now: i64,
    ) -> Result<(), Refused> {
        if claims.iat > now.saturating_add(MAX_CLOCK_SKEW) {
            return Err(Refused::IssuedInFuture);
        }
        // Neither is negative, so the difference is always there.
        let life = claims.exp.saturating_sub(claims.iat);
        if life <= 0 || life > self.max_life {
            return Err(Refused::LifeTooLong);
        }
        if not_before.is_some_and(|start| start > now.saturating_add(self.leeway)) {
            return Err(Refused::NotYetValid);
        }
        if now >= claims.exp.saturating_add(self.leeway) {
            return Err(Refused::Expired);
        }
        Ok(())
    }
}

/// The claims as they stand in the token. `Value` and not the final types, so
/// that a claim of the wrong type is told from JSON that is broken or has a
/// claim twice.
#[derive(Deserialize)]
struct Payload {
    // Absent is null, which is the wrong type for all five.
    #[serde(default)]
    sub: Value,
    #[serde(default)]
    email: Value,
    #[serde(default)]
    iat: Value,
    #[serde(default)]
    exp: Value,
    #[serde(default)]
    iss: Value,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    aud: Option<Value>,
}

impl Payload {
    fn into_claims(self) -> Result<Claims, Refused> {
        let claims = Claims {
            sub: text(self.sub)?,
            email: text(self.email)?,
            iat: seconds(&self.iat)?,
            exp: seconds(&self.exp)?,
            iss: text(self.iss)?,
        };
        if claims.sub.is_empty() {
            return Err(Refused::Claims);
        }
        Ok(claims)
    }
}

fn text(value: Value) -> Result<String, Refused> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Refused::Claims),
    }
}

/// A whole number from 0 up that is written as one: neither `1.0` nor `1e3`.
fn seconds(value: &Value) -> Result<i64, Refused> {
    value
        .as_i64()
        .filter(|seconds| *seconds >= 0)
        .ok_or(Refused::Claims)
}
