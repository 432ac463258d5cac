//! The keys, each bound to its one algorithm, and the check of the signature.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;

use crate::error::{ConfigError, Refused};
#[cfg(feature = "jwks")]
use crate::jwks::Source;
use crate::key_set::KeySet;
use crate::public_key::{Algorithm, PublicKey};
use crate::strict::Header;

/// RFC 7518 section 3.2: a key of the size of the hash or larger.
const MIN_SECRET_BYTES: usize = 32;

/// All keys of a verifier, by kind. A kind fixes the algorithm, so that a
/// token can never choose how it is checked (RFC 8725 section 3.1).
///
/// HMAC comes from aws-lc-rs directly, not through jsonwebtoken: that one sets
/// its key up anew for every token, two more blocks to hash and two more
/// allocations, and its prepared verifier cannot be kept since it is not
/// `Sync`.
pub(crate) enum Keys {
    /// HS256. Several secrets while one takes over from another.
    ///
    /// The secrets themselves are not kept. What is kept is the state of the
    /// hash after the padded secret, as good as the secret for making tokens,
    /// and the library wipes it on drop. (What a move leaves behind on the
    /// stack while a verifier is built cannot be wiped in safe Rust.)
    Shared(Vec<hmac::Key>),
    /// `EdDSA`, ES256 and RS256, each key with its own.
    Set(KeySet),
    /// As `Set`, of the last set that was fetched.
    #[cfg(feature = "jwks")]
    Fetched(Source),
}

/// The keys that a signature may be made with.
pub(crate) enum Chosen<'a> {
    Shared(&'a [hmac::Key]),
    Public(Arc<PublicKey>),
}

impl Keys {
    /// Whether keys of our kind are for the algorithm that the header names. An
    /// issuer that publishes no keys signs in another way, so that nothing can be
    /// said of its tokens.
    pub(crate) fn accept_algorithm(&self, alg: &str) -> Result<(), Refused> {
        let is_ours = match self {
            Self::Shared(_) => alg == "HS256",
            Self::Set(_) => Algorithm::named(alg).is_some(),
            #[cfg(feature = "jwks")]
            Self::Fetched(source) => {
                if source.has_empty_set() {
                    fetched(source)?;
                }
                Algorithm::named(alg).is_some()
            }
        };
        is_ours.then_some(()).ok_or(Refused::Algorithm)
    }

    /// The keys for a token with this header. A secret has no name, so a verifier
    /// by secret ignores the `kid`.
    pub(crate) fn choose(&self, header: &Header<'_>) -> Result<Chosen<'_>, Refused> {
        match self {
            Self::Shared(keys) => Ok(Chosen::Shared(keys)),
            Self::Set(set) => set.find(header.alg(), header.kid()).map(Chosen::Public),
            #[cfg(feature = "jwks")]
            Self::Fetched(source) => {
                let kid = header.kid();
                let found = fetched(source)?.find(header.alg(), kid);
                if matches!(found, Err(Refused::UnknownKey)) {
                    source.ask();
                }
                found.map(Chosen::Public)
            }
        }
    }
}

/// The set that came last. Where none has a key, another one is asked for.
#[cfg(feature = "jwks")]
fn fetched(source: &Source) -> Result<KeySet, Refused> {
    source.keys().ok_or_else(|| {
        source.ask();
        Refused::KeysUnavailable
    })
}

impl Chosen<'_> {
    /// Whether one of these keys made this signature. The library compares tags
    /// in constant time, and takes whole ones only.
    pub(crate) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Refused> {
        match self {
            Self::Shared(keys) => keys
                .iter()
                .any(|key| hmac::verify(key, signed, signature).is_ok())
                .then_some(())
                .ok_or(Refused::Signature),
            Self::Public(key) => key.verify(signed, signature),
        }
    }
}

/// Says how many keys there are, and nothing about them.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared(keys) => write!(f, "HS256 x {}", keys.len()),
            Self::Set(set) => set.fmt(f),
            #[cfg(feature = "jwks")]
            Self::Fetched(source) => source.fmt(f),
        }
    }
}

pub(crate) fn hmac_key(secret: &[u8]) -> Result<hmac::Key, ConfigError> {
    if secret.len() < MIN_SECRET_BYTES {
        return Err(ConfigError::SecretTooShort);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret))
}
