//! A user's own account, and everybody else's.

use serde_json::{Value, json};

use crate::rig::{Account, TestApp, on_both_engines, percent_encoded};

/// Ids that nobody has, and texts that are none.
const NOBODYS: &str = "00000000-0000-0000-0000-000000000000 ffffffff-ffff-7fff-bfff-ffffffffffff
    01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f 0 1 -1 me self null undefined * %2A %00 %20 %ff %c3%28 %ed%a0%80
    a%2fb ..%2fme %2e%2e '%20or%201=1%20-- %27%20or%201%3D1%20-- users%3Fid=1 %7Bid%7D a.b a;b %C3%BC";

/// What may stand in the place of the id, when it is not Ann's.
fn others(bob: &Account) -> Vec<String> {
    let mut ids: Vec<String> = NOBODYS.split_whitespace().map(str::to_owned).collect();
    let bob = &bob.id;
    ids.extend([
        "x".repeat(8_000),
        bob.clone(),
        bob.to_uppercase(),
        percent_encoded(bob.as_bytes()),
        bob.replace('-', ""),
        format!("%7B{bob}%7D"),
        format!("urn:uuid:{bob}"),
        format!("{bob}%00"),
        format!("{bob}%20"),
        format!("%20{bob}"),
    ]);
    ids
}

async fn refused_alike(app: &TestApp, ann: &Account, ids: &[String]) {
    let mut answers = Vec::new();
    for id in ids {
        let path = format!("/api/v1/users/{id}");
        let sent = [
            app.get(&path).bearer(&ann.token).await,
            app.get(&path).cookie(&ann.token).await,
            app.patch(&path)
                .bearer(&ann.token)
                .json(&json!({"name": "Eve"}))
                .await,
            app.patch(&path).bearer(&ann.token).raw("nonsense").await,
            app.patch(&path)
                .cookie(&ann.token)
                .json(&json!({"name": 5}))
                .await,
        ];
        answers.extend(sent.into_iter().map(|answer| (path.clone(), answer)));
    }
    let expected = app.get("/api/v1/users/x").bearer(&ann.token).await;
    assert_eq!(expected.verdict(), (403, "access_denied".to_owned()));
    for (path, answer) in answers {
        assert_eq!(answer.bytes(), expected.bytes(), "{path}");
    }
}

