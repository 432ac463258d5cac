//! Where the database is, seen from outside: can it be reached safely, and has
//! it space to grow?

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use hallpass::{DatabaseUrl, TlsUse};
use url::Url;

use super::files::{is_writable, or_here};
use super::fix::Fix;
use super::report::Report;
use super::setup::Setup;
use super::site::is_local_name;
use super::storage;
use crate::config::others_may_read;

const DATABASE: &str = "DATABASE_URL";
const UNPOOLED: &str = "DATABASE_URL_UNPOOLED";
const DISK: &str = "disk";

/// What Neon adds to the first label of a host for its pooler.
const POOLER: &str = "-pooler";

/// A registration takes a few hundred bytes; this is for the write-ahead log
/// and for whatever else fills the disk.
const LITTLE_SPACE: u64 = 256 * 1024 * 1024;

/// Looks at the setting, and at the file of SQLite. Whether it can be asked.
pub(super) fn check(setup: &Setup<'_>, report: &mut Report) -> bool {
    let database = &setup.values.database;
    let direct = setup.values.migrations_database.as_ref();
    for (name, url) in [(DATABASE, Some(database)), (UNPOOLED, direct)] {
        if let Some((host, tls)) = url.and_then(DatabaseUrl::server) {
            check_tls(name, host, tls, report);
        }
    }
    check_two_ways(database, direct, report);
    let Some(path) = database.sqlite_path() else {
        return true;
    };
    check_storage(path, setup, report) && check_file(path, report)
}

fn check_tls(setting: &str, host: &str, tls: TlsUse, report: &mut Report) {
    let local = host
        .parse::<IpAddr>()
        .map_or_else(|_| is_local_name(host), |address| address.is_loopback());
    let fix = Fix::set_parameter("sslmode=verify-full", setting)
        .remark("or sslmode=require where the certificate cannot be checked");
    match tls {
        _ if local => {}
        TlsUse::Always => report.ok(
            setting,
            "the way to the database server is always encrypted",
        ),
        TlsUse::IfOffered => {
            let finding = format!(
                "the way to {host} is encrypted only if it offers that, which an attacker can hide"
            );
            report.warning(setting, finding, fix);
        }
        TlsUse::Off => {
            let finding = format!(
                "password hashes and the database's password travel to {host} in the clear"
            );
            report.serious(setting, finding, fix);
        }
    }
}

/// Whether the two URLs lead to one database, and migrations past the pooler.
fn check_two_ways(database: &DatabaseUrl, direct: Option<&DatabaseUrl>, report: &mut Report) {
    let Some((host, name)) = host_and_name(database) else {
        return;
    };
    let Some(direct) = direct else {
        if let Some(straight) = past_pooler(&host) {
            let finding = format!("migrations go through the pooler {host}");
            let fix = Fix::set_host(UNPOOLED, DATABASE, &straight);
            report.warning(UNPOOLED, finding, fix);
        }
        return;
    };
    let Some((direct_host, direct_name)) = host_and_name(direct) else {
        return;
    };
    let straight = past_pooler(&direct_host);
    let target = straight.as_deref().unwrap_or(&direct_host);
    let fix = Fix::set_host(UNPOOLED, DATABASE, target);
    if name.is_some() && direct_name.is_some() && name != direct_name {
        let shown = |name: Option<String>| name.unwrap_or_default();
        let finding = format!(
            "migrations change the database {}, and {DATABASE} names {}",
            shown(direct_name),
            shown(name)
        );
        report.serious(UNPOOLED, finding, fix);
    } else if straight.is_some() {
        let finding = format!("{direct_host} is a pooler; migrations should go past it");
        report.warning(UNPOOLED, finding, fix);
    }
}

/// From what is shown of a database, which has neither user nor password.
fn host_and_name(database: &DatabaseUrl) -> Option<(String, Option<String>)> {
    database.server()?;
    let url = Url::parse(&database.to_string()).ok()?;
    let name = url.path().trim_matches('/');
    let name = (!name.is_empty()).then(|| name.to_owned());
    Some((url.host_str()?.to_owned(), name))
}

/// The host behind Neon's pooler.
fn past_pooler(host: &str) -> Option<String> {
    let (label, rest) = host.split_once('.')?;
    let straight = label.strip_suffix(POOLER)?;
    Some(format!("{straight}.{rest}"))
}

