//! The public keys of an issuer, as it publishes them.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{KeySetError, Refused};
use crate::public_key::{Algorithm, COORDINATE_BYTES, PublicKey};
use crate::strict::{object, present};

/// Room for a hundred keys with certificates beside them.
pub(crate) const MAX_SET_BYTES: usize = 64 * 1024;

const MAX_KEYS: usize = 100;

/// The public keys of an issuer: what stands at its `jwks.json`.
///
/// Cheap to clone. `Debug` shows the algorithms and the names of the keys.
///
/// ```
/// use hallpass_verify::{KeySet, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = KeySet::parse(
///     r#"{"keys": [{
///         "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "2026-08",
///         "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
///     }]}"#,
/// )?;
/// let verifier = Verifier::key_set(keys)
///     .issuer("https://auth.example.com")
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct KeySet(Arc<[Arc<PublicKey>]>);

impl KeySet {
    /// Reads a set of keys (RFC 7517 section 5).
    ///
    /// | taken | `kty` | `crv` | `alg` | source |
    /// |---|---|---|---|---|
    /// | Ed25519 | `OKP` | `Ed25519` | `EdDSA`, `Ed25519` or none | RFC 8037; RFC 9864 |
    /// | ES256 | `EC` | `P-256` | `ES256` or none | RFC 7518 §3.4, §6.2 |
    /// | RS256 | `RSA` | | `RS256` or none | RFC 7518 §3.3, §6.3 |
    ///
    /// An RSA key has 2048 to 8192 bits, and an odd exponent from 65537 to 2^33.
    ///
    /// Keys of other kinds (other curves) and keys that are not for verifying
    /// signatures (a `use` other than `sig`, `key_ops` without `verify`, an `alg`
    /// that encrypts) or for other RSA signatures (`RS512`, `PS256`) are passed over, as RFC 7517 section 5
    /// asks. Symmetric keys are too: a set of public keys is no place for them.
    ///
    /// # Errors
    ///
    /// The rule that the set breaks. A key of our kinds that is broken makes the
    /// whole set an error, and so does a private key: both are faults of the
    /// issuer that somebody should hear of.
    pub fn parse(jwks: &str) -> Result<Self, KeySetError> {
        let keys = Self::published(jwks)?;
        if keys.0.is_empty() {
            return Err(KeySetError::NoUsableKey);
        }
        Ok(keys)
    }

    /// As [`parse`](KeySet::parse), of an issuer that may have taken all its keys
    /// back: a list without any is a set that verifies nothing. One with keys of
    /// which none can be used is a fault all the same.
    pub(crate) fn published(jwks: &str) -> Result<Self, KeySetError> {
        if jwks.len() > MAX_SET_BYTES {
            return Err(KeySetError::TooLarge);
        }
        let document: Document<'_> = strict(jwks)?;
        if document.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let is_bare = document.keys.is_empty();
        let mut taken: Vec<Arc<PublicKey>> = Vec::new();
        for json in document.keys {
            let Some(key) = strict::<Jwk>(json.get())?.into_key()? else {
                continue;
            };
            if key.kid.is_some() && taken.iter().any(|other| other.kid == key.kid) {
                return Err(KeySetError::DuplicateId);
            }
            taken.push(Arc::new(key));
        }
        if taken.is_empty() && !is_bare {
            return Err(KeySetError::NoUsableKey);
        }
        Ok(Self(taken.into()))
    }

    #[cfg(feature = "jwks")]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one key for a token with this header.
    ///
    /// By its name, byte for byte: no case folding, no patterns, no looking
    /// elsewhere. A token that names none must leave no choice.
    pub(crate) fn find(&self, alg: &str, kid: Option<&str>) -> Result<Arc<PublicKey>, Refused> {
        let algorithm = Algorithm::named(alg).ok_or(Refused::Algorithm)?;
        let Some(kid) = kid else {
            return self.only(algorithm);
        };
        let named = self.0.iter().find(|key| key.kid.as_deref() == Some(kid));
        let key = named.ok_or(Refused::UnknownKey)?;
        if key.algorithm == algorithm {
            Ok(Arc::clone(key))
        } else {
            Err(Refused::Algorithm)
        }
    }

