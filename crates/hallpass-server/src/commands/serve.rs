//! `hallpass serve`

use crate::cli::ServeArgs;
use crate::exit::Failure;
use crate::{config, serve, telemetry};

pub(super) fn run(args: ServeArgs) -> Result<(), Failure> {
    let config = config::load()?;
    telemetry::start_log(&config.log);
    for warning in &config.warnings {
        if warning.is_serious {
            tracing::error!(setting = warning.name, "{warning}");
        } else {
            tracing::warn!(setting = warning.name, "{warning}");
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .map_err(Failure::refused)?
        .block_on(serve::run(config, args))
}