/// Whether files can be kept there at all; the data folder has been checked.
fn check_storage(path: &Path, setup: &Setup<'_>, report: &mut Report) -> bool {
    let folder = or_here(path.parent().unwrap_or(path));
    let elsewhere = folder != setup.values.data_dir;
    let kind = storage::unfit(folder, true, setup.is_https()).filter(|_| elsewhere);
    let Some(kind) = kind else {
        return true;
    };
    let finding = format!("{} {}", folder.display(), kind.why());
    let fix = Fix::unset(DATABASE).remark("or a file on a disk");
    report.add(DATABASE, kind.level(), finding, Some(fix.to_string()));
    kind != storage::Kind::NoFiles
}

fn check_file(path: &Path, report: &mut Report) -> bool {
    let shown = path.display();
    if !path.exists() {
        // That its folder is there, the settings have been checked for.
        report.note(DATABASE, format!("{shown} will be made at first start"));
        return false;
    }
    if path.is_file() && path.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        report.note(
            DATABASE,
            format!("{shown} is empty; its tables will be made at first start"),
        );
        return false;
    }
    if !is_sqlite(path) {
        let fix = Fix::set_aside(path);
        report.serious(DATABASE, format!("{shown} is not a SQLite database"), fix);
        return false;
    }
    let folder = or_here(path.parent().unwrap_or(path));
    for place in [path, folder] {
        if !is_writable(place) {
            let finding = format!("{} cannot be written by this user", place.display());
            report.serious(DATABASE, finding, Fix::own(place));
            return false;
        }
    }
    if others_may_read(path) && others_may_read(folder) {
        let finding =
            format!("other users of this machine may read {shown}, which holds password hashes");
        report.warning(DATABASE, finding, Fix::run_on("chmod 600", path));
    }
    check_space(free_space(folder), report);
    true
}

fn is_sqlite(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = regular_file(path).and_then(|file| file.take(16).read_to_end(&mut head));
    // One that cannot be read is told of by its mode.
    path.is_file() && (read.is_err() || head == b"SQLite format 3\0")
}

/// Opening a pipe would wait for its other end.
fn regular_file(path: &Path) -> std::io::Result<File> {
    if path.is_file() {
        File::open(path)
    } else {
        Err(std::io::ErrorKind::InvalidInput.into())
    }
}

fn free_space(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

fn check_space(free: Option<u64>, report: &mut Report) {
    let Some(free) = free else { return };
    let megabytes = free / 1024 / 1024;
    if free < LITTLE_SPACE {
        let finding = format!(
            "{megabytes} MiB are free where the database is; on a full disk nobody can register or sign in"
        );
        report.warning(
            DISK,
            finding,
            "make room, or move the database to a larger disk",
        );
    } else {
        report.ok(DISK, "there is room where the database is");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_space_is_warned_of() {
        for (free, complaints) in [
            (Some(LITTLE_SPACE - 1), 1),
            (Some(LITTLE_SPACE), 0),
            (None, 0),
        ] {
            let mut report = Report::default();
            check_space(free, &mut report);
            assert_eq!(report.complaints().len(), complaints, "{free:?}");
        }
    }

    fn tls_of(url: &str) -> Vec<String> {
        let database = DatabaseUrl::parse(url, Path::new("")).unwrap();
        let mut report = Report::default();
        let (host, tls) = database.server().unwrap();
        check_tls(DATABASE, host, tls, &mut report);
        report.complaints()
    }

    #[test]
    fn the_way_to_a_server_elsewhere_must_be_encrypted() {
        assert_eq!(
            tls_of("postgres://u@db.example.com/x?sslmode=disable"),
            ["serious database_url"]
        );
        assert_eq!(
            tls_of("postgres://u@db.example.com/x?sslmode=allow"),
            ["serious database_url"]
        );
        assert_eq!(
            tls_of("postgres://u@db.example.com/x?sslmode=prefer"),
            ["warning database_url"]
        );
        assert_eq!(
            tls_of("postgres://u@db.example.com/x?sslmode=require"),
            [""; 0]
        );
        assert_eq!(tls_of("postgres://u@127.0.0.1/x?sslmode=disable"), [""; 0]);
        assert_eq!(tls_of("postgres://u@localhost/x?sslmode=disable"), [""; 0]);
    }
}
