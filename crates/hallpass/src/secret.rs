//! The types that hold secrets, and the only file that makes random ones.
//!
//! None of them has a `Display` or `Serialize`, and their `Debug` shows a name
//! and never a value, so a secret cannot reach a log or an answer by accident.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

/// A password as somebody typed it, in Unicode normalisation form C.
///
/// Nothing is trimmed, folded or cut (NIST SP 800-63B-4, 3.1.1.2): the same
/// characters typed on two keyboards give the same bytes, and nothing else does.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// The longest password that is taken, in Unicode code points.
    pub const MAX_CODE_POINTS: usize = 128;

    /// Normalises what was typed.
    #[must_use]
    pub fn new(typed: &SecretString) -> Self {
        Self(SecretString::from(
            typed.expose_secret().nfc().collect::<String>(),
        ))
    }

    /// The number of Unicode code points.
    #[must_use]
    pub fn code_points(&self) -> usize {
        self.expose().chars().count()
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Password {
    fn from(typed: &str) -> Self {
        Self::new(&SecretString::from(typed))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A stored password: a PHC string (`$argon2id$…`) or a bcrypt string (`$2b$…`).
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    pub(crate) fn new(encoded: String) -> Self {
        Self(SecretString::from(encoded))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Shows the algorithm alone.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = self.expose().split('$').nth(1).unwrap_or("?");
        write!(f, "PasswordHash({algorithm})")
    }
}

/// The key that tokens are signed with by HMAC-SHA-256: 32 bytes or more
/// (RFC 7518, section 3.2).
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

/// Why a text cannot be a [`SigningSecret`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakSecret {
    /// Fewer than 32 bytes.
    #[error("must have at least 32 bytes; `hallpass secret` prints a fresh one")]
    TooShort,
    /// A secret that is printed in documentation, or a few characters repeated.
    #[error("is a well-known or repetitive text; `hallpass secret` prints a fresh one")]
    Guessable,
}

impl SigningSecret {
    /// The least length, in bytes: as long as the hash (RFC 7518, section 3.2).
    pub const MIN_BYTES: usize = 32;

    /// Takes a secret's bytes as they are.
    ///
    /// # Errors
    /// [`WeakSecret`] when it is short or guessable.
    pub fn new(text: &SecretString) -> Result<Self, WeakSecret> {
        let bytes = text.expose_secret().as_bytes();
        if bytes.len() < Self::MIN_BYTES {
            return Err(WeakSecret::TooShort);
        }
        if is_guessable(bytes) {
            return Err(WeakSecret::Guessable);
        }
        Ok(Self(SecretSlice::from(bytes.to_vec())))
    }

    /// A fresh secret of 256 random bits, written as 64 hexadecimal digits.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<SecretString, RandomnessUnavailable> {
        let mut bytes = random_bytes::<32>()?;
        let digits =
            |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
        let text: String = bytes.iter().flat_map(digits).flatten().collect();
        bytes.zeroize();
        Ok(SecretString::from(text))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// Secrets that stand in documentation, so everybody knows them.
const PUBLISHED: &[&[u8]] = &[
    b"better-auth-secret-12345678901234567890",
    b"better-auth-secret-123456789012345678901234567890",
    b"your-256-bit-secret-your-256-bit-secret",
    b"a-string-secret-at-least-256-bits-long",
];

/// Fewer distinct bytes than a random hexadecimal text of 32 digits shows in
/// all but one of ten million draws.
const FEWEST_DISTINCT_BYTES: usize = 8;

fn is_guessable(bytes: &[u8]) -> bool {
    let mut distinct = bytes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let few = distinct.len() < FEWEST_DISTINCT_BYTES;
    distinct.zeroize();
    few || PUBLISHED.contains(&bytes)
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomnessUnavailable;

/// The cryptographic library, or the randomness that it draws on, failed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptographyFailed;

impl From<RandomnessUnavailable> for CryptographyFailed {
    fn from(_: RandomnessUnavailable) -> Self {
        Self
    }
}

/// Random bytes from the operating system's generator (ASVS 5.0, 11.5.1).
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that draws randomness"
)]
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], RandomnessUnavailable> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| RandomnessUnavailable)?;
    Ok(bytes)
}

/// The private half of a key that signs tokens, as PKCS #8 (RFC 5958).
#[derive(Clone)]
pub(crate) struct PrivateKey(SecretSlice<u8>);

