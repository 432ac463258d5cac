//! The settings of a verifier.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;

use crate::claims::Rules;
use crate::error::ConfigError;
#[cfg(feature = "jwks")]
use crate::jwks::{Address, Source};
use crate::key_set::KeySet;
use crate::keys::{Keys, hmac_key};
use crate::strict::Typ;
use crate::{Inner, Verifier};

/// Where the keys are to come from.
#[derive(Clone)]
pub(crate) enum Origin {
    Shared(Vec<hmac::Key>),
    Set(KeySet),
    #[cfg(feature = "jwks")]
    Fetched(Address),
}

impl Origin {
    pub(crate) fn shared(secret: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self::Shared(vec![hmac_key(secret)?]))
    }

    fn also_shared(mut self, secret: &[u8]) -> Result<Self, ConfigError> {
        let Self::Shared(keys) = &mut self else {
            return Err(ConfigError::SecretBesideKeySet);
        };
        keys.push(hmac_key(secret)?);
        Ok(self)
    }

    #[cfg(feature = "jwks")]
    fn by_plain_http(mut self) -> Result<Self, ConfigError> {
        let Self::Fetched(address) = &mut self else {
            return Err(ConfigError::NothingToFetch);
        };
        address.plain_http = true;
        Ok(self)
    }

    /// Where keys are fetched, this begins it.
    #[cfg_attr(
        not(feature = "jwks"),
        expect(
            clippy::unnecessary_wraps,
            reason = "only what is fetched can fail to begin"
        )
    )]
    fn into_keys(self) -> Result<Keys, ConfigError> {
        Ok(match self {
            Self::Shared(keys) => Keys::Shared(keys),
            Self::Set(set) => Keys::Set(set),
            #[cfg(feature = "jwks")]
            Self::Fetched(address) => Keys::Fetched(Source::start(&address)?),
        })
    }
}

/// Says how many secrets there are, and nothing about them.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared(keys) => write!(f, "HS256 x {}", keys.len()),
            Self::Set(set) => set.fmt(f),
            #[cfg(feature = "jwks")]
            Self::Fetched(address) => address.fmt(f),
        }
    }
}

/// Settings of a [`Verifier`] to be.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    keys: Result<Origin, ConfigError>,
    typ: Typ,
    issuer: String,
    audience: Option<String>,
    leeway: Duration,
    max_life: Duration,
}

impl Builder {
    pub(crate) fn new(keys: Result<Origin, ConfigError>) -> Self {
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

    /// Fetches the keys by plain HTTP from another machine too. Whoever can
    /// change what passes on that network can then issue tokens: only for
    /// networks that you trust to that extent.
    ///
    /// Only beside [`Verifier::jwks`]. Loopback addresses need no such word.
    #[cfg(feature = "jwks")]
    pub fn allow_plain_http(mut self) -> Self {
        self.keys = self.keys.and_then(Origin::by_plain_http);
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
    ///
    /// Where keys are fetched: when their address is no URL with https or not
    /// to be trusted, outside of a tokio runtime, or when no HTTPS client can
    /// be set up.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let keys = self.keys?;
        if matches!(keys, Origin::Shared(_)) && self.typ != Typ::Required {
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
        // Last, so that what does not build fetches nothing.
        let keys = keys.into_keys()?;
        Ok(Verifier(Arc::new(Inner {
            keys,
            typ: self.typ,
            rules,
            #[cfg(any(feature = "axum", feature = "jwks"))]
            hints: crate::hints::Hints::default(),
        })))
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
