//! Every fault of the settings, told at once.

use std::fmt;

/// A setting and the rule it breaks. Never its value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) rule: String,
}

impl Fault {
    pub(super) fn new(name: impl Into<String>, rule: impl fmt::Display) -> Self {
        Self {
            name: name.into(),
            rule: rule.to_string(),
        }
    }
}

/// The faults found so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn one(name: impl Into<String>, rule: impl fmt::Display) -> Self {
        let mut faults = Self::default();
        faults.add(name, rule);
        faults
    }

    pub(crate) fn add(&mut self, name: impl Into<String>, rule: impl fmt::Display) {
        self.push(Fault::new(name, rule));
    }

    pub(super) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let (noun, verb) = if count == 1 {
            ("setting", "breaks its rule")
        } else {
            ("settings", "break their rules")
        };
        write!(f, "{count} {noun} {verb}")?;
        for fault in &self.0 {
            write!(f, "\n  {} {}", fault.name, fault.rule)?;
        }
        Ok(())
    }
}
