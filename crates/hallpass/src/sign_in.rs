//! The one door: a [`Proof`] that somebody is somebody becomes a [`Session`]
//! here and nowhere else.
//!
//! What holds for every way to sign in (later: disabled accounts, a second
//! factor) is asked here, so that no way can forget it.

use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::method::{Method, Proof};
use crate::session::Session;
use crate::throttle::Caller;
use crate::token;

/// Sees to it that somebody can be let in, before an account is made or a
/// password hashed in vain.
pub(crate) async fn prepare(hallpass: &Hallpass) -> Result<(), Error> {
    Ok(token::prepare(hallpass).await?)
}

/// Lets the proven user in, and makes the device known for the account.
pub(crate) fn admit(hallpass: &Hallpass, proof: Proof, caller: &Caller) -> Result<Session, Error> {
    let (user, method) = proof.into_parts();
    let token = token::issue(hallpass, &user)?;
    let keys = hallpass.device_keys();
    let devices = caller.devices.with(keys, user.id, hallpass.now())?;
    let event = match method {
        Method::Registration => "sign_up",
        Method::Password => "sign_in",
    };
    crate::audit::succeeded(event, user.id, caller.client);
    Ok(Session {
        user,
        token,
        devices,
    })
}
