//! The command line from outside: what is typed, what comes back, and which
//! exit code. The files in `tests/cli` are read as documentation too; run
//! `TRYCMD=overwrite` to bring them up to date.
#![cfg(test)]

#[path = "cli/fixtures.rs"]
mod fixtures;
#[path = "cli/rig.rs"]
mod rig;

mod wrong_folders {
    use crate::rig::Folder;

    #[test]
    fn are_named_and_left_empty() {
        let folder = Folder::new();
        let place = folder.path().canonicalize().unwrap();
        let place = place.display();
        for args in [
            &["user", "list"][..],
            &["user", "create", "ann@example.com"],
            &["user", "show", "ann@example.com"],
            &["user", "set-password", "ann@example.com"],
            &["user", "delete", "ann@example.com", "--yes"],
            &["keys", "list"],
            &["keys", "rotate"],
            &["keys", "retire", "x", "--yes"],
            &["migrate", "--status"],
        ] {
            let said = folder
                .run_with(args, &[], "three unrelated words\n")
                .fails(3);
            let expected =
                format!("there is no data folder at {place}/hallpass-data; set HALLPASS_DATA_DIR");
            assert!(said.contains(&expected), "{args:?}: {said}");
            assert_eq!(folder.files(), [""; 0], "{args:?}");
        }
        let said = folder.run_with(&["token", "verify"], &[], "x").fails(1);
        assert!(
            said.contains(&format!("{place}/hallpass-data/secret")),
            "{said}"
        );
        assert!(said.contains("HALLPASS_DATA_DIR"), "{said}");
        folder.run(&["doctor"]).succeeds();
        assert_eq!(folder.files(), [""; 0]);
    }

    #[test]
    fn that_are_named_are_not_made() {
        let folder = Folder::new();
        let environment = [("HALLPASS_DATA_DIR", "elsewhere")];
        let said = folder
            .run_with(&["user", "list"], &environment, "")
            .fails(3);
        assert!(said.contains("/elsewhere; set HALLPASS_DATA_DIR"), "{said}");
        let environment = [
            ("DATABASE_URL", "sqlite://other.db"),
            ("HALLPASS_DATA_DIR", "."),
        ];
        let said = folder
            .run_with(&["user", "list"], &environment, "")
            .fails(3);
        assert!(
            said.contains("there is no database at ") && said.contains("/other.db; "),
            "{said}"
        );
        assert_eq!(folder.files(), [""; 0]);
        let said = folder.run(&["migrate"]).succeeds();
        assert!(
            said.contains("made the data folder ") && said.contains("made a secret in "),
            "{said}"
        );
    }

    #[test]
    fn without_a_secret_are_used_without_making_one() {
        let folder = Folder::new();
        let secret = [("BETTER_AUTH_SECRET", "0f9d2c7b41e86a35d0c2f7981b3e6a54")];
        folder.run_with(&["migrate"], &secret, "").succeeds();
        let before = folder.files();
        folder.run(&["user", "list"]).succeeds();
        let said = folder.run(&["keys", "list"]).fails(1);
        assert!(
            said.contains("there is no secret yet, neither in BETTER_AUTH_SECRET nor in /"),
            "{said}"
        );
        assert_eq!(folder.files(), before);
    }
}

mod doctor_looks {
    use crate::rig::Folder;

    #[test]
    fn and_makes_nothing() {
        let folder = Folder::new();
        folder.run(&["doctor"]).succeeds();
        assert_eq!(folder.files(), [""; 0]);
        folder.run(&["migrate"]).succeeds();
        let before = folder.files();
        folder.run(&["doctor"]).succeeds();
        assert_eq!(folder.files(), before);
    }

    #[test]
    fn into_data_folders_that_are_open_to_others() {
        let folder = Folder::new();
        folder.run(&["migrate"]).succeeds();
        folder.set_mode("hallpass-data", 0o755);
        let found = folder.run(&["doctor"]).succeeds();
        assert!(found.contains("warning  HALLPASS_DATA_DIR"), "{found}");
        assert!(found.contains("chmod 700 ./hallpass-data"), "{found}");
        folder.set_mode("hallpass-data/secret", 0o644);
        let found = folder.run(&["doctor"]).fails(1);
        assert!(found.contains("serious  ./hallpass-data/secret"), "{found}");
        assert!(
            found.contains("chmod 600 ./hallpass-data/secret"),
            "{found}"
        );
    }

