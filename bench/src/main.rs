//! Measures Hallpass against its bars.
//!
//! Every bar is a ratio of two things measured in turn within one run, or a
//! size that does not depend on the machine, so that it means the same on a
//! laptop and in CI. What is measured runs in processes of its own: the real
//! `hallpass` binary, and the peers it is held against, which are hidden modes
//! of this executable (`child`).

mod child;
mod cli;
mod clock;
mod crowd;
mod document;
mod http;
mod machine;
mod measure;
mod plot;
mod postgres;
mod progress;
mod report;
mod run;
mod server;
mod stats;
mod table;
mod tools;
mod wrk;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

fn main() -> Result<ExitCode> {
    let cli = cli::Cli::parse();
    match cli.command {
        Some(cli::Command::Child(child)) => {
            child::run(child)?;
            Ok(ExitCode::SUCCESS)
        }
        None => run::run(&cli.options),
    }
}
