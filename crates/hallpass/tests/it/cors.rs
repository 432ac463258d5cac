//! Front ends on other origins: the listed ones may call with credentials.

use insta::assert_snapshot;

use crate::rig::{FRONT_END, PASSWORD, TestApp, on_both_engines};

const SECOND: &str = "https://app.example.com";

fn with_two_front_ends(app: &TestApp) -> TestApp {
    app.with(|settings| {
        settings.cors_origins = vec![FRONT_END.parse().unwrap(), SECOND.parse().unwrap()];
    })
}

/// Everything that is close to a listed origin and is not it.
const STRANGERS: [&str; 22] = [
    "https://evil.example",
    "null",
    "",
    "*",
    "file://",
    "http://localhost",
    "http://localhost:30000",
    "http://localhost:300",
    "http://localhost:3001",
    "http://localhost:3000/",
    "http://localhost:3000.evil.example",
    "http://evil.example/http://localhost:3000",
    "https://localhost:3000",
    "HTTP://LOCALHOST:3000",
    "http://127.0.0.1:3000",
    "https://app.example.com.evil.example",
    "https://evil-app.example.com",
    "https://evil.app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com@evil.example",
    "https://app.example.co",
    "http://localhost:3000, https://app.example.com",
];

on_both_engines! {
    async fn a_listed_front_end_may_read_answers(app) {
        let app = with_two_front_ends(&app);
        let ann = app.account("ann@example.com").await;
        for origin in [FRONT_END, SECOND] {
            for answer in [
                app.get("/api/v1/auth/me").bearer(&ann.token).header("origin", origin).await,
                app.get("/api/v1/auth/me").header("origin", origin).await,
                app.get("/nope").header("origin", origin).await,
            ] {
                assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{answer}");
                assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
                assert_eq!(
                    answer.header("access-control-expose-headers"),
                    Some("retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after")
                );
            }
        }
    }

    async fn a_preflight_of_a_listed_front_end_is_allowed_what_it_needs(app) {
        let request = app.request("OPTIONS", "/api/v1/auth/signin").header("origin", FRONT_END);
        let request = request.header("access-control-request-method", "POST");
        let answer = request.header("access-control-request-headers", "content-type").await;
        assert_snapshot!(answer, @"
        200
        access-control-allow-credentials: true
        access-control-allow-headers: content-type
        access-control-allow-methods: GET,POST,PATCH,DELETE
        access-control-allow-origin: http://localhost:3000
        access-control-max-age: 600
        allow: POST
        cache-control: no-store
        content-length: 0
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        vary: access-control-request-headers
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>
        ");
    }

    /// Sentry, OpenTelemetry and older libraries add these to each request.
    async fn listed_front_end_sends_any_header(app) {
        let app = with_two_front_ends(&app);
        let preflight = |names: &str| {
            let request = app.request("OPTIONS", "/api/v1/auth/me").header("origin", SECOND);
            let request = request.header("access-control-request-method", "GET");
            request.header("access-control-request-headers", names)
        };
        for names in [
            "baggage,sentry-trace",
            "baggage, sentry-trace",
            "traceparent,tracestate",
            "x-requested-with",
            "authorization,content-type,x-anything-at-all",
        ] {
            let answer = preflight(names).await;
            assert_eq!(answer.header("access-control-allow-headers"), Some(names), "{answer}");
            assert!(answer.all("vary").contains(&"access-control-request-headers"), "{answer}");
        }
        let long = "x".repeat(5000);
        for names in ["", "*", "authorization,*", "a b", "a,,b", "a;b", long.as_str()] {
            let answer = preflight(names).await;
            assert_eq!(answer.header("access-control-allow-headers"), None, "{names:?}");
        }
    }

    async fn pages_of_applications_may_call(app) {
        let origins = ["tauri://localhost", "capacitor://localhost", "app://.", "moz-extension://0f9d2c7b-41e8-4a35-90c2-f7981b3e6a54"];
        let app = app.with(|settings| {
            settings.cors_origins = origins.map(|origin| origin.parse().unwrap()).to_vec();
            settings.rate_limit = false;
        });
        for origin in origins {
            let answer = app.sign_in("unknown@example.com", PASSWORD).header("origin", origin).header("sec-fetch-site", "cross-site").await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, Some(origin)), "{answer}");
            let body = serde_json::json!({"email": "unknown@example.com", "password": PASSWORD});
            let answer = app.post("/api/auth/sign-in/email").json(&body).header("origin", origin).await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, Some(origin)), "{answer}");
        }
        for origin in ["tauri://localhost:1", "tauri://localhost/", "tauri://evil", "app://localhost", "http://localhost", "null"] {
            let answer = app.sign_in("unknown@example.com", PASSWORD).header("origin", origin).await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{origin}: {answer}");
        }
    }

    async fn asvs_3_4_2_nobody_else_may(app) {
        let app = with_two_front_ends(&app);
        let ann = app.account("ann@example.com").await;
        for origin in STRANGERS {
            let answer = app.get("/api/v1/auth/me").bearer(&ann.token).header("origin", origin).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin:?}");
            let preflight = app.request("OPTIONS", "/api/v1/auth/signin").header("origin", origin);
            let preflight = preflight.header("access-control-request-headers", "baggage").header("access-control-request-method", "POST").await;
            for header in ["allow-origin", "allow-credentials", "allow-headers", "allow-methods", "max-age"] {
                assert_eq!(preflight.header(&format!("access-control-{header}")), None, "{origin:?}");
            }
        }
        // Our own pages need no permission, and a request that names none gets none.
        let own = app.get("/healthz").header("origin", crate::rig::PUBLIC_URL).await;
        assert_eq!(own.header("access-control-allow-origin"), None);
        assert_eq!(app.get("/healthz").await.header("access-control-allow-origin"), None);
    }

    /// Fetch: a preflight has `Origin` and `Access-Control-Request-Method`.
    async fn options_that_is_no_preflight_is_a_method_that_no_route_has(app) {
        for (path, status, allow) in [("/api/v1/auth/signin", 405, Some("POST")), ("/healthz", 405, Some("GET,HEAD")), ("/nope", 404, None)] {
            let plain = app.request("OPTIONS", path).await;
            assert_eq!((plain.status, plain.header("allow")), (status, allow), "{plain}");
            let fetched = app.request("OPTIONS", path).header("origin", FRONT_END).await;
            assert_eq!((fetched.status, fetched.header("access-control-allow-origin")), (status, Some(FRONT_END)), "{fetched}");
            let no_origin = app.request("OPTIONS", path).header("access-control-request-method", "POST").await;
            assert_eq!(no_origin.status, status, "{no_origin}");
        }
    }

    async fn without_a_list_nobody_may(app) {
        let app = app.with(|settings| settings.cors_origins.clear());
        for origin in [FRONT_END, "null", "https://evil.example"] {
            let answer = app.get("/healthz").header("origin", origin).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
    }

    async fn a_preflight_changes_nothing_and_needs_no_token(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        for path in ["/api/v1/auth/signin", "/api/v1/auth/signout", ann.path().as_str()] {
            let request = app.request("OPTIONS", path).header("origin", FRONT_END).cookie(&ann.token);
            let answer = request.header("access-control-request-method", "POST").await;
            assert_eq!((answer.status, answer.body.len()), (200, 0), "{answer}");
            assert_eq!(answer.header("set-cookie"), None);
        }
        assert_eq!(app.database.dump().await, before);
    }
}
