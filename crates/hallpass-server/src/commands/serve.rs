//! `hallpass serve`

use super::doctor;
use crate::cli::ServeArgs;
use crate::config::{Checked, Environment};
use crate::exit::Failure;
use crate::{serve, telemetry};

pub(super) fn run(args: ServeArgs) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let findings = doctor::at_start(&environment);
    let config = Checked::read(&environment)?.open()?;
    telemetry::start_log(&config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .map_err(Failure::refused)?
        .block_on(serve::run(config, args, &findings))
}
