//! Nobody learns from a sign-in whether an address has an account: the bytes of
//! the answers, one after the other, are the same.

use crate::rig::{PASSWORD, TestApp, on_both_engines};

/// Seven tries with a wrong password, from a client of their own.
async fn tries(app: &TestApp, email: &str, client: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for _ in 0..7 {
        let answer = app.sign_in(email, "not the password 7").from(client).await;
        answers.push(answer.bytes());
        app.advance(1);
    }
    answers
}

on_both_engines! {
    async fn asvs_6_3_8_every_kind_of_account_answers_like_none(app) {
        for name in ["known", "without", "broken", "bcrypt", "deleted"] {
            app.account(&format!("{name}@example.com")).await;
        }
        let bcrypt = bcrypt::hash(PASSWORD, 4).unwrap();
        for (name, value) in [("without", "null"), ("broken", "'$argon2id$v=19$nonsense'"), ("bcrypt",
            &format!("'{bcrypt}'"))] {
            let key = format!("{name}@example.com");
            app.database.execute(&format!("update users set password_hash = {value} where email_key = '{key}'")).await;
        }
        app.database.execute("delete from users where email_key = 'deleted@example.com'").await;

        let start = app.clock.now();
        let unknown = tries(&app, "unknown@example.com", "192.0.2.77").await;
        let verdicts: Vec<_> = unknown.iter().map(|answer| answer[..3].to_owned()).collect();
        assert_eq!(verdicts, ["401", "401", "401", "401", "401", "429", "429"]);
        for (at, email) in ["known@example.com", "without@example.com", "broken@example.com", "bcrypt@example.com",
                            "deleted@example.com", "KNOWN@EXAMPLE.COM ",
                            "stranger@xn--bcher-kva.example"].into_iter().enumerate() {
            app.clock.set(start);
            if email.starts_with("KNOWN") {
                app.database.execute("delete from throttle").await;
            }
            let answers = tries(&app, email, &format!("192.0.2.{}", 100 + at)).await;
            assert_eq!(answers, unknown, "{email}");
        }
    }

    /// Without a password nothing is right, not even nothing.
    async fn an_account_without_a_password_cannot_be_signed_in_to(app) {
        app.account("ann@example.com").await;
        app.database.execute("update users set password_hash = null").await;
        for password in [PASSWORD, "null", "-", "\0", " "] {
            assert_eq!(app.sign_in("ann@example.com", password).await.verdict(), (401, "invalid_credentials".to_owned()));
        }
    }

    async fn the_database_is_left_alike(app) {
        app.account("ann@example.com").await;
        app.database.execute("delete from throttle").await;
        for email in ["ann@example.com", "eve@example.com"] {
            let before = app.database.texts("select email, cast(updated_at as text) from users").await;
            app.sign_in(email, "not the password 7").from(&crate::rig::fresh_client()).await;
            let rows = app.database.texts("select cast(hits as text), cast(ends_at as text) from throttle").await;
            assert_eq!(rows.len(), 3, "the address, the client, and both");
            assert!(rows.iter().all(|row| row[0] == "1"), "{rows:?}");
            assert_eq!(app.database.texts("select email, cast(updated_at as text) from users").await, before);
            app.database.execute("delete from throttle").await;
        }
    }

    /// People type a password into the address field.
    async fn asvs_14_2_4_what_was_tried_is_not_kept(app) {
        app.sign_in("hunter2-secret@example.com", "canary-password-7").await;
        let dump = app.database.dump().await;
        assert!(!dump.contains("hunter2") && !dump.contains("canary"), "{dump}");
        let length = match app.engine() {
            crate::rig::Engine::Sqlite => "select count(*) from throttle where length(subject) = 32",
            crate::rig::Engine::Postgres => "select count(*) from throttle where octet_length(subject) = 32",
        };
        assert_eq!(app.database.number(length).await, 3);
    }
}
