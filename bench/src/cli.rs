//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::child::Child;
use crate::measure::Name;

/// Measures Hallpass against its bars, and shows which are met.
///
/// Needs `wrk`, and for the figures on PostgreSQL a server; `make bench` starts
/// a private one.
#[derive(Debug, Parser)]
#[command(name = "hallpass-bench", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub(crate) struct Options {
    /// Fewer rounds and samples: a minute or two, and figures that vary more
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 1 when a bar is missed
    #[arg(long)]
    pub(crate) strict: bool,
    /// Measure only this; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<Name>,
    /// Put figures and plots into docs/benchmarks.md
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    pub(crate) write: bool,
    /// A PostgreSQL server, with a user who may create databases
    #[arg(
        long,
        value_name = "URL",
        env = "HALLPASS_TEST_POSTGRES",
        hide_env_values = true
    )]
    pub(crate) postgres: Option<String>,
    /// What builds the server; `cargo run` says it by itself
    #[arg(long, env = "CARGO", default_value = "cargo", hide = true)]
    pub(crate) cargo: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Be one of the processes that are measured
    #[command(subcommand, hide = true)]
    Child(Child),
}