on_both_engines! {
    async fn asvs_8_2_2_any_id_but_ones_own_gets_the_same_bytes(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        let before = app.database.dump().await;
        let mut ids = others(&bob);
        // Ann's own in forms that are not an id's.
        ids.extend([ann.id.replace('-', ""), format!("%7B{}%7D", ann.id), format!("urn:uuid:{}", ann.id),
            format!("{}%00", ann.id),
                    format!("{}%20", ann.id), ann.id[..35].to_owned(), format!("{}0", ann.id)]);
        refused_alike(&app, &ann, &ids).await;
        assert_eq!(app.database.dump().await, before);
    }

    /// Somebody else's id, once they are gone, is an unknown one.
    async fn a_deleted_users_id_is_as_unknown_as_any(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        app.database.execute("delete from users where email_key = 'bob@example.com'").await;
        refused_alike(&app, &ann, &[bob.id]).await;
    }

    /// UUIDs are read in any case (RFC 9562, section 4), and a URL means the
    /// same with a character percent-encoded (RFC 3986, section 6.2.2.2).
    async fn ones_own_id_is_ones_own_however_it_is_spelt(app) {
        let ann = app.account("ann@example.com").await;
        let expected = app.get(&ann.path()).bearer(&ann.token).await;
        let encoded = percent_encoded(ann.id.as_bytes());
        for id in [ann.id.to_uppercase(), encoded] {
            let answer = app.get(&format!("/api/v1/users/{id}")).bearer(&ann.token).await;
            assert_eq!(answer.bytes(), expected.bytes(), "{id}");
        }
    }

    async fn without_a_token_no_id_is_better_than_another(app) {
        let ann = app.account("ann@example.com").await;
        let expected = app.get("/api/v1/auth/me").await.bytes();
        for path in [ann.path(), "/api/v1/users/x".to_owned(), "/api/v1/users/%ff".to_owned()] {
            assert_eq!(app.get(&path).await.bytes(), expected);
            assert_eq!(app.patch(&path).json(&json!({"name": "Eve"})).await.bytes(), expected);
        }
    }

    async fn a_change_reaches_the_name_and_the_time_of_change_and_nothing_else(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        let columns = "email, email_key, password_hash, cast(created_at as text)";
        let all = format!("select {columns} from users order by email_key");
        let before = app.database.texts(&all).await;
        app.advance(60);
        let answer = app.patch(&ann.path()).bearer(&ann.token).json(&json!({"name": "Ann"})).await;
        assert_eq!(answer.json()["name"], "Ann");
        assert_eq!(app.database.texts(&all).await, before);
        let names = app.database.texts("select email_key, name from users order by email_key").await;
        assert_eq!(names, [["ann@example.com", "Ann"], ["bob@example.com", "Somebody"]]);
        let changed = "select email_key from users where updated_at <> created_at";
        assert_eq!(app.database.texts(changed).await, [["ann@example.com"]]);
        drop(bob);
    }

    async fn asvs_8_2_3_keys_that_are_not_for_the_user_change_nothing(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        let before = app.database.dump().await;
        let body = json!({
            "id": bob.id, "user_id": bob.id, "sub": bob.id, "email": "eve@example.com", "email_key": "eve@example.com",
            "password": "another password 7", "password_hash": "$2b$04$x", "passwordHash": "x", "role": "admin",
            "roles": ["admin"],
            "is_admin": true, "created_at": "1970-01-01T00:00:00Z",
            "updated_at": 0, "__proto__": {"admin": true}, "Name": "Eve", "NAME": "Eve",
        });
        let answer = app.patch(&ann.path()).bearer(&ann.token).json(&body).await;
        assert_eq!(answer.bytes(), app.me(&ann.token).await.bytes());
        assert_eq!(app.database.dump().await, before);
    }

    async fn asvs_8_2_3_registration_takes_its_three_keys_alone(app) {
        let bob = app.account("bob@example.com").await;
        let body = json!({
            "email": "ann@example.com", "password": crate::rig::PASSWORD, "id": bob.id, "role": "admin",
            "is_admin": true,
            "email_verified": true, "created_at": "1970-01-01T00:00:00Z", "password_hash": "$2b$04$x",
            "email_key": "bob@example.com",
        });
        let answer = app.post("/api/v1/auth/register").json(&body).await;
        assert_eq!(answer.status, 201, "{answer}");
        let user = answer.json()["user"].take();
        assert_ne!(user["id"], bob.id.as_str());
        assert_eq!(user["created_at"], "2027-01-15T08:00:00Z");
        let keys: Vec<_> = user.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["created_at", "email", "id", "name"]);
    }

    async fn asvs_14_2_6_no_answer_holds_a_hash_or_another_users_data(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        let hashes = app.database.texts("select password_hash from users").await;
        for answer in [
            app.me(&ann.token).await,
            app.get(&ann.path()).bearer(&ann.token).await,
            app.patch(&ann.path()).bearer(&ann.token).json(&json!({"name": "x"})).await,
            app.sign_in("ann@example.com", crate::rig::PASSWORD).await,
            app.get(&bob.path()).bearer(&ann.token).await,
        ] {
            let text = answer.text();
            assert!(!text.contains("argon2") && !text.contains("hash"), "{text}");
            assert!(hashes.iter().flatten().all(|hash| !text.contains(hash.as_str())));
            assert!(!text.contains("bob") && !text.contains(&bob.id), "{text}");
        }
    }

    async fn a_name_is_kept_as_it_was_typed(app) {
        let ann = app.account("ann@example.com").await;
        for name in ["<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "'; drop table users; --",
            "\u{202e}cod.exe", "%s%n"] {
            let answer = app.patch(&ann.path()).bearer(&ann.token).json(&json!({"name": name})).await;
            assert_eq!(answer.json()["name"], Value::from(name));
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
        assert_eq!(app.database.users().await, 1);
    }
}
