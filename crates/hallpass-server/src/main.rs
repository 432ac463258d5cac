//! `hallpass`: the authentication server and its command line.

mod cli;
mod commands;
mod config;
mod exit;
mod listen;
mod paint;
mod serve;
mod telemetry;
#[cfg(feature = "test-clock")]
mod test_clock;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    commands::run(cli::Cli::parse())
}
