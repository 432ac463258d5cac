//! Makes tokens, right ones and every kind of wrong one.
//!
//! Signing is jsonwebtoken's, so that the verifier is not tested against itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_verify::{Builder, Claims, Refused, Verifier};
use jsonwebtoken::{Algorithm, EncodingKey};

use crate::issuer::IssuerKey;

pub(crate) const SECRET: &str = "an example secret, 32 bytes or more";
pub(crate) const OTHER_SECRET: &str = "another secret, also 32 bytes or more";
pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const USER: &str = "0190a6f4-7c3e-7d00-8a00-000000000001";
/// The second in which the good token was issued, and "now" unless said otherwise.
pub(crate) const NOW: i64 = 1_800_000_000;

/// Header and payload as lists of members with their JSON, so that a member
/// can be of any type, missing, or there twice.
#[derive(Clone)]
pub(crate) struct Forge {
    header: Vec<(String, String)>,
    payload: Vec<(String, String)>,
    key: EncodingKey,
    algorithm: Algorithm,
}

impl Forge {
    /// A token that is right in all.
    pub(crate) fn good() -> Self {
        let members = |list: &[(&str, String)]| {
            list.iter()
                .map(|(name, json)| ((*name).to_owned(), json.clone()))
                .collect()
        };
        Self {
            header: members(&[("alg", quoted("HS256")), ("typ", quoted("JWT"))]),
            payload: members(&[
                ("sub", quoted(USER)),
                ("email", quoted("ada@example.com")),
                ("iat", NOW.to_string()),
                ("exp", (NOW + 3600).to_string()),
                ("iss", quoted(ISSUER)),
            ]),
            key: EncodingKey::from_secret(SECRET.as_bytes()),
            algorithm: Algorithm::HS256,
        }
    }

    /// A token that is right in all for a verifier that has this public key.
    pub(crate) fn by(key: &IssuerKey) -> Self {
        let mut forge = Self::good().header("alg", &quoted(key.alg));
        if let Some(kid) = key.kid {
            forge = forge.header("kid", &quoted(kid));
        }
        forge.signed_by(key)
    }

    /// Signs with this key; the header stays as it is.
    pub(crate) fn signed_by(mut self, key: &IssuerKey) -> Self {
        self.key = key.private.clone();
        self.algorithm = key.algorithm;
        self
    }

    /// Sets a member of the header to this JSON.
    pub(crate) fn header(mut self, name: &str, json: &str) -> Self {
        set(&mut self.header, name, json);
        self
    }

    /// Adds a member to the header, even if it is there already.
    pub(crate) fn header_also(mut self, name: &str, json: &str) -> Self {
        self.header.push((name.to_owned(), json.to_owned()));
        self
    }

    pub(crate) fn header_without(mut self, name: &str) -> Self {
        self.header.retain(|(key, _)| key != name);
        self
    }

    /// Sets a claim to this JSON.
    pub(crate) fn claim(mut self, name: &str, json: &str) -> Self {
        set(&mut self.payload, name, json);
        self
    }

    /// Adds a claim, even if it is there already.
    pub(crate) fn claim_also(mut self, name: &str, json: &str) -> Self {
        self.payload.push((name.to_owned(), json.to_owned()));
        self
    }

    pub(crate) fn claim_without(mut self, name: &str) -> Self {
        self.payload.retain(|(key, _)| key != name);
        self
    }

    pub(crate) fn times(self, iat: i64, exp: i64) -> Self {
        self.claim("iat", &iat.to_string())
            .claim("exp", &exp.to_string())
    }

    pub(crate) fn signed_with(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.key = EncodingKey::from_secret(secret.as_ref());
        self.algorithm = Algorithm::HS256;
        self
    }

    /// Signs with another hash; the header stays as it is.
    pub(crate) fn hashed_by(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    pub(crate) fn header_json(&self) -> String {
        object(&self.header)
    }

    pub(crate) fn payload_json(&self) -> String {
        object(&self.payload)
    }

    pub(crate) fn token(&self) -> String {
        let signed = format!(
            "{}.{}",
            base64url(self.header_json()),
            base64url(self.payload_json())
        );
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{signed}.{signature}")
    }
}

fn set(members: &mut Vec<(String, String)>, name: &str, json: &str) {
    match members.iter_mut().find(|(key, _)| key == name) {
        Some((_, old)) => json.clone_into(old),
        None => members.push((name.to_owned(), json.to_owned())),
    }
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(name, json)| format!("\"{name}\":{json}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An authentic token of this very header and payload, both already in base64.
pub(crate) fn sign_parts(header: &str, payload: &str) -> String {
    let signed = format!("{header}.{payload}");
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}

/// An authentic token of a good header and this payload, whatever it is.
pub(crate) fn sign_payload(payload: impl AsRef<[u8]>) -> String {
    sign_parts(&base64url(Forge::good().header_json()), &base64url(payload))
}

/// An authentic token of this header, whatever it is, and a good payload.
pub(crate) fn sign_header(header: impl AsRef<[u8]>) -> String {
    sign_parts(&base64url(header), &base64url(Forge::good().payload_json()))
}

/// The three parts of a good token.
pub(crate) fn good_parts() -> [String; 3] {
    let token = Forge::good().token();
    let mut parts = token.split('.').map(str::to_owned);
    std::array::from_fn(|_| parts.next().unwrap())
}

pub(crate) fn builder() -> Builder {
    Verifier::shared_secret(SECRET).issuer(ISSUER)
}

pub(crate) fn verifier() -> Verifier {
    builder().build().unwrap()
}

/// What our verifier says of this token, now.
pub(crate) fn verdict(token: &str) -> Result<Claims, Refused> {
    verifier().verify_at(token, NOW)
}

/// All these tokens are refused for this reason, and a good one still passes
/// the same verifier afterwards.
pub(crate) fn all_refused(why: Refused, tokens: impl IntoIterator<Item = String>) {
    let verifier = verifier();
    for token in tokens {
        assert_eq!(verifier.verify_at(&token, NOW), Err(why), "{token}");
    }
    assert!(verifier.verify_at(&Forge::good().token(), NOW).is_ok());
}
