//! What bounds the work and the number of tries: rate limit, hashing threads,
//! open files.

use std::num::NonZeroUsize;
use std::time::Duration;

use hallpass::HashPolicy;
use rustix::process::{Resource, getrlimit};

use super::fix::Fix;
use super::report::Report;
use super::setup::Setup;

const LIMIT: &str = "HALLPASS_RATE_LIMIT";
const THREADS: &str = "HALLPASS_HASH_THREADS";
const HASH: &str = "HALLPASS_PASSWORD_HASH";
const DRAIN: &str = "HALLPASS_DRAIN";
const CONNECTIONS: &str = "HALLPASS_DATABASE_CONNECTIONS";
const FILES: &str = "open files";

/// With ten seconds for requests in progress, what Kubernetes gives by default.
const USUAL_GRACE: Duration = Duration::from_secs(20);

/// As many as a full listener takes; docs/operations.md, "Limits and times".
const ENOUGH_FILES: u64 = 10_064;

/// Below this, a few browsers and a proxy's connections are all of them.
const FEW_FILES: u64 = 256;

/// What most systems give a process at first.
const USUAL_FILES: u64 = 1024;

pub(super) fn check_rate_limit(setup: &Setup<'_>, report: &mut Report) {
    let finding = "off: passwords can be guessed without end";
    let fix = Fix::set(LIMIT, "on");
    match (setup.values.rate_limit, setup.is_https()) {
        (true, _) => report.ok(LIMIT, "failed sign-ins are counted and limited"),
        (false, true) => report.serious(LIMIT, finding, fix),
        (false, false) => report.warning(LIMIT, finding, fix),
    }
}

pub(super) fn check_hashing(setup: &Setup<'_>, report: &mut Report) {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = setup.values.hash_threads.get();
    if setup.knows([THREADS]) && threads > cores {
        let finding = format!(
            "{threads} threads share {cores} cores: each sign-in takes longer, and holds its 19 MiB meanwhile"
        );
        report.warning(THREADS, finding, Fix::unset(THREADS));
    }
    if matches!(setup.values.password_hash, HashPolicy::Bcrypt { .. }) {
        let finding = "bcrypt: new passwords of more than 72 bytes are refused; OWASP prefers Argon2id for new systems";
        report.note(HASH, finding);
    }
}

/// Of a stop, and of the database: what the operator's other systems must allow.
pub(super) fn check_capacity(setup: &Setup<'_>, report: &mut Report) {
    let drain = setup.values.drain;
    if setup.knows([DRAIN]) && drain > USUAL_GRACE {
        let whole = drain.as_secs().saturating_add(10);
        let finding = format!(
            "{} s: a stop takes up to {whole} s, and Kubernetes kills after 30 s unless it is told otherwise",
            drain.as_secs()
        );
        report.note(DRAIN, finding);
    }
    let is_file = setup.values.database.sqlite_path().is_some();
    if setup.values.database_connections.is_some() && is_file {
        report.note(CONNECTIONS, "has no effect on a SQLite file");
    }
}

/// The server raises its own limit as far as the system lets it.
pub(super) fn check_open_files(report: &mut Report) {
    check_files(getrlimit(Resource::Nofile).maximum, report);
}

fn check_files(most: Option<u64>, report: &mut Report) {
    let Some(files) = most.filter(|files| *files < USUAL_FILES) else {
        return;
    };
    let clients = files.saturating_sub(64).max(1);
    let finding = format!(
        "the system gives this process {files} files at most, enough for {clients} connections at a time"
    );
    let fix = Fix::run(format!("ulimit -n {ENOUGH_FILES}")).remark(format!(
        "systemd: LimitNOFILE={ENOUGH_FILES}, Docker: --ulimit nofile={ENOUGH_FILES}"
    ));
    if files < FEW_FILES {
        report.serious(FILES, finding, fix);
    } else {
        report.warning(FILES, finding, fix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_open_files_are_found() {
        let found = |files| {
            let mut report = Report::default();
            check_files(files, &mut report);
            report.complaints()
        };
        assert_eq!(found(Some(255)), ["serious open files"]);
        assert_eq!(found(Some(1023)), ["warning open files"]);
        assert_eq!(found(Some(1024)), [""; 0]);
        assert_eq!(found(None), [""; 0]);
    }
}
