//! Makes tokens by hand, right ones and every kind of wrong one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::rig::{Account, PUBLIC_URL, SECRET, START};

/// A token that is right in all, until something is changed.
#[derive(Clone)]
pub(crate) struct Forge {
    header: Value,
    claims: Value,
    secret: Vec<u8>,
    algorithm: Algorithm,
}

impl Forge {
    /// As Hallpass issues it to this user at [`START`].
    pub(crate) fn of(user: &Account) -> Self {
        Self {
            header: json!({"alg": "HS256", "typ": "JWT"}),
            claims: json!({
                "sub": user.id, "email": user.email, "iat": START, "exp": START + 3600, "iss": PUBLIC_URL,
            }),
            secret: SECRET.into(),
            algorithm: Algorithm::HS256,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    pub(crate) fn times(self, iat: i64, exp: i64) -> Self {
        self.claim("iat", iat).claim("exp", exp)
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self
    }

    pub(crate) fn without_claim(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    pub(crate) fn signed_with(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.secret = secret.into();
        self
    }

    /// Signs by another hash and says so in the header.
    pub(crate) fn by(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self.header("alg", format!("{algorithm:?}"))
    }

    pub(crate) fn token(&self) -> String {
        self.token_of(&self.header.to_string(), &self.claims.to_string())
    }

    /// Signs these very texts, whatever they are.
    pub(crate) fn token_of(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", base64url(header), base64url(claims));
        let key = EncodingKey::from_secret(&self.secret);
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &key, self.algorithm).unwrap();
        format!("{signed}.{signature}")
    }

    pub(crate) fn header_text(&self) -> String {
        self.header.to_string()
    }

    pub(crate) fn claims_text(&self) -> String {
        self.claims.to_string()
    }
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Header and claims of a token, as anybody can read them.
pub(crate) fn decoded(token: &str) -> (Value, Value) {
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, _signature] = parts[..] else {
        panic!("{} parts", parts.len())
    };
    let json = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (json(header), json(claims))
}