    #[test]
    fn at_a_dot_env_that_is_open_to_others() {
        let folder = Folder::new();
        folder.write(
            ".env",
            "BETTER_AUTH_URL=https://auth.example.com\nCORS_ORIGINS=\nTRUSTED_PROXIES=127.0.0.1\n",
        );
        folder.set_mode(".env", 0o644);
        let secret = ("BETTER_AUTH_SECRET", "0f9d2c7b41e86a35d0c2f7981b3e6a54");
        let found = folder.run_with(&["doctor"], &[secret], "").succeeds();
        assert!(found.contains("warning  .env"), "{found}");
        folder.set_mode(".env", 0o600);
        let found = folder.run_with(&["doctor"], &[secret], "").succeeds();
        assert!(!found.contains("warning  .env"), "{found}");
    }

    #[test]
    fn at_database_files_that_are_none() {
        let folder = Folder::new();
        folder.write("notes.txt", "no database at all");
        let notes = format!("sqlite://{}", folder.path().join("notes.txt").display());
        let found = folder
            .run_with(&["doctor"], &[("DATABASE_URL", &notes)], "")
            .fails(1);
        assert!(
            found.contains("notes.txt is not a SQLite database"),
            "{found}"
        );
        let found = folder
            .run_with(
                &["doctor"],
                &[("DATABASE_URL", "sqlite://no/such/folder.db")],
                "",
            )
            .fails(1);
        assert!(found.contains("in a folder that is not there"), "{found}");
        folder.write("folder", "a file where the data folder should be");
        let found = folder
            .run_with(&["doctor"], &[("HALLPASS_DATA_DIR", "folder")], "")
            .fails(1);
        assert!(found.contains("folder is no folder"), "{found}");
        folder
            .run_with(&["doctor"], &[("HALLPASS_DATA_DIR", "folder/within")], "")
            .fails(1);
    }
}

mod schemas {
    use crate::rig::Folder;

    #[tokio::test]
    async fn of_a_newer_version_are_left_alone() {
        let folder = Folder::new();
        folder.run(&["migrate"]).succeeds();
        folder.sqlite("insert into hallpass_migrations select 9999, 'later', installed_on, success, checksum, 0 from hallpass_migrations limit 1").await;
        for args in [
            &["migrate"][..],
            &["migrate", "--status"],
            &["user", "list"],
        ] {
            let said = folder.run(args).fails(3);
            assert!(
                said.contains("made by a newer version of Hallpass (it has migration 9999"),
                "{said}"
            );
        }
        let found = folder.run(&["doctor"]).fails(1);
        assert!(found.contains("serious  migrations"), "{found}");
    }

    #[tokio::test]
    async fn that_were_changed_by_hand_are_left_alone() {
        let folder = Folder::new();
        folder.run(&["migrate"]).succeeds();
        folder
            .sqlite("update hallpass_migrations set checksum = x'00'")
            .await;
        for args in [
            &["migrate"][..],
            &["migrate", "--status"],
            &["user", "list"],
        ] {
            let said = folder.run(args).fails(3);
            assert!(
                said.contains("migration 1 in the database differs"),
                "{said}"
            );
        }
        let found = folder.run(&["doctor"]).fails(1);
        assert!(found.contains("serious  migrations"), "{found}");
    }

    #[tokio::test]
    async fn of_an_older_version_are_brought_up_to_date() {
        let folder = Folder::new();
        folder.run(&["migrate"]).succeeds();
        folder
            .sqlite("drop table throttle; delete from hallpass_migrations where version = 2")
            .await;
        let said = folder.run(&["migrate", "--status"]).succeeds();
        assert!(said.contains("2  pending  throttle"), "{said}");
        let found = folder.run(&["doctor"]).succeeds();
        assert!(found.contains("warning  migrations"), "{found}");
        let said = folder.run(&["migrate"]).succeeds();
        assert!(
            said.contains("applied 2 throttle") && !said.contains("applied 1"),
            "{said}"
        );
    }
}

mod tokens {
    use hallpass::{
        Client, Clock, DatabaseUrl, Hallpass, ManualClock, PublicUrl, Registration, Settings,
        SigningSecret, Timestamp,
    };
    use serde_json::Value;

    use crate::rig::Folder;

    const SECRET: &str = "0f9d2c7b41e86a35d0c2f7981b3e6a54";

    async fn issued(folder: &Folder, clock: Clock) -> String {
        let url = PublicUrl::parse("http://localhost:8000").unwrap();
        let database = DatabaseUrl::sqlite_file(folder.path().join("issuer.db"));
        let secret = SigningSecret::new(&SECRET.into()).unwrap();
        let hallpass = Hallpass::with_clock(Settings::new(url, secret, database), clock).unwrap();
        hallpass.migrate().await.unwrap();
        let words = "three unrelated words".into();
        let registration =
            Registration::new(hallpass.settings(), "ann@example.com", &words, None).unwrap();
        let client = Client::new(std::net::Ipv4Addr::LOCALHOST.into());
        let session = hallpass.register(registration, client).await.unwrap();
        let token = session.token.expose().to_owned();
        hallpass.close().await;
        token
    }

