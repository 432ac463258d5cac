//! The key ring: which key signs, which verify, and until when.
//!
//! The rules of rotation are here, without a database or a clock:
//!
//! - A key is published before it signs, so that every verifier has it by then.
//! - From the moment that a younger key of its algorithm signs, a key only
//!   verifies, until the last token that it may have signed is dead.
//! - Where asymmetric signing takes over from the shared secret, tokens of
//!   before are taken until the last of them is dead. Where the secret never
//!   signed, there are none.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_verify::{CurrentUser, KeySet, Refused, Verifier};
use jsonwebtoken::EncodingKey;
use serde::{Deserialize, Serialize};

use super::jwk::{Jwk, KeyAlgorithm, PublicKey};
use super::store::Era;
use crate::clock::Timestamp;
use crate::secret::{PrivateKey, rsa_key};
use crate::settings::{Origin, TOKEN_LIFE};

/// How long after a younger key has begun to sign a server may still sign with
/// the old one: its clock is behind, or it has not looked yet.
const STRAGGLERS: Duration = Duration::from_mins(2);

/// How long servers may take to follow each other from the shared secret to a
/// key of their own.
const ROLLOUT: Duration = Duration::from_mins(15);

/// How long a key whose last token is dead keeps its private half, so that an
/// operator whose clock is ahead takes none from servers that still use it.
const PRIVATE_HALF_KEPT: Duration = Duration::from_hours(24);

/// A signing key, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SigningKey {
    /// Its id, the `kid` of the tokens that it signs: a thumbprint (RFC 7638).
    pub id: String,
    /// `EdDSA`, `ES256` or `RS256`.
    pub algorithm: &'static str,
    /// What it is used for now.
    pub state: SigningKeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began or will begin to sign.
    pub signs_from: Timestamp,
    /// From when on it verifies nothing more; `None` while no younger key is to
    /// take its place.
    pub verifies_until: Option<Timestamp>,
    /// Whether a secret of ours opens its private half.
    pub readable: bool,
}

/// What a signing key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningKeyState {
    /// Published, and not signing yet.
    Upcoming,
    /// Signs new tokens.
    Signing,
    /// A younger one signs; this one verifies what it has signed.
    Verifying,
    /// Of another algorithm than the one that is set: verifies, and would sign
    /// if the setting were changed back.
    Idle,
}

/// A live key as it was read.
pub(super) struct Key {
    pub(super) public: PublicKey,
    /// `None` when no secret of ours opens it.
    pub(super) private: Option<PrivateKey>,
    pub(super) generation: i64,
    pub(super) created_at: Timestamp,
    pub(super) signs_from: Timestamp,
}

/// A key that has signed and was retired. What it had taken over from does not
/// take over again.
#[derive(Clone, Copy)]
pub(super) struct Retired {
    pub(super) algorithm: KeyAlgorithm,
    pub(super) age: Age,
}

/// By which keys of one algorithm follow each other: since when they sign, and
/// their number.
type Age = (Timestamp, i64);

/// What the tables say.
pub(super) struct Read {
    pub(super) live: Vec<Key>,
    pub(super) retired: Vec<Retired>,
    pub(super) era: Option<Era>,
}

/// All live keys, as they were read at one time.
pub(super) struct Ring {
    keys: Vec<Key>,
    retired: Vec<Retired>,
    /// The ids of live keys whose last token died long ago: to be retired.
    pub(super) ended: Vec<String>,
    verifier: Option<Verifier>,
    /// `None` before anybody has said what servers sign by.
    pub(super) era: Option<Era>,
    /// `None` before anything was read.
    pub(super) read_at: Option<Timestamp>,
}

/// What signs a token.
pub(super) struct Signer {
    pub(super) id: String,
    pub(super) algorithm: KeyAlgorithm,
    pub(super) key: EncodingKey,
}

/// The published set (RFC 7517, section 5).
#[derive(Serialize)]
pub(super) struct Published {
    pub(super) keys: Vec<Jwk>,
}

impl Ring {
    /// Before anything was read.
    pub(super) const fn unread() -> Self {
        Self {
            keys: Vec::new(),
            retired: Vec::new(),
            ended: Vec::new(),
            verifier: None,
            era: None,
            read_at: None,
        }
    }

    /// What was read at `now`. Keys whose last token is dead are left out.
    pub(super) fn new(read: Read, issuer: &Origin, now: Timestamp) -> Self {
        let Read { live, retired, era } = read;
        let ends: Vec<_> = live
            .iter()
            .map(|key| end_of(key, &live, &retired))
            .collect();
        let (mut keys, mut ended) = (Vec::new(), Vec::new());
        for (key, end) in live.into_iter().zip(ends) {
            match end {
                Some(end) if end.plus(PRIVATE_HALF_KEPT) <= now => ended.push(key.public.id()),
                Some(end) if end <= now => {}
                _ => keys.push(key),
            }
        }
        Self {
            verifier: verifier(&keys, issuer),
            keys,
            retired,
            ended,
            era,
            read_at: Some(now),
        }
    }

    /// The newest key of this algorithm whose time to sign has come. Where none
    /// has, the first one: a clock that is a little behind must not stop us. One
    /// that another has taken over from never signs again.
    pub(super) fn signing(&self, algorithm: KeyAlgorithm, now: Timestamp) -> Option<&Key> {
        let is_followed = |key: &Key| {
            let mut younger = younger(key, &self.keys, &self.retired);
            younger.any(|(signs_from, _)| signs_from <= now)
        };
        let ours = || {
            self.keys
                .iter()
                .filter(|key| key.public.algorithm == algorithm && !is_followed(key))
        };
        let begun = ours().filter(|key| key.signs_from <= now);
        begun
            .max_by_key(|key| key.age())
            .or_else(|| ours().min_by_key(|key| key.age()))
    }

