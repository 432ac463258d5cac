//! Signing keys over time: read from the database, made, rotated, retired.

use std::time::Duration;

use tracing::Instrument as _;

use super::jwk::{KeyAlgorithm, PublicKey};
use super::ring::{Key, Read, Retired, Ring, Signer, SigningKey, SigningKeyState};
use super::store::{self, Era, NewRow, Row};
use crate::clock::Timestamp;
use crate::db::StoreError;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::secret::{CryptographyFailed, PrivateKey};

/// How old the ring may become before it is read again, beside the requests:
/// where requests come, a key that was retired elsewhere verifies here for so
/// long and a moment. After a quiet time the first of them see the ring of then.
pub(super) const RING_LIFE: Duration = Duration::from_mins(1);

/// The same, before something is signed, and where a token names a key that is
/// not in the ring. A key is published for longer than this before it signs, so
/// one that is missing from a younger ring is nobody's. (Only an algorithm's
/// first key is not.)
pub(super) const SOON: Duration = Duration::from_secs(1);

/// The least time from the making of a key to its first signature: the pause
/// above, and a second for the making and for clocks that differ.
const LEAST_LEAD: Duration = Duration::from_secs(2);

/// How often a server tries to begin its signing period where others begin
/// theirs at the same moment.
const MOST_TRIES: u32 = 8;

/// The most live keys: some fewer than a verifier takes in one set.
const MOST_KEYS: usize = 90;

