//! How a database gets its tables, and when a server refuses one.

use hallpass::{MigrationState, SchemaError};
use tokio::task::JoinSet;

use crate::rig::{Engine, TestApp, on_both_engines};

async fn states(app: &TestApp) -> Vec<(i64, String, MigrationState)> {
    let all = app.hallpass.migrations().await.unwrap();
    all.into_iter()
        .map(|one| (one.version, one.name, one.state))
        .collect()
}

async fn ready(app: &TestApp) -> u16 {
    app.get("/readyz").may_fail().await.status
}

/// Whichever operation meets the database says the same.
async fn refusals(app: &TestApp) -> [SchemaError; 3] {
    [
        app.hallpass.migrate().await.unwrap_err(),
        app.hallpass.migrations().await.unwrap_err(),
        app.hallpass.is_ready().await.unwrap_err(),
    ]
}

on_both_engines! {
    async fn an_empty_database_is_migrated_and_then_ready(app) {
        let app = app.on_an_empty_database().await;
        let before = states(&app).await;
        assert_eq!(before, [
            (1, "users".to_owned(), MigrationState::Pending),
            (2, "throttle".to_owned(), MigrationState::Pending),
            (3, "signing keys".to_owned(), MigrationState::Pending),
            (4, "user image".to_owned(), MigrationState::Pending),
            (5, "rs256".to_owned(), MigrationState::Pending),
        ]);
        assert!(!app.hallpass.is_ready().await.unwrap());
        let not_ready = app.get("/readyz").may_fail().await;
        assert_eq!(not_ready.verdict(), (503, "database_unavailable".to_owned()));
        assert!(not_ready.header("retry-after").is_some());
        assert_eq!(app.get("/healthz").await.status, 200);

        app.hallpass.migrate().await.unwrap();
        let after = states(&app).await;
        assert_eq!(after.len(), before.len());
        assert!(after.iter().all(|(_, _, state)| *state == MigrationState::Applied), "{after:?}");
        assert!(app.hallpass.is_ready().await.unwrap());
        assert_eq!(ready(&app).await, 200);
        app.account("ann@example.com").await;
    }

    async fn looking_changes_nothing(app) {
        let app = app.on_an_empty_database().await;
        states(&app).await;
        ready(&app).await;
        assert_eq!(app.database.table_count().await, 0);
    }

    /// The rows of before are all there, and a key of each algorithm is taken.
    async fn signing_keys_survive_migration_to_rs256(app) {
        let by_keys = app.with(|settings| settings.signing = hallpass::Signing::EdDsa);
        let ann = by_keys.account("ann@example.com").await;
        by_keys.hallpass.rotate_signing_key(hallpass::ROTATION_LEAD).await.unwrap();
        let before = app.database.dump().await;
        let again = include_migration(app.engine());
        app.database.execute(again).await;
        assert_eq!(app.database.dump().await, before);
        assert_eq!(by_keys.another().me(&ann.token).await.status, 200);
    }

    async fn migrating_again_changes_nothing(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        let log = app.database.texts("select cast(version as text), cast(installed_on as text) from hallpass_migrations").await;
        app.hallpass.migrate().await.unwrap();
        app.another().hallpass.migrate().await.unwrap();
        assert_eq!(app.database.dump().await, before);
        let again = app.database.texts("select cast(version as text), cast(installed_on as text) from hallpass_migrations").await;
        assert_eq!(again, log);
        assert_eq!(app.me(&ann.token).await.status, 200);
    }

    async fn servers_that_start_together_migrate_once(app) {
        let app = app.on_an_empty_database().await;
        let mut starting = JoinSet::new();
        for _ in 0..6 {
            let server = app.another().hallpass;
            starting.spawn(async move { server.migrate().await });
        }
        for outcome in starting.join_all().await {
            outcome.unwrap();
        }
        let versions = app.database.texts("select cast(version as text) from hallpass_migrations order by version").await;
        assert_eq!(versions.concat(), ["1", "2", "3", "4", "5"]);
        assert_eq!(ready(&app).await, 200);
        app.account("ann@example.com").await;
    }

    async fn a_database_of_a_newer_version_is_refused(app) {
        app.database.execute(
            "insert into hallpass_migrations (version, description, success, checksum, execution_time)
             select 9999, 'of tomorrow', success, checksum, execution_time from hallpass_migrations where version = 1",
        ).await;
        for refused in refusals(&app).await {
            assert!(matches!(refused, SchemaError::Newer(9999)), "{refused:?}");
            assert!(!refused.is_unavailable());
            assert_eq!(
                refused.to_string(),
                "the database was made by a newer version of Hallpass (it has migration 9999, which this \
                 version does not know); run that version or a later one"
            );
        }
        assert_eq!(ready(&app).await, 503);
        assert_eq!(app.database.number("select count(*) from hallpass_migrations").await, 6);
    }

    async fn a_database_with_another_migration_of_the_number_is_refused(app) {
        let forge = match app.engine() {
            Engine::Sqlite => "update hallpass_migrations set checksum = x'00' where version = 2",
            Engine::Postgres => "update hallpass_migrations set checksum = '\\x00' where version = 2",
        };
        app.database.execute(forge).await;
        for refused in refusals(&app).await {
            assert!(matches!(refused, SchemaError::Changed(2)), "{refused:?}");
            let sentence = refused.to_string();
            assert!(sentence.starts_with("migration 2 in the database differs from the one in this version"), "{sentence}");
        }
        assert_eq!(ready(&app).await, 503);
    }

    async fn a_migration_that_fails_can_be_repeated(app) {
        let app = app.on_an_empty_database().await;
        app.database.execute("create table throttle (somebody_elses integer)").await;
        assert!(app.hallpass.migrate().await.is_err());
        assert!(!app.hallpass.is_ready().await.unwrap());
        assert_eq!(ready(&app).await, 503);
        app.database.execute("drop table throttle").await;
        app.hallpass.migrate().await.unwrap();
        assert_eq!(ready(&app).await, 200);
    }

    async fn an_embedders_own_tables_and_migrations_are_left_alone(app) {
        let app = app.on_an_empty_database().await;
        app.database.execute("create table _sqlx_migrations (version bigint); insert into _sqlx_migrations values (7)").await;
        app.database.execute("create table tasks (title text); insert into tasks values ('Write tests')").await;
        app.hallpass.migrate().await.unwrap();
        assert_eq!(ready(&app).await, 200);
        assert_eq!(app.database.text("select title from tasks").await, "Write tests");
        assert_eq!(app.database.number("select version from _sqlx_migrations").await, 7);
    }

    async fn a_database_that_is_away_can_be_tried_again(app) {
        let missing = app.database.missing_url();
        let away = app.with(|settings| settings.database = missing);
        for refused in refusals(&away).await {
            assert!(refused.is_unavailable(), "{refused:?}");
        }
    }

    async fn before_it_is_migrated_a_server_answers_with_a_fault_and_no_detail(app) {
        let app = app.on_an_empty_database().await;
        let answer = app.sign_in("ann@example.com", "x").may_fail().await;
        assert!([500, 503].contains(&answer.status), "{answer}");
        assert!(!answer.text().contains("throttle") && !answer.text().contains("table"), "{answer}");
    }
}

/// The migration that is run once more: what it takes is what it leaves.
fn include_migration(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => include_str!("../../migrations/sqlite/0005_rs256.sql"),
        Engine::Postgres => include_str!("../../migrations/postgres/0005_rs256.sql"),
    }
}