    #[tokio::test]
    async fn of_this_server_are_explained_and_never_repeated() {
        let folder = Folder::new();
        let token = issued(&folder, Clock::system()).await;
        let secret = [("BETTER_AUTH_SECRET", SECRET)];
        let said = folder
            .run_with(&["token", "verify"], &secret, &format!("Bearer {token}\n"))
            .succeeds();
        for expected in [
            "authentic and valid",
            "ann@example.com",
            "expires in 59 min",
            "http://localhost:8000",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
        assert!(token.split('.').all(|part| !said.contains(part)));
        assert_eq!(folder.files(), ["issuer.db"], "nothing is made");

        let json = folder
            .run_with(&["token", "verify", "--json"], &secret, &token)
            .succeeds();
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["valid"], true);
        assert_eq!(json["claims"]["email"], "ann@example.com");
        assert!((3500..=3600).contains(&json["expires_in"].as_u64().unwrap()));
    }

    #[tokio::test]
    async fn and_accounts_of_a_wrong_clock_are_told_of() {
        let folder = Folder::new();
        let year_2100 = ManualClock::at(Timestamp::from_unix_seconds(4_102_444_800));
        let token = issued(&folder, year_2100.into()).await;
        let url = format!("sqlite://{}", folder.path().join("issuer.db").display());
        let environment = [
            ("BETTER_AUTH_SECRET", SECRET),
            ("DATABASE_URL", url.as_str()),
        ];
        let said = folder
            .run_with(&["token", "verify"], &environment, &token)
            .fails(1);
        assert!(said.contains("refused (issued_in_future)"), "{said}");
        let found = folder.run_with(&["doctor"], &environment, "").succeeds();
        assert!(found.contains("warning  clock"), "{found}");
    }
}

mod on_postgres {
    use crate::rig::{Folder, postgres_schema};

    #[tokio::test]
    async fn accounts_are_made_and_the_doctor_is_content() {
        let url = postgres_schema("hallpass_cli_accounts").await;
        let (folder, environment) = (Folder::new(), [("DATABASE_URL", url.as_str())]);
        let run = |args: &[&str], input| folder.run_with(args, &environment, input);

        let pending = run(&["migrate", "--status"], "").succeeds();
        assert!(pending.contains("1  pending  users"), "{pending}");
        let found = run(&["doctor"], "").succeeds();
        assert!(found.contains("warning  migrations"), "{found}");
        assert!(found.contains("mend it: hallpass migrate"), "{found}");

        run(&["migrate"], "").succeeds();
        let applied = run(&["migrate", "--status"], "").succeeds();
        assert!(applied.contains("1  applied  users"), "{applied}");
        run(
            &["user", "create", "ann@example.com"],
            "three unrelated words\n",
        )
        .succeeds();
        let listed = run(&["user", "list"], "").succeeds();
        assert!(listed.contains("ann@example.com"), "{listed}");

        let found = run(&["doctor"], "").succeeds();
        assert!(found.contains("the server is PostgreSQL"), "{found}");
        assert!(
            found.contains("the database server's clock agrees"),
            "{found}"
        );
        assert!(!found.contains("warning"), "{found}");
        assert!(!found.contains("hallpass:"), "a password: {found}");
    }

    #[tokio::test]
    async fn the_doctor_sees_a_server_that_takes_no_writes() {
        let url = postgres_schema("hallpass_cli_standby").await;
        let folder = Folder::new();
        folder
            .run_with(&["migrate"], &[("DATABASE_URL", &url)], "")
            .succeeds();
        let standby = format!("{url}%20-cdefault_transaction_read_only%3Don");
        let found = folder
            .run_with(&["doctor"], &[("DATABASE_URL", &standby)], "")
            .fails(1);
        assert!(found.contains("takes no writes"), "{found}");
    }

    #[tokio::test]
    async fn a_wrong_password_is_exit_code_3_and_never_said() {
        let url = postgres_schema("hallpass_cli_password").await;
        let (before, after) = url.split_once('@').unwrap();
        let (user, _) = before.rsplit_once(':').unwrap();
        let folder = Folder::new();
        let wrong = format!("{user}:not-the-password@{after}");
        let said = folder
            .run_with(&["user", "list"], &[("DATABASE_URL", &wrong)], "")
            .fails(3);
        assert!(said.contains("check DATABASE_URL"), "{said}");
        assert!(!said.contains("not-the-password"), "{said}");
    }
}
