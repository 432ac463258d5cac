//! Hallpass, for as long as one command takes.

use std::num::NonZeroUsize;

use hallpass::{Hallpass, Settings};

use super::output;
use crate::config::{Checked, Environment, Missing};
use crate::exit::Failure;
use crate::paint::{WARN, paint};

/// Whether a command needs the secret that the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secret {
    Needed,
    /// One that is kept nowhere does as well.
    AnyWillDo,
}

/// Runs `work` with the library, whose database is brought up to date first.
/// Makes nothing: in a folder without data, the command was meant for another.
pub(super) fn ready<T>(
    secret: Secret,
    work: impl AsyncFnOnce(&Hallpass) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let checked = existing()?;
    if let (Secret::Needed, Some(reason)) = (secret, checked.secret().why_missing()) {
        return Err(Failure::refused(reason));
    }
    look(checked.look()?, async |hallpass| {
        hallpass
            .migrate()
            .await
            .map_err(|error| Failure::schema(hallpass, &error))?;
        work(hallpass).await
    })
}

/// The settings, with what is odd about them said on standard error.
pub(super) fn checked() -> Result<Checked, Failure> {
    let checked = Checked::read(&Environment::of_process())?;
    for warning in checked.warnings() {
        output::say(format!("{} {warning}", paint(WARN, "warning:")));
    }
    Ok(checked)
}

/// The settings of a database that is there.
pub(super) fn existing() -> Result<Checked, Failure> {
    let checked = checked()?;
    let what = match checked.missing() {
        None => return Ok(checked),
        Some(Missing::DataFolder(path)) => format!("data folder at {}", path.display()),
        Some(Missing::Database(path)) => format!("database at {}", path.display()),
    };
    Err(Failure::Database(format!(
        "there is no {what}; set HALLPASS_DATA_DIR to the folder that holds the data, or make it \
         here with `hallpass migrate`"
    )))
}

/// Reads the settings and makes what is missing: folder, secret, database file.
pub(super) fn make() -> Result<Settings, Failure> {
    let config = checked()?.open()?;
    if let Some(path) = config.fresh_folder {
        output::say(format!("made the data folder {}", path.display()));
    }
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
