//! `Referer`, where it is all that a browser says of the site behind a request:
//! one rule for our own routes and for Better Auth's.

use serde_json::json;

use crate::better_auth::verdict;
use crate::rig::{
    Account, FRONT_END, PASSWORD, PUBLIC_URL, Request, TestApp, fresh_client, on_both_engines,
};

const TRUSTED: [&str; 5] = [
    PUBLIC_URL,
    "http://localhost:8000/signin?next=%2Fdocs",
    "http://localhost:8000/https://evil.example",
    FRONT_END,
    "http://localhost:3000/a/b?c",
];

const FOREIGN: [&[u8]; 22] = [
    b"https://evil.example",
    b"https://evil.example/x",
    b"https://evil.example/http://localhost:8000/",
    b"https://evil.example?http://localhost:8000",
    b"http://localhost:8000.evil.example/",
    b"http://localhost:8000@evil.example/",
    b"http://localhost:3000.evil.example/",
    b"http://localhost:8001/",
    b"http://localhost:80001/",
    b"http://localhost/",
    b"https://localhost:8000/",
    b"http://127.0.0.1:8000/",
    b"http://sub.localhost:8000/",
    b"about:blank",
    b"/signin",
    b"//localhost:8000/",
    b"localhost:8000",
    b"garbage",
    b"blob:http://localhost:8000/x",
    b"data:text/html,http://localhost:8000/",
    b"http://",
    b"\xff",
];

/// Of these Better Auth says that they say nothing.
const NOTHING: [&[u8]; 2] = [b"", b"null"];

fn requests(app: &TestApp, ann: &Account) -> Vec<(&'static str, Request)> {
    let client = fresh_client();
    let person = json!({"email": ann.email, "password": PASSWORD});
    let newcomer = |name: &str| json!({"name": "", "email": format!("{name}.{client}@example.com"), "password": PASSWORD});
    let form = [
        ("email", "ann@example.com"),
        ("password", PASSWORD),
        ("name", "Ann"),
    ];
    vec![
        (
            "register",
            app.post("/api/v1/auth/register").json(&newcomer("a")),
        ),
        ("sign in", app.post("/api/v1/auth/signin").json(&person)),
        ("alias", app.post("/api/auth/signin").json(&person)),
        (
            "sign out",
            app.post("/api/v1/auth/signout").cookie(&ann.token),
        ),
        (
            "rename",
            app.patch(&ann.path())
                .cookie(&ann.token)
                .json(&json!({"name": "Ann"})),
        ),
        ("sign-up page", app.post("/signup").form(&form)),
        ("sign-in page", app.post("/signin").form(&form)),
        ("sign-out page", app.post("/signout").cookie(&ann.token)),
        ("sign-out page, no cookie", app.post("/signout")),
        (
            "dashboard",
            app.post("/dashboard").cookie(&ann.token).form(&form),
        ),
        (
            "better auth, in",
            app.post("/api/auth/sign-in/email").json(&person),
        ),
        (
            "better auth, up",
            app.post("/api/auth/sign-up/email").json(&newcomer("b")),
        ),
        (
            "better auth, out",
            app.post("/api/auth/sign-out").cookie(&ann.token),
        ),
        (
            "better auth, out, no cookie",
            app.post("/api/auth/sign-out"),
        ),
        (
            "better auth, rename",
            app.post("/api/auth/update-user")
                .cookie(&ann.token)
                .json(&json!({"name": "Ann"})),
        ),
    ]
    .into_iter()
    .map(|(name, request)| (name, request.from(&client)))
    .collect()
}

fn is_of_better_auth(name: &str) -> bool {
    name.starts_with("better auth")
}

on_both_engines! {
    async fn referer_of_another_site_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        for referer in FOREIGN.into_iter().chain(NOTHING) {
            for (name, request) in requests(&app, &ann) {
                let answer = request.header("referer", referer).await;
                let case = format!("{name}, {:?}", String::from_utf8_lossy(referer));
                if !is_of_better_auth(name) {
                    assert_eq!(answer.verdict(), (403, "cross_site_request".to_owned()), "{case}\n{answer}");
                } else if NOTHING.contains(&referer) && !name.ends_with("no cookie") {
                    assert_eq!(verdict(&answer), (403, "MISSING_OR_NULL_ORIGIN"), "{case}");
                } else {
                    assert_eq!(verdict(&answer), (403, "INVALID_ORIGIN"), "{case}");
                }
                assert_eq!(answer.all("set-cookie"), [""; 0], "{case}");
            }
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn referer_of_trusted_site_passes(app) {
        let app = app.with(|settings| settings.rate_limit = false);
        let ann = app.account("ann@example.com").await;
        for referer in TRUSTED {
            for (name, request) in requests(&app, &ann) {
                let answer = request.header("referer", referer).await;
                assert!(answer.status < 400, "{name}, {referer}\n{answer}");
            }
        }
    }

    async fn two_referers_are_not_believed(app) {
        let ann = app.account("ann@example.com").await;
        for second in [PUBLIC_URL, "https://evil.example"] {
            for (name, request) in requests(&app, &ann) {
                let answer = request.header("referer", PUBLIC_URL).header("referer", second).await;
                assert_eq!(answer.status, 403, "{name}, {second}\n{answer}");
            }
        }
    }

    async fn other_headers_come_before_referer(app) {
        let ann = app.account("ann@example.com").await;
        let evil = "https://evil.example/";
        for (headers, status) in [
            (vec![("sec-fetch-site", "same-origin"), ("referer", evil)], 200),
            (vec![("origin", PUBLIC_URL), ("referer", evil)], 200),
            (vec![("sec-fetch-site", "cross-site"), ("referer", PUBLIC_URL)], 403),
            (vec![("origin", "https://evil.example"), ("referer", PUBLIC_URL)], 403),
            (vec![("origin", "null"), ("referer", PUBLIC_URL)], 403),
        ] {
            let send = |request: Request| headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            let own = send(app.post("/api/v1/auth/signout").cookie(&ann.token)).await;
            assert_eq!(own.status, status, "{headers:?}\n{own}");
            let without_cookie = send(app.post("/api/auth/sign-out")).await;
            assert_eq!(without_cookie.status, status, "{headers:?}\n{without_cookie}");
        }
    }

    /// A browser adds no `Authorization` by itself.
    async fn bearer_is_not_asked_for_its_site(app) {
        let ann = app.account("ann@example.com").await;
        let evil = "https://evil.example/";
        let renamed = app.patch(&ann.path()).bearer(&ann.token).json(&json!({"name": "Ann"})).header("referer", evil);
        assert_eq!(renamed.await.status, 200);
        let renamed = app.post("/api/auth/update-user").bearer(&ann.token).json(&json!({"name": "Ann"})).header("referer", evil);
        assert_eq!(renamed.await.status, 200);
    }

    async fn fetch_metadata_of_another_site_beats_our_origin(app) {
        let ann = app.account("ann@example.com").await;
        for site in ["cross-site", "same-site", "Same-Origin", "same-origin, same-origin", "garbage", ""] {
            for path in ["/api/v1/auth/signout", "/api/auth/sign-out", "/signout"] {
                let request = app.post(path).cookie(&ann.token).header("origin", PUBLIC_URL);
                let answer = request.header("sec-fetch-site", site).await;
                assert_eq!(answer.status, 403, "{path} {site:?}\n{answer}");
            }
        }
    }
}
