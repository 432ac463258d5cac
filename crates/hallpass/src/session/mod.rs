//! What a person has after signing in.

pub(crate) mod web;

use crate::token::AccessToken;
use crate::user::User;

/// A signed-in person and the token that says so.
#[derive(Debug)]
#[non_exhaustive]
pub struct Session {
    /// Who signed in.
    pub user: User,
    /// Their token.
    pub token: AccessToken,
}
