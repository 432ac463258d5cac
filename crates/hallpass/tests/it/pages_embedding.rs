//! Pages and API as parts: an application mounts both, or one of them.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use hallpass::CurrentUser;

use crate::rig::{PASSWORD, TestApp, on_both_engines};

const ANN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];
const PAGES: [&str; 5] = ["/", "/signup", "/signin", "/dashboard", "/signout"];
const API: [&str; 9] = [
    "/api/v1/auth/me",
    "/api/v1/auth/signin",
    "/api/v1/users/x",
    "/api/auth/signin",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/docs",
    "/docs/swagger-ui.css",
];

async fn style(app: &TestApp) -> String {
    app.get("/signin").await.page().stylesheet().to_owned()
}

/// An application with pages and an answer for what is not found of its own.
fn application(app: &TestApp) -> Router {
    let greet = |CurrentUser(user): CurrentUser| async move { format!("Hello {}", user.email) };
    let refuse = || async { (StatusCode::FORBIDDEN, Html("<p>their own 403</p>")) };
    let nothing = || async { (StatusCode::NOT_FOUND, Html("<p>their own 404</p>")) };
    Router::new()
        .route("/greet", get(greet))
        .route("/refuse", get(refuse))
        .fallback(nothing)
        .with_state(app.hallpass.clone())
}

on_both_engines! {
    async fn the_api_alone_answers_no_page(app) {
        let style = style(&app).await;
        let api = app.serving(app.hallpass.routes());
        for path in PAGES.into_iter().chain([style.as_str()]) {
            for method in ["GET", "POST"] {
                let answer = api.request(method, path).for_a_page().bare().await;
                assert_eq!((answer.status, answer.text()), (404, ""), "{method} {path}\n{answer}");
            }
        }
        let ann = api.account("ann@example.com").await;
        assert_eq!(api.me(&ann.token).await.status, 200);
    }

    /// As where a Better Auth server is moved over route by route.
    async fn what_is_no_route_below_better_auths_path_is_the_embedders(app) {
        let theirs = Router::new().route("/api/auth/{*path}", get(async || "theirs"));
        let theirs = theirs.route("/api/auth/callback/{provider}", get(async || "their callback"));
        let both = app.serving(theirs.merge(app.hallpass.routes()));
        for (path, text) in [("/api/auth/nope", "theirs"), ("/api/auth/callback/github", "their callback")] {
            assert_eq!(both.get(path).bare().await.text(), text, "{path}");
        }
        assert_eq!(both.get("/api/auth/get-session").await.text(), "null");
    }

    async fn the_pages_alone_answer_no_api(app) {
        let style = style(&app).await;
        let pages = app.serving(app.hallpass.pages());
        for path in API {
            for method in ["GET", "POST"] {
                let answer = pages.request(method, path).bare().await;
                assert_eq!((answer.status, answer.text()), (404, ""), "{method} {path}\n{answer}");
            }
        }
        let browser = pages.browser();
        let sent = browser.post("/signup", &ANN).await;
        assert_eq!(browser.follow(&sent).await.page().notice(), Some("Welcome!"));
        browser.post("/signout", &[]).await;
        let (paths, _) = browser.arrive("/dashboard").await;
        assert_eq!(paths, ["/dashboard", "/signin?next=%2Fdashboard"]);
        // It is the application's.
        assert_eq!(pages.get("/").bare().await.status, 404);
        assert_eq!(pages.get(&style).await.status, 200);
    }

    async fn an_error_of_a_page_that_is_mounted_alone_is_a_page(app) {
        let ann = app.account("ann@example.com").await;
        let pages = app.with(|settings| settings.database = app.database.missing_url());
        let pages = pages.serving(pages.hallpass.pages());
        let away = pages.get("/dashboard").for_a_page().cookie(&ann.token).may_fail().await;
        assert_eq!((away.status, away.page().heading()), (503, "We will be back in a moment"));
        let unknown = pages.get("/assets/nope.css").for_a_page().await;
        assert_eq!((unknown.status, unknown.page().heading()), (404, "There is no such page"));
    }

    /// CONTRACT section 2: "wrong method 405 with `Allow`", in the usual body.
    async fn a_wrong_method_is_told_so_wherever_the_pages_are_mounted(app) {
        let pages = app.serving(app.hallpass.pages());
        let page = pages.get("/signout").for_a_page().bare().await;
        assert_eq!((page.status, page.header("allow")), (405, Some("POST")), "{page}");
        assert!(page.text().contains("This page cannot be reached this way"), "{page}");
        let json = pages.get("/signout").bare().await;
        assert_eq!(json.verdict(), (405, "method_not_allowed".to_owned()));
    }

    async fn both_beside_the_routes_of_an_application(app) {
        let parts = [
            application(&app).merge(app.hallpass.routes()).merge(app.hallpass.pages()),
            app.hallpass.pages().merge(app.hallpass.routes()).merge(application(&app)),
        ];
        for (at, router) in parts.into_iter().enumerate() {
            let both = app.serving(router);
            let browser = both.browser();
            let email = format!("a{at}@example.com");
            let sent = browser.post("/signup?next=/greet", &[("email", &email), ("password", PASSWORD)]).await;
            let greeted = browser.follow(&sent).bare().await;
            assert_eq!((greeted.status, greeted.text()), (200, format!("Hello {email}").as_str()));
            assert_eq!(browser.request("GET", "/api/v1/auth/me").await.json()["email"], email);
            assert_eq!(browser.get("/dashboard").await.status, 200);
            // Theirs stay theirs, whatever they answer.
            for (path, status, text) in [("/refuse", 403, "<p>their own 403</p>"), ("/nope", 404, "<p>their own 404</p>"),
                                         ("/docs", 404, "<p>their own 404</p>")] {
                let answer = browser.get(path).bare().await;
                assert_eq!((answer.status, answer.text()), (status, text), "{path}");
                for ours in ["content-security-policy", "x-request-id", "cross-origin-opener-policy", "cache-control"] {
                    assert_eq!(answer.all(ours), [""; 0], "{path}");
                }
                // Only the body tells what varies.
                assert_eq!(answer.all("vary"), [""; 0], "{path}");
            }
        }
    }

    async fn an_applications_own_refusal_of_a_stranger_is_its_own(app) {
        let router = application(&app).merge(app.hallpass.routes()).merge(app.hallpass.pages());
        let both = app.serving(router);
        let refused = both.get("/greet").for_a_page().bare().await;
        assert_eq!(refused.verdict(), (401, "authentication_required".to_owned()));
        let foreign = both.post("/signin").for_a_page().form(&ANN).header("origin", "https://evil.example").await;
        assert_eq!((foreign.status, foreign.page().heading()), (403, "This is not allowed"));
    }
}
