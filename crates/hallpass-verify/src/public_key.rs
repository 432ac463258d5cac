//! One public key and the one algorithm that it is for.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, VerificationAlgorithm,
};

use crate::error::{KeySetError, Refused};
use crate::rsa;

/// RFC 7518 section 6.2.1.2 and RFC 8037 section 2: coordinates have the full
/// size of the field, leading zeros and all.
pub(crate) const COORDINATE_BYTES: usize = 32;

/// SEC 1 section 2.3.3: what a point begins with that is not compressed.
const UNCOMPRESSED: u8 = 4;

/// The algorithms of public keys that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// RFC 8037, the curve Ed25519 only.
    Ed25519,
    /// RFC 7518 section 3.4: ECDSA with P-256 and SHA-256, as r and s in 32
    /// bytes each. Both s and n - s are right, since RFC 7518 asks for no lower
    /// half: a signature does not name a token, and nothing here is keyed by it.
    Es256,
    /// RFC 7518 section 3.3: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// By the `alg` of a header or a key. RFC 9864 gives Ed25519 a name of its
    /// own; issuers still use the older one, which leaves the curve to the key.
    pub(crate) fn named(alg: &str) -> Option<Self> {
        match alg {
            "EdDSA" | "Ed25519" => Some(Self::Ed25519),
            "ES256" => Some(Self::Es256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }

    /// By the kind of a key. An RSA key has no curve, and whatever it says of one
    /// is no member of such a key (RFC 7518 section 6.3).
    pub(crate) fn of_kind(kty: &str, crv: &str) -> Option<Self> {
        match (kty, crv) {
            ("OKP", "Ed25519") => Some(Self::Ed25519),
            ("EC", "P-256") => Some(Self::Es256),
            ("RSA", _) => Some(Self::Rs256),
            _ => None,
        }
    }
}

/// A key that verifies with its own algorithm and with no other (RFC 8725
/// section 3.1).
pub(crate) struct PublicKey {
    pub(crate) kid: Option<String>,
    pub(crate) algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl PublicKey {
    pub(crate) fn ed25519(
        kid: Option<String>,
        point: &[u8; COORDINATE_BYTES],
    ) -> Result<Self, KeySetError> {
        if is_of_small_order(point) {
            return Err(KeySetError::Point);
        }
        Self::of_point(kid, Algorithm::Ed25519, &ED25519, point)
    }

    /// The library refuses a point that is not on the curve.
    pub(crate) fn es256(
        kid: Option<String>,
        x: &[u8; COORDINATE_BYTES],
        y: &[u8; COORDINATE_BYTES],
    ) -> Result<Self, KeySetError> {
        let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
        Self::of_point(kid, Algorithm::Es256, &ECDSA_P256_SHA256_FIXED, &point)
    }

    /// Modulus and exponent, big-endian and without leading zeros (RFC 7518
    /// sections 2 and 6.3.1).
    pub(crate) fn rs256(
        kid: Option<String>,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Result<Self, KeySetError> {
        if !rsa::is_sound(modulus, exponent) {
            return Err(KeySetError::RsaKey);
        }
        let components = RsaPublicKeyComponents {
            n: modulus,
            e: exponent,
        };
        let key = components
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| KeySetError::RsaKey)?;
        Ok(Self {
            kid,
            algorithm: Algorithm::Rs256,
            key,
        })
    }

    fn of_point(
        kid: Option<String>,
        algorithm: Algorithm,
        verification: &'static dyn VerificationAlgorithm,
        point: &[u8],
    ) -> Result<Self, KeySetError> {
        let key = ParsedPublicKey::new(verification, point).map_err(|_| KeySetError::Point)?;
        Ok(Self {
            kid,
            algorithm,
            key,
        })
    }

    pub(crate) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Refused> {
        self.key
            .verify_sig(signed, signature)
            .map_err(|_| Refused::Signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.algorithm, self.kid)
    }
}

/// Whether this is one of the points of order 1, 2, 4 or 8 of Ed25519, in any
/// encoding: under such a key anybody can make signatures that verify (RFC
/// 8032 section 8.9 leaves the check to us). The sign of x is masked out.
fn is_of_small_order(point: &[u8; COORDINATE_BYTES]) -> bool {
    let mut y = *point;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER.contains(&y)
}

/// The values of y, little-endian: 0, 1, the two of order 8, and p - 1, p and
/// p + 1 with p = 2^255 - 19, where p and p + 1 are second spellings of 0 and 1.
const SMALL_ORDER: [[u8; COORDINATE_BYTES]; 7] = [
    [0; COORDINATE_BYTES],
    first_byte_and_rest(1, 0, 0),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    first_byte_and_rest(0xec, 0xff, 0x7f),
    first_byte_and_rest(0xed, 0xff, 0x7f),
    first_byte_and_rest(0xee, 0xff, 0x7f),
];

const fn first_byte_and_rest(first: u8, rest: u8, last: u8) -> [u8; COORDINATE_BYTES] {
    let mut bytes = [rest; COORDINATE_BYTES];
    bytes[0] = first;
    bytes[COORDINATE_BYTES - 1] = last;
    bytes
}
