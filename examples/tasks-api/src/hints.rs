//! What an operator reads when the settings of Hallpass and of this service do not
//! fit together. Each once, since then every request is refused alike.

use std::sync::Once;

use axum::response::Response;
use hallpass_verify::Refused;
use hallpass_verify::axum::AuthRejection;

static ALGORITHM: Once = Once::new();
static SIGNATURE: Once = Once::new();
static ISSUER: Once = Once::new();

/// For a service that verifies by the secret; one that verifies by keys reads this
/// from hallpass-verify.
pub fn give(response: &Response) {
    let rejection = response.extensions().get::<AuthRejection>();
    match rejection.and_then(AuthRejection::refused) {
        Some(Refused::Algorithm) => ALGORITHM.call_once(|| {
            tracing::warn!(
                "a token was refused that is not signed with HS256: if Hallpass signs with keys, \
                 set HALLPASS_JWKS_URL=http://localhost:8000/.well-known/jwks.json"
            );
        }),
        Some(Refused::Signature) => SIGNATURE.call_once(|| {
            tracing::warn!(
                "a token was refused that another secret has signed: if all are, BETTER_AUTH_SECRET \
                 or BETTER_AUTH_SECRET_FILE is not Hallpass's"
            );
        }),
        Some(Refused::Issuer) => ISSUER.call_once(|| {
            tracing::warn!(
                "an authentic token was refused that names another issuer: BETTER_AUTH_URL must be \
                 that of Hallpass"
            );
        }),
        _ => {}
    }
}
