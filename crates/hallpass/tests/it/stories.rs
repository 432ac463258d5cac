//! The five user stories, as a browser on our own pages lives them.

use serde_json::json;

use crate::rig::{COOKIE, PASSWORD, on_both_engines};

on_both_engines! {
    async fn who_registers_is_signed_in_at_once(app) {
        let browser = app.browser();
        let body = json!({"email": "ann@example.com", "password": PASSWORD});
        let registered = browser.request("POST", "/api/v1/auth/register").json(&body).await;
        assert_eq!(registered.status, 201, "{registered}");
        assert_eq!(browser.cookies(), [COOKIE]);

        let me = browser.request("GET", "/api/v1/auth/me").await;
        assert_eq!(me.status, 200, "{me}");
        assert_eq!(me.json(), registered.json()["user"]);
        let hash = app.database.text("select password_hash from users").await;
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert!(!hash.contains(PASSWORD));
    }

    async fn who_comes_back_signs_in_with_the_same_password(app) {
        app.account("ann@example.com").await;
        app.advance(90 * 24 * 3600);
        let browser = app.browser();
        let body = json!({"email": "ANN@example.com ", "password": PASSWORD});
        let signed_in = browser.request("POST", "/api/v1/auth/signin").json(&body).await;
        assert_eq!(signed_in.status, 200, "{signed_in}");
        let me = browser.request("GET", "/api/v1/auth/me").await;
        assert_eq!(me.json()["email"], "ann@example.com");
    }

    async fn a_token_opens_its_users_account_and_no_other(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        assert_eq!(app.get(&ann.path()).await.verdict(), (401, "authentication_required".to_owned()));
        let own = app.get(&ann.path()).bearer(&ann.token).await;
        assert_eq!(own.json()["id"], ann.id.as_str());
        let others = app.get(&bob.path()).bearer(&ann.token).await;
        assert_eq!(others.verdict(), (403, "access_denied".to_owned()));
    }

    async fn a_session_ends_after_an_hour(app) {
        let browser = app.browser();
        let body = json!({"email": "ann@example.com", "password": PASSWORD});
        let token = browser.request("POST", "/api/v1/auth/register").json(&body).await.token();
        app.advance(3599);
        assert_eq!(browser.request("GET", "/api/v1/auth/me").await.status, 200);
        app.advance(1);
        // The browser has dropped the cookie in the same second.
        assert_eq!(browser.cookies(), [""; 0]);
        let without = browser.request("GET", "/api/v1/auth/me").await;
        assert_eq!(without.verdict(), (401, "authentication_required".to_owned()));
        let expired = app.me(&token).await;
        assert_eq!(expired.json()["detail"], "Token expired. Please sign in again.");
    }

    async fn who_signs_out_has_to_sign_in_again(app) {
        let browser = app.browser();
        let body = json!({"email": "ann@example.com", "password": PASSWORD});
        browser.request("POST", "/api/v1/auth/register").json(&body).await;
        let out = browser.request("POST", "/api/v1/auth/signout").await;
        assert_eq!(out.json(), json!({"message": "Successfully signed out"}));
        assert_eq!(browser.cookies(), [""; 0]);
        let me = browser.request("GET", "/api/v1/auth/me").await;
        assert_eq!(me.verdict(), (401, "authentication_required".to_owned()));
        let again = browser.request("POST", "/api/v1/auth/signin").json(&body).await;
        assert_eq!(again.status, 200, "{again}");
        assert_eq!(browser.request("GET", "/api/v1/auth/me").await.status, 200);
    }
}
