//! The keys that sign and verify: the shared secret's, and the key ring as it
//! was last read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use hallpass_verify::{ConfigError, CurrentUser, Refused, Verifier};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::jwk::KeyAlgorithm;
use super::ring::{Ring, Signer};
use super::seal::Sealer;
use crate::clock::Timestamp;
use crate::db::StoreError;
use crate::settings::{Origin, Settings, Signing, TOKEN_LIFE};

/// The five claims of an access token, in the order in which they are written.
#[derive(Serialize)]
pub(super) struct IssuedClaims<'a> {
    pub(super) sub: String,
    pub(super) email: &'a str,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) iss: &'a str,
}

/// What is to be said of a token.
pub(super) struct Verdict {
    pub(super) outcome: Result<CurrentUser, Refused>,
    /// Whether a ring that was read later might know better.
    pub(super) may_change: bool,
}

impl Verdict {
    fn of_this_ring(outcome: Result<CurrentUser, Refused>) -> Self {
        Self {
            outcome,
            may_change: true,
        }
    }

    fn of_any_ring(outcome: Result<CurrentUser, Refused>) -> Self {
        Self {
            outcome,
            may_change: false,
        }
    }
}

/// The tries to read the ring, by number, and how the last one went that ended:
/// one may be given up half-way.
#[derive(Default)]
struct Tries {
    begun: u64,
    ended: u64,
    failed: Option<(Timestamp, StoreError)>,
}

/// Everything that signs and verifies tokens.
pub(crate) struct Keys {
    issuer: Origin,
    /// The algorithm of new tokens, unless it is the shared secret's.
    pub(super) algorithm: Option<KeyAlgorithm>,
    shared_signing: EncodingKey,
    shared: Verifier,
    pub(super) sealer: Sealer,
    ring: RwLock<Arc<Ring>>,
    /// Held by whoever reads the ring anew, so that only one does.
    pub(super) reading: Arc<tokio::sync::Mutex<()>>,
    /// Held by the request that notes the signing period, or makes an algorithm's
    /// first key.
    pub(super) making: tokio::sync::Mutex<()>,
    tries: Mutex<Tries>,
    /// Whether the database knows that this server signs as it does.
    period_noted: AtomicBool,
}

