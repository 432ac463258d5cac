//! The database as it answers: is it up to date, and does it take writes?

use std::time::Duration;

use hallpass::{
    DatabaseServer, Hallpass, MigrationState, SchemaError, Settings, Signing, SigningKey,
    SigningKeyState, Timestamp, UserId,
};

use super::clock;
use super::fix::Fix;
use super::report::Report;
use crate::commands::library;
use crate::exit::{self, Failure};

const DATABASE: &str = "DATABASE_URL";
const UNPOOLED: &str = "DATABASE_URL_UNPOOLED";
const MIGRATIONS: &str = "migrations";
const SIGNING: &str = "HALLPASS_SIGNING";

/// Major versions before this one get no security fixes any more.
const OLDEST_SUPPORTED: u32 = 14;

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

/// Asks the database of a server that runs.
pub(super) async fn check_running(hallpass: &Hallpass, report: &mut Report) {
    if check_reachable(hallpass, report).await {
        check_signing(hallpass, report).await;
    }
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
                Fix::unset(UNPOOLED)
                    .remark("or check it, and that the server runs and lets you in"),
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
    report.warning(MIGRATIONS, finding, Fix::run("hallpass migrate"));
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
            let fix = Fix::run("hallpass keys rotate --after 0")
                .remark("or put the secret that it was made with second into BETTER_AUTH_SECRETS");
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
    fn an_id_is_made_of_its_time() {
        let id = first_id_after(Timestamp::from_unix_seconds(1_800_000_000)).unwrap();
        assert_eq!(id.to_string(), "01a3185c-5000-7000-8000-000000000000");
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
