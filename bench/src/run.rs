//! One run, from the tools it needs to its verdict.

use std::process::ExitCode;
use std::thread;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::cli::Options;
use crate::machine::{Machine, load_by_others};
use crate::measure::{Context, Name, Plan};
use crate::progress::Progress;
use crate::report::Report;
use crate::{document, table, tools};

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let progress = Progress::start();
    tools::ensure_wrk(&progress)?;
    let hallpass = tools::build_server(&options.cargo, &progress)?;
    let cores = thread::available_parallelism()?.get();
    let context = Context {
        plan: if options.quick {
            Plan::QUICK
        } else {
            Plan::FULL
        },
        progress: &progress,
        hallpass,
        own: std::env::current_exe().context("where this program is")?,
        postgres: options.postgres.as_deref(),
        cores,
    };
    let report = measure(&context, options)?;
    progress.clear();
    if options.json {
        anstream::println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        table::print(&report);
    }
    if options.write {
        document::write(&report)?;
    }
    let failed = options.strict && !report.all_met();
    Ok(ExitCode::from(u8::from(failed)))
}

fn measure(context: &Context<'_>, options: &Options) -> Result<Report> {
    context.progress.say("listening to the machine");
    let before = load_by_others()?;
    let names = Name::value_variants().iter().copied();
    let wanted = |name: &Name| options.only.is_empty() || options.only.contains(name);
    let sections: Result<Vec<_>> = names
        .filter(wanted)
        .map(|name| name.measure(context).with_context(|| name.title()))
        .collect();
    let sections = sections?;
    context.progress.say("listening to the machine");
    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        machine: Machine::describe()?,
        quick: options.quick,
        load_by_others: [before, load_by_others()?],
        sections,
    })
}
