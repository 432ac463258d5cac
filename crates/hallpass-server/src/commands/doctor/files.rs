//! The secret and the folder that holds it.

use std::path::Path;

use rustix::fs::{Access, access};

use super::fix::Fix;
use super::report::Report;
use super::setup::Setup;
use super::storage::{self, Kind};
use crate::config::{SecretSource, others_may_read};

const SECRET: &str = "BETTER_AUTH_SECRET";
const FOLDER: &str = "HALLPASS_DATA_DIR";

/// A secret that is short, guessable or open to others is a fault of the
/// settings and was told there.
pub(super) fn check_secret(secret: &SecretSource, report: &mut Report) {
    match secret {
        SecretSource::Setting(_) => report.ok(SECRET, "is set, long enough and not guessable"),
        SecretSource::File(path, _) => {
            report.ok(
                SECRET,
                format!("is in {}, which its owner alone may read", path.display()),
            );
        }
        SecretSource::ToBeMade(path) => {
            report.note(
                SECRET,
                format!("will be made at first start, in {}", path.display()),
            );
        }
    }
}

/// Whether it can be used.
pub(super) fn check_data_dir(setup: &Setup<'_>, report: &mut Report) -> bool {
    let folder = setup.values.data_dir.as_path();
    let holds_database = setup.values.database.sqlite_path().and_then(Path::parent) == Some(folder);
    match storage::unfit(folder, holds_database, setup.is_https()) {
        Some(kind) => {
            let finding = format!("{} {}", folder.display(), kind.why());
            let fix = Fix::unset(FOLDER).remark("or a folder on a disk, like /var/lib/hallpass");
            report.add(FOLDER, kind.level(), finding, Some(fix.to_string()));
            kind != Kind::NoFiles
        }
        None => check_folder(folder, report),
    }
}

fn check_folder(folder: &Path, report: &mut Report) -> bool {
    let shown = folder.display();
    if !folder.exists() {
        return check_future_folder(folder, report);
    }
    if !folder.is_dir() {
        report.serious(
            FOLDER,
            format!("{shown} is no folder"),
            Fix::unset(FOLDER).remark("or name a folder"),
        );
        return false;
    }
    if !is_writable(folder) {
        report.serious(
            FOLDER,
            format!("{shown} cannot be written by this user"),
            Fix::own(folder),
        );
        return false;
    }
    if others_may_read(folder) {
        let finding =
            format!("other users of this machine may look into {shown}, which is for secrets");
        report.warning(FOLDER, finding, Fix::run_on("chmod 700", folder));
    } else {
        report.ok(
            FOLDER,
            format!("{shown} can be written, and its owner alone may look into it"),
        );
    }
    true
}

fn check_future_folder(folder: &Path, report: &mut Report) -> bool {
    let shown = folder.display();
    let existing = folder
        .ancestors()
        .skip(1)
        .map(or_here)
        .find(|ancestor| ancestor.exists());
    match existing {
        Some(ancestor) if ancestor.is_dir() && is_writable(ancestor) => {
            report.note(FOLDER, format!("{shown} will be made at first start"));
            true
        }
        _ => {
            let fix = Fix::run_on("mkdir -p", folder).then(Fix::own(folder));
            report.serious(
                FOLDER,
                format!("{shown} does not exist and this user cannot make it"),
                fix,
            );
            false
        }
    }
}

/// The parent of `hallpass.db` is the empty path, which means here.
pub(super) fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// Whether this very process may write there, as the system sees it.
pub(super) fn is_writable(path: &Path) -> bool {
    let wanted = if path.is_dir() {
        Access::WRITE_OK | Access::EXEC_OK
    } else {
        Access::WRITE_OK
    };
    access(path, wanted).is_ok()
}
