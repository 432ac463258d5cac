//! Limits are read before the work that they limit.

use serde_json::json;

use crate::rig::{Account, Answer, PASSWORD, PUBLIC_URL, Request, TestApp, on_both_engines};

const CLIENT: &str = "203.0.113.66";

fn register(app: &TestApp, email: &str, password: &str) -> Request {
    let body = json!({"email": email, "password": password});
    app.post("/api/v1/auth/register").from(CLIENT).json(&body)
}

/// The routes that register, by their form of a request.
fn registrations(app: &TestApp, email: &str, password: &str) -> [Request; 4] {
    let body = json!({"email": email, "password": password, "name": "Ann"});
    [
        app.post("/api/v1/auth/register").json(&body),
        app.post("/api/auth/register").json(&body),
        app.post("/api/auth/sign-up/email")
            .header("origin", PUBLIC_URL)
            .json(&body),
        app.post("/signup")
            .form(&[("email", email), ("password", password)]),
    ]
    .map(|request| request.from(CLIENT))
}

/// The routes that change an account.
fn changes(app: &TestApp, ann: &Account, name: &str) -> [Request; 3] {
    let body = json!({"name": name});
    [
        app.patch(&ann.path()).bearer(&ann.token).json(&body),
        app.post("/api/auth/update-user")
            .header("origin", PUBLIC_URL)
            .bearer(&ann.token)
            .json(&body),
        app.post("/dashboard")
            .cookie(&ann.token)
            .form(&[("name", name)]),
    ]
}

fn is_limited(answer: &Answer, retry_after: &str) {
    assert_eq!(answer.status, 429, "{answer}");
    assert_eq!(answer.header("retry-after"), Some(retry_after), "{answer}");
}

on_both_engines! {
    async fn registration_over_limit_only_reads(app) {
        for at in 0..20 {
            assert_eq!(register(&app, &format!("a{at}@example.com"), PASSWORD).await.status, 201);
        }
        let before = app.database.dump().await;
        // A weak password would be refused with 422 if its strength were estimated.
        for password in [PASSWORD, "password1"] {
            for request in registrations(&app, "new@example.com", password) {
                is_limited(&request.await, "3600");
            }
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn common_passwords_are_limited(app) {
        for at in 0..120 {
            let request = registrations(&app, "new@example.com", "password1").into_iter().nth(at % 4);
            let status = request.unwrap().await.status;
            assert!([422, 400, 303].contains(&status), "{at}: {status}");
        }
        let before = app.database.dump().await;
        for request in registrations(&app, "new@example.com", PASSWORD) {
            is_limited(&request.await, "3600");
        }
        assert_eq!(app.database.dump().await, before);
        let elsewhere = register(&app, "new@example.com", PASSWORD).from("203.0.113.67").await;
        assert_eq!(elsewhere.status, 201, "{elsewhere}");
        app.advance(3600);
        assert_eq!(register(&app, "other@example.com", PASSWORD).await.status, 201);
    }

    /// A common password counts too where another field is refused.
    async fn common_passwords_of_broken_registrations_are_limited(app) {
        for _ in 0..120 {
            assert_eq!(register(&app, "no address", "password1").await.status, 422);
        }
        is_limited(&register(&app, "no address", "password1").await, "3600");
    }

    async fn registrations_without_common_password_are_not_counted(app) {
        for _ in 0..130 {
            assert_eq!(register(&app, "new@example.com", "short").await.status, 422);
            let body = json!({"email": "new@example.com"});
            assert_eq!(app.post("/api/v1/auth/register").from(CLIENT).json(&body).await.status, 422);
        }
        assert_eq!(app.database.number("select count(*) from throttle").await, 0);
        assert_eq!(register(&app, "new@example.com", PASSWORD).await.status, 201);
    }

    async fn changes_of_account_are_limited_together(app) {
        let ann = app.account("ann@example.com").await;
        let bob = app.account("bob@example.com").await;
        for at in 0..60 {
            let request = changes(&app, &ann, &format!("Ann {at}")).into_iter().nth(at % 3);
            let status = request.unwrap().await.status;
            assert!([200, 303].contains(&status), "{at}: {status}");
        }
        let before = app.database.dump().await;
        for server in [&app, &app.another()] {
            for request in changes(server, &ann, "Eve") {
                is_limited(&request.await, "900");
            }
        }
        assert_eq!(app.database.dump().await, before);
        assert_eq!(app.me(&ann.token).await.json()["name"], "Ann 59");
        for request in changes(&app, &bob, "Bob") {
            assert!([200, 303].contains(&request.await.status));
        }
        app.advance(900);
        assert_eq!(changes(&app, &ann, "Ann").into_iter().next().unwrap().await.status, 200);
    }

    /// What changes nothing writes nothing.
    async fn refused_changes_are_not_counted(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        for _ in 0..70 {
            let patch = || app.patch(&ann.path()).bearer(&ann.token);
            assert_eq!(patch().json(&json!({"name": 7})).await.status, 422);
            assert_eq!(patch().json(&json!({})).await.status, 200);
            assert_eq!(app.patch(&ann.path()).json(&json!({"name": "Eve"})).await.status, 401);
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn limited_sign_in_only_reads(app) {
        app.account("ann@example.com").await;
        for _ in 0..5 {
            app.sign_in("ann@example.com", "not the password 7").from(CLIENT).await;
        }
        let before = app.database.dump().await;
        for _ in 0..5 {
            is_limited(&app.sign_in("ann@example.com", PASSWORD).from(CLIENT).await, "900");
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn parallel_changes_are_sixty(app) {
        let ann = app.account("ann@example.com").await;
        let servers = [app.clone(), app.another()];
        let mut changed = 0;
        for _ in 0..3 {
            let mut running = tokio::task::JoinSet::new();
            for at in 0..30 {
                let body = json!({"name": format!("Ann {at}")});
                let request = servers[at % 2].patch(&ann.path()).bearer(&ann.token).json(&body);
                running.spawn(async move { request.await.status });
            }
            changed += running.join_all().await.iter().filter(|status| **status == 200).count();
        }
        assert_eq!(changed, 60);
    }
}
