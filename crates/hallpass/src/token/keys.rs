//! The keys that sign tokens, and the verifier that knows them.

use hallpass_verify::Verifier;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::secret::SigningSecret;
use crate::settings::{Origin, TOKEN_LIFE};

/// The five claims of an access token, in the order in which they are written.
#[derive(Serialize)]
pub(super) struct IssuedClaims<'a> {
    pub(super) sub: String,
    pub(super) email: &'a str,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) iss: &'a str,
}

/// One signing key, and a verifier of what it signs.
#[derive(Clone)]
pub(crate) struct Keys {
    issuer: String,
    signing: EncodingKey,
    verifier: Verifier,
}

impl Keys {
    pub(crate) fn hs256(
        secret: &SigningSecret,
        issuer: &Origin,
    ) -> Result<Self, hallpass_verify::ConfigError> {
        let verifier = Verifier::shared_secret(secret.expose())
            .issuer(issuer.as_str())
            .max_life(TOKEN_LIFE)
            .build()?;
        let signing = EncodingKey::from_secret(secret.expose());
        Ok(Self {
            issuer: issuer.as_str().to_owned(),
            signing,
            verifier,
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(super) fn sign(
        &self,
        claims: &IssuedClaims<'_>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.signing)
    }
}
