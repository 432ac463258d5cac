//! A public URL with a path: everything that leads back to us begins with it, and
//! requests are answered with it and without.

use axum::Router;
use axum::extract::Request as Sent;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hallpass::{PublicUrl, Signing};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::forge::decoded;
use crate::recording::Recording;
use crate::rig::{Answer, Browser, COOKIE, PASSWORD, TestApp, on_both_engines};

const ANN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];

/// As an operator may write it, and as a browser does.
const PATHS: [(&str, &str); 8] = [
    ("/auth", "/auth"),
    ("/auth/", "/auth"),
    ("/a/b/c", "/a/b/c"),
    ("/caf\u{e9}", "/caf%C3%A9"),
    ("/a&b;c", "/a&b;c"),
    ("/api", "/api"),
    ("/docs", "/docs"),
    ("/auth/api/auth", "/auth"),
];

fn below(app: &TestApp, path: &str) -> TestApp {
    let url = PublicUrl::parse(&format!("http://localhost:8000{path}")).unwrap();
    app.with(|settings| {
        settings.public_url = url;
        settings.rate_limit = false;
    })
}

/// What stands before us: other paths of the host are not ours.
fn behind_proxy(app: &TestApp, base: &'static str, takes_away: bool) -> TestApp {
    let router = app.hallpass.router();
    app.serving(
        Router::new().fallback(move |request: Sent| proxied(router, base, takes_away, request)),
    )
}

async fn proxied(router: Router, base: &str, takes_away: bool, mut request: Sent) -> Response {
    let target = request.uri().path_and_query().unwrap().to_string();
    let rest = target
        .strip_prefix(base)
        .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let Some(rest) = rest else {
        return (StatusCode::IM_A_TEAPOT, "another application").into_response();
    };
    if takes_away {
        let slash = if rest.starts_with('/') { "" } else { "/" };
        *request.uri_mut() = format!("{slash}{rest}").parse().unwrap();
    }
    router.oneshot(request).await.unwrap()
}

/// Everything that a page leads to or is made of.
fn leads_within(answer: &Answer, base: &str) -> Vec<String> {
    let page = answer.page();
    let refreshed = page
        .values("content")
        .filter_map(|content| content.split_once("url="));
    let links = page
        .values("href")
        .chain(page.values("action"))
        .chain(page.values("src"));
    let links: Vec<_> = links
        .chain(refreshed.map(|(_, url)| url))
        .filter(|link| !link.starts_with('#'))
        .collect();
    assert!(links.len() >= 4, "{answer}");
    for link in &links {
        assert!(link.starts_with(&format!("{base}/")), "{link}\n{answer}");
    }
    links.into_iter().map(str::to_owned).collect()
}

fn location(answer: &Answer) -> String {
    assert!([302, 303].contains(&answer.status), "{answer}");
    answer.header("location").unwrap().to_owned()
}

