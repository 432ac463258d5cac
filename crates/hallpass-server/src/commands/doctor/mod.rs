//! `hallpass doctor`: looks at everything that can be wrong with a set-up and
//! says how to mend it. It makes and changes nothing.

mod clock;
mod database;
mod exposure;
mod files;
mod report;
mod rls;
mod settings;

use hallpass::Clock;

use self::report::Report;
use crate::cli::DoctorArgs;
use crate::config::{self, Environment, Reading, SecretSource, Secrets};
use crate::exit::Failure;

pub(super) fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let mut report = Report::default();
    if args.rls.is_empty() {
        examine(Reading::of(&Environment::of_process()), &mut report)?;
    } else {
        rls::check(&args.rls, args.role.as_ref(), &mut report)?;
    }
    report.print(args.output.json)
}

/// Looks at as much as can be read. What a fault hides is left out: it would be
/// the default that was looked at.
fn examine(reading: Reading, report: &mut Report) -> Result<(), Failure> {
    let Reading {
        values,
        secret,
        faults,
        warnings,
    } = reading;
    settings::check(&faults, &warnings, report);
    settings::check_dot_env(values.public_url.is_https(), report);
    let is_known = |name: &str| !settings::is_faulty(&faults, name);
    if let Some(secret) = &secret {
        files::check_secret(secret, report);
    }
    let folder_usable =
        is_known("HALLPASS_DATA_DIR") && files::check_data_dir(&values.data_dir, report);

    exposure::check(&values, &faults, report);
    let now = Clock::system().now();
    clock::check(now, report);
    // Nothing starts without its folder, and most databases are in it.
    let database_known =
        folder_usable && is_known("DATABASE_URL") && is_known("DATABASE_URL_UNPOOLED");
    if database_known && database::check_place(&values, report) {
        let is_ours = matches!(
            secret,
            Some(SecretSource::Setting(_) | SecretSource::File(..))
        );
        let settings = values.settings(any_secrets(secret)?);
        database::check(settings, is_ours, report)?;
    }
    Ok(())
}

/// The accounts do not ask which secret it is.
fn any_secrets(secret: Option<SecretSource>) -> Result<Secrets, Failure> {
    match secret {
        Some(SecretSource::Setting(secrets)) => Ok(secrets),
        Some(SecretSource::File(_, secret)) => Ok(secret.into()),
        Some(SecretSource::ToBeMade(_)) | None => Ok(config::stand_in()?.into()),
    }
}
