//! The report on a terminal.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::report::{Bar, Report};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default();

const WHAT: usize = 58;
const FIGURE: usize = 12;
const LIMIT: usize = 16;

pub(crate) fn print(report: &Report) {
    anstream::println!("\n{}\n", report.machine);
    for section in &report.sections {
        anstream::println!("{}", paint(BOLD, section.name.title()));
        for bar in &section.bars {
            print_bar(bar);
        }
        for fact in &section.facts {
            let line = format!("{:<WHAT$}{:>FIGURE$}", fact.what, fact.figure);
            anstream::println!("  {}", paint(DIM, line));
        }
        for note in &section.notes {
            anstream::println!("  {}", paint(WARN, note));
        }
        anstream::println!();
    }
    let missed = report.bars().filter(|bar| !bar.met).count();
    let all = report.bars().count();
    if missed == 0 {
        anstream::println!("{}", paint(GOOD, format!("{all} of {all} bars met")));
    } else {
        anstream::println!("{}", paint(BAD, format!("{missed} of {all} bars missed")));
    }
    if report.was_disturbed() {
        let [before, after] = report.load_by_others;
        let note = format!(
            "others kept the machine busy ({before:.0} % before, {after:.0} % after): \
             take these figures as an indication"
        );
        anstream::println!("{}", paint(WARN, note));
    }
}

fn print_bar(bar: &Bar) {
    let verdict = if bar.met {
        paint(GOOD, "met")
    } else {
        paint(BAD, "missed")
    };
    anstream::println!(
        "  {:<WHAT$}{:>FIGURE$}  {:<LIMIT$}{verdict}",
        bar.what,
        bar.figure,
        bar.limit()
    );
}

fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
