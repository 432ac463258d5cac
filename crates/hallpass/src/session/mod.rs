//! What a person has after signing in.

pub(crate) mod pages;
pub(crate) mod web;

use crate::audit;
use crate::client::Client;
use crate::throttle::Devices;
use crate::token::AccessToken;
use crate::user::{User, UserId};

/// A signed-in person and the token that says so.
#[derive(Debug)]
#[non_exhaustive]
pub struct Session {
    /// Who signed in.
    pub user: User,
    /// Their token.
    pub token: AccessToken,
    /// What their browser keeps, so that it is known next time.
    pub(crate) devices: Devices,
}

/// Notes that somebody signed out. Nothing ends here: the token lives until its
/// hour is over, and the client forgets it.
pub(crate) fn signed_out(user: UserId, client: Client) {
    audit::succeeded("sign_out", user, client);
}
