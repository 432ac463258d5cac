//! What CONTRACT section 7 asks of all answers and the rig cannot look at in
//! each: HSTS, the request id, caching.

use hallpass::{Hsts, PublicUrl};
use serde_json::json;

use crate::rig::{Answer, FRONT_END, PASSWORD, TestApp, on_both_engines};

/// An answer of every kind: pages, JSON, refusals, faults.
async fn one_of_each(app: &TestApp) -> Vec<(&'static str, Answer)> {
    let ann = app.account("ann@example.com").await;
    let broken = app.with(|settings| settings.database = app.database.missing_url());
    let foreign = app
        .sign_in("ann@example.com", PASSWORD)
        .header("origin", "https://evil.example");
    vec![
        ("200 JSON", app.me(&ann.token).await),
        (
            "200 sign-in",
            app.sign_in("ann@example.com", PASSWORD).await,
        ),
        ("200 page", app.get("/docs").await),
        ("200 asset", app.get("/docs/swagger-ui.css").await),
        ("200 description", app.get("/openapi.json").await),
        ("200 health", app.get("/healthz").await),
        (
            "200 preflight",
            app.request("OPTIONS", "/api/v1/auth/me")
                .header("origin", "https://evil.example")
                .header("access-control-request-method", "GET")
                .await,
        ),
        ("400", app.post("/api/v1/auth/signin").raw_json("{").await),
        ("401", app.get("/api/v1/auth/me").await),
        ("403", app.get("/api/v1/users/x").bearer(&ann.token).await),
        ("403 foreign", foreign.await),
        ("404", app.get("/nope").await),
        ("405", app.get("/api/v1/auth/signin").await),
        (
            "413",
            app.post("/api/v1/auth/signin")
                .raw_json(vec![b' '; 70_000])
                .await,
        ),
        ("415", app.post("/api/v1/auth/signin").await),
        (
            "422",
            app.post("/api/v1/auth/signin").json(&json!({})).await,
        ),
        ("503", broken.me_may_fail(&ann.token).await),
    ]
}

on_both_engines! {
    async fn asvs_3_4_1_https_is_said_to_last_on_every_answer(app) {
        let url = PublicUrl::parse("https://auth.example.com/base").unwrap();
        let app = app.with(|settings| settings.public_url = url);
        for (kind, answer) in one_of_each(&app).await {
            let hsts = answer.header("strict-transport-security");
            assert_eq!(hsts, Some("max-age=63072000"), "{kind}");
        }
    }

    /// RFC 6797, section 6.1.
    async fn hsts_says_what_is_set(app) {
        for (hsts, sent) in [
            (Hsts::Host, Some("max-age=63072000")),
            (Hsts::Subdomains, Some("max-age=63072000; includeSubDomains")),
            (Hsts::Clear, Some("max-age=0")),
            (Hsts::Off, None),
        ] {
            for (url, expected) in [("https://auth.example.com", sent), ("http://auth.example.com", None)] {
                let app = app.with(|settings| {
                    settings.public_url = PublicUrl::parse(url).unwrap();
                    settings.hsts = hsts;
                });
                for path in ["/healthz", "/signin", "/nope"] {
                    let answer = app.get(path).await;
                    assert_eq!(answer.header("strict-transport-security"), expected, "{hsts:?} {url}{path}");
                }
            }
        }
    }

    /// The rig looks at the other headers of section 7 in each of them.
    async fn over_http_nothing_is_said_of_https(app) {
        for (kind, answer) in one_of_each(&app).await {
            assert_eq!(answer.header("strict-transport-security"), None, "{kind}");
        }
    }

    async fn asvs_14_3_2_answers_about_a_user_are_not_stored(app) {
        for (kind, answer) in one_of_each(&app).await {
            let public = ["200 page", "200 asset", "200 description"].contains(&kind);
            let expected = if public { "no-cache" } else { "no-store" };
            assert_eq!(answer.header("cache-control"), Some(expected), "{kind}");
        }
    }

    async fn asvs_4_2_2_the_content_length_is_the_bodys(app) {
        for (kind, answer) in one_of_each(&app).await {
            let length = answer.body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(length.as_str()), "{kind}");
        }
        let (get, head) = (app.get("/healthz").await, app.request("HEAD", "/healthz").await);
        assert_eq!(head.header("content-length"), get.header("content-length"));
        assert_eq!(head.body, b"");
    }

    async fn a_plain_request_id_is_echoed(app) {
        let longest = "x".repeat(64);
        for id in ["a", "0", ".", "_", "-", "req-42_a.b", "01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f", &longest] {
            let answer = app.get("/healthz").header("x-request-id", id).await;
            assert_eq!(answer.header("x-request-id"), Some(id));
        }
        let refused = app.get("/nope").header("x-request-id", "also-on-refusals").await;
        assert_eq!(refused.header("x-request-id"), Some("also-on-refusals"));
        let preflight = app.request("OPTIONS", "/api/v1/auth/me").header("x-request-id", "and-here");
        let preflight = preflight.header("origin", FRONT_END).header("access-control-request-method", "GET").await;
        assert_eq!((preflight.status, preflight.header("x-request-id")), (200, Some("and-here")));
    }

    async fn any_other_request_id_is_replaced(app) {
        let too_long = "x".repeat(65);
        for id in [
            "", " ", "a b", "a\tb", "a,b", "a;b", "a/b", "a:b", "a=b", "<b>", "\"a\"", "a\u{e9}",
            "a%0ab", "{\"a\":1}", "a\\n", too_long.as_str(),
        ] {
            let answer = app.get("/healthz").header("x-request-id", id).await;
            let made = answer.header("x-request-id").unwrap();
            assert!(crate::rig::is_uuid(made), "{id:?} became {made:?}");
        }
        let twice = app.get("/healthz").header("x-request-id", "a").header("x-request-id", "b").await;
        assert!(crate::rig::is_uuid(twice.header("x-request-id").unwrap()));
    }

    async fn without_a_request_id_each_answer_gets_its_own(app) {
        let mut ids = Vec::new();
        for _ in 0..50 {
            ids.push(app.get("/healthz").await.header("x-request-id").unwrap().to_owned());
        }
        assert!(ids.iter().all(|id| crate::rig::is_uuid(id)), "{ids:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 50);
    }

    async fn asvs_3_2_1_json_opened_as_a_page_stays_json(app) {
        let ann = app.account("ann@example.com").await;
        let request = app.get("/api/v1/auth/me?callback=alert").cookie(&ann.token);
        let answer = request.header("sec-fetch-dest", "document").header("accept", "text/html").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(answer.text().starts_with("{\"id\":"), "{answer}");
    }
}
