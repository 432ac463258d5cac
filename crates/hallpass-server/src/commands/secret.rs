//! `hallpass secret`

use std::io::{self, IsTerminal};

use hallpass::SigningSecret;
use secrecy::ExposeSecret;

use super::output;
use crate::exit::Failure;

pub(super) fn run() -> Result<(), Failure> {
    let secret = SigningSecret::generate().map_err(Failure::refused)?;
    output::print(secret.expose_secret())?;
    if io::stdout().is_terminal() {
        output::say("Set BETTER_AUTH_SECRET to it, and keep it: every token is signed by it.");
    }
    Ok(())
}