    /// Whether there is a key at all.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn verify(&self, token: &str, now: Timestamp) -> Result<CurrentUser, Refused> {
        match &self.verifier {
            Some(verifier) => verifier.current_user_at(token, now.unix_seconds()),
            None if !names_key_algorithm(token) => Err(Refused::Algorithm),
            None if self.read_at.is_none() => Err(Refused::KeysUnavailable),
            None => Err(Refused::UnknownKey),
        }
    }

    /// Whether a server that signs by keys takes a token that the shared secret
    /// signed at `issued`: once servers have gone back to the secret, and for a
    /// while after they went over from it to keys. An attacker with the secret can
    /// date a token back, but not for long: one of before is dead an hour later. Where
    /// the secret never signed, none of its tokens can be of before.
    pub(super) fn takes_secret(&self, issued: Timestamp, now: Timestamp) -> bool {
        self.era.is_some_and(|era| {
            if !era.by_keys {
                return true;
            }
            // A later beginning was noted by a clock that was wrong.
            let has_begun = era.began_at <= now.plus(STRAGGLERS);
            era.after_secret && has_begun && issued <= era.began_at.plus(ROLLOUT)
        })
    }

    pub(super) fn published(&self) -> Published {
        Published {
            keys: self.keys.iter().map(|key| key.public.jwk()).collect(),
        }
    }

    /// Every live key, newest first, where `algorithm` is the one that signs.
    pub(super) fn list(&self, algorithm: Option<KeyAlgorithm>, now: Timestamp) -> Vec<SigningKey> {
        let signing = algorithm.and_then(|algorithm| self.signing(algorithm, now));
        let state = |key: &Key| match signing {
            _ if Some(key.public.algorithm) != algorithm => SigningKeyState::Idle,
            Some(signing) if signing.generation == key.generation => SigningKeyState::Signing,
            _ if key.signs_from > now => SigningKeyState::Upcoming,
            _ => SigningKeyState::Verifying,
        };
        let described = self.keys.iter().rev().map(|key| SigningKey {
            id: key.public.id(),
            algorithm: key.public.algorithm.name(),
            state: state(key),
            created_at: key.created_at,
            signs_from: key.signs_from,
            verifies_until: end_of(key, &self.keys, &self.retired),
            readable: key.private.is_some(),
        });
        described.collect()
    }
}

impl Key {
    fn age(&self) -> Age {
        (self.signs_from, self.generation)
    }

    pub(super) fn signer(&self) -> Option<Signer> {
        let private = self.private.as_ref()?.expose();
        Some(Signer {
            id: self.public.id(),
            algorithm: self.public.algorithm,
            key: match self.public.algorithm {
                KeyAlgorithm::EdDsa => EncodingKey::from_ed_der(private),
                KeyAlgorithm::Es256 => EncodingKey::from_ec_der(private),
                KeyAlgorithm::Rs256 => EncodingKey::from_rsa_der(rsa_key(private)?),
            },
        })
    }
}

/// The keys of its algorithm that follow a key.
fn younger(key: &Key, live: &[Key], retired: &[Retired]) -> impl Iterator<Item = Age> {
    let live = live
        .iter()
        .map(|other| (other.public.algorithm, other.age()));
    let retired = retired.iter().map(|other| (other.algorithm, other.age));
    live.chain(retired)
        .filter(|(algorithm, age)| *algorithm == key.public.algorithm && *age > key.age())
        .map(|(_, age)| age)
}

/// When the last token that `key` may have signed is dead: a token's life after
/// the first younger key of its algorithm begins to sign.
fn end_of(key: &Key, live: &[Key], retired: &[Retired]) -> Option<Timestamp> {
    let (successor, _) = younger(key, live, retired).min()?;
    Some(successor.plus(STRAGGLERS + TOKEN_LIFE))
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// Whether a token claims to be signed by a key such as ours, where there is
/// none yet by which it could be told.
fn names_key_algorithm(token: &str) -> bool {
    let (head, _) = token.split_once('.').unwrap_or_default();
    let json = URL_SAFE_NO_PAD.decode(head).unwrap_or_default();
    serde_json::from_slice(&json)
        .is_ok_and(|header: Header| KeyAlgorithm::of_name(&header.alg).is_some())
}

/// `None` without keys, or with keys that no verifier would take; that one is
/// written in our own table cannot be helped here, and nothing is let in.
fn verifier(keys: &[Key], issuer: &Origin) -> Option<Verifier> {
    if keys.is_empty() {
        return None;
    }
    let published = Published {
        keys: keys.iter().map(|key| key.public.jwk()).collect(),
    };
    let text = serde_json::to_string(&published).ok()?;
    let built = KeySet::parse(&text).map_err(|error| error.to_string());
    let built = built.and_then(|set| {
        Verifier::key_set(set)
            .issuer(issuer.as_str())
            .max_life(TOKEN_LIFE)
            .build()
            .map_err(|error| error.to_string())
    });
    built
        .inspect_err(|error| tracing::error!(error, "the signing keys cannot verify"))
        .ok()
}
