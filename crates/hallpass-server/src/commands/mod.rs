//! The commands: one file each.

mod completions;
pub(crate) mod doctor;
mod input;
mod keys;
mod library;
mod migrate;
mod openapi;
mod output;
mod rls;
mod secret;
mod serve;
mod token;
mod user;

use std::process::ExitCode;

use crate::cli::{Cli, Command, ServeArgs};
use crate::paint::{BAD, paint};

/// Runs what was asked for; a failure is said on standard error.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command.unwrap_or(Command::Serve(ServeArgs::default())) {
        Command::Serve(args) => serve::run(args),
        Command::Migrate(args) => migrate::run(args),
        Command::User(command) => user::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Token(command) => token::run(command),
        Command::Secret => secret::run(),
        Command::Openapi(args) => openapi::run(args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Rls(args) => rls::run(args),
        Command::Completions { shell } => completions::run(shell),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("{} {failure}", paint(BAD, "error:"));
            failure.code()
        }
    }
}
