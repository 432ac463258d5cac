//! `hallpass doctor`: looks at everything that can be wrong with a set-up and
//! says how to mend it. It makes and changes nothing.
//!
//! Checks put findings into a [`Report`]. `doctor` prints it; `serve` logs the
//! serious ones, after the same checks of settings and files.

mod clock;
mod database;
mod exposure;
mod files;
mod fix;
mod git;
mod limits;
mod log;
mod place;
mod ports;
mod report;
mod rls;
mod secrets;
mod settings;
mod setup;
mod site;
mod storage;

use std::path::Path;

use hallpass::{Clock, Hallpass};

pub(crate) use self::report::Check;
use self::report::{Level, Report};
use self::setup::Setup;
use crate::cli::DoctorArgs;
use crate::config::{self, Environment, Reading, SecretSource, Secrets};
use crate::exit::Failure;

pub(super) fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let mut report = Report::default();
    if args.rls.is_empty() {
        examine(args.offline, &mut report)?;
    } else {
        rls::check(&args.rls, args.role.as_ref(), &mut report)?;
    }
    report.print(args.output.json)
}

/// Looks at as much as can be read. What a fault hides is left out: it would be
/// the default that was looked at.
fn examine(offline: bool, report: &mut Report) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let Reading {
        values,
        secret,
        faults,
        warnings,
    } = Reading::of(&environment);
    let setup = Setup {
        values: &values,
        faults: &faults,
        environment: &environment,
        asks_machine: !offline,
    };
    settings::check(&setup, &warnings, report);
    let database_known = check_set_up(&setup, secret.as_ref(), report);
    if offline {
        return Ok(());
    }
    check_git(&setup, report);
    if database_known {
        let is_ours = matches!(
            secret,
            Some(SecretSource::Setting(_) | SecretSource::File(..))
        );
        let settings = values.settings(any_secrets(secret)?);
        database::check(settings, is_ours, report)?;
    }
    Ok(())
}

/// The checks of settings and files. Whether the database can be asked.
fn check_set_up(setup: &Setup<'_>, secret: Option<&SecretSource>, report: &mut Report) -> bool {
    settings::check_dot_env(setup.is_https(), report);
    let before = report.len();
    secrets::check(setup, report);
    if let Some(secret) = secret.filter(|_| report.len() == before) {
        files::check_secret(secret, report);
    }
    let folder_usable = setup.knows(["HALLPASS_DATA_DIR"]) && files::check_data_dir(setup, report);
    exposure::check(setup, report);
    limits::check_hashing(setup, report);
    limits::check_capacity(setup, report);
    limits::check_open_files(report);
    log::check(setup, report);
    clock::check(Clock::system().now(), report);
    // Nothing starts without its folder, and most databases are in it.
    folder_usable
        && setup.knows(["DATABASE_URL", "DATABASE_URL_UNPOOLED"])
        && place::check(setup, report)
}

fn check_git(setup: &Setup<'_>, report: &mut Report) {
    git::check("HALLPASS_DATA_DIR", &setup.values.data_dir, report);
    if Path::new(".env").is_file() {
        git::check(".env", Path::new(".env"), report);
    }
}

/// What the log says at start: names and files of settings that are odd, and
/// what is serious about the set-up.
pub(super) fn at_start(environment: &Environment) -> Vec<Check> {
    let Reading {
        values,
        secret,
        faults,
        warnings,
    } = Reading::of(environment);
    let setup = Setup {
        values: &values,
        faults: &faults,
        environment,
        asks_machine: false,
    };
    let mut odd = Report::default();
    settings::check(&setup, &warnings, &mut odd);
    let mut report = Report::default();
    check_set_up(&setup, secret.as_ref(), &mut report);
    let mut findings = odd.at_least(Level::Warning);
    findings.extend(report.at_least(Level::Serious));
    findings
}

/// What is serious about the database of a server that runs.
pub(crate) async fn of_database(hallpass: &Hallpass) -> Vec<Check> {
    let mut report = Report::default();
    database::check_running(hallpass, &mut report).await;
    report.at_least(Level::Serious)
}

/// The accounts do not ask which secret it is.
fn any_secrets(secret: Option<SecretSource>) -> Result<Secrets, Failure> {
    match secret {
        Some(SecretSource::Setting(secrets)) => Ok(secrets),
        Some(SecretSource::File(_, secret)) => Ok(secret.into()),
        Some(SecretSource::ToBeMade(_)) | None => Ok(config::stand_in()?.into()),
    }
}
