//! `hallpass completions`

use clap::CommandFactory;
use clap_complete::Shell;

use super::output;
use crate::cli::Cli;
use crate::exit::Failure;

pub(super) fn run(shell: Shell) -> Result<(), Failure> {
    // Into memory first: the generator panics when its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hallpass", &mut script);
    output::print(
        String::from_utf8(script)
            .map_err(Failure::refused)?
            .trim_end(),
    )
}
