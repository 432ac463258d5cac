//! The database: is it there, up to date, safe to reach, and with room to grow?

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use hallpass::{
    DatabaseServer, DatabaseUrl, Hallpass, MigrationState, SchemaError, Settings, Signing,
    SigningKey, SigningKeyState, Timestamp, TlsUse, UserId,
};

use super::files::{is_writable, or_here};
use super::report::Report;
use super::{clock, exposure};
use crate::commands::library;
use crate::config::{Values, others_may_read};
use crate::exit::{self, Failure};

const DATABASE: &str = "DATABASE_URL";
const UNPOOLED: &str = "DATABASE_URL_UNPOOLED";
const MIGRATIONS: &str = "migrations";
const DISK: &str = "disk";
const SIGNING: &str = "HALLPASS_SIGNING";

/// A registration takes a few hundred bytes; this is for the write-ahead log
/// and for whatever else fills the disk.
const LITTLE_SPACE: u64 = 256 * 1024 * 1024;

/// Major versions before this one get no security fixes any more.
const OLDEST_SUPPORTED: u32 = 14;

/// Looks at where the database is, from outside. Whether it can be asked.
pub(super) fn check_place(values: &Values, report: &mut Report) -> bool {
    if let Some((host, tls)) = values.database.server() {
        check_tls(DATABASE, host, tls, report);
    }
    let direct = values.migrations_database.as_ref();
    if let Some((host, tls)) = direct.and_then(DatabaseUrl::server) {
        check_tls(UNPOOLED, host, tls, report);
    }
    values
        .database
        .sqlite_path()
        .is_none_or(|path| check_file(path, report))
}

fn check_tls(setting: &str, host: &str, tls: TlsUse, report: &mut Report) {
    let local = host.parse::<IpAddr>().map_or_else(
        |_| exposure::is_local_name(host),
        |address| address.is_loopback(),
    );
    let fix = format!(
        "add ?sslmode=verify-full to {setting}, or ?sslmode=require where the certificate cannot be checked"
    );
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
        report.serious(
            DATABASE,
            format!("{shown} is not a SQLite database"),
            "name another file, or move it away",
        );
        return false;
    }
    let folder = or_here(path.parent().unwrap_or(path));
    for place in [path, folder] {
        if !is_writable(place) {
            let finding = format!("{} cannot be written by this user", place.display());
            let fix = format!(
                "give it to the user who runs hallpass: chown USER {}",
                place.display()
            );
            report.serious(DATABASE, finding, fix);
            return false;
        }
    }
    if others_may_read(path) && others_may_read(folder) {
        let finding =
            format!("other users of this machine may read {shown}, which holds password hashes");
        report.warning(DATABASE, finding, format!("chmod 600 {shown}"));
    }
    check_space(free_space(folder), report);
    true
}

