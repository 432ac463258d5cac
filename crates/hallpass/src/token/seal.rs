//! Private keys as they lie in the database: sealed, each bound to its row.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::jwk::PublicKey;
use crate::secret::{self, CryptographyFailed, PrivateKey, PurposeKey, SigningSecret};

/// What the sealing keys are derived for, and for nothing else.
const PURPOSE: &str = "hallpass signing key at rest, AES-256-GCM, 1";

/// Seals with the first secret, and opens with any.
pub(super) struct Sealer {
    /// The current secret's key first.
    keys: Vec<LessSafeKey>,
}

/// An opened private key.
pub(super) struct Opened {
    pub(super) key: PrivateKey,
    /// Whether the secret that sealed it is on its way out.
    pub(super) by_previous_secret: bool,
}

impl Sealer {
    pub(super) fn new(current: &SigningSecret, previous: &[SigningSecret]) -> Self {
        let secrets = std::iter::once(current).chain(previous);
        Self {
            keys: secrets.filter_map(sealing_key).collect(),
        }
    }

    /// Nonce, ciphertext and tag. The nonce is random: of 2^32 keys that one
    /// secret may seal so (NIST SP 800-38D, section 8.3) nobody makes many.
    pub(super) fn seal(
        &self,
        private: &PrivateKey,
        public: &PublicKey,
    ) -> Result<Vec<u8>, CryptographyFailed> {
        let nonce = secret::random_bytes::<NONCE_LEN>()?;
        let key = self.keys.first().ok_or(CryptographyFailed)?;
        let mut text = Zeroizing::new(private.expose().to_vec());
        let tag = key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(public.row()),
            &mut text,
        );
        let tag = tag.map_err(|_| CryptographyFailed)?;
        Ok([&nonce, text.as_slice(), tag.as_ref()].concat())
    }

    /// `None` when no secret of ours sealed this, or sealed it for another row.
    pub(super) fn open(&self, sealed: &[u8], public: &PublicKey) -> Option<Opened> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        self.keys.iter().enumerate().find_map(|(position, key)| {
            let mut text = Zeroizing::new(text.to_vec());
            let opened = key.open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(public.row()),
                &mut text,
            );
            Some(Opened {
                key: PrivateKey::new(opened.ok()?.to_vec()),
                by_previous_secret: position > 0,
            })
        })
    }
}

fn sealing_key(secret: &SigningSecret) -> Option<LessSafeKey> {
    let bytes = PurposeKey::derive_bytes(secret, PURPOSE);
    // Only a key of another length is refused.
    UnboundKey::new(&AES_256_GCM, bytes.as_slice())
        .map(LessSafeKey::new)
        .ok()
}
