//! `hallpass rls` and `hallpass doctor --rls`: what the one prints, the other
//! finds nothing wrong with.

use serde_json::Value;

use crate::rig::{Database, Engine, Place};

const TABLES: &str = "create schema app; \
    create table app.tasks (owner uuid not null, title text not null); \
    create table app.\"Notes\" (owner uuid not null, body text not null)";

const NAMES: [&str; 2] = ["app.tasks", "app.\"Notes\""];

/// Runs the binary, and expects this exit code: what it said on standard output.
async fn run(database: &Database, arguments: &[&str], code: i32) -> String {
    let place = Place::new();
    let mut launch = place.over(database);
    for argument in arguments {
        launch = launch.argument(argument);
    }
    let ended = launch.end().await;
    assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
    ended.out
}

async fn doctor(database: &Database, role: &str, code: i32) -> String {
    let [first, second] = NAMES;
    run(
        database,
        &["doctor", "--rls", first, second, "--role", role],
        code,
    )
    .await
}

#[tokio::test]
async fn what_is_printed_makes_tables_that_the_doctor_is_content_with() {
    let database = Database::new(Engine::Postgres).await;
    database.execute(TABLES).await;
    let role = format!("rls_cli_{}", std::process::id());

    let missing = doctor(&database, &role, 1).await;
    assert!(missing.contains("there is no such role"), "{missing}");

    let [first, second] = NAMES;
    let sql = run(
        &database,
        &["rls", first, second, "--owner", "owner", "--role", &role],
        0,
    )
    .await;
    for _ in 0..2 {
        database.execute(&sql).await;
    }
    let content = doctor(&database, &role, 0).await;
    assert!(
        content.contains("2 checks: 0 serious, 0 to warn of"),
        "{content}"
    );

    holes_are_found(&database, &role).await;
    database
        .execute(&format!("drop schema app cascade; drop role {role}"))
        .await;
    database.remove().await;
}

async fn holes_are_found(database: &Database, role: &str) {
    let holes = format!(
        "alter table app.tasks no force row level security; \
         grant truncate on app.\"Notes\" to {role}; drop index app.\"Notes_owner_idx\""
    );
    database.execute(&holes).await;
    let found = doctor(database, role, 1).await;
    for expected in [
        "serious  app.tasks",
        "to mend it: alter table app.tasks force row level security;",
        "3 checks: 2 serious, 1 to warn of",
    ] {
        assert!(found.contains(expected), "{expected}: {found}");
    }
    let notes = "app.\"Notes\"";
    let arguments = ["doctor", "--json", "--role", role, "--rls", notes];
    let json: Value = serde_json::from_str(&run(database, &arguments, 1).await).unwrap();
    assert_eq!(json["serious"], 1);
    for (at, level) in ["warning", "serious"].into_iter().enumerate() {
        assert_eq!(json["checks"][at]["name"], notes);
        assert_eq!(json["checks"][at]["level"], level);
    }
}

#[tokio::test]
async fn without_a_role_it_is_the_one_that_logs_in() {
    let database = Database::new(Engine::Postgres).await;
    database.execute(TABLES).await;
    let found = run(&database, &["doctor", "--rls", "app.tasks"], 1).await;
    assert!(
        found.contains("is a superuser, to whom no policy applies"),
        "{found}"
    );
    assert!(
        !found.contains("HALLPASS_DATA_DIR"),
        "nothing else is looked at: {found}"
    );
    database.remove().await;
}
