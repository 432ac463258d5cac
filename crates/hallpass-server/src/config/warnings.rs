//! What is odd about the settings and stops nothing.

use std::fmt;

use super::environment::{Environment, KNOWN, twin};

/// Something about the settings that the operator is to know. The server starts
/// all the same: the log names it at start, and `doctor` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning {
    /// The setting or file that is concerned.
    pub(crate) name: String,
    /// What is odd about it, as the rest of a sentence that begins with `name`.
    pub(crate) finding: String,
    /// What to do about it.
    pub(crate) fix: String,
    /// Whether a protection may be missing.
    pub(crate) is_serious: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name, finding, fix, ..
        } = self;
        write!(f, "{name} {finding} ({fix})")
    }
}

impl Warning {
    pub(super) fn new(
        name: impl Into<String>,
        finding: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            finding: finding.into(),
            fix: fix.into(),
            is_serious: false,
        }
    }

    pub(super) fn serious(mut self, is_serious: bool) -> Self {
        self.is_serious = is_serious;
        self
    }
}

const PREFIX: &str = "HALLPASS_";

/// Settings that protect accounts: the server is less safe than the operator
/// thinks when one of them has no effect.
const PROTECTING: [&str; 12] = [
    "BETTER_AUTH_SECRET",
    "BETTER_AUTH_SECRETS",
    "BETTER_AUTH_URL",
    "CORS_ORIGINS",
    "HALLPASS_COOKIE_PREFIX",
    "HALLPASS_COOKIE_SAMESITE",
    "HALLPASS_HSTS",
    "HALLPASS_PASSWORD_HASH",
    "HALLPASS_PASSWORD_MIN_LENGTH",
    "HALLPASS_RATE_LIMIT",
    "HALLPASS_SIGNING",
    "TRUSTED_PROXIES",
];

/// Names that set nothing here and look as if they did: those with our prefix,
/// and misspelt names of settings that are not set.
pub(super) fn unknown_names(environment: &Environment) -> Vec<Warning> {
    let names = environment.unknown();
    names
        .filter_map(|name| unknown(name, environment))
        .collect()
}

fn unknown(name: &str, environment: &Environment) -> Option<Warning> {
    // A name may hold anything but `=`; it is shown on a line of a log.
    let shown = name.escape_debug().to_string();
    let fix = format!("correct the name, or remove {shown} from the environment and from .env");
    match meant(name) {
        Some((known, spelt)) if name.starts_with(PREFIX) || !environment.is_set(known) => {
            let finding = format!("is not a setting; did you mean {spelt}?");
            let is_serious = PROTECTING.contains(&known);
            Some(Warning::new(shown, finding, fix).serious(is_serious))
        }
        None if name.starts_with(PREFIX) => {
            Some(Warning::new(shown, "is not a setting of Hallpass", fix))
        }
        _ => None,
    }
}

/// The setting that this name nearly spells, and its name or its twin's.
fn meant(name: &str) -> Option<(&'static str, String)> {
    let name = name.to_ascii_uppercase();
    let near = KNOWN.into_iter().flat_map(|known| {
        let names = [known.to_owned(), twin(known)];
        names.map(|spelt| (slips(&name, known, &spelt), known, spelt))
    });
    let near = near.filter_map(|(slips, known, spelt)| Some((slips?, known, spelt)));
    near.min().map(|(_, known, spelt)| (known, spelt))
}

/// The number of slips between a name and a setting's; `None` when they are too
/// many for a slip. Some settings have no prefix, so one may have been added.
/// A name without the prefix may be another program's: a short one that differs
/// does so on purpose.
fn slips(name: &str, known: &str, spelt: &str) -> Option<usize> {
    let count = |name: &str| {
        let singulars = strsim::damerau_levenshtein(&singular(name), &singular(spelt));
        singulars.min(strsim::damerau_levenshtein(name, spelt))
    };
    let whole = count(name);
    match name.strip_prefix(PREFIX) {
        Some(bare) => Some(whole.min(count(bare))).filter(|slips| *slips <= 2),
        None => Some(whole).filter(|slips| known.len() >= 8 && *slips <= spelt.len() / 8),
    }
}

/// `TRUSTED_PROXIES` and `TRUSTED_PROXY` alike.
fn singular(name: &str) -> String {
    match name.strip_suffix("IES") {
        Some(stem) => format!("{stem}Y"),
        None => name.strip_suffix('S').unwrap_or(name).to_owned(),
    }
}
