//! Paths and methods: what is not a route is nothing, whatever it looks like.

use crate::rig::{PASSWORD, TestApp, on_both_engines};

/// Each route with its `Allow`.
const ROUTES: [(&str, &str); 21] = [
    ("/api/v1/auth/register", "POST"),
    ("/api/v1/auth/signin", "POST"),
    ("/api/v1/auth/signout", "POST"),
    ("/api/auth/register", "POST"),
    ("/api/auth/signin", "POST"),
    ("/api/auth/signout", "POST"),
    ("/api/v1/auth/me", "GET,HEAD"),
    (
        "/api/v1/users/00000000-0000-7000-8000-000000000000",
        "GET,HEAD,PATCH",
    ),
    ("/api/v1/users/x", "GET,HEAD,PATCH"),
    ("/", "GET,HEAD"),
    ("/signup", "GET,HEAD,POST"),
    ("/signin", "GET,HEAD,POST"),
    ("/signout", "POST"),
    ("/dashboard", "GET,HEAD,POST"),
    ("/.well-known/jwks.json", "GET,HEAD"),
    ("/.well-known/openid-configuration", "GET,HEAD"),
    ("/healthz", "GET,HEAD"),
    ("/readyz", "GET,HEAD"),
    ("/openapi.json", "GET,HEAD"),
    ("/docs", "GET,HEAD"),
    ("/docs/swagger-ui.css", "GET,HEAD"),
];

/// A GET of every route, as somebody who is signed in by cookie.
async fn get_all(app: &TestApp, token: &str) {
    for (path, _) in ROUTES {
        for method in ["GET", "HEAD"] {
            app.request(method, path).cookie(token).await;
        }
    }
}

on_both_engines! {
    async fn asvs_4_1_4_a_method_that_a_route_has_not_is_refused_with_those_it_has(app) {
        let ann = app.account("ann@example.com").await;
        for (path, allow) in ROUTES {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "FOO", "get"] {
                if allow.split(',').any(|allowed| allowed == method) {
                    continue;
                }
                let answer = app.request(method, path).bearer(&ann.token).await;
                assert_eq!(answer.status, 405, "{method} {path}\n{answer}");
                assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
            }
        }
    }

    async fn asvs_3_5_3_reading_changes_nothing(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        get_all(&app, &ann.token).await;
        assert_eq!(app.database.dump().await, before);
    }

    async fn asvs_13_4_7_what_is_no_route_is_not_found(app) {
        let ann = app.account("ann@example.com").await;
        let expected = app.get("/nope").await.to_string();
        // What is under `/api/` is JSON whatever is accepted.
        let of_api = expected.replacen("vary: accept\n", "", 1);
        for path in [
            "/api", "/api/v1", "/api/v1/auth", "/api/v1/users", "/api/v1/users/", "/api/authx",
            "/.git/config", "/.env", "/robots.txt", "/metrics", "/hallpass.db", "/favicon.ico",
            "/docs/", "/docs/index.html", "/docs/nope.js", "/docs/..%2fopenapi.json", "/docs/%2e%2e",
            "/docs/%ff", "/docs/swagger-ui.css/x", "/healthz/", "/HEALTHZ", "/signin/",
            "/SIGNIN", "/dashboard/x", "/assets", "/assets/", "/assets/hallpass.css", "/assets/..%2fdashboard",
        ] {
            let answer = app.get(path).bearer(&ann.token).await;
            let by_program = ["/api/", "/docs/"].iter().any(|prefix| path.starts_with(prefix));
            assert_eq!(answer.to_string(), *if by_program { &of_api } else { &expected }, "{path}");
        }
    }

    /// oauth2-proxy and Oathkeeper read a path one way and serve it another.
    async fn a_path_that_is_spelt_another_way_is_another_path(app) {
        let ann = app.account("ann@example.com").await;
        for path in [
            "//api/v1/auth/me", "/api//v1/auth/me", "/api/v1/auth/me/", "/api/v1/auth/ME", "/API/v1/auth/me",
            "/api/v1/auth%2fme", "/api/v1/auth/m%65", "/api/v1/auth/./me", "/api/v1/auth/../auth/me",
            "/api/v1/auth/%2e/me", "/api/v1/auth/me;x=1", "/api/v1/auth/me%00", "/api/v1/auth/me%23",
            "/api/v1/auth/me%3f", "/api/v1/auth/me.json", "/api/v1/auth/me/x.css", "/api/v1/auth\\me",
        ] {
            let answer = app.get(path).bearer(&ann.token).await;
            assert_eq!(answer.status, 404, "{path}\n{answer}");
        }
    }

    async fn asvs_14_2_1_a_token_in_the_query_is_no_token(app) {
        let ann = app.account("ann@example.com").await;
        for query in ["access_token", "token", "authorization", "jwt", "hallpass.session_token"] {
            let answer = app.get(&format!("/api/v1/auth/me?{query}={}", ann.token)).await;
            assert_eq!(answer.verdict(), (401, "authentication_required".to_owned()), "{query}");
        }
        let path = format!("/api/v1/auth/signin?email=ann@example.com&password={}", PASSWORD.replace(' ', "+"));
        assert_eq!(app.post(&path).raw_json("{}").await.status, 422);
    }

    async fn asvs_8_3_1_who_somebody_is_comes_from_the_token_alone(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        let mut request = app.get(&format!("/api/v1/auth/me?user_id={}&sub={}", bob.id, bob.id)).bearer(&ann.token);
        for header in ["x-user-id", "x-forwarded-user", "x-auth-request-user", "x-remote-user", "remote-user", "sub"] {
            request = request.header(header, &bob.id);
        }
        assert_eq!(request.header("cookie", format!("sub={}; user_id={}", bob.id, bob.id)).await.json()["id"], ann.id);
    }

    async fn the_method_cannot_be_overridden(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        let request = app.get(&format!("{}?_method=PATCH", ann.path())).bearer(&ann.token);
        let request = request.header("x-http-method-override", "PATCH").header("x-method-override", "PATCH");
        assert_eq!(request.raw_json("{\"name\":\"Eve\"}").await.status, 200);
        assert_eq!(app.database.dump().await, before);
    }
}
