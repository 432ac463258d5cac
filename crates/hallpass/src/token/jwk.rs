//! Public keys, as the database and the published set (RFC 7517) have them.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Serialize;
use utoipa::ToSchema;

/// The algorithm of a key pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAlgorithm {
    EdDsa,
    Es256,
    Rs256,
}

impl KeyAlgorithm {
    /// Its name in the database, in a key set and in a token's header.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        [Self::EdDsa, Self::Es256, Self::Rs256]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    pub(super) algorithm: KeyAlgorithm,
    /// Ed25519: 32 bytes. P-256: an uncompressed point, 65 bytes. RSA: the
    /// modulus, 384 bytes; the exponent is always 65537.
    bytes: Vec<u8>,
}

/// A key of the published set (RFC 7517, section 4; RFC 7518, section 6; RFC 8037,
/// section 2).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Jwk {
    /// `OKP`, `EC` or `RSA`.
    #[schema(example = "OKP")]
    kty: &'static str,
    /// `Ed25519` or `P-256`; absent with `RSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ed25519")]
    crv: Option<&'static str>,
    /// The key, or the first half of its point, in base64url; absent with `RSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: Option<String>,
    /// The second half of the point; of `P-256` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// The modulus, in base64url; of `RSA` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    /// The exponent, in base64url; of `RSA` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<&'static str>,
    /// The key's thumbprint (RFC 7638), as it stands in the header of tokens.
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    kid: String,
    /// `EdDSA`, `ES256` or `RS256`.
    #[schema(example = "EdDSA")]
    alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: &'static str,
}

/// The members that the thumbprint is over, in the order of their names (RFC 7638,
/// section 3.2).
#[derive(Default, Serialize)]
struct Members {
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<&'static str>,
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

impl Members {
    fn ed25519(x: String) -> Self {
        Self {
            crv: Some("Ed25519"),
            kty: "OKP",
            x: Some(x),
            ..Self::default()
        }
    }

    fn p256(x: String, y: String) -> Self {
        Self {
            crv: Some("P-256"),
            kty: "EC",
            x: Some(x),
            y: Some(y),
            ..Self::default()
        }
    }

    fn rsa(n: String) -> Self {
        Self {
            // 65537.
            e: Some("AQAB"),
            kty: "RSA",
            n: Some(n),
            ..Self::default()
        }
    }

    /// 43 characters of base64url.
    fn thumbprint(&self) -> String {
        // A struct of texts can always be written.
        let text = serde_json::to_vec(self).unwrap_or_default();
        BASE64URL.encode(digest::digest(&digest::SHA256, &text))
    }
}

impl PublicKey {
    /// `None` for bytes that are no key of this algorithm by their length.
    pub(super) fn new(algorithm: KeyAlgorithm, bytes: Vec<u8>) -> Option<Self> {
        let fits = match algorithm {
            KeyAlgorithm::EdDsa => bytes.len() == 32,
            KeyAlgorithm::Es256 => bytes.len() == 65 && bytes.first() == Some(&4),
            KeyAlgorithm::Rs256 => bytes.len() == 384 && is_modulus(&bytes),
        };
        fits.then_some(Self { algorithm, bytes })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a sealed private half is bound to: algorithm and public half, and
    /// by them the row's id.
    pub(super) fn row(&self) -> Vec<u8> {
        [self.algorithm.name().as_bytes(), b" ", &self.bytes].concat()
    }

    pub(super) fn jwk(&self) -> Jwk {
        let members = self.members();
        let kid = members.thumbprint();
        let Members {
            crv,
            e,
            kty,
            n,
            x,
            y,
        } = members;
        Jwk {
            kty,
            crv,
            x,
            y,
            n,
            e,
            kid,
            alg: self.algorithm.name(),
            usage: "sig",
        }
    }

    fn members(&self) -> Members {
        match self.algorithm {
            KeyAlgorithm::EdDsa => Members::ed25519(BASE64URL.encode(&self.bytes)),
            KeyAlgorithm::Es256 => {
                let point = self.bytes.get(1..).unwrap_or_default();
                let (x, y) = point.split_at_checked(32).unwrap_or_default();
                Members::p256(BASE64URL.encode(x), BASE64URL.encode(y))
            }
            KeyAlgorithm::Rs256 => Members::rsa(BASE64URL.encode(&self.bytes)),
        }
    }

    /// The key's thumbprint: 43 characters of base64url.
    pub(super) fn id(&self) -> String {
        self.members().thumbprint()
    }
}

/// Whether the highest bit is set and the number is odd.
fn is_modulus(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first >= 0x80)
        && bytes.last().is_some_and(|last| last % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.3.
    #[test]
    fn the_thumbprint_is_the_one_of_the_rfc() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let bytes = BASE64URL.decode(x).unwrap();
        let key = PublicKey::new(KeyAlgorithm::EdDsa, bytes).unwrap();
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(key.jwk().x.as_deref(), Some(x));
    }

    /// RFC 7638, section 3.1, but for the modulus: ours are longer.
    #[test]
    fn rsa_thumbprint_matches_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAt\
            VT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn6\
            4tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FD\
            W2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n9\
            1CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINH\
            aQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let thumbprint = Members::rsa(n.to_owned()).thumbprint();
        assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn bytes_that_are_no_key_are_none() {
        for (algorithm, bytes) in [
            (KeyAlgorithm::EdDsa, vec![0; 31]),
            (KeyAlgorithm::EdDsa, vec![0; 65]),
            (KeyAlgorithm::Es256, vec![4; 64]),
            (KeyAlgorithm::Es256, vec![2; 65]),
            (KeyAlgorithm::Rs256, vec![0xff; 383]),
            (KeyAlgorithm::Rs256, vec![0xff; 256]),
            (KeyAlgorithm::Rs256, vec![0x7f; 384]),
            (KeyAlgorithm::Rs256, vec![0xfe; 384]),
        ] {
            assert_eq!(PublicKey::new(algorithm, bytes), None);
        }
    }
}
