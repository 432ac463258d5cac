//! The secret and the folder that holds it.

use std::path::Path;

use rustix::fs::{Access, access};

use super::report::Report;
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
pub(super) fn check_data_dir(folder: &Path, report: &mut Report) -> bool {
    let shown = folder.display();
    if !folder.exists() {
        return check_future_folder(folder, report);
    }
    if !folder.is_dir() {
        report.serious(
            FOLDER,
            format!("{shown} is no folder"),
            "name a folder, or remove the file",
        );
        return false;
    }
    if !is_writable(folder) {
        let fix = format!("give it to the user who runs hallpass: chown USER {shown}");
        report.serious(
            FOLDER,
            format!("{shown} cannot be written by this user"),
            fix,
        );
        return false;
    }
    if others_may_read(folder) {
        let finding =
            format!("other users of this machine may look into {shown}, which is for secrets");
        report.warning(FOLDER, finding, format!("chmod 700 {shown}"));
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
            let fix = format!(
                "make it for the user who runs hallpass: mkdir -p {shown}; chown USER {shown}"
            );
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
