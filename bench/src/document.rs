//! `docs/benchmarks.md`: the figures between two marks, and the plots. What
//! stands around them is written by hand and stays.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::report::{Bar, Report, Section};
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
    let [before, after] = report.load_by_others;
    let mut lines = vec![
        format!(
            "Hallpass {}, release build, on {}. Others used {before:.0} % of the machine before \
             the run and {after:.0} % after it.",
            report.version, report.machine
        ),
        String::new(),
    ];
    if report.was_disturbed() {
        let note = "> Somebody else was using this machine: take the figures as an indication.";
        lines.extend([note.to_owned(), String::new()]);
    }
    lines.extend([
        "| bar | figure | limit | verdict |".to_owned(),
        "|---|---:|---|---|".to_owned(),
    ]);
    lines.extend(report.bars().map(|bar| {
        let verdict = if bar.met { "met" } else { "**missed**" };
        let Bar { what, figure, .. } = bar;
        format!("| {what} | {figure} | {} | {verdict} |", bar.limit())
    }));
    lines.extend(report.sections.iter().map(of_section));
    lines.join("\n") + "\n"
}

fn of_section(section: &Section) -> String {
    let plots = section.plots.iter();
    let plots = plots.map(|plot| format!("![{}](benchmarks/{})\n\n", plot.alt, plot.file));
    let facts = section.facts.iter();
    let facts = facts.map(|fact| format!("| {} | {} |\n", fact.what, fact.figure));
    let notes = section.notes.iter().map(|note| format!("\n{note}\n"));
    format!(
        "\n### {}\n\n{}| figure | |\n|---|---:|\n{}{}",
        section.name.title(),
        plots.collect::<String>(),
        facts.collect::<String>(),
        notes.collect::<String>()
    )
}