impl PrivateKey {
    pub(crate) fn new(pkcs8: Vec<u8>) -> Self {
        Self(SecretSlice::from(pkcs8))
    }

    /// A fresh Ed25519 key (RFC 8032) and its public half, 32 bytes.
    pub(crate) fn generate_ed25519() -> Result<(Self, Vec<u8>), CryptographyFailed> {
        let pair = Ed25519KeyPair::generate().map_err(|_| CryptographyFailed)?;
        let pkcs8 = pair.to_pkcs8().map_err(|_| CryptographyFailed)?;
        Ok((
            Self::new(pkcs8.as_ref().to_vec()),
            pair.public_key().as_ref().to_vec(),
        ))
    }

    /// A fresh key on the curve P-256 and its public half, an uncompressed
    /// point of 65 bytes (SEC 1, section 2.3.3).
    pub(crate) fn generate_p256() -> Result<(Self, Vec<u8>), CryptographyFailed> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| CryptographyFailed)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| CryptographyFailed)?;
        Ok((
            Self::new(pkcs8.as_ref().to_vec()),
            pair.public_key().as_ref().to_vec(),
        ))
    }

    /// A fresh RSA key of 3072 bits and the exponent 65537, and its modulus, 384
    /// bytes: as strong as the other two (NIST SP 800-57 Part 1, section 5.6.1).
    pub(crate) fn generate_rsa() -> Result<(Self, Vec<u8>), CryptographyFailed> {
        let pair = RsaKeyPair::generate(KeySize::Rsa3072).map_err(|_| CryptographyFailed)?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| CryptographyFailed)?;
        let public = pair.public_key().as_ref();
        let modulus = public.strip_prefix(&RSA_PUBLIC_HEAD);
        let modulus = modulus.and_then(|rest| rest.strip_suffix(&RSA_PUBLIC_END));
        let modulus = modulus.ok_or(CryptographyFailed)?.to_vec();
        Ok((Self::new(pkcs8.as_ref().to_vec()), modulus))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// What stands before a modulus of 3072 bits in an `RSAPublicKey` (RFC 8017,
/// appendix A.1.1): the heads of the sequence and of the number, and its sign.
const RSA_PUBLIC_HEAD: [u8; 9] = [0x30, 0x82, 0x01, 0x8a, 0x02, 0x82, 0x01, 0x81, 0];

/// What stands behind it: the exponent 65537.
const RSA_PUBLIC_END: [u8; 5] = [2, 3, 1, 0, 1];

/// The version and the algorithm in a PKCS #8 with an RSA key (RFC 8017, appendix
/// A.1), and the head of the octets that follow, but for their length.
const RSA_IN_PKCS8: [u8; 20] = [
    2, 1, 0, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 4, 0x82,
];

/// The `RSAPrivateKey` (RFC 8017, appendix A.1.2) in a PKCS #8 as we make it.
pub(crate) fn rsa_key(pkcs8: &[u8]) -> Option<&[u8]> {
    let (_head, rest) = pkcs8.split_at_checked(4)?;
    let (_length, key) = rest.strip_prefix(&RSA_IN_PKCS8)?.split_at_checked(2)?;
    Some(key)
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// A key for one purpose inside this server, derived from the signing secret so
/// that no key serves two purposes (NIST SP 800-57 Part 1, section 5.2).
#[derive(Clone)]
pub(crate) struct PurposeKey(hmac::Key);

impl PurposeKey {
    pub(crate) fn derive(secret: &SigningSecret, purpose: &str) -> Self {
        let derived = hmac::sign(&Self::root(secret), purpose.as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    /// The 256 bits of a key for an algorithm other than HMAC.
    pub(crate) fn derive_bytes(secret: &SigningSecret, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        let derived = hmac::sign(&Self::root(secret), purpose.as_bytes());
        bytes.copy_from_slice(derived.as_ref());
        bytes
    }

    fn root(secret: &SigningSecret) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, secret.expose())
    }

    /// A keyed digest of `text`: equal texts give equal digests, and without
    /// the key nobody can tell which text it was.
    pub(crate) fn digest(&self, text: &str) -> Vec<u8> {
        hmac::sign(&self.0, text.as_bytes()).as_ref().to_vec()
    }

    /// Whether it is the digest of `text`, compared in constant time.
    pub(crate) fn is_digest_of(&self, text: &str, digest: &[u8]) -> bool {
        hmac::verify(&self.0, text.as_bytes(), digest).is_ok()
    }
}