impl Keys {
    pub(crate) fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let secret = &settings.signing_secret;
        let issuer = settings.public_url.origin();
        let mut shared = Verifier::shared_secret(secret.expose());
        for previous in &settings.previous_secrets {
            shared = shared.also_accept(previous.expose());
        }
        Ok(Self {
            shared: shared
                .issuer(issuer.as_str())
                .max_life(TOKEN_LIFE)
                .build()?,
            shared_signing: EncodingKey::from_secret(secret.expose()),
            issuer: issuer.clone(),
            algorithm: match settings.signing {
                Signing::Hs256 => None,
                Signing::EdDsa => Some(KeyAlgorithm::EdDsa),
                Signing::Es256 => Some(KeyAlgorithm::Es256),
                Signing::Rs256 => Some(KeyAlgorithm::Rs256),
            },
            sealer: Sealer::new(secret, &settings.previous_secrets),
            ring: RwLock::new(Arc::new(Ring::unread())),
            reading: Arc::default(),
            making: tokio::sync::Mutex::default(),
            tries: Mutex::default(),
            period_noted: AtomicBool::new(false),
        })
    }

    pub(super) fn issuer(&self) -> &Origin {
        &self.issuer
    }

    pub(super) fn period_is_noted(&self) {
        self.period_noted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_period_noted(&self) -> bool {
        self.period_noted.load(Ordering::Relaxed)
    }

    /// The ring as it was last read.
    pub(super) fn ring(&self) -> Arc<Ring> {
        // Nothing can panic while it is held for writing.
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A try to read the ring begins.
    pub(super) fn begin_try(&self) {
        self.tries().begun += 1;
    }

    /// Keeps what the try came to that has begun last.
    pub(super) fn end_try(&self, outcome: Result<Ring, StoreError>, now: Timestamp) {
        let mut tries = self.tries();
        tries.ended = tries.begun;
        tries.failed = match outcome {
            Ok(ring) => {
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
                None
            }
            Err(error) => Some((now, error)),
        };
    }

    pub(super) fn tries_begun(&self) -> u64 {
        self.tries().begun
    }

    /// How the last try went, where it began after so many others, or has failed
    /// within `pause` before `now`: then there is no need for another one. One
    /// that had begun before may have missed what its caller asks for.
    pub(super) fn last_try(
        &self,
        after: u64,
        pause: Duration,
        now: Timestamp,
    ) -> Option<Result<(), StoreError>> {
        let tries = self.tries();
        match &tries.failed {
            Some((at, error)) if tries.ended > after || is_within(pause, *at, now) => {
                Some(Err(error.clone()))
            }
            None if tries.ended > after => Some(Ok(())),
            _ => None,
        }
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the ring was read within `age` before `now`.
    pub(super) fn is_fresh(&self, age: Duration, now: Timestamp) -> bool {
        let read_at = self.ring().read_at;
        read_at.is_some_and(|read_at| is_within(age, read_at, now))
    }

    /// The shared secret's tokens are told by their algorithm; all others are
    /// the ring's.
    pub(super) fn verify(&self, token: &str, now: Timestamp) -> Verdict {
        let ring = self.ring();
        // Then the ring decides of the shared secret's tokens too.
        let ring_decides = self.algorithm.is_some();
        if ring_decides && ring.read_at.is_none() {
            return Verdict::of_this_ring(Err(Refused::KeysUnavailable));
        }
        match self.shared.current_user_at(token, now.unix_seconds()) {
            Err(Refused::Algorithm) => match ring.verify(token, now) {
                unknown @ Err(Refused::UnknownKey | Refused::KeysUnavailable) => {
                    Verdict::of_this_ring(unknown)
                }
                outcome => Verdict::of_any_ring(outcome),
            },
            Ok(user) if ring_decides => {
                if ring.takes_secret(Timestamp::from_unix_seconds(user.iat), now) {
                    Verdict::of_any_ring(Ok(user))
                } else {
                    Verdict::of_this_ring(Err(Refused::Algorithm))
                }
            }
            outcome => Verdict::of_any_ring(outcome),
        }
    }

    pub(super) fn sign(
        &self,
        claims: &IssuedClaims<'_>,
        signer: Option<&Signer>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let Some(signer) = signer else {
            let header = Header::new(Algorithm::HS256);
            return jsonwebtoken::encode(&header, claims, &self.shared_signing);
        };
        let mut header = Header::new(match signer.algorithm {
            KeyAlgorithm::EdDsa => Algorithm::EdDSA,
            KeyAlgorithm::Es256 => Algorithm::ES256,
            KeyAlgorithm::Rs256 => Algorithm::RS256,
        });
        header.kid = Some(signer.id.clone());
        jsonwebtoken::encode(&header, claims, &signer.key)
    }
}

/// Whether `at` lies within `span` before `now`, and not after it, as when a
/// clock was set back.
fn is_within(span: Duration, at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.since(at) < span
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DatabaseUrl;
    use crate::settings::PublicUrl;

    const SOON: Duration = Duration::from_secs(1);
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn keys() -> Keys {
        let secret = crate::secret::SigningSecret::generate().unwrap();
        let secret = crate::secret::SigningSecret::new(&secret).unwrap();
        let database = DatabaseUrl::sqlite_file("never-opened.db");
        Keys::new(&Settings::new(PublicUrl::default(), secret, database)).unwrap()
    }

    #[test]
    fn who_waits_takes_what_a_later_try_came_to_and_not_an_earlier_one() {
        let keys = keys();
        let came_before = keys.tries_begun();
        keys.begin_try();
        let came_meanwhile = keys.tries_begun();
        keys.end_try(Ok(Ring::unread()), NOW);
        assert!(matches!(
            keys.last_try(came_before, SOON, NOW),
            Some(Ok(()))
        ));
        assert!(keys.last_try(came_meanwhile, SOON, NOW).is_none());
    }

    #[test]
    fn a_try_that_was_given_up_came_to_nothing() {
        let keys = keys();
        let came_before = keys.tries_begun();
        keys.begin_try();
        assert!(keys.last_try(came_before, SOON, NOW).is_none());
        keys.begin_try();
        keys.end_try(Err(StoreError::timed_out("signing keys")), NOW);
        assert!(matches!(
            keys.last_try(came_before, SOON, NOW),
            Some(Err(_))
        ));
        let later = keys.tries_begun();
        assert!(
            matches!(keys.last_try(later, SOON, NOW), Some(Err(_))),
            "away a moment ago"
        );
        assert!(keys.last_try(later, SOON, NOW.plus(SOON)).is_none());
    }
}