    fn only(&self, algorithm: Algorithm) -> Result<Arc<PublicKey>, Refused> {
        let mut fitting = self.0.iter().filter(|key| key.algorithm == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(Arc::clone(key)),
            _ => Err(Refused::UnknownKey),
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter()).finish()
    }
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// The members of a key that decide. What every key has is of the type that
/// RFC 7517 section 4 gives it; what only some kinds have may be anything in
/// the kinds that we pass over.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default, rename = "use", deserialize_with = "present")]
    public_use: Option<String>,
    #[serde(default, deserialize_with = "present")]
    key_ops: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    alg: Option<String>,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    #[serde(default)]
    crv: Value,
    #[serde(default)]
    x: Value,
    #[serde(default)]
    y: Value,
    #[serde(default)]
    n: Value,
    #[serde(default)]
    e: Value,
    #[serde(default, deserialize_with = "present")]
    d: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    p: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    q: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    dp: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    dq: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    qi: Option<IgnoredAny>,
}

impl Jwk {
    /// The key, or nothing when it is to be passed over.
    fn into_key(self) -> Result<Option<PublicKey>, KeySetError> {
        if self.is_private() {
            return Err(KeySetError::PrivateKey);
        }
        if !self.is_for_verifying() {
            return Ok(None);
        }
        let key = match self.algorithm()? {
            None => return Ok(None),
            Some(Algorithm::Ed25519) => PublicKey::ed25519(self.kid, &coordinate(&self.x)?),
            Some(Algorithm::Es256) => {
                PublicKey::es256(self.kid, &coordinate(&self.x)?, &coordinate(&self.y)?)
            }
            Some(Algorithm::Rs256) => {
                PublicKey::rs256(self.kid, &whole_number(&self.n)?, &whole_number(&self.e)?)
            }
        };
        key.map(Some)
    }

    /// RFC 7518 section 6.3.2: each of the members but `d` gives away the factors.
    fn is_private(&self) -> bool {
        let factors = [&self.p, &self.q, &self.dp, &self.dq, &self.qi];
        self.d.is_some() || factors.into_iter().any(Option::is_some)
    }

    /// RFC 7517 sections 4.2 and 4.3. Neither needs to be there.
    fn is_for_verifying(&self) -> bool {
        let use_fits = self.public_use.as_deref().is_none_or(|it| it == "sig");
        let verifies = |all: &Vec<String>| all.iter().any(|one| one == "verify");
        use_fits && self.key_ops.as_ref().is_none_or(verifies)
    }

    /// What the key is for, by its kind; `alg` must not say otherwise.
    fn algorithm(&self) -> Result<Option<Algorithm>, KeySetError> {
        let crv = self.crv.as_str();
        // The two kinds of key that are nothing without their curve.
        if crv.is_none() && matches!(self.kty.as_str(), "OKP" | "EC") {
            return Err(KeySetError::Malformed);
        }
        let by_kind = Algorithm::of_kind(&self.kty, crv.unwrap_or_default());
        let Some(alg) = self.alg.as_deref() else {
            return Ok(by_kind);
        };
        match (by_kind, Algorithm::named(alg)) {
            // RFC 7518 section 4.6: key agreement, on a curve that signs too.
            (Some(Algorithm::Ed25519 | Algorithm::Es256), None) if alg.starts_with("ECDH-ES") => {
                Ok(None)
            }
            // RFC 7518 sections 3.1 and 4.1: what else RSA is for.
            (Some(Algorithm::Rs256), None) if is_other_rsa(alg) => Ok(None),
            (ours, named) if ours == named => Ok(ours),
            _ => Err(KeySetError::Contradiction),
        }
    }
}

/// As [`object`], for a key set.
fn strict<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, KeySetError> {
    object(json.as_bytes()).map_err(|_| KeySetError::Malformed)
}

fn is_other_rsa(alg: &str) -> bool {
    matches!(
        alg,
        "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "RSA1_5"
    ) || alg.starts_with("RSA-OAEP")
}

/// RFC 7518 section 2: big-endian, in base64url.
fn whole_number(value: &Value) -> Result<Vec<u8>, KeySetError> {
    let text = value.as_str().ok_or(KeySetError::RsaKey)?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| KeySetError::RsaKey)
}

fn coordinate(value: &Value) -> Result<[u8; COORDINATE_BYTES], KeySetError> {
    let text = value.as_str().ok_or(KeySetError::Point)?;
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| KeySetError::Point)?;
    bytes.try_into().map_err(|_| KeySetError::Point)
}
