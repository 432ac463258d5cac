//! Which site a request comes from: every action, every way to be signed in,
//! and every pair of headers that a browser or somebody else can send, against
//! the rule as the contract words it.

use serde_json::json;

use crate::foreign_sites::{
    CREDENTIALS, Credential, ORIGINS, SITES, is_from_a_foreign_site, sent_from,
};
use crate::rig::{
    Account, FRONT_END, PASSWORD, PUBLIC_URL, Request, TestApp, fresh_client, on_both_engines,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Register,
    SignIn,
    SignOut,
    Rename,
}

const ACTIONS: [Action; 4] = [
    Action::Register,
    Action::SignIn,
    Action::SignOut,
    Action::Rename,
];
fn expected(action: Action, credential: Credential, foreign: bool) -> (u16, &'static str) {
    let refused = (403, "cross_site_request");
    match (action, credential) {
        // Login CSRF: whoever is signed in already.
        (Action::Register | Action::SignIn, _) if foreign => refused,
        (Action::Register, _) => (201, ""),
        (Action::SignIn, _) => (200, ""),
        (_, Credential::None) => (401, "authentication_required"),
        (_, Credential::Cookie) if foreign => refused,
        (_, Credential::Cookie | Credential::Bearer) => (200, ""),
    }
}

fn request(app: &TestApp, ann: &Account, action: Action, credential: Credential) -> Request {
    let client = fresh_client();
    let request = match action {
        Action::Register => {
            let email = format!("{client}@example.com");
            app.post("/api/v1/auth/register")
                .json(&json!({"email": email, "password": PASSWORD}))
        }
        Action::SignIn => app.sign_in("ann@example.com", PASSWORD),
        Action::SignOut => app.post("/api/v1/auth/signout"),
        Action::Rename => app.patch(&ann.path()).json(&json!({"name": client})),
    };
    credential.carried_by(request, &ann.token).from(&client)
}

on_both_engines! {
    async fn asvs_3_5_1_what_a_foreign_site_makes_a_browser_send_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let mut requests = 0;
        for action in ACTIONS {
            for credential in CREDENTIALS {
                for site in SITES {
                    for origins in ORIGINS {
                        let before = app.database.dump().await;
                        let foreign = is_from_a_foreign_site(site, origins);
                        let request = request(&app, &ann, action, credential);
                        let answer = sent_from(request, site, origins).await;
                        let case = format!("{action:?} by {credential:?}, {site:?}, {origins:?}");
                        let (status, code) = expected(action, credential, foreign);
                        assert_eq!(answer.verdict(), (status, code.to_owned()), "{case}\n{answer}");
                        if status >= 400 {
                            assert_eq!(app.database.dump().await, before, "{case}");
                            assert_eq!(answer.header("set-cookie"), None, "{case}");
                        } else if matches!(action, Action::Register | Action::Rename) {
                            assert_ne!(app.database.dump().await, before, "{case}");
                        }
                        requests += 1;
                    }
                }
            }
        }
        assert_eq!(requests, 4 * 3 * 6 * 6);
    }

    async fn origins_that_look_like_ours_are_foreign(app) {
        let ann = app.account("ann@example.com").await;
        for origin in [
            "http://localhost:8000/", "http://localhost", "http://localhost:80", "https://localhost:8000",
            "HTTP://LOCALHOST:8000", "http://localhost:8000.evil.example", "http://localhost:80001",
            "http://127.0.0.1:8000",
            "http://localhost:3000/", "http://localhost:3000.evil.example", "", " ",
            "http://localhost:8000 http://localhost:3000",
        ] {
            for action in [Action::Register, Action::SignIn, Action::SignOut, Action::Rename] {
                let answer = sent_from(request(&app, &ann, action, Credential::Cookie), None, &[origin]).await;
                assert_eq!(answer.verdict(), (403, "cross_site_request".to_owned()), "{action:?} {origin:?}");
            }
        }
    }

    async fn a_header_sent_twice_is_not_believed(app) {
        let ann = app.account("ann@example.com").await;
        for (first, second) in [("same-origin", "same-origin"), ("same-origin", "cross-site"), ("cross-site",
            "same-origin")] {
            let request = request(&app, &ann, Action::SignOut, Credential::Cookie);
            let answer = request.header("sec-fetch-site", first).header("sec-fetch-site", second).await;
            assert_eq!(answer.verdict(), (403, "cross_site_request".to_owned()), "{first} {second}");
        }
        for (first, second) in [(PUBLIC_URL, PUBLIC_URL), (FRONT_END, FRONT_END),
            (PUBLIC_URL, "https://evil.example")] {
            let request = request(&app, &ann, Action::SignOut, Credential::Cookie);
            let answer = sent_from(request, None, &[first, second]).await;
            assert_eq!(answer.verdict(), (403, "cross_site_request".to_owned()), "{first} {second}");
        }
    }

    async fn reading_by_cookie_is_no_mutation(app) {
        let ann = app.account("ann@example.com").await;
        for path in ["/api/v1/auth/me", ann.path().as_str()] {
            for method in ["GET", "HEAD"] {
                let request = app.request(method, path).cookie(&ann.token).header("sec-fetch-site", "cross-site");
                assert_eq!(request.header("origin", "https://evil.example").await.status, 200);
            }
        }
    }

    async fn the_token_is_judged_before_the_site(app) {
        let request = app.post("/api/v1/auth/signout").cookie("nonsense").header("sec-fetch-site", "cross-site");
        assert_eq!(request.await.verdict(), (401, "invalid_token".to_owned()));
    }
}
