//! Each refusal, whole: status, headers, sentence and code.

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt as _, Empty};
use insta::assert_snapshot;
use serde_json::json;

use crate::rig::{PASSWORD, TestApp, on_both_engines};

on_both_engines! {
    async fn a_taken_address_is_refused_in_any_letter_case(app) {
        app.account("Ann@example.com").await;
        let register = |email| {
            app.post("/api/v1/auth/register").json(&json!({"email": email, "password": PASSWORD}))
        };
        let refused = register("Ann@example.com").await;
        assert_snapshot!(refused, @r#"
        400
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 98
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Unable to create account. Please try a different email.","code":"registration_refused"}
        "#);
        for other in ["ann@example.com", "ANN@EXAMPLE.COM", " aNN@exAMPle.com "] {
            assert_eq!(register(other).await.bytes(), refused.bytes(), "{other}");
        }
        assert_eq!(app.database.users().await, 1);
        assert_eq!(app.database.text("select email from users").await, "Ann@example.com");
    }

    async fn a_wrong_password_and_an_unknown_address_are_refused_alike(app) {
        app.account("ann@example.com").await;
        let wrong = app.sign_in("ann@example.com", "marble otter 9 quilz").await;
        assert_snapshot!(wrong, @r#"
        401
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 61
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        www-authenticate: Bearer
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Invalid credentials","code":"invalid_credentials"}
        "#);
        let unknown = app.sign_in("eve@example.com", PASSWORD).await;
        assert_eq!(wrong.bytes(), unknown.bytes());
    }

    async fn without_a_token_the_answer_asks_for_one(app) {
        assert_snapshot!(app.get("/api/v1/auth/me").await, @r#"
        401
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 69
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        www-authenticate: Bearer
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Authentication required","code":"authentication_required"}
        "#);
    }

    async fn an_expired_token_is_told_so(app) {
        let ann = app.account("ann@example.com").await;
        app.advance(3600);
        assert_snapshot!(app.me(&ann.token).await, @r#"
        401
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 72
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        www-authenticate: Bearer error="invalid_token"
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Token expired. Please sign in again.","code":"token_expired"}
        "#);
    }

    async fn a_token_that_is_not_ours_is_told_nothing(app) {
        assert_snapshot!(app.me("not.a.token").await, @r#"
        401
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 66
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        www-authenticate: Bearer error="invalid_token"
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Could not validate credentials","code":"invalid_token"}
        "#);
    }

    async fn another_users_account_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let bob = app.account("bob@example.com").await;
        assert_snapshot!(app.get(&bob.path()).bearer(&ann.token).await, @r#"
        403
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 49
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Access denied","code":"access_denied"}
        "#);
    }

    async fn a_mutation_sent_by_a_foreign_site_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let request = app.post("/api/v1/auth/signout").cookie(&ann.token);
        assert_snapshot!(request.header("origin", "https://evil.example").await, @r#"
        403
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 93
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"This request came from another site and was refused.","code":"cross_site_request"}
        "#);
    }

    async fn fields_that_break_rules_are_all_listed(app) {
        let body = json!({"email": "ann", "password": "short", "name": 5});
        assert_snapshot!(app.post("/api/v1/auth/register").json(&body).await, @r#"
        422
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 357
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":[{"loc":["body","name"],"msg":"Input should be a valid string","type":"string_type"},{"loc":["body","email"],"msg":"The email address is not valid. It must have the form name@example.com.","type":"value_error"},{"loc":["body","password"],"msg":"The password must have at least 8 characters.","type":"string_too_short"}],"code":"validation_failed"}
        "#);
    }

    async fn a_body_that_is_no_json_is_refused(app) {
        assert_snapshot!(app.post("/api/v1/auth/signin").raw_json("{").await, @r#"
        400
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 72
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"The request body is not valid JSON.","code":"malformed_json"}
        "#);
    }

    async fn a_body_of_another_type_is_refused(app) {
        assert_snapshot!(app.post("/api/v1/auth/signin").raw("{}").await, @r#"
        415
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 87
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"The content type must be application/json.","code":"unsupported_media_type"}
        "#);
    }

    async fn a_body_that_is_too_large_is_refused(app) {
        let body = vec![b' '; 64 * 1024 + 1];
        assert_snapshot!(app.post("/api/v1/auth/signin").raw_json(body).await, @r#"
        413
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 85
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"The request body must not be larger than 64 KiB.","code":"body_too_large"}
        "#);
    }

    async fn an_unknown_route_is_not_found(app) {
        assert_snapshot!(app.get("/api/v1/nope").await, @r#"
        404
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 41
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Not found","code":"not_found"}
        "#);
    }

    async fn another_method_is_told_which_ones_there_are(app) {
        assert_snapshot!(app.get("/api/v1/auth/signin").await, @r#"
        405
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        allow: POST
        cache-control: no-store
        content-length: 59
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Method not allowed","code":"method_not_allowed"}
        "#);
    }

    async fn too_many_tries_are_told_how_long_to_wait(app) {
        for _ in 0..5 {
            app.sign_in("ann@example.com", "wrong").await;
        }
        app.advance(61);
        assert_snapshot!(app.sign_in("ann@example.com", "wrong").await, @r#"
        429
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 85
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        retry-after: 839
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Too many attempts. Please try again in 14 minutes.","code":"rate_limited"}
        "#);
    }
}

/// The runtime's clock is paused, and jumps on when there is nothing else to do.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_given_up() {
    let app = TestApp::whose_database_is_not_asked();
    let never = Body::new(Empty::<Bytes>::new().with_trailers(std::future::pending()));
    let request = app
        .post("/api/v1/auth/signin")
        .header("content-type", "application/json")
        .body(never);
    assert_snapshot!(request.await, @r#"
    408
    access-control-allow-credentials: true
    access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
    cache-control: no-store
    content-length: 78
    content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    content-type: application/json
    cross-origin-resource-policy: same-origin
    referrer-policy: no-referrer
    vary: origin
    x-content-type-options: nosniff
    x-request-id: <request-id>

    {"detail":"The request body did not arrive in time.","code":"request_timeout"}
    "#);
}
