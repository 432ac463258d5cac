//! What an operator reads when settings of the issuer and of this service do not
//! fit together. Each once, since then every request is refused alike.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Refused;

/// Which hints were given.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    issuer: AtomicBool,
    algorithm: AtomicBool,
}

impl Hints {
    pub(crate) fn give(&self, refused: Refused, issuer: &str) {
        match refused {
            // Said only of a token that the issuer's own key has signed.
            Refused::Issuer if is_first(&self.issuer) => tracing::warn!(
                issuer,
                hint = "the issuer must be the origin of Hallpass's BETTER_AUTH_URL",
                "an authentic token was refused, since it names another issuer"
            ),
            Refused::Algorithm if is_first(&self.algorithm) => tracing::warn!(
                hint = "if Hallpass signs with its secret, start it with HALLPASS_SIGNING=es256, or verify with the secret",
                "a token was refused that is not signed by a published key"
            ),
            _ => {}
        }
    }
}

fn is_first(given: &AtomicBool) -> bool {
    !given.swap(true, Ordering::Relaxed)
}
