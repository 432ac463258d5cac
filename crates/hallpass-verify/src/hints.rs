//! What an operator reads when settings of the issuer and of this service do not
//! fit together. Each once, since then every request is refused alike.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Refused;

/// Which hints were given.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    issuer: AtomicBool,
    algorithm: AtomicBool,
    #[cfg(feature = "axum")]
    signature: AtomicBool,
}

impl Hints {
    /// For a service that verifies by keys which it fetches.
    #[cfg(feature = "jwks")]
    pub(crate) fn give_for_keys(&self, refused: Refused, issuer: &str) {
        match refused {
            Refused::Issuer => self.give_for_issuer(issuer),
            Refused::Algorithm if is_first(&self.algorithm) => tracing::warn!(
                hint = "if Hallpass signs with its secret, start it with HALLPASS_SIGNING=es256, or verify with the secret",
                "a token was refused that is not signed by a published key"
            ),
            _ => {}
        }
    }

    /// For a service that verifies by the shared secret.
    #[cfg(feature = "axum")]
    pub(crate) fn give_for_secret(&self, refused: Refused, issuer: &str) {
        match refused {
            Refused::Issuer => self.give_for_issuer(issuer),
            Refused::Algorithm if is_first(&self.algorithm) => tracing::warn!(
                hint = "if Hallpass signs with keys, verify by its /.well-known/jwks.json",
                "a token was refused that is not signed with HS256"
            ),
            Refused::Signature if is_first(&self.signature) => tracing::warn!(
                hint = "if every token is refused, the secret is not Hallpass's BETTER_AUTH_SECRET",
                "a token was refused that another secret has signed"
            ),
            _ => {}
        }
    }

    /// Only a token that the issuer itself has signed comes this far.
    fn give_for_issuer(&self, issuer: &str) {
        if is_first(&self.issuer) {
            tracing::warn!(
                issuer,
                hint = "the issuer must be the origin of Hallpass's BETTER_AUTH_URL",
                "an authentic token was refused, since it names another issuer"
            );
        }
    }
}

fn is_first(given: &AtomicBool) -> bool {
    !given.swap(true, Ordering::Relaxed)
}
