//! What each route answers when all is well, whole.

use insta::assert_snapshot;
use serde_json::json;

use crate::rig::{PASSWORD, fresh_client, on_both_engines};

on_both_engines! {
    async fn registration_gives_a_token_a_cookie_and_the_account(app) {
        let body = json!({"email": " Ann@Example.com ", "password": PASSWORD, "name": "Ann"});
        let answer = app.post("/api/v1/auth/register").json(&body).await;
        assert_snapshot!(answer, @r#"
        201
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 450
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        set-cookie: hallpass.device=<device>; Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.session_token=<token>; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"access_token":"<token>","token_type":"bearer","expires_in":3600,"user":{"id":"<uuid>","email":"Ann@Example.com","name":"Ann","created_at":"2027-01-15T08:00:00Z"}}
        "#);
        let cookie = answer.cookies()[0];
        assert!(cookie.contains(&format!("={};", answer.token())), "one token in both");
    }

    async fn the_name_may_be_missing_or_null_or_blank(app) {
        let without = json!({"email": "a@example.com", "password": PASSWORD});
        let null = json!({"email": "b@example.com", "password": PASSWORD, "name": null});
        let blank = json!({"email": "c@example.com", "password": PASSWORD, "name": " \t "});
        for body in [without, null, blank] {
            let answer = app.post("/api/v1/auth/register").json(&body).await;
            assert_eq!(answer.status, 201, "{answer}");
            assert_eq!(answer.json()["user"]["name"], json!(null));
        }
    }

    async fn signing_in_gives_the_same(app) {
        app.account("ann@example.com").await;
        let answer = app.sign_in("ann@example.com", PASSWORD).await;
        assert_snapshot!(answer, @r#"
        200
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 455
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        set-cookie: hallpass.device=<device>; Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.session_token=<token>; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"access_token":"<token>","token_type":"bearer","expires_in":3600,"user":{"id":"<uuid>","email":"ann@example.com","name":"Somebody","created_at":"2027-01-15T08:00:00Z"}}
        "#);
    }

    async fn signing_out_takes_the_cookie_away(app) {
        let ann = app.account("ann@example.com").await;
        let answer = app.post("/api/v1/auth/signout").bearer(&ann.token).await;
        assert_snapshot!(answer, @r#"
        200
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 37
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        set-cookie: hallpass.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"message":"Successfully signed out"}
        "#);
        let by_cookie = app.post("/api/v1/auth/signout").cookie(&ann.token).await;
        assert_eq!(answer.bytes(), by_cookie.bytes());
    }

    /// Stateless tokens cannot be called back: a copy lives until its hour is over.
    async fn a_copied_token_outlives_the_sign_out_until_its_hour_is_over(app) {
        let ann = app.account("ann@example.com").await;
        app.post("/api/v1/auth/signout").bearer(&ann.token).await;
        assert_eq!(app.me(&ann.token).await.status, 200);
        app.advance(3600);
        assert_eq!(app.me(&ann.token).await.status, 401);
    }

    async fn me_is_the_account_of_the_token(app) {
        let ann = app.account("ann@example.com").await;
        let answer = app.me(&ann.token).await;
        assert_snapshot!(answer, @r#"
        200
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 125
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"id":"<uuid>","email":"ann@example.com","name":"Somebody","created_at":"2027-01-15T08:00:00Z"}
        "#);
        assert_eq!(answer.json()["id"], ann.id.as_str());
        let by_id = app.get(&ann.path()).bearer(&ann.token).await;
        assert_eq!(answer.bytes(), by_id.bytes());
    }

    async fn the_name_can_be_changed_and_taken_away(app) {
        let ann = app.account("ann@example.com").await;
        let patch = |body| app.patch(&ann.path()).bearer(&ann.token).json(&body);
        let renamed = patch(json!({"name": "  Ann Sm\u{ed}th "})).await;
        assert_snapshot!(renamed, @r#"
        200
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 127
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"id":"<uuid>","email":"ann@example.com","name":"Ann Smíth","created_at":"2027-01-15T08:00:00Z"}
        "#);
        // Without the key it stays.
        assert_eq!(patch(json!({})).await.bytes(), renamed.bytes());
        assert_eq!(patch(json!({"name": null})).await.json()["name"], json!(null));
        assert_eq!(patch(json!({"name": "Ann"})).await.json()["name"], "Ann");
        assert_eq!(patch(json!({"name": "  "})).await.json()["name"], json!(null));
        assert_eq!(app.me(&ann.token).await.json()["name"], json!(null));
    }

    async fn a_creation_time_is_rfc_3339_in_utc_to_the_microsecond(app) {
        app.clock.advance(std::time::Duration::from_micros(123_456));
        let ann = app.account("ann@example.com").await;
        let me = app.me(&ann.token).await.json();
        assert_eq!(me["created_at"], "2027-01-15T08:00:00.123456Z");
    }

    async fn the_short_paths_are_aliases_of_the_three_routes(app) {
        let register = |path, email| {
            let body = json!({"email": email, "password": PASSWORD, "name": "Ann"});
            app.post(path).from(&fresh_client()).json(&body)
        };
        let long = register("/api/v1/auth/register", "ann@example.com").await;
        let short = register("/api/auth/register", "bob@example.com").await;
        assert_eq!(long.to_string().replace("ann@", "bob@"), short.to_string());

        let ann = long.token();
        for (name, bodies) in [
            ("register", vec![json!({}), json!({"email": "ann@example.com", "password": PASSWORD})]),
            ("signin", vec![
                json!({}),
                json!({"email": "ann@example.com", "password": PASSWORD}),
                json!({"email": "ann@example.com", "password": "wrong"}),
            ]),
        ] {
            for body in bodies {
                let answer = |path: String| app.post(&path).from(&fresh_client()).json(&body);
                let long = answer(format!("/api/v1/auth/{name}")).await;
                let short = answer(format!("/api/auth/{name}")).await;
                // Each sign-in makes another device known.
                assert_eq!(long.to_string(), short.to_string());
            }
            let plain = |path: String| app.post(&path).raw("{}");
            let long = plain(format!("/api/v1/auth/{name}")).await;
            let short = plain(format!("/api/auth/{name}")).await;
            assert_eq!(long.bytes(), short.bytes());
        }
        for token in [None, Some(ann.as_str()), Some("nonsense")] {
            let answer = |path| match token {
                Some(token) => app.post(path).bearer(token),
                None => app.post(path),
            };
            let long = answer("/api/v1/auth/signout").await;
            let short = answer("/api/auth/signout").await;
            assert_eq!(long.bytes(), short.bytes());
        }
    }

    async fn a_load_balancer_asks_two_routes(app) {
        assert_snapshot!(app.get("/healthz").await, @r#"
        200
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 15
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"status":"ok"}
        "#);
        let (alive, ready) = (app.get("/healthz").await, app.get("/readyz").await);
        assert_eq!(alive.bytes(), ready.bytes());
        let head = app.request("HEAD", "/healthz").await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.headers.len(), alive.headers.len());
    }
}
