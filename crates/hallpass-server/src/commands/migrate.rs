//! `hallpass migrate`

use hallpass::{Hallpass, MigrationState, MigrationStatus};
use serde::Serialize;

use super::{library, output};
use crate::cli::{JsonArgs, MigrateArgs};
use crate::exit::Failure;
use crate::paint::{DIM, GOOD, WARN, paint};

pub(super) fn run(args: MigrateArgs) -> Result<(), Failure> {
    if args.status {
        // Asking about a SQLite file would make it.
        let settings = library::existing()?.look()?;
        return library::look(settings, async |hallpass| {
            show(&statuses(hallpass).await?, args.output)
        });
    }
    library::look(library::make()?, async |hallpass| {
        migrate(hallpass, args.output).await
    })
}

async fn migrate(hallpass: &Hallpass, output: JsonArgs) -> Result<(), Failure> {
    let before = statuses(hallpass).await?;
    let pending: Vec<_> = before
        .iter()
        .filter(|migration| is_pending(migration))
        .collect();
    if !pending.is_empty() {
        output::say(format!("Migrating {}", hallpass.settings().database));
    }
    hallpass
        .migrate()
        .await
        .map_err(|error| Failure::schema(hallpass, &error))?;
    for migration in &pending {
        output::say(format!(
            "  {} {} {}",
            paint(GOOD, "applied"),
            migration.version,
            migration.name
        ));
    }
    output::say("The database is up to date.");
    if output.json {
        return show(&statuses(hallpass).await?, output);
    }
    Ok(())
}

async fn statuses(hallpass: &Hallpass) -> Result<Vec<MigrationStatus>, Failure> {
    let unusable = |error| Failure::schema(hallpass, &error);
    // Of a server that is away, this says why.
    hallpass.database_server().await.map_err(unusable)?;
    hallpass.migrations().await.map_err(unusable)
}

fn show(migrations: &[MigrationStatus], output: JsonArgs) -> Result<(), Failure> {
    if output.json {
        return output::print_json(
            &migrations
                .iter()
                .map(MigrationJson::from)
                .collect::<Vec<_>>(),
        );
    }
    output::print(paint(DIM, "VERSION  STATE    NAME"))?;
    for migration in migrations {
        let style = if is_pending(migration) { WARN } else { GOOD };
        let state = paint(style, format!("{:<7}", state(migration)));
        output::print(format!(
            "{:>7}  {state}  {}",
            migration.version, migration.name
        ))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct MigrationJson<'a> {
    version: i64,
    name: &'a str,
    state: &'a str,
}

impl<'a> From<&'a MigrationStatus> for MigrationJson<'a> {
    fn from(migration: &'a MigrationStatus) -> Self {
        Self {
            version: migration.version,
            name: &migration.name,
            state: state(migration),
        }
    }
}

fn is_pending(migration: &MigrationStatus) -> bool {
    migration.state == MigrationState::Pending
}

fn state(migration: &MigrationStatus) -> &'static str {
    match migration.state {
        MigrationState::Applied => "applied",
        MigrationState::Pending => "pending",
    }
}
