//! The settings as doctor's checks look at them: the values that could be
//! read, and which of them could not.

use secrecy::ExposeSecret;

use super::settings::is_faulty;
use crate::config::{Environment, Faults, Values};

pub(super) struct Setup<'a> {
    pub(super) values: &'a Values,
    pub(super) faults: &'a Faults,
    pub(super) environment: &'a Environment,
    /// Whether checks may ask this machine: for ports, and other programs.
    pub(super) asks_machine: bool,
}

impl Setup<'_> {
    /// Whether the value of each setting is the operator's, and not a default
    /// in place of one that breaks a rule.
    pub(super) fn knows<const N: usize>(&self, names: [&str; N]) -> bool {
        names.iter().all(|name| !is_faulty(self.faults, name))
    }

    /// A setting as the operator wrote it; not for secrets.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        let text = self.environment.text(name)?;
        Some(text.expose_secret().trim().to_owned())
    }

    pub(super) fn is_https(&self) -> bool {
        self.values.public_url.is_https()
    }
}
