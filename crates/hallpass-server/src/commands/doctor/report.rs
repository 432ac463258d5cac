//! What was found, for people and for scripts.

use serde::Serialize;

use crate::commands::output;
use crate::exit::Failure;
use crate::paint::{BAD, BOLD, DIM, GOOD, NAME, WARN, paint};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// Good to know.
    Note,
    /// Works, and will hurt one day.
    Warning,
    /// Does not work, or is not safe.
    Serious,
}

impl Level {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Serious => "serious",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// What is concerned: mostly the setting to change.
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) finding: String,
    /// What to do, unless all is well; [`Fix`](super::fix::Fix) has the form.
    pub(crate) fix: Option<String>,
}

/// Everything that was looked at, in the order in which it is read.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    checks: Vec<Check>,
    serious: usize,
}

impl Report {
    pub(super) fn ok(&mut self, name: &str, finding: impl Into<String>) {
        self.add(name, Level::Ok, finding.into(), None);
    }

    pub(super) fn note(&mut self, name: &str, finding: impl Into<String>) {
        self.add(name, Level::Note, finding.into(), None);
    }

    pub(super) fn warning(
        &mut self,
        name: &str,
        finding: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(name, Level::Warning, finding.into(), Some(fix.into()));
    }

    pub(super) fn serious(
        &mut self,
        name: &str,
        finding: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(name, Level::Serious, finding.into(), Some(fix.into()));
    }

    pub(super) fn add(&mut self, name: &str, level: Level, finding: String, fix: Option<String>) {
        self.serious += usize::from(level == Level::Serious);
        self.checks.push(Check {
            name: name.to_owned(),
            level,
            finding,
            fix,
        });
    }

    /// How many things were looked at.
    pub(super) fn len(&self) -> usize {
        self.checks.len()
    }

    /// The findings of this level or worse, for the log of a server.
    pub(super) fn at_least(self, level: Level) -> Vec<Check> {
        let checks = self.checks.into_iter();
        checks.filter(|check| check.level >= level).collect()
    }

    /// Prints it; a serious finding is a failure.
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        if json {
            output::print_json(self)?;
        } else {
            self.checks.iter().try_for_each(print_check)?;
            output::print(self.summary())?;
        }
        match self.serious {
            0 => Ok(()),
            1 => Err(Failure::refused("1 finding is serious")),
            many => Err(Failure::refused(format!("{many} findings are serious"))),
        }
    }

    fn summary(&self) -> String {
        let count = |level| {
            self.checks
                .iter()
                .filter(|check| check.level == level)
                .count()
        };
        let (warnings, all) = (count(Level::Warning), self.checks.len());
        let noun = if all == 1 { "check" } else { "checks" };
        let text = format!(
            "{all} {noun}: {} serious, {warnings} to warn of",
            self.serious
        );

        format!("\n{}", paint(BOLD, text))
    }
}

/// Wide enough for the longest name of a setting.
const NAME_WIDTH: usize = 28;

fn print_check(check: &Check) -> Result<(), Failure> {
    let style = match check.level {
        Level::Ok => GOOD,
        Level::Note => NAME,
        Level::Warning => WARN,
        Level::Serious => BAD,
    };
    let word = paint(style, format!("{:<7}", check.level.name()));
    output::print(format!(
        "{word}  {:<NAME_WIDTH$}  {}",
        check.name, check.finding
    ))?;
    let Some(fix) = &check.fix else { return Ok(()) };
    output::print(format!("{:9}{} {fix}", "", paint(DIM, "to mend it:")))
}

#[cfg(test)]
impl Report {
    /// Each finding but the good ones, as `level name`.
    pub(super) fn complaints(&self) -> Vec<String> {
        let bad = self.checks.iter().filter(|check| check.level != Level::Ok);
        bad.map(|check| format!("{:?} {}", check.level, check.name).to_lowercase())
            .collect()
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.checks
    }
}
