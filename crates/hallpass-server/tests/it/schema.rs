//! The database's schema at the start: brought up to date, left alone when
//! asked to, and not touched when it is newer.

use crate::rig::{Engine, Launch, Place, events, on_both_engines};

fn migrate(launch: Launch) -> Launch {
    launch.argument("migrate")
}

fn without_migrating(launch: Launch) -> Launch {
    launch.argument("serve").argument("--no-migrate")
}

on_both_engines! {
    async fn with_no_migrate_it_serves_and_is_ready_once_somebody_has_migrated(database) {
        let place = Place::new();
        let server = without_migrating(place.over(database)).start().await;
        let said = server.process.err.text();
        let pending = "migrations are pending: not ready until `hallpass migrate` has run";
        assert!(said.contains(pending), "{said}");
        assert_eq!(server.api.get("/healthz").await.status, 200);
        let ready = server.api.get("/readyz").await;
        assert_eq!(ready.verdict(), (503, "database_unavailable".to_owned()));
        assert!((1..=3).contains(&ready.retry_after()), "{ready:?}");

        let migrated = migrate(place.over(database)).end().await;
        assert_eq!(migrated.code, Some(0), "{migrated:?}");
        let ready = server.api.get("/readyz").await;
        assert_eq!(ready.status, 200, "{ready:?}");
        assert_eq!(server.api.register("ann@example.com").await.status, 201);
        server.stop().await;

        // Nothing is pending any more, so there is nothing to say.
        let server = without_migrating(place.over(database)).start().await;
        assert_eq!(server.api.get("/readyz").await.status, 200);
        assert!(!server.stop().await.err.contains("pending"));
    }

    async fn a_newer_database_is_refused_and_left_as_it_is(database) {
        let place = Place::new();
        place.over(database).start().await.stop().await;
        let ours = database.number("select max(version) from hallpass_migrations").await;
        database.execute(
            "insert into hallpass_migrations \
                 (version, description, success, checksum, execution_time) \
             select 4711, 'from the future', success, checksum, execution_time \
             from hallpass_migrations where version = 1",
        ).await;
        let launch = || place.over(database);
        for refused in [launch(), without_migrating(launch()), migrate(launch())] {
            let ended = refused.end().await;
            assert_eq!(ended.code, Some(3), "{}", ended.err);
            assert_eq!(
                ended.err.lines().last().unwrap(),
                "error: the database was made by a newer version of Hallpass (it has migration \
                 4711, which this version does not know); run that version or a later one"
            );
            assert_eq!(ended.out, "");
        }
        assert_eq!(database.number("select count(*) from users").await, 0);

        database.execute("delete from hallpass_migrations where version = 4711").await;
        place.over(database).start().await.stop().await;
        assert_eq!(database.number("select max(version) from hallpass_migrations").await, ours);
    }

    async fn a_schema_that_was_changed_by_hand_is_refused(database) {
        let place = Place::new();
        place.over(database).start().await.stop().await;
        let other = match database.engine() {
            Engine::Sqlite => "x'00'",
            Engine::Postgres => "'\\x00'",
        };
        let change = format!("update hallpass_migrations set checksum = {other} where version = 1");
        database.execute(&change).await;
        let ended = place.over(database).end().await;
        assert_eq!(ended.code, Some(3), "{}", ended.err);
        let expected = "error: migration 1 in the database differs from the one in this version";
        assert!(ended.err.lines().last().unwrap().starts_with(expected), "{}", ended.err);
    }

    async fn servers_that_start_together_migrate_once(database) {
        let place = Place::new();
        let starts = [(); 4].map(|()| place.over(database).spawn());
        for process in starts {
            let server = process.listening().await;
            assert_eq!(server.api.get("/readyz").await.status, 200);
            let ended = server.stop().await;
            let wrong = events(&ended.err).into_iter().find(|event| event["level"] != "INFO");
            assert_eq!(wrong, None);
        }
        let applied = database.number("select count(*) from hallpass_migrations").await;
        let newest = database.number("select max(version) from hallpass_migrations").await;
        assert_eq!(applied, newest, "numbered from one, each there once");
    }
}
