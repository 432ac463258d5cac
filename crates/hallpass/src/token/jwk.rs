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
}

impl KeyAlgorithm {
    /// Its name in the database, in a key set and in a token's header.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        [Self::EdDsa, Self::Es256]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    pub(super) algorithm: KeyAlgorithm,
    /// Ed25519: 32 bytes. P-256: an uncompressed point, 65 bytes.
    bytes: Vec<u8>,
}

/// A key of the published set (RFC 7517, section 4; RFC 8037, section 2).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Jwk {
    /// `OKP` or `EC`.
    #[schema(example = "OKP")]
    kty: &'static str,
    /// `Ed25519` or `P-256`.
    #[schema(example = "Ed25519")]
    crv: &'static str,
    /// The key, or the first half of its point, in base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: String,
    /// The second half of the point; of `P-256` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// The key's thumbprint (RFC 7638), as it stands in the header of tokens.
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    kid: String,
    /// `EdDSA` or `ES256`.
    #[schema(example = "EdDSA")]
    alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: &'static str,
}

/// The members that the thumbprint is over, in the order of their names.
#[derive(Serialize)]
struct Thumbprint<'a> {
    crv: &'a str,
    kty: &'a str,
    x: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<&'a str>,
}

impl PublicKey {
    /// `None` for bytes that are no key of this algorithm by their length.
    pub(super) fn new(algorithm: KeyAlgorithm, bytes: Vec<u8>) -> Option<Self> {
        let fits = match algorithm {
            KeyAlgorithm::EdDsa => bytes.len() == 32,
            KeyAlgorithm::Es256 => bytes.len() == 65 && bytes.first() == Some(&4),
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
        let (kty, crv, x, y) = match self.algorithm {
            KeyAlgorithm::EdDsa => ("OKP", "Ed25519", self.bytes.as_slice(), None),
            KeyAlgorithm::Es256 => {
                let point = self.bytes.get(1..).unwrap_or_default();
                let (x, y) = point.split_at_checked(32).unwrap_or_default();
                ("EC", "P-256", x, Some(BASE64URL.encode(y)))
            }
        };
        let x = BASE64URL.encode(x);
        let kid = thumbprint(&Thumbprint {
            crv,
            kty,
            x: &x,
            y: y.as_deref(),
        });
        Jwk {
            kty,
            crv,
            x,
            y,
            kid,
            alg: self.algorithm.name(),
            usage: "sig",
        }
    }

    /// The key's thumbprint: 43 characters of base64url.
    pub(super) fn id(&self) -> String {
        self.jwk().kid
    }
}

fn thumbprint(members: &Thumbprint<'_>) -> String {
    // A struct of texts can always be written.
    let text = serde_json::to_vec(members).unwrap_or_default();
    BASE64URL.encode(digest::digest(&digest::SHA256, &text))
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
        assert_eq!(key.jwk().x, x);
    }

    #[test]
    fn bytes_that_are_no_key_are_none() {
        for (algorithm, bytes) in [
            (KeyAlgorithm::EdDsa, vec![0; 31]),
            (KeyAlgorithm::EdDsa, vec![0; 65]),
            (KeyAlgorithm::Es256, vec![4; 64]),
            (KeyAlgorithm::Es256, vec![2; 65]),
        ] {
            assert_eq!(PublicKey::new(algorithm, bytes), None);
        }
    }
}