/// The five stories, by links and forms alone.
async fn lives(browser: &Browser, app: &TestApp, base: &str) {
    let home = browser.get(&format!("{base}/")).bare().await;
    for link in leads_within(&home, base) {
        let answer = browser.get(&link).bare().await;
        assert_eq!(answer.status, 200, "{link}\n{answer}");
    }
    let asked = browser.get(&format!("{base}/dashboard")).bare().await;
    assert_eq!(location(&asked), format!("{base}/signin?next=%2Fdashboard"));
    let sign_in = browser.get(&location(&asked)).bare().await;
    leads_within(&sign_in, base);
    let page = browser.get(&format!("{base}/signup")).bare().await.page();
    let sent = browser
        .post(page.the("form").attribute("action").unwrap(), &ANN)
        .bare()
        .await;
    assert_eq!(location(&sent), format!("{base}/dashboard"));
    let dashboard = browser.get(&location(&sent)).bare().await;
    leads_within(&dashboard, base);
    let renamed = browser
        .post(&format!("{base}/dashboard"), &[("name", "Ann")])
        .bare()
        .await;
    assert_eq!(location(&renamed), format!("{base}/dashboard"));
    let refused = browser
        .post(&format!("{base}/dashboard"), &[("name", "\u{1}")])
        .bare()
        .await;
    assert_eq!(location(&refused), format!("{base}/dashboard"));
    let led_on = browser
        .get(&format!("{base}/signin?next=%2Fdocs"))
        .bare()
        .await;
    assert_eq!(location(&led_on), format!("{base}/docs"));
    app.advance(3600);
    let ended = browser.get(&format!("{base}/dashboard")).bare().await;
    assert_eq!(location(&ended), format!("{base}/signin?next=%2Fdashboard"));
    let again = browser.post(&location(&ended), &ANN).bare().await;
    assert_eq!(location(&again), format!("{base}/dashboard"));
    let wrong = browser
        .post(&format!("{base}/signin?next=%2Fdocs"), &[("email", "x")])
        .bare()
        .await;
    assert_eq!(location(&wrong), format!("{base}/signin?next=%2Fdocs"));
    let out = browser.post(&format!("{base}/signout"), &[]).bare().await;
    assert_eq!(location(&out), format!("{base}/signin"));
    assert!(
        browser
            .get(&location(&out))
            .bare()
            .await
            .page()
            .notice()
            .is_some()
    );
}

