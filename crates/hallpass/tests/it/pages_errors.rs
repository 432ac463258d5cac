//! What goes wrong, as a page for people and as JSON for programs.

use axum::body::Body;
use axum::body::Bytes;
use http_body_util::{BodyExt as _, Empty};
use insta::assert_snapshot;

use crate::rig::{Answer, COOKIE, PASSWORD, Request, TestApp, on_both_engines};

const ANN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];

/// In English and in German.
type Heading = (&'static str, &'static str);

/// A request that is refused, how it is answered, and what its page is called.
struct Case {
    app: TestApp,
    token: Option<String>,
    method: &'static str,
    path: &'static str,
    with: fn(Request) -> Request,
    verdict: (u16, &'static str),
    heading: Heading,
}

impl Case {
    fn request(&self) -> Request {
        let request = self.app.request(self.method, self.path);
        let request = (self.with)(request);
        match &self.token {
            Some(token) => request.cookie(token),
            None => request,
        }
    }
}

const NOT_ALLOWED: Heading = ("This is not allowed", "Das ist nicht erlaubt");
const NO_PAGE: Heading = ("There is no such page", "Diese Seite gibt es nicht");
const NOT_THIS_WAY: Heading = (
    "This page cannot be reached this way",
    "So ist diese Seite nicht zu erreichen",
);
const UNREADABLE: Heading = ("This could not be read", "Das war nicht zu lesen");
const TOO_MANY: Heading = ("Too many attempts", "Zu viele Versuche");
const WRONG_HERE: Heading = (
    "Something went wrong on our side",
    "Bei uns ist etwas schiefgegangen",
);
const AWAY: Heading = ("We will be back in a moment", "Wir sind gleich wieder da");

/// What somebody asks for, by which method, and with what.
type Asked = (&'static str, &'static str, fn(Request) -> Request);

impl TestApp {
    fn case(&self, asked: Asked, verdict: (u16, &'static str), heading: Heading) -> Case {
        let (method, path, with) = asked;
        Case {
            app: self.clone(),
            token: None,
            method,
            path,
            with,
            verdict,
            heading,
        }
    }
}

/// One of each kind that a page can meet.
async fn cases(app: &TestApp) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in UNKNOWN {
        cases.push(app.case(("GET", path, as_it_is), (404, "not_found"), NO_PAGE));
    }
    for (method, path) in WRONG_METHODS {
        let asked: Asked = (method, path, as_it_is);
        cases.push(app.case(asked, (405, "method_not_allowed"), NOT_THIS_WAY));
    }
    for path in ["/signin", "/signup"] {
        for (with, verdict, heading) in REFUSED_FORMS {
            cases.push(app.case(("POST", path, with), verdict, heading));
        }
    }
    use_up_the_registrations(app, "192.0.2.99").await;
    let limited: Asked = ("POST", "/signup", |form| {
        let late = [("email", "late@example.com"), ("password", PASSWORD)];
        form.from("192.0.2.99").form(&late)
    });
    cases.push(app.case(limited, (429, "rate_limited"), TOO_MANY));
    cases.extend(faults(app).await);
    cases
}

/// What goes wrong on our side, for somebody who has signed in.
async fn faults(app: &TestApp) -> [Case; 2] {
    let ann = app.account("ann@example.com").await.token;
    let away = app.with(|settings| settings.database = app.database.missing_url());
    let broken = app.on_an_empty_database().await;
    broken.hallpass.migrate().await.unwrap();
    let break_it = "alter table users rename column created_at to made_at";
    broken.database.execute(break_it).await;
    let dashboard: Asked = ("GET", "/dashboard", as_it_is);
    [
        away.case(dashboard, (503, "database_unavailable"), AWAY),
        broken.case(dashboard, (500, "internal_error"), WRONG_HERE),
    ]
    .map(|case| Case {
        token: Some(ann.clone()),
        ..case
    })
}

fn as_it_is(request: Request) -> Request {
    request
}

const UNKNOWN: [&str; 6] = [
    "/nope",
    "/assets/hallpass.0000000000000000.css",
    "/signin/",
    "/dashboard/x",
    "/api",
    "/API/v1",
];

const WRONG_METHODS: [(&str, &str); 4] = [
    ("GET", "/signout"),
    ("POST", "/"),
    ("PUT", "/signin"),
    ("DELETE", "/dashboard"),
];

type Refused = (fn(Request) -> Request, (u16, &'static str), Heading);

/// What is refused before it is looked at.
const REFUSED_FORMS: [Refused; 7] = [
    (
        |request| request.form(&ANN).header("origin", "https://evil.example"),
        (403, "cross_site_request"),
        NOT_ALLOWED,
    ),
    (as_it_is, NO_FORM, UNREADABLE),
    (|request| request.raw_json("{}"), NO_FORM, UNREADABLE),
    (
        |request| request.form(&ANN).header("content-type", FORM),
        NO_FORM,
        UNREADABLE,
    ),
    (
        |request| request.raw_json("x".repeat(70_000)),
        NO_FORM,
        UNREADABLE,
    ),
    (
        |request| request.form(&[("email", &"x".repeat(64 * 1024))]),
        (413, "body_too_large"),
        UNREADABLE,
    ),
    (
        |request| request.form(&[("email", "a"), ("email", "a")]),
        (422, "validation_failed"),
        UNREADABLE,
    ),
];

const FORM: &str = "application/x-www-form-urlencoded";
const NO_FORM: (u16, &str) = (415, "unsupported_media_type");

async fn use_up_the_registrations(app: &TestApp, client: &str) {
    for at in 0..20 {
        let email = format!("a{at}@example.com");
        let form = [("email", email.as_str()), ("password", PASSWORD)];
        let sent = app.post("/signup").from(client).form(&form).await;
        assert_eq!(sent.header("location"), Some("/dashboard"), "{at}");
    }
}

fn varies_by(answer: &Answer) -> Vec<&str> {
    let mut names = answer.all("vary");
    names.sort_unstable();
    names
}

fn headers(answer: &Answer) -> Vec<(String, String)> {
    let headers = answer.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    headers
}

on_both_engines! {
    async fn whoever_reads_pages_gets_a_page_and_whoever_does_not_gets_json(app) {
        for case in cases(&app).await {
            let (status, code) = case.verdict;
            let (english, german) = case.heading;
            let page = case.request().for_a_page().may_fail().await;
            assert_eq!((page.status, page.page().heading()), (status, english), "{page}");
            let translated = case.request().for_a_page().language("de").may_fail().await.page();
            assert_eq!((translated.lang(), translated.heading()), ("de", german), "{page}");
            for accept in [None, Some("*/*"), Some("application/json"), Some("application/json, text/html;q=0.9")] {
                let json = match accept {
                    Some(accept) => case.request().header("accept", accept).may_fail().await,
                    None => case.request().may_fail().await,
                };
                assert_eq!(json.verdict(), (status, code.to_owned()), "{accept:?}\n{json}");
                assert_eq!(varies_by(&json), ["accept", "origin"], "{json}");
                // The same in another dress: nothing is said of it but in the body.
                for header in ["retry-after", "allow", "set-cookie"] {
                    assert_eq!(page.all(header), json.all(header), "{json}");
                }
            }
            assert_eq!(varies_by(&page), ["accept", "accept-encoding", "accept-language", "origin"]);
            assert_eq!(page.all("content-length"), [page.body.len().to_string()]);
            assert_eq!(page.header("retry-after").is_some(), [429, 503].contains(&status));
        }
    }

    async fn the_request_is_named_on_the_page_and_nothing_else(app) {
        for case in cases(&app).await {
            let answer = case.request().for_a_page().header("x-request-id", "shown-to_ann.1").may_fail().await;
            let page = answer.page();
            assert_eq!(page.by_id("request-id").text, "shown-to_ann.1", "{answer}");
            assert_eq!(page.title(), format!("{} · Hallpass", case.heading.0));
            let text = answer.text();
            for told in ["sqlx", "column", "postgres", "sqlite", "made_at", "panicked", "src/"] {
                assert!(!text.to_lowercase().contains(told), "{told}\n{answer}");
            }
        }
    }

    async fn a_page_of_a_fault_says_what_to_do(app) {
        assert_snapshot!(app.get("/nope").for_a_page().await.main(), @r#"
        <main id="main" tabindex="-1">

        <h1>There is no such page</h1>
        <p class="lead">The address is mistyped, or what was here is gone.</p>
        <div class="actions">
        <a class="button" href="/">Back to the start</a>
        </div>
        <p class="aside">If you report this, quote the request ID: <code id="request-id"><request-id></code></p>

        </main>
        "#);
    }

    async fn under_api_it_is_json_whatever_is_accepted(app) {
        let ann = app.account("ann@example.com").await;
        let away = app.with(|settings| settings.database = app.database.missing_url());
        for (request, status) in [
            (app.get("/api/v1/auth/me"), 401),
            (app.get("/api/v1/users/x").bearer(&ann.token), 403),
            (app.get("/api/nope"), 404),
            (app.get("/api/"), 404),
            (app.get("/api/v1/auth/signin"), 405),
            (app.post("/api/v1/auth/signin").form(&ANN), 415),
            (app.post("/api/v1/auth/signin").raw_json("{}"), 422),
            (app.get("/docs/nope.js"), 404),
            (app.post("/healthz"), 405),
            (app.post("/openapi.json"), 405),
            (away.get("/api/v1/auth/me").bearer(&ann.token), 503),
            (away.get("/readyz"), 503),
        ] {
            let answer = request.for_a_page().language("de").may_fail().await;
            assert_eq!(answer.status, status, "{answer}");
            assert_eq!(answer.header("content-type"), Some("application/json"), "{answer}");
            assert!(!answer.all("vary").contains(&"accept"), "{answer}");
        }
    }

    async fn head_is_answered_like_get_without_the_body(app) {
        let browser = app.browser();
        browser.post("/signup", &ANN).await;
        let token = browser.cookie(COOKIE).unwrap();
        let home = app.get("/").await.page();
        let style = home.stylesheet().to_owned();
        for path in ["/", "/signin", "/signup", "/dashboard", "/nope", "/signout", "/signin?next=%2Fdocs", &style] {
            for signed_in in [false, true] {
                for (accept, encoding) in [("text/html", "gzip"), ("text/html", "identity"), ("*/*", "gzip")] {
                    let ask = |method: &str| {
                        let request = app.request(method, path).header("accept", accept).header("x-request-id", "one-for-both");
                        let request = request.header("accept-encoding", encoding);
                        if signed_in { request.cookie(&token) } else { request }
                    };
                    let (get, head) = (ask("GET").await, ask("HEAD").await);
                    assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}\n{head}");
                    assert_eq!(headers(&head), headers(&get), "{path}, {accept}, {encoding}");
                }
            }
        }
    }

    async fn a_head_is_sent_to_sign_in_like_a_get(app) {
        let (get, head) = (app.get("/dashboard?tab=2").await, app.request("HEAD", "/dashboard?tab=2").await);
        assert_eq!(head.header("location"), get.header("location"));
    }

    async fn forms_are_there_while_the_database_is_away(app) {
        let ann = app.account("ann@example.com").await;
        let away = app.with(|settings| settings.database = app.database.missing_url());
        for path in ["/", "/signin", "/signup"] {
            assert_eq!(away.get(path).await.status, 200, "{path}");
        }
        assert_eq!(away.get("/dashboard").await.header("location"), Some("/signin?next=%2Fdashboard"));
        let out = away.post("/signout").cookie(&ann.token).await;
        assert_eq!(out.header("location"), Some("/signin"));
        for request in [
            away.get("/dashboard").cookie(&ann.token),
            // Where a valid token leads on, unless its user is gone.
            away.get("/signin").cookie(&ann.token),
            away.get("/signup").cookie(&ann.token),
            away.post("/dashboard").cookie(&ann.token).form(&[("name", "Ann")]),
            away.post("/signin").form(&ANN),
            away.post("/signup").form(&ANN),
        ] {
            let answer = request.for_a_page().may_fail().await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{answer}");
            assert_eq!(answer.page().heading(), "We will be back in a moment");
            // Nobody loses a session over it.
            assert_eq!(answer.all("set-cookie"), [""; 0], "{answer}");
        }
    }

    async fn a_form_of_exactly_64_kib_is_read_and_one_byte_more_is_not(app) {
        let padded = |length: usize| format!("email=a&password=&x={}", "x".repeat(length - 20));
        let send = |body: String| app.post("/signin").header("content-type", FORM).raw(body);
        assert_eq!(padded(65_536).len(), 65_536);
        assert_eq!(send(padded(65_536)).await.header("location"), Some("/signin"));
        assert_eq!(send(padded(65_537)).await.verdict(), (413, "body_too_large".to_owned()));
    }

    async fn a_form_may_be_named_with_parameters_and_in_any_letter_case(app) {
        app.account("ann@example.com").await;
        for kind in ["application/x-www-form-urlencoded", "APPLICATION/X-WWW-Form-urlencoded",
                     "application/x-www-form-urlencoded; charset=UTF-8", "application/x-www-form-urlencoded ;a=b"] {
            let sent = app.post("/signin").header("content-type", kind).raw("email=ann%40example.com&password=marble+otter%209+quilt").await;
            assert_eq!(sent.header("location"), Some("/dashboard"), "{kind}");
        }
    }

    async fn a_body_that_is_hardly_a_form_is_read_as_far_as_it_goes(app) {
        for body in [&b""[..], b"&&&", b"=", b"=&=", b"%", b"%zz=%", b"email", b"email=%ff%fe", b"\xff\xfe\x00", b"email=a;password=b"] {
            let sent = app.post("/signin").header("content-type", FORM).raw(body).await;
            assert_eq!(sent.header("location"), Some("/signin"), "{body:?}\n{sent}");
        }
        for body in ["email=a&email=b", "email&email", "email=a&%65mail=b", "password=a&password=a", "name=&name="] {
            let path = if body.starts_with("name") { "/signup" } else { "/signin" };
            let sent = app.post(path).header("content-type", FORM).raw(body).await;
            assert_eq!(sent.faults(), ["body: value_error"], "{body:?}");
        }
    }
}

/// The runtime's clock is paused, and jumps on when there is nothing else to do.
#[tokio::test(start_paused = true)]
async fn a_form_that_does_not_arrive_is_given_up() {
    let app = TestApp::whose_database_is_not_asked();
    for path in ["/signin", "/signup"] {
        let never = Body::new(Empty::<Bytes>::new().with_trailers(std::future::pending()));
        let request = app.post(path).for_a_page().body(never);
        let answer = request.header("content-type", FORM).await;
        assert_eq!(answer.status, 408, "{answer}");
        assert_eq!(answer.page().heading(), "This could not be read");
    }
}