/// Why a signing key could not be made, used or retired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// There are no keys to rotate.
    #[error(
        "tokens are signed with HS256 and the shared secret; set HALLPASS_SIGNING to eddsa, es256 or rs256, or change the secret by BETTER_AUTH_SECRETS"
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
    /// More live keys than verifiers take.
    #[error(
        "there are {MOST_KEYS} live keys already, and verifiers take no more than 100; wait until some have ended, or retire some"
    )]
    TooMany,
    /// The operating system or the cryptographic library failed.
    #[error(transparent)]
    Cryptography(#[from] CryptographyFailed),
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

/// Reads the ring, unless it was read within `age`. Of those who wait for a try
/// that is under way one makes the next, and all take what that one comes to.
pub(super) async fn refresh(hallpass: &Hallpass, age: Duration) -> Result<(), StoreError> {
    let keys = hallpass.keys();
    if keys.is_fresh(age, hallpass.now()) {
        return Ok(());
    }
    let before = keys.tries_begun();
    let patience = hallpass.db().patience();
    let alone = tokio::time::timeout(patience, keys.reading.lock()).await;
    let _alone = alone.map_err(|_| StoreError::timed_out("signing keys"))?;
    match keys.last_try(before, SOON, hallpass.now()) {
        Some(outcome) => outcome,
        None => read(hallpass).await,
    }
}

/// As [`refresh`], and waits for it no longer than `limit`: it goes on beside.
pub(super) async fn refresh_for(hallpass: &Hallpass, age: Duration, limit: Duration) {
    if hallpass.keys().is_fresh(age, hallpass.now()) {
        return;
    }
    let hallpass = hallpass.clone();
    let reading = async move {
        if let Err(error) = refresh(&hallpass, age).await {
            say_unread(&error);
        }
    };
    let reading = tokio::spawn(reading.in_current_span());
    // Whether in time or not, the caller looks at the ring.
    drop(tokio::time::timeout(limit, reading).await);
}

/// As [`refresh`], while the caller goes on with the ring as it is. One reading
/// at a time; whoever comes meanwhile leaves it to that one.
pub(super) fn refresh_beside(hallpass: &Hallpass, age: Duration) {
    let keys = hallpass.keys();
    let now = hallpass.now();
    let tries = keys.tries_begun();
    if keys.is_fresh(age, now) || keys.last_try(tries, SOON, now).is_some() {
        return;
    }
    let Ok(alone) = keys.reading.clone().try_lock_owned() else {
        return;
    };
    let hallpass = hallpass.clone();
    let reading = async move {
        if let Err(error) = read(&hallpass).await {
            say_unread(&error);
        }
        drop(alone);
    };
    tokio::spawn(reading.in_current_span());
}

fn say_unread(error: &StoreError) {
    tracing::warn!(%error, "the signing keys could not be read anew");
}

async fn read(hallpass: &Hallpass) -> Result<(), StoreError> {
    // Before the reading: what is added while it runs is seen by the next.
    let now = hallpass.now();
    let keys = hallpass.keys();
    keys.begin_try();
    let outcome = read_tables(hallpass).await;
    let ring = outcome.map(|read| Ring::new(read, keys.issuer(), now));
    let answer = ring.as_ref().map(|_| ()).map_err(StoreError::clone);
    keys.end_try(ring, now);
    answer
}

async fn read_tables(hallpass: &Hallpass) -> Result<Read, StoreError> {
    let era = store::era(hallpass.db()).await?;
    let (mut live, mut retired) = (Vec::new(), Vec::new());
    for row in store::all(hallpass.db()).await? {
        match row.retired_at {
            None => live.extend(open(hallpass, row).await),
            Some(retired_at) => retired.extend(has_signed(&row, retired_at)),
        }
    }
    Ok(Read { live, retired, era })
}

/// A retired key, unless it was retired before its time to sign.
fn has_signed(row: &Row, retired_at: Timestamp) -> Option<Retired> {
    (row.signs_from <= retired_at).then_some(Retired {
        algorithm: KeyAlgorithm::of_name(&row.algorithm)?,
        age: (row.signs_from, row.generation),
    })
}

/// A row as a key, resealed when a previous secret had sealed it; nothing for a
/// row that is not as we write them.
async fn open(hallpass: &Hallpass, row: Row) -> Option<Key> {
    let algorithm = KeyAlgorithm::of_name(&row.algorithm);
    let public = algorithm.and_then(|algorithm| PublicKey::new(algorithm, row.public_key));
    let Some(public) = public.filter(|public| public.id() == row.id) else {
        tracing::error!(key = row.id, "a signing key was changed by hand: not used");
        return None;
    };
    let sealed = row.sealed_private_key.unwrap_or_default();
    let opened = hallpass.keys().sealer.open(&sealed, &public);
    if let Some(opened) = opened.as_ref().filter(|opened| opened.by_previous_secret) {
        // It opens all the same, and the next reading tries again.
        match reseal(hallpass, &public, &opened.key, &sealed).await {
            Ok(()) => tracing::info!(key = row.id, "sealed a signing key with the new secret"),
            Err(error) => tracing::warn!(key = row.id, %error, "a signing key is not sealed anew"),
        }
    }
    Some(Key {
        private: opened.map(|opened| opened.key),
        public,
        generation: row.generation,
        created_at: row.created_at,
        signs_from: row.signs_from,
    })
}

/// So that the previous secret can go without taking keys with it.
async fn reseal(
    hallpass: &Hallpass,
    public: &PublicKey,
    private: &PrivateKey,
    before: &[u8],
) -> Result<(), SigningKeyError> {
    let after = hallpass.keys().sealer.seal(private, public)?;
    let mut tx = hallpass.db().begin().await?;
    store::reseal(&mut tx, &public.id(), before, &after).await?;
    Ok(tx.commit().await?)
}

/// What a server does when it starts: says what it signs by, so that others know
/// which tokens to take, and sees to it that it can.
pub(crate) async fn start(hallpass: &Hallpass) -> Result<(), SigningKeyError> {
    note_period(hallpass).await?;
    prepare(hallpass).await
}

/// Begins a signing period, unless the current one is of the same kind. Another
/// server may begin one at the same moment: then ours follows it.
async fn note_period(hallpass: &Hallpass) -> Result<(), StoreError> {
    let keys = hallpass.keys();
    let by_keys = keys.algorithm.is_some();
    for _ in 0..MOST_TRIES {
        refresh(hallpass, Duration::ZERO).await?;
        let is_ours = |era: Era| era.by_keys == by_keys;
        if keys.ring().era.is_some_and(is_ours) {
            keys.period_is_noted();
            return Ok(());
        }
        if begin_era(hallpass, by_keys).await? {
            keys.period_is_noted();
            return refresh(hallpass, Duration::ZERO).await;
        }
    }
    // The next sign-in tries again.
    Ok(())
}

/// Whether it began.
async fn begin_era(hallpass: &Hallpass, by_keys: bool) -> Result<bool, StoreError> {
    let mut tx = hallpass.db().begin().await?;
    let began = store::begin_era(&mut tx, by_keys, hallpass.now()).await?;
    tx.commit().await?;
    Ok(began)
}

/// Sees to it that tokens can be signed: notes once what signs here, so that
/// other servers know which tokens to take, reads the ring, and makes the first
/// key where there is none.
pub(crate) async fn prepare(hallpass: &Hallpass) -> Result<(), SigningKeyError> {
    let Some(algorithm) = hallpass.keys().algorithm else {
        note_secret_period(hallpass).await;
        return Ok(());
    };
    if !hallpass.keys().is_period_noted() {
        let _alone = hallpass.keys().making.lock().await;
        if !hallpass.keys().is_period_noted() {
            note_period(hallpass).await?;
        }
    }
    have_key(hallpass, algorithm).await?;
    signer(hallpass).map(|_| ())
}

/// The secret signs without the database, so nothing waits for this but the
/// request that does it, and the next sign-in tries again.
async fn note_secret_period(hallpass: &Hallpass) {
    let keys = hallpass.keys();
    if keys.is_period_noted() {
        return;
    }
    let Ok(_alone) = keys.making.try_lock() else {
        return;
    };
    if let Err(error) = note_period(hallpass).await {
        tracing::debug!(%error, "the signing period could not be noted");
    }
}

async fn have_key(hallpass: &Hallpass, algorithm: KeyAlgorithm) -> Result<(), SigningKeyError> {
    refresh(hallpass, SOON).await?;
    if hallpass
        .keys()
        .ring()
        .signing(algorithm, hallpass.now())
        .is_some()
    {
        return Ok(());
    }
    // One request makes the first key, and the others wait for it.
    let _alone = hallpass.keys().making.lock().await;
    refresh(hallpass, SOON).await?;
    let now = hallpass.now();
    if hallpass.keys().ring().signing(algorithm, now).is_none() {
        let row = fresh(hallpass, algorithm, now).await?;
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
    Ok(())
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

async fn fresh(
    hallpass: &Hallpass,
    algorithm: KeyAlgorithm,
    signs_from: Timestamp,
) -> Result<NewRow, CryptographyFailed> {
    // An RSA key takes up to a second: no request waits for it on this thread.
    let making = tokio::task::spawn_blocking(move || match algorithm {
        KeyAlgorithm::EdDsa => PrivateKey::generate_ed25519(),
        KeyAlgorithm::Es256 => PrivateKey::generate_p256(),
        KeyAlgorithm::Rs256 => PrivateKey::generate_rsa(),
    });
    let (private, bytes) = making.await.map_err(|_| CryptographyFailed)??;
    let public = PublicKey::new(algorithm, bytes).ok_or(CryptographyFailed)?;
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

/// Makes a key that signs `after` from now, and retires those whose last token
/// died long ago.
pub(crate) async fn rotate(
    hallpass: &Hallpass,
    after: Duration,
) -> Result<SigningKey, SigningKeyError> {
    let algorithm = hallpass.keys().algorithm;
    let algorithm = algorithm.ok_or(SigningKeyError::SharedSecret)?;
    have_key(hallpass, algorithm).await?;
    if list(hallpass).await?.len() >= MOST_KEYS {
        return Err(SigningKeyError::TooMany);
    }
    let signs_from = hallpass.now().plus(after.max(LEAST_LEAD));
    let row = fresh(hallpass, algorithm, signs_from).await?;
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

/// Ends a key at once: no token that it signed is taken any more. Where it
/// signs, the one that was made after it does from now on.
pub(crate) async fn retire(hallpass: &Hallpass, id: &str) -> Result<(), SigningKeyError> {
    let live = list(hallpass).await?;
    if let Some(key) = live.iter().find(|key| key.id == id) {
        let mut younger = live.iter().take_while(|one| one.id != id);
        let is_followed = younger.any(|one| one.algorithm == key.algorithm);
        if key.state == SigningKeyState::Signing && !is_followed {
            return Err(SigningKeyError::LastOne);
        }
    }
    // One that was changed by hand is in no ring, and may go too.
    let mut tx = hallpass.db().begin().await?;
    let retired = store::retire(&mut tx, id, hallpass.now()).await?;
    tx.commit().await?;
    if !retired {
        return Err(SigningKeyError::Unknown);
    }
    refresh(hallpass, Duration::ZERO).await?;
    Ok(())
}