fn is_sqlite(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
    // One that cannot be read is told of by its mode.
    path.is_file() && (read.is_err() || head == b"SQLite format 3\0")
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

/// Asks the database itself, and whether our secret opens what it holds.
pub(super) fn check(
    mut settings: Settings,
    secret_is_ours: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    if let Some(direct) = settings.migrations_database.take() {
        let mut settings = settings.clone();
        settings.database = direct;
        check_direct(settings, report)?;
    }
    library::look(settings, async |hallpass| {
        if check_reachable(hallpass, report).await && check_schema(hallpass, report).await {
            check_accounts(hallpass, report).await;
            if secret_is_ours {
                check_signing(hallpass, report).await;
            }
        }
        Ok(())
    })
}

/// Asks by the way that migrations take.
fn check_direct(settings: Settings, report: &mut Report) -> Result<(), Failure> {
    library::look(settings, async |hallpass| {
        let database = &hallpass.settings().database;
        match hallpass.database_server().await {
            Ok(_) => report.ok(UNPOOLED, format!("{database} answers")),
            Err(error) => report.serious(
                UNPOOLED,
                format!("{database} cannot be used: {error}; migrations go this way"),
                "check DATABASE_URL_UNPOOLED and that the server runs and lets you in",
            ),
        }
        Ok(())
    })
}

/// Whether every table is there.
async fn check_schema(hallpass: &Hallpass, report: &mut Report) -> bool {
    let pending = match hallpass.migrations().await {
        Ok(all) => all
            .iter()
            .filter(|migration| migration.state == MigrationState::Pending)
            .count(),
        Err(error @ SchemaError::Newer(_)) => {
            report.serious(
                MIGRATIONS,
                error.to_string(),
                "install the newest version of Hallpass",
            );
            return false;
        }
        Err(error @ SchemaError::Changed(_)) => {
            report.serious(
                MIGRATIONS,
                error.to_string(),
                "restore a backup, or begin with another database",
            );
            return false;
        }
        Err(error) => {
            complain(hallpass, &error, report);
            return false;
        }
    };
    let database = &hallpass.settings().database;
    report.ok(DATABASE, format!("{database} answers"));
    if pending == 0 {
        report.ok(MIGRATIONS, "the schema is up to date");
        return true;
    }
    let finding = format!(
        "pending: {pending}; `hallpass serve` applies them unless it is given --no-migrate"
    );
    report.warning(MIGRATIONS, finding, "hallpass migrate");
    false
}

/// Whether there is a server that answers, or a file.
async fn check_reachable(hallpass: &Hallpass, report: &mut Report) -> bool {
    let before = hallpass.now();
    match hallpass.database_server().await {
        Ok(Some(server)) => check_server(&server, before, hallpass.now(), report),
        Ok(None) => {}
        Err(error) => {
            complain(hallpass, &error, report);
            return false;
        }
    }
    true
}

fn complain(hallpass: &Hallpass, error: &SchemaError, report: &mut Report) {
    let settings = hallpass.settings();
    let finding = format!("{} cannot be used: {error}", settings.database);
    report.serious(DATABASE, finding, exit::hint(settings));
}

async fn check_accounts(hallpass: &Hallpass, report: &mut Report) {
    if let Some(id) = first_id_after(hallpass.now().plus(Duration::from_mins(1))) {
        let later = hallpass.list_users(Some(id), 1).await;
        clock::check_newest_account(later.is_ok_and(|users| !users.is_empty()), report);
    }
}

async fn check_signing(hallpass: &Hallpass, report: &mut Report) {
    let signing = hallpass.settings().signing;
    if signing == Signing::Hs256 {
        return;
    }
    match hallpass.signing_keys().await {
        Ok(keys) => check_signing_keys(signing, &keys, report),
        Err(error) => report.serious(SIGNING, error.to_string(), "hallpass keys list"),
    }
}

fn check_signing_keys(signing: Signing, keys: &[SigningKey], report: &mut Report) {
    let name = signing.name();
    let current = keys
        .iter()
        .find(|key| key.state == SigningKeyState::Signing);
    match current {
        None => report.note(
            SIGNING,
            format!("a key of {name} will be made at the next start"),
        ),
        Some(key) if key.readable => {
            report.ok(
                SIGNING,
                format!("tokens are signed with {name}, by the key {}", key.id),
            );
        }
        Some(key) => {
            let finding = format!(
                "the secret does not open the signing key {}: nobody can sign in",
                key.id
            );
            let fix = "put the secret that it was made with second into BETTER_AUTH_SECRETS, or run `hallpass keys rotate --after 0`";
            report.serious(SIGNING, finding, fix);
        }
    }
    if keys.iter().any(|key| key.state == SigningKeyState::Idle) {
        let finding =
            "keys of another algorithm still verify tokens, since the setting was changed";
        report.note(SIGNING, finding);
    }
}

fn check_server(server: &DatabaseServer, before: Timestamp, after: Timestamp, report: &mut Report) {
    check_service(&server.version, server.read_only, report);
    if server.pooled {
        let finding = "is reached by way of a pooler that shares sessions out, so each read takes four messages, not one";
        report.note(DATABASE, finding);
    }
    // It read its clock somewhere between the two.
    clock::check_skew(before.plus(after.since(before) / 2), server.now, report);
}

fn check_service(version: &str, read_only: bool, report: &mut Report) {
    if read_only {
        let finding = "the database server takes no writes: it is a standby, or set to read only";
        report.serious(DATABASE, finding, "let DATABASE_URL name the primary");
    }
    let major = version
        .split(|character: char| !character.is_ascii_digit())
        .next();
    if major
        .and_then(|major| major.parse::<u32>().ok())
        .is_some_and(|major| major < OLDEST_SUPPORTED)
    {
        let finding = format!("PostgreSQL {version} gets no security fixes any more");
        report.warning(
            DATABASE,
            finding,
            format!("move to PostgreSQL {OLDEST_SUPPORTED} or later"),
        );
    } else {
        report.ok(DATABASE, format!("the server is PostgreSQL {version}"));
    }
}

/// Ids begin with the millisecond in which they were made (RFC 9562, section
/// 5.7), so accounts made later have ids after this one.
fn first_id_after(time: Timestamp) -> Option<UserId> {
    let millis = format!("{:012x}", time.unix_micros() / 1000);
    let (high, low) = millis.split_at_checked(8)?;
    UserId::parse(&format!("{high}-{low}-7000-8000-000000000000"))
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

    #[test]
    fn an_id_is_made_of_its_time() {
        let id = first_id_after(Timestamp::from_unix_seconds(1_800_000_000)).unwrap();
        assert_eq!(id.to_string(), "01a3185c-5000-7000-8000-000000000000");
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

    #[test]
    fn a_server_that_cannot_write_or_is_old_is_told_of() {
        let server = |version: &str, read_only| {
            let mut report = Report::default();
            check_service(version, read_only, &mut report);
            report.complaints()
        };
        assert_eq!(
            server("17.2 (Debian 17.2-1)", true),
            ["serious database_url"]
        );
        assert_eq!(server("13.9", false), ["warning database_url"]);
        assert_eq!(server("18devel", false), [""; 0]);
    }
}
