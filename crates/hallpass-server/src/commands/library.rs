//! Hallpass, for as long as one command takes.

use std::num::NonZeroUsize;

use hallpass::{Hallpass, Settings};

use super::output;
use crate::config;
use crate::exit::Failure;

/// Runs `work` with the library, whose database is made and brought up to date
/// first, so that every command works on a fresh machine.
pub(super) fn ready<T>(
    work: impl AsyncFnOnce(&Hallpass) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let settings = load()?;
    look(settings, async |hallpass| {
        hallpass
            .migrate()
            .await
            .map_err(|error| Failure::schema(hallpass, &error))?;
        work(hallpass).await
    })
}

/// Reads the settings and makes what is missing, the secret above all.
pub(super) fn load() -> Result<Settings, Failure> {
    let config = config::load()?;
    if let Some(path) = config.fresh_secret {
        output::say(format!(
            "made a secret in {}: keep it, tokens are signed by it",
            path.display()
        ));
    }
    Ok(config.settings)
}

/// Runs `work` with the library, and its database as it is.
pub(super) fn look<T>(
    mut settings: Settings,
    work: impl AsyncFnOnce(&Hallpass) -> Result<T, Failure>,
) -> Result<T, Failure> {
    // One command hashes one password.
    settings.hash_threads = NonZeroUsize::MIN;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(Failure::refused)?.block_on(async {
        let hallpass = Hallpass::new(settings).map_err(Failure::refused)?;
        let outcome = work(&hallpass).await;
        hallpass.close().await;
        outcome
    })
}
