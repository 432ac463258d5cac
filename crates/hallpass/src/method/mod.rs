//! Ways to prove who you are: one folder each.

pub(crate) mod password;

use crate::user::User;

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// They made the account just now.
    Registration,
    /// They knew its password.
    Password,
}

/// That somebody is this user. Only a way to sign in can make one, since the
/// constructor is visible in this folder alone.
#[derive(Debug)]
pub(crate) struct Proof {
    user: User,
    method: Method,
}

impl Proof {
    pub(in crate::method) fn new(user: User, method: Method) -> Self {
        Self { user, method }
    }

    pub(crate) fn into_parts(self) -> (User, Method) {
        (self.user, self.method)
    }
}
