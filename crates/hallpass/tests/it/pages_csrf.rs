//! Which site a form comes from: every form, every way to be signed in, and
//! every pair of headers, against the rule as the contract words it.

use crate::foreign_sites::{
    CREDENTIALS, Credential, ORIGINS, SITES, is_from_a_foreign_site, sent_from,
};
use crate::rig::{Account, Answer, PASSWORD, Request, TestApp, fresh_client, on_both_engines};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    SignUp,
    SignIn,
    SignOut,
    Rename,
}

const FORMS: [Form; 4] = [Form::SignUp, Form::SignIn, Form::SignOut, Form::Rename];
/// Where a form leads, or nothing where it is refused.
fn expected(form: Form, credential: Credential, foreign: bool) -> Option<&'static str> {
    // However somebody is signed in: login CSRF, and its reverse, concern who is
    // not, and no browser puts a bearer token to a form.
    if foreign {
        return None;
    }
    Some(match form {
        Form::SignOut => "/signin",
        Form::Rename if credential == Credential::None => "/signin?next=%2Fdashboard",
        Form::SignUp | Form::SignIn | Form::Rename => "/dashboard",
    })
}

fn request(app: &TestApp, ann: &Account, form: Form, credential: Credential) -> Request {
    let client = fresh_client();
    let request = match form {
        Form::SignUp => {
            let email = format!("{client}@example.com");
            app.post("/signup")
                .form(&[("email", &email), ("password", PASSWORD)])
        }
        Form::SignIn => app
            .post("/signin")
            .form(&[("email", "ann@example.com"), ("password", PASSWORD)]),
        Form::SignOut => app.post("/signout").form(&[]),
        Form::Rename => app.post("/dashboard").form(&[("name", &client)]),
    };
    credential.carried_by(request, &ann.token).from(&client)
}

/// In the dress that was asked for, and with nothing for the browser to keep.
fn is_refused(answer: &Answer, as_page: bool, case: &str) {
    assert_eq!(answer.status, 403, "{case}\n{answer}");
    assert_eq!(answer.all("set-cookie"), [""; 0], "{case}\n{answer}");
    if as_page {
        let page = answer.page();
        assert_eq!(page.heading(), "This is not allowed", "{case}");
        assert!(page.the("main").text.contains("came from another site"));
    } else {
        assert_eq!(answer.code(), "cross_site_request", "{case}");
    }
}

on_both_engines! {
    async fn asvs_3_5_1_a_form_that_a_foreign_site_makes_a_browser_send_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let mut requests = 0;
        for form in FORMS {
            for credential in CREDENTIALS {
                for site in SITES {
                    for origins in ORIGINS {
                        let before = app.database.dump().await;
                        let foreign = is_from_a_foreign_site(site, origins);
                        let as_page = requests % 2 == 0;
                        let request = sent_from(request(&app, &ann, form, credential), site, origins);
                        let request = if as_page { request.header("accept", "text/html") } else { request };
                        let answer = request.await;
                        let case = format!("{form:?} by {credential:?}, {site:?}, {origins:?}");
                        match expected(form, credential, foreign) {
                            None => is_refused(&answer, as_page, &case),
                            Some(location) => {
                                assert_eq!(answer.status, 303, "{case}\n{answer}");
                                assert_eq!(answer.header("location"), Some(location), "{case}\n{answer}");
                            }
                        }
                        let changes = expected(form, credential, foreign) == Some("/dashboard") && form != Form::SignIn;
                        assert_eq!(app.database.dump().await != before, changes, "{case}");
                        requests += 1;
                    }
                }
            }
        }
        assert_eq!(requests, 432);
    }

    async fn a_page_that_nobody_may_change_from_elsewhere_is_told_in_german_too(app) {
        let request = app.post("/signin").form(&[]).for_a_page().language("de");
        let page = request.header("sec-fetch-site", "cross-site").await.page();
        assert_eq!((page.lang(), page.heading()), ("de", "Das ist nicht erlaubt"));
    }

    /// Its cookie stays at home, so it looks like a stranger's; the answer's would
    /// be kept.
    async fn a_foreign_form_to_the_dashboard_neither_changes_nor_ends_anything(app) {
        for site in ["cross-site", "same-site"] {
            let form = app.post("/dashboard").form(&[("name", "Eve")]).for_a_page();
            let answer = form.header("sec-fetch-site", site).header("origin", "https://evil.example").await;
            assert!([303, 403].contains(&answer.status), "{answer}");
            if site == "cross-site" {
                assert_eq!(answer.all("set-cookie"), [""; 0], "{answer}");
            }
        }
    }

    /// Reading is not refused, whoever leads to it, or no link would work.
    async fn a_link_from_anywhere_opens_a_page(app) {
        let ann = app.account("ann@example.com").await;
        for site in SITES {
            for origins in ORIGINS {
                for (path, token, status) in [
                    ("/", None, 200), ("/signin", None, 200), ("/signup", None, 200),
                    ("/dashboard", Some(&ann.token), 200), ("/", Some(&ann.token), 303),
                ] {
                    let request = sent_from(app.get(path), site, origins);
                    let request = match token {
                        Some(token) => request.cookie(token),
                        None => request,
                    };
                    let answer = request.await;
                    assert_eq!(answer.status, status, "{path}, {site:?}, {origins:?}\n{answer}");
                }
            }
        }
    }

    /// The very order of things: what would be refused is not read.
    async fn a_foreign_form_is_refused_before_it_is_read(app) {
        let ann = app.account("ann@example.com").await;
        for path in ["/signup", "/signin", "/signout", "/dashboard"] {
            for request in [
                app.post(path).raw("nonsense"),
                app.post(path).raw_json("{"),
                app.post(path).form(&[("email", "a"), ("email", "b")]),
                app.post(path).form(&[("name", &"x".repeat(70_000))]),
            ] {
                let request = request.cookie(&ann.token).header("origin", "https://evil.example");
                is_refused(&request.await, false, path);
            }
        }
    }
}
