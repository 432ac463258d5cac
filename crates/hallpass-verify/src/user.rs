//! Somebody whose token was verified.

use std::ops::Deref;

use crate::claims::Claims;

/// Somebody whose token was verified: the proof of it, by type.
///
/// Only a [`Verifier`](crate::Verifier) makes one, by
/// [`current_user`](crate::Verifier::current_user) and what builds upon it, and
/// nobody can change it, while [`Claims`] can also be read from JSON. What opens
/// the rows of a user therefore asks for this and takes nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentUser(Claims);

impl CurrentUser {
    pub(crate) fn new(claims: Claims) -> Self {
        Self(claims)
    }

    /// What the token says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0
    }
}

/// A user's claims are read as `user.sub`.
impl Deref for CurrentUser {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

/// So that whatever holds a verified user can stand for it.
impl AsRef<CurrentUser> for CurrentUser {
    fn as_ref(&self) -> &CurrentUser {
        self
    }
}
