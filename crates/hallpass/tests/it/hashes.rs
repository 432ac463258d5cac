//! How passwords are kept: which hashes are read, and when one is replaced.

use hallpass::{HashPolicy, Settings, UserId};
use serde_json::json;

use crate::rig::{
    CHEAP_ARGON2ID, CHEAP_BCRYPT, Database, PASSWORD, START, TestApp, on_both_engines,
};

async fn hash(app: &TestApp) -> String {
    app.database.text("select password_hash from users").await
}

async fn plant(database: &Database, hash: &str) {
    database
        .execute(&format!("update users set password_hash = '{hash}'"))
        .await;
}

fn set(policy: HashPolicy) -> impl FnOnce(&mut Settings) {
    move |settings| settings.password_hash = policy
}

on_both_engines! {
    async fn a_hash_of_the_other_algorithm_is_taken_and_replaced(app) {
        for (old, new) in [(CHEAP_ARGON2ID, CHEAP_BCRYPT), (CHEAP_BCRYPT, CHEAP_ARGON2ID)] {
            let (old, new) = (app.with(set(old)), app.with(set(new)));
            old.account("ann@example.com").await;
            let before = hash(&app).await;
            // A wrong password replaces nothing.
            assert_eq!(new.sign_in("ann@example.com", "wrong").await.status, 401);
            assert_eq!(hash(&app).await, before);
            assert_eq!(new.sign_in("ann@example.com", PASSWORD).await.status, 200);
            let after = hash(&app).await;
            let prefix = if before.starts_with("$2b$04$") { "$argon2id$v=19$m=64,t=1,p=1$" } else { "$2b$04$" };
            assert!(after.starts_with(prefix), "{before} became {after}");
            assert_eq!(new.sign_in("ann@example.com", PASSWORD).await.status, 200);
            assert_eq!(hash(&app).await, after, "once is enough");
            assert_eq!(old.sign_in("ann@example.com", PASSWORD).await.status, 200, "and back");
            app.database.execute("delete from users").await;
        }
    }

    async fn asvs_11_2_2_a_hash_of_another_cost_is_replaced(app) {
        app.account("ann@example.com").await;
        for (policy, prefix) in [
            (HashPolicy::Argon2id { memory_kib: 128, passes: 1 }, "$argon2id$v=19$m=128,t=1,p=1$"),
            (HashPolicy::Argon2id { memory_kib: 128, passes: 2 }, "$argon2id$v=19$m=128,t=2,p=1$"),
            (HashPolicy::Bcrypt { cost: 5 }, "$2b$05$"),
            (HashPolicy::Bcrypt { cost: 4 }, "$2b$04$"),
            (CHEAP_ARGON2ID, "$argon2id$v=19$m=64,t=1,p=1$"),
        ] {
            let app = app.with(set(policy));
            assert_eq!(app.sign_in("ann@example.com", PASSWORD).await.status, 200);
            assert!(hash(&app).await.starts_with(prefix), "{}", hash(&app).await);
        }
    }

    async fn asvs_11_4_2_equal_passwords_have_different_hashes(app) {
        for at in 0..5 {
            app.account(&format!("a{at}@example.com")).await;
        }
        let mut hashes = app.database.texts("select password_hash from users").await.concat();
        assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$")), "{hashes:?}");
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), 5);
    }

    async fn the_default_is_what_the_contract_says(app) {
        let app = app.with(set(HashPolicy::ARGON2ID));
        app.account("ann@example.com").await;
        assert!(hash(&app).await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash(&app).await);
        let app = app.with(set(HashPolicy::BCRYPT));
        assert_eq!(app.sign_in("ann@example.com", PASSWORD).await.status, 200);
        assert!(hash(&app).await.starts_with("$2b$12$"), "{}", hash(&app).await);
    }

    /// Better Auth's users of old have bcrypt hashes under one of three names.
    async fn hashes_that_others_made_are_taken(app) {
        let made = bcrypt::hash(PASSWORD, 4).unwrap();
        app.account("ann@example.com").await;
        for name in ["$2a$", "$2b$", "$2y$"] {
            plant(&app.database, &made.replacen("$2b$", name, 1)).await;
            assert_eq!(app.sign_in("ann@example.com", "wrong").await.status, 401, "{name}");
            assert_eq!(app.sign_in("ann@example.com", PASSWORD).await.status, 200, "{name}");
            assert!(hash(&app).await.starts_with("$argon2id$"));
        }
    }

    async fn a_password_that_bcrypt_cannot_take_keeps_its_hash(app) {
        let long = "kq7 vz2 ".repeat(16);
        let body = json!({"email": "ann@example.com", "password": long});
        assert_eq!(app.post("/api/v1/auth/register").json(&body).await.status, 201);
        let before = hash(&app).await;
        let app = app.with(set(CHEAP_BCRYPT));
        assert_eq!(app.sign_in("ann@example.com", &long).await.status, 200);
        assert_eq!(hash(&app).await, before);
    }

    /// On PostgreSQL the trigger would say so anyway; the engines agree.
    async fn a_replaced_hash_is_a_change_of_the_row(app) {
        let ann = app.account("ann@example.com").await;
        app.advance(60);
        let app = app.with(set(CHEAP_BCRYPT));
        assert_eq!(app.sign_in("ann@example.com", PASSWORD).await.status, 200);
        assert!(hash(&app).await.starts_with("$2b$04$"));
        let row = app.hallpass.find_user(UserId::parse(&ann.id).unwrap()).await.unwrap().unwrap();
        assert_eq!(row.updated_at, app.clock.now());
        assert_eq!(row.created_at.unix_seconds(), START);
    }

    async fn a_row_that_holds_no_hash_of_ours_opens_nothing(app) {
        app.account("ann@example.com").await;
        for planted in [
            "", " ", "x", PASSWORD, "$", "$$$$", "$1$salt$hash", "$5$rounds=1$x$y", "$2b$04$",
            "$2b$99$......................................................",
            "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$",
            "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=64,t=4294967295,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=1,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            app.database.execute("delete from throttle").await;
            plant(&app.database, planted).await;
            for password in [PASSWORD, planted] {
                let status = app.sign_in("ann@example.com", password).await.status;
                assert!(status == 401 || (password.is_empty() && status == 422), "{planted} answers {status}");
            }
            assert_eq!(hash(&app).await, planted);
        }
    }
}
