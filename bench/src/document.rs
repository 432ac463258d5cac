//! `docs/benchmarks.md`: the figures between two marks, and the plots. What
//! stands around them is written by hand and stays.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::tools::root;

const BEGIN: &str = "<!-- figures: written by `hallpass-bench --write` -->";
const END: &str = "<!-- end of figures -->";

pub(crate) fn write(report: &Report) -> Result<()> {
    let docs = root().join("docs");
    let page = docs.join("benchmarks.md");
    let old = fs::read_to_string(&page).context("docs/benchmarks.md cannot be read")?;
    let (before, rest) = old
        .split_once(BEGIN)
        .context("docs/benchmarks.md has no mark where figures begin")?;
    let (_, after) = rest
        .split_once(END)
        .context("docs/benchmarks.md has no mark where figures end")?;
    let figures = figures(report);
    fs::write(&page, format!("{before}{BEGIN}\n\n{figures}\n{END}{after}"))?;
    write_plots(report, &docs.join("benchmarks"))
}

fn write_plots(report: &Report, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for plot in report.sections.iter().flat_map(|section| &section.plots) {
        fs::write(folder.join(plot.file), &plot.svg)?;
    }
    Ok(())
}

fn figures(report: &Report) -> String {
    let mut text = String::new();
    let [before, after] = report.load_by_others;
    // Writing to a string does not fail, so its result says nothing.
    let mut line = |content: &str| drop(writeln!(text, "{content}"));
    line(&format!(
        "Hallpass {}, release build, on {}. Others used {before:.0} % of the machine before \
         the run and {after:.0} % after it.\n",
        report.version, report.machine
    ));
    if report.was_disturbed() {
        line("> Somebody else was using this machine: take the figures as an indication.\n");
    }
    line("| bar | figure | limit | verdict |");
    line("|---|---:|---|---|");
    for bar in report.bars() {
        let verdict = if bar.is_met() { "met" } else { "**missed**" };
        line(&format!(
            "| {} | {} | {} | {verdict} |",
            bar.what,
            bar.figure,
            bar.limit()
        ));
    }
    for section in &report.sections {
        line(&format!("\n### {}\n", section.name.title()));
        for plot in &section.plots {
            line(&format!("![{}](benchmarks/{})\n", plot.alt, plot.file));
        }
        line("| figure | |");
        line("|---|---:|");
        for fact in &section.facts {
            line(&format!("| {} | {} |", fact.what, fact.figure));
        }
    }
    text
}
