//! The settings of a verifier.

use std::sync::Arc;
use std::time::Duration;

use crate::claims::Rules;
use crate::error::ConfigError;
use crate::keys::Keys;
use crate::strict::Typ;
use crate::{Inner, Verifier};

/// Settings of a [`Verifier`] to be.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    keys: Result<Keys, ConfigError>,
    typ: Typ,
    issuer: String,
    audience: Option<String>,
    leeway: Duration,
    max_life: Duration,
}

impl Builder {
    pub(crate) fn new(keys: Result<Keys, ConfigError>) -> Self {
        Self {
            keys,
            typ: Typ::Required,
            issuer: String::new(),
            audience: None,
            leeway: Duration::ZERO,
            max_life: Duration::from_hours(1),
        }
    }

    /// Takes tokens signed with a further secret too, while one secret takes
    /// over from another. Drop the old one when the last token that was signed
    /// with it has expired.
    ///
    /// Only beside [`Verifier::shared_secret`]; a set of public keys has room
    /// for several.
    pub fn also_accept(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.keys = self.keys.and_then(|keys| keys.also_shared(secret.as_ref()));
        self
    }

    /// Takes tokens without a `typ` too, as a Better Auth server issues them; a
    /// `typ` other than `JWT` stays refused.
    ///
    /// Only with public keys, where `build` allows it: with a shared secret the
    /// type tells access tokens from whatever else is signed with it.
    pub fn accept_missing_typ(mut self) -> Self {
        self.typ = Typ::MayBeMissing;
        self
    }

    /// Who issues the tokens: the public URL of Hallpass as it stands in `iss`,
    /// for instance `https://auth.example.com`. Required, and compared byte for
    /// byte: a slash at the end is another issuer.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = issuer.into();
        self
    }

    /// Whom the tokens are for: the value that `aud` must be or contain.
    /// Without it, as Hallpass issues by default, a token that has an `aud` is
    /// refused.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// How long a token is still good after `exp`, and already good before
    /// `nbf`, in whole seconds. Zero by default; leave it there when the
    /// clocks are kept in step.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The longest time from `iat` to `exp` that a token may have, in whole
    /// seconds. One hour by default, the life that Hallpass gives.
    pub fn max_life(mut self, max_life: Duration) -> Self {
        self.max_life = max_life;
        self
    }

    /// The verifier.
    ///
    /// # Errors
    ///
    /// When a secret is shorter than 32 bytes or stands beside public keys, when
    /// tokens without `typ` are to be taken with a secret, when no issuer is
    /// named, when the audience is empty, or when no token could live for a
    /// second.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let keys = self.keys?;
        if matches!(keys, Keys::Shared(_)) && self.typ != Typ::Required {
            return Err(ConfigError::TypRequired);
        }
        if self.issuer.is_empty() {
            return Err(ConfigError::IssuerMissing);
        }
        if self.audience.as_deref() == Some("") {
            return Err(ConfigError::AudienceEmpty);
        }
        let max_life = whole_seconds(self.max_life);
        if max_life == 0 {
            return Err(ConfigError::NoLife);
        }
        let rules = Rules {
            issuer: self.issuer,
            audience: self.audience,
            leeway: whole_seconds(self.leeway),
            max_life,
        };
        Ok(Verifier(Arc::new(Inner {
            keys,
            typ: self.typ,
            rules,
        })))
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
