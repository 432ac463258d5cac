//! Signing keys over time: read from the database, made, rotated, retired.

use std::time::Duration;

use tracing::Instrument as _;

use super::jwk::{KeyAlgorithm, PublicKey};
use super::ring::{Key, Ring, Signer, SigningKey, SigningKeyState};
use super::store::{self, NewRow, Row};
use crate::clock::Timestamp;
use crate::db::StoreError;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::secret::{PrivateKey, RandomnessUnavailable};

/// How old the ring may become before it is read again: so long a key that was
/// retired elsewhere may still verify here.
pub(super) const RING_LIFE: Duration = Duration::from_mins(1);

/// The same, where a token names a key that is not in the ring. A key is
/// published for longer than this before it signs, so one that is missing from
/// a younger ring is nobody's. (Only an algorithm's first key is not.)
pub(super) const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(1);

/// The least time from the making of a key to its first signature: the pause
/// above, and a second by which the clocks of two servers may differ.
const LEAST_LEAD: Duration = Duration::from_secs(2);

/// Why a signing key could not be made, used or retired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// There are no keys to rotate.
    #[error(
        "tokens are signed with HS256 and the shared secret; set HALLPASS_SIGNING to eddsa or es256, or change the secret by BETTER_AUTH_SECRETS"
    )]
    SharedSecret,
    /// No live key has this id.
    #[error("there is no such signing key; `hallpass keys list` shows them")]
    Unknown,
    /// It signs, and nothing would take its place.
    #[error(
        "this key signs, and there is no other to take its place; run `hallpass keys rotate --after 0` first"
    )]
    LastOne,
    /// Another server or operator made a key at the same moment.
    #[error("another key was made at the same moment; look at `hallpass keys list`")]
    Simultaneous,
    /// The private half was sealed by a secret that is not ours.
    #[error(
        "the signing key {0} cannot be opened with this secret: put the secret that sealed it second into BETTER_AUTH_SECRETS, or make another key by `hallpass keys rotate --after 0`"
    )]
    Sealed(String),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The database cannot be reached, or a statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SigningKeyError> for Error {
    fn from(error: SigningKeyError) -> Self {
        match error {
            SigningKeyError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// Reads the ring, unless it was read within `age`.
pub(super) async fn refresh(hallpass: &Hallpass, age: Duration) -> Result<(), StoreError> {
    let keys = hallpass.keys();
    if keys.is_fresh(age, hallpass.now()) {
        return Ok(());
    }
    let _alone = keys.reading.lock().await;
    if keys.is_fresh(age, hallpass.now()) {
        return Ok(());
    }
    read(hallpass).await
}

/// As [`refresh`], while the caller goes on with the ring as it is. One reading
/// at a time; whoever comes meanwhile leaves it to that one.
pub(super) fn refresh_beside(hallpass: &Hallpass, age: Duration) {
    let keys = hallpass.keys();
    if keys.is_fresh(age, hallpass.now()) {
        return;
    }
    let Ok(alone) = keys.reading.clone().try_lock_owned() else {
        return;
    };
    let hallpass = hallpass.clone();
    let reading = async move {
        if let Err(error) = read(&hallpass).await {
            tracing::warn!(%error, "the signing keys could not be read anew");
        }
        drop(alone);
    };
    tokio::spawn(reading.in_current_span());
}

async fn read(hallpass: &Hallpass) -> Result<(), StoreError> {
    // Before the reading: what is added while it runs is seen by the next.
    let now = hallpass.now();
    let began = store::began(hallpass.db()).await?;
    let mut live = Vec::new();
    for row in store::live(hallpass.db()).await? {
        live.extend(open(hallpass, row).await?);
    }
    let keys = hallpass.keys();
    keys.replace_ring(Ring::new(live, began, keys.issuer(), now));
    Ok(())
}

/// A row as a key, resealed when a previous secret had sealed it; nothing for a
/// row that is not as we write them.
async fn open(hallpass: &Hallpass, row: Row) -> Result<Option<Key>, StoreError> {
    let algorithm = KeyAlgorithm::of_name(&row.algorithm);
    let public = algorithm.and_then(|algorithm| PublicKey::new(algorithm, row.public_key));
    let Some(public) = public.filter(|public| public.id() == row.id) else {
        tracing::error!(key = row.id, "a signing key was changed by hand: not used");
        return Ok(None);
    };
    let sealed = row.sealed_private_key.unwrap_or_default();
    let opened = hallpass.keys().sealer.open(&sealed, &public);
    if let Some(opened) = opened.as_ref().filter(|opened| opened.by_previous_secret) {
        reseal(hallpass, &public, &opened.key, &sealed).await?;
    }
    Ok(Some(Key {
        private: opened.map(|opened| opened.key),
        public,
        generation: row.generation,
        created_at: row.created_at,
        signs_from: row.signs_from,
    }))
}

/// So that the previous secret can go without taking keys with it.
async fn reseal(
    hallpass: &Hallpass,
    public: &PublicKey,
    private: &PrivateKey,
    before: &[u8],
) -> Result<(), StoreError> {
    let id = public.id();
    match hallpass.keys().sealer.seal(private, public) {
        Ok(after) => {
            let mut tx = hallpass.db().begin().await?;
            store::reseal(&mut tx, &id, before, &after).await?;
            tx.commit().await?;
            tracing::info!(key = id, "sealed a signing key with the new secret");
        }
        Err(error) => tracing::error!(key = id, %error, "a signing key could not be sealed anew"),
    }
    Ok(())
}

/// Sees to it that tokens can be signed: reads the ring, and makes the first
/// key where there is none. Nothing to do for the shared secret.
pub(crate) async fn prepare(hallpass: &Hallpass) -> Result<(), SigningKeyError> {
    let Some(algorithm) = hallpass.keys().algorithm else {
        return Ok(());
    };
    refresh(hallpass, RING_LIFE).await?;
    let now = hallpass.now();
    if hallpass.keys().ring().signing(algorithm, now).is_none() {
        let row = fresh(hallpass, algorithm, now)?;
        let mut tx = hallpass.db().begin().await?;
        let added = store::add(&mut tx, &row, true).await?;
        tx.commit().await?;
        if added {
            tracing::info!(
                key = row.id,
                algorithm = row.algorithm,
                "made the first signing key"
            );
        }
        refresh(hallpass, Duration::ZERO).await?;
    }
    signer(hallpass).map(|_| ())
}

/// What signs now; `None` for the shared secret.
pub(super) fn signer(hallpass: &Hallpass) -> Result<Option<Signer>, SigningKeyError> {
    let Some(algorithm) = hallpass.keys().algorithm else {
        return Ok(None);
    };
    let ring = hallpass.keys().ring();
    let key = ring.signing(algorithm, hallpass.now());
    let key = key.ok_or(SigningKeyError::Unknown)?;
    let sealed = || SigningKeyError::Sealed(key.public.id());
    key.signer().ok_or_else(sealed).map(Some)
}

fn fresh(
    hallpass: &Hallpass,
    algorithm: KeyAlgorithm,
    signs_from: Timestamp,
) -> Result<NewRow, RandomnessUnavailable> {
    let (private, bytes) = match algorithm {
        KeyAlgorithm::EdDsa => PrivateKey::generate_ed25519(),
        KeyAlgorithm::Es256 => PrivateKey::generate_p256(),
    }?;
    let public = PublicKey::new(algorithm, bytes).ok_or(RandomnessUnavailable)?;
    Ok(NewRow {
        id: public.id(),
        algorithm: algorithm.name(),
        sealed_private_key: hallpass.keys().sealer.seal(&private, &public)?,
        public_key: public.bytes().to_vec(),
        created_at: hallpass.now(),
        signs_from,
    })
}

/// Every live key, newest first.
pub(crate) async fn list(hallpass: &Hallpass) -> Result<Vec<SigningKey>, SigningKeyError> {
    refresh(hallpass, Duration::ZERO).await?;
    let keys = hallpass.keys();
    Ok(keys.ring().list(keys.algorithm, hallpass.now()))
}

/// Makes a key that signs `after` from now, and retires those whose last
/// token is dead.
pub(crate) async fn rotate(
    hallpass: &Hallpass,
    after: Duration,
) -> Result<SigningKey, SigningKeyError> {
    let algorithm = hallpass.keys().algorithm;
    let algorithm = algorithm.ok_or(SigningKeyError::SharedSecret)?;
    prepare_unless_sealed(hallpass).await?;
    let signs_from = hallpass.now().plus(after.max(LEAST_LEAD));
    let row = fresh(hallpass, algorithm, signs_from)?;
    let ring = hallpass.keys().ring();
    let mut tx = hallpass.db().begin().await?;
    if !store::add(&mut tx, &row, false).await? {
        return Err(SigningKeyError::Simultaneous);
    }
    for id in &ring.ended {
        store::retire(&mut tx, id, hallpass.now()).await?;
    }
    tx.commit().await?;
    let all = list(hallpass).await?;
    let made = all.into_iter().find(|key| key.id == row.id);
    made.ok_or(SigningKeyError::Unknown)
}

/// A key that cannot be opened is what a rotation mends.
async fn prepare_unless_sealed(hallpass: &Hallpass) -> Result<(), SigningKeyError> {
    match prepare(hallpass).await {
        Err(SigningKeyError::Sealed(_)) => Ok(()),
        outcome => outcome,
    }
}

/// Ends a key at once: no token that it signed is taken any more. Where it
/// signs, the next one does from now on.
pub(crate) async fn retire(hallpass: &Hallpass, id: &str) -> Result<(), SigningKeyError> {
    let live = list(hallpass).await?;
    let key = live.iter().find(|key| key.id == id);
    let key = key.ok_or(SigningKeyError::Unknown)?;
    let rivals = live.iter().filter(|one| one.algorithm == key.algorithm);
    if key.state == SigningKeyState::Signing && rivals.count() == 1 {
        return Err(SigningKeyError::LastOne);
    }
    let mut tx = hallpass.db().begin().await?;
    let retired = store::retire(&mut tx, id, hallpass.now()).await?;
    tx.commit().await?;
    if !retired {
        return Err(SigningKeyError::Unknown);
    }
    refresh(hallpass, Duration::ZERO).await?;
    Ok(())
}
