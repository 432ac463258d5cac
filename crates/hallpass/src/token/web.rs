//! The public keys, where verifiers look for them.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Jwk, PUBLISHED_LIFE};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::web::ApiTag;
use crate::web::answers::{FaultErrors, UnavailableErrors};

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(routes!(jwks))
        .routes(routes!(configuration))
}

/// Public keys, by which tokens are verified (RFC 7517, section 5).
#[derive(Serialize, ToSchema)]
struct KeySetResponse {
    /// Those that sign, will sign, or have signed tokens that still live; none
    /// where the shared secret signs.
    keys: Vec<Jwk>,
}

/// Public keys
///
/// For verifiers: choose the key by the token's `kid`, and require the token's
/// `alg` to be the key's. A new key is here for 15 minutes before it signs.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = ApiTag::TOKENS,
    responses(
        (status = 200, description = "The keys", body = KeySetResponse, headers(("Cache-Control" = String, description = "`public, max-age=300`"))),
        FaultErrors, UnavailableErrors,
    ),
)]
async fn jwks(State(hallpass): State<Hallpass>) -> Result<Response, Error> {
    let keys = super::published(&hallpass).await?.keys;
    public(KeySetResponse { keys })
}

/// The same keys, for a route by another name.
pub(crate) fn key_set() -> MethodRouter<Hallpass> {
    get(jwks)
}

/// What a client can learn by itself (`OpenID` Connect Discovery 1.0, section 3),
/// as far as it is true today: there is no authorization endpoint and no ID
/// token.
#[derive(Serialize, ToSchema)]
struct ConfigurationResponse {
    /// `iss` of every token.
    #[schema(example = "https://auth.example.com")]
    issuer: String,
    /// Where the public keys are.
    #[schema(example = "https://auth.example.com/.well-known/jwks.json")]
    jwks_uri: String,
    /// `public`: `sub` is the same for every client.
    #[schema(example = json!(["public"]))]
    subject_types_supported: [&'static str; 1],
    /// None: nobody signs in by a redirect yet.
    #[schema(example = json!([]))]
    response_types_supported: [&'static str; 0],
    /// The algorithm that signs tokens, under the name where clients look for
    /// it.
    #[schema(example = json!(["EdDSA"]))]
    id_token_signing_alg_values_supported: [&'static str; 1],
    /// The claims of every token.
    #[schema(example = json!(["sub", "email", "iat", "exp", "iss"]))]
    claims_supported: [&'static str; 5],
}

/// Issuer and place of the keys
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    tag = ApiTag::TOKENS,
    responses(
        (status = 200, description = "What is supported", body = ConfigurationResponse, headers(("Cache-Control" = String, description = "`public, max-age=300`"))),
        FaultErrors,
    ),
)]
async fn configuration(State(hallpass): State<Hallpass>) -> Result<Response, Error> {
    let settings = hallpass.settings();
    public(ConfigurationResponse {
        issuer: settings.public_url.origin().as_str().to_owned(),
        jwks_uri: format!("{}/.well-known/jwks.json", settings.public_url),
        subject_types_supported: ["public"],
        response_types_supported: [],
        id_token_signing_alg_values_supported: [settings.signing.name()],
        claims_supported: ["sub", "email", "iat", "exp", "iss"],
    })
}

/// An answer that is the same for everybody and may be kept for a while.
fn public(body: impl Serialize) -> Result<Response, Error> {
    let kept = format!("public, max-age={}", PUBLISHED_LIFE.as_secs());
    let kept = HeaderValue::try_from(kept).map_err(Error::internal)?;
    Ok(([(CACHE_CONTROL, kept)], Json(body)).into_response())
}
