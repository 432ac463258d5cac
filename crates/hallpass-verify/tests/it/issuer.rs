//! An issuer with public keys: makes the keys and publishes them.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use hallpass_verify::{Claims, KeySet, Refused, Verifier};
use jsonwebtoken::{Algorithm, EncodingKey};

use crate::forge::{Forge, ISSUER, NOW, base64url};

/// A key pair with what the issuer says of it.
pub(crate) struct IssuerKey {
    pub(crate) kid: Option<&'static str>,
    /// As headers and sets name the algorithm.
    pub(crate) alg: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) private: EncodingKey,
    /// The public key as the library has it: 32 bytes, or 4 and two times 32, or
    /// an `RSAPublicKey` in DER.
    pub(crate) point: Vec<u8>,
}

impl IssuerKey {
    pub(crate) fn ed25519(kid: impl Into<Option<&'static str>>) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let pkcs8 = pair.to_pkcs8().unwrap();
        Self {
            kid: kid.into(),
            alg: "EdDSA",
            algorithm: Algorithm::EdDSA,
            private: EncodingKey::from_ed_der(pkcs8.as_ref()),
            point: pair.public_key().as_ref().to_vec(),
        }
    }

    pub(crate) fn es256(kid: impl Into<Option<&'static str>>) -> Self {
        let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref()).unwrap();
        Self {
            kid: kid.into(),
            alg: "ES256",
            algorithm: Algorithm::ES256,
            private: EncodingKey::from_ec_der(pkcs8.as_ref()),
            point: pair.public_key().as_ref().to_vec(),
        }
    }

    /// Of 2048 bits. Making one takes long, so that there are two for all tests,
    /// the second under names other than the first's.
    pub(crate) fn rs256(kid: impl Into<Option<&'static str>>) -> Self {
        static PAIRS: LazyLock<[RsaKeyPair; 2]> =
            LazyLock::new(|| [(); 2].map(|()| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
        let kid = kid.into();
        let pair = &PAIRS[usize::from(kid == Some("two"))];
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(pair).unwrap();
        Self {
            kid,
            alg: "RS256",
            algorithm: Algorithm::RS256,
            private: EncodingKey::from_rsa_der(pkcs1(pkcs8.as_ref())),
            point: pair.public_key().as_ref().to_vec(),
        }
    }

    /// One key of each kind, all with this name.
    pub(crate) fn of_each_kind(kid: &'static str) -> [Self; 3] {
        [Self::ed25519(kid), Self::es256(kid), Self::rs256(kid)]
    }

    /// Of 2048 bits: what is between the heads of the sequence and the number, and
    /// the exponent.
    pub(crate) fn modulus(&self) -> &[u8] {
        assert_eq!(self.point.len(), 9 + 256 + 5);
        &self.point[9..9 + 256]
    }

    /// The key as a member of a set, as a value that a test may spoil.
    pub(crate) fn jwk(&self) -> serde_json::Value {
        let mut jwk = match self.algorithm {
            Algorithm::EdDSA => {
                serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(&self.point)})
            }
            Algorithm::ES256 => {
                let (x, y) = self.point[1..].split_at(32);
                serde_json::json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)})
            }
            _ => serde_json::json!({"kty": "RSA", "n": base64url(self.modulus()), "e": "AQAB"}),
        };
        jwk["alg"] = self.alg.into();
        if let Some(kid) = self.kid {
            jwk["kid"] = kid.into();
        }
        jwk
    }
}

/// The `RSAPrivateKey` within a PKCS #8 (RFC 5958 section 2), which alone
/// jsonwebtoken takes: after the version, the algorithm and the heads.
fn pkcs1(pkcs8: &[u8]) -> &[u8] {
    &pkcs8[26..]
}

/// The set of these keys, as it is published.
pub(crate) fn jwks(keys: &[&IssuerKey]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

/// A verifier that has these keys.
pub(crate) fn verifier_of(keys: &[&IssuerKey]) -> Verifier {
    Verifier::key_set(KeySet::parse(&jwks(keys)).unwrap())
        .issuer(ISSUER)
        .build()
        .unwrap()
}

/// What a verifier that has these keys says of this token, now.
pub(crate) fn verdict_of(keys: &[&IssuerKey], token: &Forge) -> Result<Claims, Refused> {
    verifier_of(keys).verify_at(&token.token(), NOW)
}
