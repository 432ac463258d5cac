//! What a run found.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::machine::Machine;
use crate::measure::Name;

/// Everything that one run measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) version: &'static str,
    pub(crate) machine: Machine,
    /// Whether `--quick` was given.
    pub(crate) quick: bool,
    /// How busy others kept the machine, in percent, before and after the run.
    pub(crate) load_by_others: [f64; 2],
    pub(crate) sections: Vec<Section>,
}

/// More than this by others, and figures are no more than an indication.
const QUIET: f64 = 10.0;

impl Report {
    pub(crate) fn bars(&self) -> impl Iterator<Item = &Bar> {
        self.sections.iter().flat_map(|section| &section.bars)
    }

    pub(crate) fn all_met(&self) -> bool {
        self.bars().all(|bar| bar.met)
    }

    pub(crate) fn was_disturbed(&self) -> bool {
        self.load_by_others.iter().any(|load| *load > QUIET)
    }
}

/// One subject: its bars, and the figures that they were made of.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) name: Name,
    pub(crate) bars: Vec<Bar>,
    pub(crate) facts: Vec<Fact>,
    /// What was not measured, and why.
    pub(crate) notes: Vec<String>,
    #[serde(skip)]
    pub(crate) plots: Vec<Plot>,
}

impl Section {
    pub(crate) fn new(name: Name) -> Self {
        Self {
            name,
            bars: Vec::new(),
            facts: Vec::new(),
            notes: Vec::new(),
            plots: Vec::new(),
        }
    }

    pub(crate) fn bar(&mut self, what: impl Into<String>, figure: Figure, limit: Limit) {
        self.bars.push(Bar {
            what: what.into(),
            figure,
            limit,
            met: limit.holds(figure.value),
        });
    }

    pub(crate) fn fact(&mut self, what: impl Into<String>, figure: Figure) {
        self.facts.push(Fact {
            what: what.into(),
            figure,
        });
    }
}

/// A number and what it counts.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) unit: Unit,
}

/// Writes `Unit::Times.of(1.2)` as `1.20 ×`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Times,
    Percent,
    PerSecond,
    Nanoseconds,
    Milliseconds,
    Mebibytes,
    Probability,
    Count,
}

impl Unit {
    pub(crate) const fn of(self, value: f64) -> Figure {
        Figure { value, unit: self }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Times => "×",
            Self::Percent => "%",
            Self::PerSecond => "/s",
            Self::Nanoseconds => "ns",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::Probability | Self::Count => "",
        }
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = match self.value.abs() {
            _ if self.unit == Unit::Probability => 3,
            _ if self.unit == Unit::Count => 0,
            100.0.. => 0,
            10.0.. => 1,
            1.0.. => 2,
            _ => 3,
        };
        let number = grouped(&format!("{:.places$}", self.value));
        let unit = self.unit.as_str();
        f.pad(format!("{number} {unit}").trim_end())
    }
}

/// `12345` as `12 345`, with thin spaces.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let digits = whole.chars().filter(char::is_ascii_digit).count();
    let mut grouped = String::with_capacity(number.len() + 4);
    let mut left = digits;
    for character in whole.chars() {
        if character.is_ascii_digit() {
            if left < digits && left.is_multiple_of(3) && digits > 4 {
                grouped.push('\u{2009}');
            }
            left -= 1;
        }
        grouped.push(character);
    }
    grouped + rest
}

/// A figure that is held to a limit.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) what: String,
    #[serde(flatten)]
    pub(crate) figure: Figure,
    pub(crate) limit: Limit,
    pub(crate) met: bool,
}

impl Bar {
    /// The limit, in words short enough for a table.
    pub(crate) fn limit(&self) -> String {
        let figure = |value| self.figure.unit.of(value);
        match self.limit {
            Limit::AtMost(most) => format!("≤ {}", figure(most)),
            Limit::AtLeast(least) => format!("≥ {}", figure(least)),
            Limit::Within(least, most) => format!("{} to {}", figure(least), figure(most)),
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
    Within(f64, f64),
}

impl Limit {
    /// Never for what is not a number.
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
            Self::Within(least, most) => (least..=most).contains(&value),
        }
    }
}

/// A figure that is only told.
#[derive(Debug, Serialize)]
pub(crate) struct Fact {
    pub(crate) what: String,
    #[serde(flatten)]
    pub(crate) figure: Figure,
}

/// An SVG file of `docs/benchmarks/`.
#[derive(Debug)]
pub(crate) struct Plot {
    pub(crate) file: &'static str,
    /// What it shows, for those who do not see it.
    pub(crate) alt: &'static str,
    pub(crate) svg: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_about_three_digits() {
        let shown = |value| Unit::PerSecond.of(value).to_string();
        assert_eq!(shown(0.1234), "0.123 /s");
        assert_eq!(shown(1.234), "1.23 /s");
        assert_eq!(shown(12.34), "12.3 /s");
        assert_eq!(shown(1234.5), "1234 /s");
        assert_eq!(shown(123_456.7), "123\u{2009}457 /s");
        assert_eq!(Unit::Probability.of(0.5).to_string(), "0.500");
    }

    #[test]
    fn a_limit_holds_up_to_its_end_and_never_for_nothing() {
        assert!(Limit::AtMost(1.3).holds(1.3) && !Limit::AtMost(1.3).holds(1.4));
        assert!(Limit::AtLeast(2.0).holds(2.0) && !Limit::AtLeast(2.0).holds(1.9));
        assert!(Limit::Within(0.45, 0.55).holds(0.5) && !Limit::Within(0.45, 0.55).holds(0.6));
        assert!(!Limit::AtMost(1.0).holds(f64::NAN) && !Limit::Within(0.0, 1.0).holds(f64::NAN));
    }
}
