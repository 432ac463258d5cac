//! What goes wrong on our side, and what the caller sees of it.

use std::num::NonZeroUsize;
use std::time::Duration;

use hallpass::HashQueue;
use insta::assert_snapshot;

use crate::rig::{Engine, PASSWORD, on_both_engines};

on_both_engines! {
    async fn a_full_hashing_queue_is_answered_with_503(app) {
        let app = app.with(|settings| {
            settings.hash_threads = NonZeroUsize::MIN;
            settings.hash_queue = HashQueue { length: 0, deadline: Duration::from_secs(2) };
        });
        let refused = app.sign_in("ann@example.com", PASSWORD).may_fail().await;
        assert_snapshot!(refused, @r#"
        503
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 82
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        retry-after: 1
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"The server is busy. Please try again in a moment.","code":"overloaded"}
        "#);
        // Who was not heard has not failed.
        assert_eq!(app.database.number("select count(*) from throttle").await, 0);
    }

    async fn a_database_that_is_away_is_answered_with_503(app) {
        let ann = app.account("ann@example.com").await;
        let missing = app.database.missing_url();
        let away = app.with(|settings| settings.database = missing);
        let me = away.me_may_fail(&ann.token).await;
        assert_snapshot!(me, @r#"
        503
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 112
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        retry-after: 2
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"The service is temporarily unavailable. Please try again in a moment.","code":"database_unavailable"}
        "#);
        let sign_in = away.sign_in("ann@example.com", PASSWORD).may_fail().await;
        assert_eq!(sign_in.bytes(), me.bytes());
        let ready = away.get("/readyz").may_fail().await;
        assert_eq!(ready.bytes(), me.bytes());
        // Alive, and able to refuse a bad token without asking anybody.
        assert_eq!(away.get("/healthz").await.status, 200);
        assert_eq!(away.me("nonsense").await.status, 401);
    }

    async fn asvs_16_5_1_a_fault_of_ours_names_the_request_and_nothing_else(app) {
        let ann = app.account("ann@example.com").await;
        app.database.execute("alter table users rename column created_at to made_at").await;
        let request = app.get("/api/v1/auth/me").bearer(&ann.token).header("x-request-id", "shown-to-ann");
        let answer = request.may_fail().await;
        assert_snapshot!(answer, @r#"
        500
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 120
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        content-type: application/json
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>

        {"detail":"Something went wrong on our side. If it happens again, report request <request-id>.","code":"internal_error"}
        "#);
        assert_eq!(
            answer.json()["detail"],
            "Something went wrong on our side. If it happens again, report request shown-to-ann."
        );
    }

    /// RFC 3339 ends with the year 9999; whoever writes rows by hand can go on.
    async fn a_date_that_cannot_be_written_is_no_fault(app) {
        let ann = app.account("ann@example.com").await;
        let far_away = match app.engine() {
            Engine::Sqlite => "9000000000000000000",
            Engine::Postgres => "'290000-01-01T00:00:00Z'",
        };
        let spoil = format!("update users set created_at = {far_away} where email_key = 'ann@example.com'");
        app.database.execute(&spoil).await;
        let answer = app.me(&ann.token).await;
        assert_eq!((answer.status, &answer.json()["created_at"]), (200, &serde_json::json!("9999-12-31T23:59:59.999999Z")));
    }

    async fn served_without_connection_info_the_router_says_so_in_the_log_alone(app) {
        let answer = app.sign_in("ann@example.com", PASSWORD).without_peer().may_fail().await;
        assert_eq!(answer.verdict(), (500, "internal_error".to_owned()));
        assert!(!answer.text().contains("connect"), "{answer}");
    }
}
