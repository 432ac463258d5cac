//! No route sets or clears a cookie for a foreign site, whatever it is asked and
//! whatever the browser has: a walk over all of them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::rig::{Account, Answer, COOKIE, FRONT_END, PASSWORD, PUBLIC_URL, Request, TestApp};
use crate::rig::{document, fresh_client, on_both_engines};

const FORM: &str = "application/x-www-form-urlencoded";
const NOTICE: &str = "hallpass.notice";
const MARK: &str = "hallpass.had_session";

/// What a browser says when a foreign site makes it send a request.
const FOREIGN: [&[(&str, &str)]; 11] = [
    // A form, an image, a frame, and a script.
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("origin", "https://evil.example"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "image"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "iframe"),
        ("origin", "null"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "cors"),
        ("origin", "https://evil.example"),
    ],
    // A neighbour on the same site.
    &[
        ("sec-fetch-site", "same-site"),
        ("origin", "http://localhost:9999"),
    ],
    &[("sec-fetch-site", "same-site")],
    // Browsers without Fetch Metadata.
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("origin", PUBLIC_URL), ("origin", FRONT_END)],
    &[("referer", "https://evil.example/page")],
    // What no browser says.
    &[("sec-fetch-site", "Same-Origin")],
];

/// What a browser may have of ours.
struct Jars(Vec<(&'static str, Option<String>)>);

impl Jars {
    async fn of(app: &TestApp) -> (Self, Account) {
        let expired = app.account("ann@example.com").await.token;
        app.advance(3601);
        let ann = Account {
            token: app.sign_in("ann@example.com", PASSWORD).await.token(),
            ..app.account("bob@example.com").await
        };
        let refused = app.post("/signin").form(&[("email", "x")]).await;
        let notice = value(&refused, NOTICE);
        let session = |token: &str| Some(format!("{COOKIE}={token}"));
        let valid = &ann.token;
        let jars = vec![
            ("nothing", None),
            ("a session", session(valid)),
            ("an expired session", session(&expired)),
            ("garbage", session("garbage")),
            (
                "two sessions",
                Some(format!("{COOKIE}={valid}; {COOKIE}=x")),
            ),
            ("a mark", Some(format!("{MARK}=1"))),
            (
                "a mark and an expired session",
                Some(format!("{MARK}=1; {COOKIE}={expired}")),
            ),
            ("a notice", Some(format!("{NOTICE}={notice}"))),
            (
                "all",
                Some(format!("{COOKIE}={valid}; {MARK}=1; {NOTICE}={notice}")),
            ),
        ];
        (Self(jars), ann)
    }
}

fn value(answer: &Answer, name: &str) -> String {
    let cookies = answer.all("set-cookie").into_iter();
    let mut values = cookies.filter_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='));
    let value = values
        .next()
        .unwrap_or_else(|| panic!("no {name}\n{answer}"));
    value.split(';').next().unwrap().to_owned()
}

/// Every method of every route, with a body that it reads.
fn requests(app: &TestApp, ann: &Account) -> Vec<(String, Request)> {
    let paths = document()["paths"].as_object().unwrap();
    let mut requests = Vec::new();
    for (pattern, item) in paths {
        let path = pattern
            .replace("{id}", &ann.id)
            .replace("{file}", "swagger-ui.css");
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            let types = operation["requestBody"]["content"].as_object();
            let types: Vec<_> = types
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            let mut bodies = if types.is_empty() {
                vec!["nothing"]
            } else {
                types
            };
            // The description gives each body one type, for generators.
            if pattern.starts_with("/api/auth/sign-") && method == "POST" {
                bodies.push(FORM);
            }
            for body in bodies {
                let request = with_body(app.request(&method, &path), body);
                requests.push((format!("{method} {pattern} {body}"), request));
            }
            if method == "GET" {
                requests.push((format!("HEAD {pattern}"), app.request("HEAD", &path)));
            }
        }
    }
    requests
}

fn with_body(request: Request, kind: &str) -> Request {
    let client = fresh_client();
    let registers = request.path().contains("sign-up")
        || request.path().contains("register")
        || request.path().contains("signup");
    let email = if registers {
        format!("{client}@example.com")
    } else {
        "ann@example.com".to_owned()
    };
    let request = request.from(&client);
    match kind {
        "nothing" => request,
        "application/json" => request
            .json(&json!({"email": email, "password": PASSWORD, "name": "Ann", "token": "x"})),
        _ => request.form(&[("email", &email), ("password", PASSWORD), ("name", "Ann")]),
    }
}

fn sent_by(request: Request, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

fn without_limit(app: &TestApp) -> TestApp {
    app.with(|settings| settings.rate_limit = false)
}

on_both_engines! {
    async fn foreign_site_sets_no_cookie(app) {
        let app = without_limit(&app);
        let (jars, ann) = Jars::of(&app).await;
        let mut answers = 0;
        for headers in FOREIGN {
            for (what, jar) in &jars.0 {
                for (route, request) in requests(&app, &ann) {
                    let request = sent_by(request, headers);
                    let request = match jar {
                        Some(cookies) => request.header("cookie", cookies),
                        None => request,
                    };
                    let answer = if answers % 2 == 0 { request.header("accept", "text/html") } else { request }.await;
                    assert_eq!(answer.all("set-cookie"), [""; 0], "{route} with {what}, {headers:?}\n{answer}");
                    answers += 1;
                }
            }
        }
        assert!(answers > 3_000, "{answers}");
    }

    /// A link is followed by a person: it may take away what is dead, and no more.
    async fn link_elsewhere_ends_no_session(app) {
        let app = without_limit(&app);
        let ann = app.account("ann@example.com").await;
        for site in ["cross-site", "same-site"] {
            for (route, request) in requests(&app, &ann) {
                let request = request.cookie(&ann.token).header("sec-fetch-site", site);
                let is_read = route.starts_with("GET") || route.starts_with("HEAD");
                let answer = request.header("sec-fetch-mode", "navigate").await;
                let ends = answer.all("set-cookie").iter().any(|cookie| cookie.starts_with(COOKIE));
                assert!(!ends, "{route} {site}\n{answer}");
                assert!(is_read || answer.all("set-cookie").is_empty(), "{route} {site}\n{answer}");
            }
            for destination in ["iframe", "image", "empty"] {
                let request = app.get("/dashboard").cookie("garbage").header("sec-fetch-site", site);
                let answer = request.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", destination).await;
                assert_eq!(answer.all("set-cookie"), [""; 0], "{destination}\n{answer}");
            }
        }
    }

    async fn bearer_of_foreign_site_clears_no_cookie(app) {
        let app = without_limit(&app);
        let ann = app.account("ann@example.com").await;
        for headers in FOREIGN {
            for (route, request) in requests(&app, &ann) {
                let answer = sent_by(request.bearer(&ann.token), headers).may_fail().await;
                assert_eq!(answer.all("set-cookie"), [""; 0], "{route}, {headers:?}\n{answer}");
            }
        }
    }

    /// The same walk from our own pages: these set cookies, or the one above would
    /// prove nothing.
    async fn own_site_sets_cookies(app) {
        let app = without_limit(&app);
        let (jars, ann) = Jars::of(&app).await;
        let mut setting = BTreeSet::new();
        for (_, jar) in &jars.0 {
            for (route, request) in requests(&app, &ann) {
                let request = request.header("sec-fetch-site", "same-origin").header("origin", PUBLIC_URL);
                let request = match jar {
                    Some(cookies) => request.header("cookie", cookies),
                    None => request,
                };
                if request.may_fail().await.headers.contains_key("set-cookie") {
                    setting.insert(route);
                }
            }
        }
        for route in [
            "GET /api/auth/get-session nothing", "GET /dashboard nothing", "GET /signin nothing",
            "HEAD /dashboard", "POST /api/auth/register application/json",
            "POST /api/auth/sign-in/email application/json", "POST /api/auth/sign-out application/json",
            "POST /api/auth/sign-up/email application/x-www-form-urlencoded",
            "POST /api/auth/signin application/json", "POST /api/auth/signout nothing",
            "POST /api/v1/auth/register application/json", "POST /api/v1/auth/signin application/json",
            "POST /api/v1/auth/signout nothing", "POST /dashboard application/x-www-form-urlencoded",
            "POST /signin application/x-www-form-urlencoded", "POST /signout nothing",
            "POST /signup application/x-www-form-urlencoded",
        ] {
            assert!(setting.contains(route), "{route} of {setting:?}");
        }
    }

    /// Whichever way a form can be written: `SameSite=Strict` keeps the cookie
    /// back, so none is sent.
    async fn form_elsewhere_signs_nobody_out(app) {
        let ann = app.account("ann@example.com").await;
        for path in ["/api/auth/sign-out", "/signout", "/api/v1/auth/signout", "/api/auth/signout"] {
            for headers in FOREIGN {
                for cookie in [None, Some(&ann.token)] {
                    for body in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/json")] {
                        let request = sent_by(app.post(path), headers);
                        let request = match cookie {
                            Some(token) => request.cookie(token),
                            None => request,
                        };
                        let request = match body {
                            Some(kind) => request.header("content-type", kind).raw("{}"),
                            None => request,
                        };
                        let answer = request.await;
                        let refused = [401, 403, 415].contains(&answer.status);
                        assert!(refused, "{path} {headers:?} {body:?}\n{answer}");
                        assert_eq!(answer.all("set-cookie"), [""; 0], "{path} {headers:?}\n{answer}");
                    }
                }
            }
        }
    }

    async fn listed_front_end_signs_out(app) {
        let ann = app.account("ann@example.com").await;
        for site in ["same-site", "cross-site"] {
            for path in ["/api/auth/sign-out", "/signout", "/api/v1/auth/signout"] {
                let request = app.post(path).cookie(&ann.token).header("origin", FRONT_END);
                let answer = request.header("sec-fetch-site", site).await;
                assert!([200, 303].contains(&answer.status), "{path}\n{answer}");
                assert!(answer.headers.contains_key("set-cookie"), "{path}\n{answer}");
            }
        }
    }
}