on_both_engines! {
    async fn stories_work_behind_each_proxy(app) {
        for (url, base) in PATHS {
            for takes_away in [false, true] {
                let app = below(&app, url);
                let front = behind_proxy(&app, base, takes_away);
                lives(&front.browser(), &front, base).await;
                app.database.execute("delete from users").await;
            }
        }
    }

    async fn base_alone_is_home(app) {
        let app = below(&app, "/auth");
        for path in ["/auth", "/auth/", "/auth?x=1", "/", "/?x=1"] {
            assert_eq!(app.get(path).for_a_page().await.status, 200, "{path}");
        }
        for path in ["/authx", "/Auth/signin", "/auth/auth/auth/signin", "/auth//signin", "/auth/auth//evil.example"] {
            let answer = app.get(path).for_a_page().await;
            assert_eq!(answer.status, 404, "{path}");
            leads_within(&answer, "/auth");
        }
    }

    /// Written by one proxy as it is, and by another with escapes.
    async fn escapes_in_base_are_read(app) {
        let app = below(&app, "/caf\u{e9}~");
        for path in ["/caf%C3%A9~/signin", "/caf%c3%a9%7e/signin", "/%63af%C3%A9~/signin", "/signin"] {
            assert_eq!(app.get(path).await.status, 200, "{path}");
        }
        assert_eq!(app.get("/caf%C3%A9~%2fsignin").await.status, 404);
    }

    async fn link_from_elsewhere_is_asked_again_below_base(app) {
        let app = below(&app, "/auth");
        for path in ["/auth/dashboard?a=b", "/dashboard?a=b"] {
            let request = app.get(path).for_a_page().header("sec-fetch-site", "cross-site");
            let links = leads_within(&request.await, "/auth");
            assert_eq!(links.iter().filter(|link| *link == "/auth/dashboard?a=b").count(), 2, "{links:?}");
        }
    }

    async fn next_stays_within_the_application(app) {
        let app = below(&app, "/auth");
        app.account("ann@example.com").await;
        app.advance(60);
        for (next, to) in [
            ("/docs", "/auth/docs"),
            ("/auth/docs?a=b", "/auth/docs?a=b"),
            ("/auth", "/auth/"),
            ("/", "/auth/"),
            ("/shop", "/auth/shop"),
            ("/auth/../shop", "/auth/dashboard"),
            ("/auth/%2e%2e/shop", "/auth/dashboard"),
            ("/..", "/auth/dashboard"),
            ("/auth//evil.example", "/auth/dashboard"),
            ("//evil.example", "/auth/dashboard"),
            ("/\\evil.example", "/auth/dashboard"),
            ("http://localhost:8000/auth/docs", "/auth/dashboard"),
        ] {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let query = query.append_pair("next", next).finish();
            for path in ["/auth/signin", "/signin"] {
                let sent = app.post(&format!("{path}?{query}")).form(&ANN).await;
                assert_eq!(location(&sent), to, "{next}");
            }
        }
    }

    async fn api_answers_with_base_and_without(app) {
        let app = below(&app, "/auth");
        let ann = app.account("ann@example.com").await;
        for base in ["", "/auth"] {
            let path = |path: &str| format!("{base}{path}");
            let me = app.get(&path("/api/v1/auth/me")).bearer(&ann.token).await;
            assert_eq!(me.json()["email"], "ann@example.com");
            let own = app.get(&path(&ann.path())).bearer(&ann.token).await;
            assert_eq!(own.status, 200);
            for probe in ["/healthz", "/readyz", "/openapi.json", "/docs", "/.well-known/jwks.json"] {
                assert_eq!(app.get(&path(probe)).await.status, 200, "{base}{probe}");
            }
            let unknown = app.get(&path("/api/nope")).for_a_page().await;
            assert_eq!(unknown.verdict(), (404, "not_found".to_owned()), "JSON for programs");
            let wrong = app.request("DELETE", &path("/api/v1/auth/me")).await;
            assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET,HEAD")));
        }
    }

    async fn cookie_and_issuer_have_no_base(app) {
        let app = below(&app, "/auth");
        let signed_up = app.post("/auth/api/v1/auth/register").json(&json!({"email": "ann@example.com", "password": PASSWORD})).await;
        let cookies = signed_up.all("set-cookie");
        assert!(cookies.len() >= 2, "{signed_up}");
        assert!(cookies.iter().all(|cookie| cookie.contains("; Path=/; HttpOnly; SameSite=Strict")), "{signed_up}");
        assert!(cookies.iter().any(|cookie| cookie.starts_with(COOKIE)), "{signed_up}");
        assert_eq!(decoded(&signed_up.token()).1["iss"], "http://localhost:8000");
        // Requests come from the origin, which has no path.
        let own = app.sign_in("ann@example.com", PASSWORD).header("origin", "http://localhost:8000").await;
        assert_eq!(own.status, 200);
    }

    async fn discovery_leads_to_keys_below_base(app) {
        let app = below(&app, "/auth").with(|settings| settings.signing = Signing::EdDsa);
        app.hallpass.prepare_signing().await.unwrap();
        let document = app.get("/auth/.well-known/openid-configuration").await.json();
        assert_eq!(document["issuer"], "http://localhost:8000");
        assert_eq!(document["jwks_uri"], "http://localhost:8000/auth/.well-known/jwks.json");
        let keys = app.get("/auth/.well-known/jwks.json").await;
        assert_eq!(keys.json()["keys"][0]["crv"], "Ed25519");
        let upstreams = app.get("/auth/api/auth/jwks").bare().await;
        assert_eq!(upstreams.text(), keys.text());
    }

    async fn documentation_begins_with_base(app) {
        let plain: Value = app.get("/openapi.json").await.json();
        assert_eq!(plain.get("servers"), None);
        for (url, base) in PATHS {
            let app = below(&app, url);
            let mut document = app.get(&format!("{base}/openapi.json")).await.json();
            assert_eq!(document["servers"], json!([{"url": base}]));
            document.as_object_mut().unwrap().remove("servers");
            assert_eq!(document, plain);
            let page = app.get(&format!("{base}/docs")).await;
            let escaped = base.replace('&', "&amp;");
            let quoted: Vec<_> = page.text().split('"').filter(|part| part.contains("/docs/")).collect();
            assert_eq!(quoted.len(), 6, "{page}");
            for link in quoted {
                let path = link.strip_prefix(&escaped).unwrap_or_else(|| panic!("{link}"));
                assert_eq!(app.get(path).await.status, 200, "{path}");
                assert_eq!(app.get(&format!("{base}{path}")).await.status, 200, "{base}{path}");
            }
            let script = app.get("/docs/swagger-initializer.js").await;
            assert!(script.text().contains(&format!("\"{base}/openapi.json\"")), "{script}");
        }
    }

    async fn better_auth_answers_below_base(app) {
        let app = below(&app, "/auth");
        app.account("ann@example.com").await;
        for base in ["", "/auth"] {
            let path = |path: &str| format!("{base}/api/auth{path}");
            let body = json!({"email": "ann@example.com", "password": PASSWORD, "callbackURL": "/shop?a=b"});
            let signed_in = app.post(&path("/sign-in/email")).json(&body).bare().await;
            // It is of the front end, which may be anywhere on the origin.
            assert_eq!((signed_in.status, signed_in.header("location")), (200, Some("/shop?a=b")), "{signed_in}");
            let token = signed_in.json()["token"].as_str().unwrap().to_owned();
            let session = app.get(&path("/get-session")).bearer(&token).bare().await;
            assert_eq!(session.json()["user"]["email"], "ann@example.com");
            let nothing = app.get(&path("/nope")).for_a_page().bare().await;
            assert_eq!((nothing.status, nothing.text()), (404, ""));
            let error = app.get(&path("/error?error=x")).bare().await;
            assert_eq!(location(&error), "/auth/?error=x");
            let foreign = app.post(&path("/sign-out")).header("origin", "https://evil.example").bare().await;
            assert_eq!((foreign.status, foreign.header("set-cookie")), (403, None));
        }
    }

    async fn log_names_the_route_without_base(app) {
        let app = below(&app, "/auth");
        let recording = Recording::start();
        for path in ["/auth/signin", "/signin"] {
            let id = format!("base-{}-{:?}", path.len(), app.engine()).to_lowercase();
            app.get(path).header("x-request-id", &id).await;
            let lines = recording.of_request(&id);
            assert!(!lines.is_empty());
            assert!(lines.iter().all(|line| line["span"]["route"] == "/signin"), "{lines:?}");
        }
    }

    async fn nested_router_works_below_base(app) {
        let app = below(&app, "/auth");
        let theirs = || Router::new().route("/shop", axum::routing::get(async || "their shop"));
        let parts = app.hallpass.routes().merge(app.hallpass.pages());
        let home = Router::new().route("/", axum::routing::get(async || "their home"));
        for (at, router) in [
            theirs().nest("/auth", app.hallpass.router()),
            theirs().nest_service("/auth", app.hallpass.router()),
            theirs().nest("/auth", parts.clone()),
            theirs().nest("/auth", parts.merge(home)),
        ].into_iter().enumerate() {
            let both = app.serving(router);
            assert_eq!(both.get("/shop").bare().await.text(), "their shop");
            let browser = both.browser();
            let asked = browser.get("/auth/dashboard?a=b").bare().await;
            assert_eq!(location(&asked), "/auth/signin?next=%2Fdashboard%3Fa%3Db", "{at}");
            let form = browser.get(&location(&asked)).bare().await;
            leads_within(&form, "/auth");
            assert_eq!(browser.get(form.page().stylesheet()).bare().await.status, 200);
            let email = format!("a{at}@example.com");
            let sent = browser.post("/auth/signup", &[("email", &email), ("password", PASSWORD)]).bare().await;
            assert_eq!(location(&sent), "/auth/dashboard", "{at}");
            assert_eq!(browser.get(&location(&sent)).bare().await.status, 200);
            assert_eq!(browser.request("GET", "/auth/api/v1/auth/me").await.json()["email"], email);
        }
    }
}

/// The next page, too, gets its links from the one function.
#[test]
fn templates_write_no_path_themselves() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut templates = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for attribute in ["href=\"", "src=\"", "action=\"", "url="] {
            for (at, _) in text.match_indices(attribute) {
                let value = &text[at + attribute.len()..];
                let is_linked = value.starts_with("{{ frame.link(") || value.starts_with('#');
                assert!(is_linked, "{}", value.lines().next().unwrap());
            }
        }
        templates += 1;
    }
    assert!(templates >= 9, "{templates}");
}
