//! Pages for whoever has a session already, and for whoever has none.

use crate::rig::{COOKIE, PASSWORD, TestApp, on_both_engines};

const ANN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];

/// Where the page sends whoever asks for it with this token, by either way.
async fn sends(app: &TestApp, path: &str, token: &str) -> Vec<Option<String>> {
    let mut locations = Vec::new();
    for request in [app.get(path).cookie(token), app.get(path).bearer(token)] {
        let answer = request.for_a_page().await;
        assert_eq!(answer.status, 303, "{path}\n{answer}");
        assert_eq!(answer.all("set-cookie"), [""; 0], "{path}\n{answer}");
        assert_eq!(answer.text(), "");
        locations.push(answer.header("location").map(ToOwned::to_owned));
    }
    locations
}

on_both_engines! {
    async fn who_has_signed_in_is_led_on_from_every_door(app) {
        let ann = app.account("ann@example.com").await;
        for (path, to) in [
            ("/", "/dashboard"),
            ("/?next=/docs", "/docs"),
            ("/signin", "/dashboard"),
            ("/signup", "/dashboard"),
            ("/signin?next=%2Fdocs", "/docs"),
            ("/signup?next=/docs?a=b", "/docs?a=b"),
            ("/signin?next=//evil.example", "/dashboard"),
            ("/signup?next=https://evil.example", "/dashboard"),
            ("/signin?next=/signin?next=/signin", "/signin?next=/signin"),
        ] {
            let to = Some(to.to_owned());
            assert_eq!(sends(&app, path, &ann.token).await, [to.clone(), to], "{path}");
        }
        let browser = app.browser();
        browser.plant(COOKIE, &ann.token);
        for path in ["/signin?next=/signin?next=/signin", "/signup?next=/signin", "/"] {
            let (paths, shown) = browser.arrive(path).await;
            assert_eq!((paths.last().map(String::as_str), shown.status), (Some("/dashboard"), 200), "{paths:?}");
        }
    }

    async fn a_bearer_of_a_token_sees_the_dashboard_too(app) {
        let ann = app.account("ann@example.com").await;
        let shown = app.get("/dashboard").bearer(&ann.token).await;
        assert_eq!(shown.page().facts()[1], ("Email address", "ann@example.com"));
        // A refused header is not saved by a good cookie.
        let refused = app.get("/dashboard").bearer("nonsense").cookie(&ann.token).await;
        assert_eq!(refused.header("location"), Some("/signin?next=%2Fdashboard"));
        let entry = app.get("/signin").bearer("nonsense").cookie(&ann.token).await;
        assert_eq!(entry.status, 200, "{entry}");
    }

    async fn an_hour_later_the_doors_are_forms_again(app) {
        let ann = app.account("ann@example.com").await;
        app.advance(3599);
        sends(&app, "/signin", &ann.token).await;
        app.advance(1);
        for path in ["/", "/signin", "/signup"] {
            for request in [app.get(path).cookie(&ann.token), app.get(path).bearer(&ann.token)] {
                let answer = request.await;
                assert_eq!(answer.status, 200, "{path}\n{answer}");
            }
        }
    }

    async fn who_has_signed_in_may_sign_in_as_somebody_else(app) {
        let browser = app.browser();
        browser.post("/signup", &ANN).await;
        app.account("bob@example.com").await;
        let sent = browser.post("/signin", &[("email", "bob@example.com"), ("password", PASSWORD)]).await;
        let page = browser.follow(&sent).await.page();
        assert_eq!(page.facts()[1], ("Email address", "bob@example.com"));
        // Who fails stays who they are.
        let sent = browser.post("/signin", &[("email", "ann@example.com"), ("password", "wrong")]).await;
        assert_eq!(sent.all("set-cookie").len(), 1, "{sent}");
        let page = browser.get("/dashboard").await.page();
        assert_eq!(page.facts()[1], ("Email address", "bob@example.com"));
    }

    async fn two_tabs_share_a_session_and_its_end(app) {
        let browser = app.browser();
        browser.post("/signup", &ANN).await;
        let other_tab = browser.get("/dashboard").await;
        assert_eq!(other_tab.status, 200);
        browser.post("/signout", &[]).await;
        let (paths, _) = browser.arrive("/dashboard").await;
        assert_eq!(paths, ["/dashboard", "/signin?next=%2Fdashboard"]);
        // Its form, sent after all.
        let sent = browser.post("/dashboard", &[("name", "Anne")]).await;
        assert_eq!(sent.header("location"), Some("/signin?next=%2Fdashboard"));
        let out = browser.post("/signout", &[]).await;
        assert_eq!(browser.follow(&out).await.page().notice(), Some("You have signed out."));
        assert_eq!(app.database.text("select name from users").await, "-");
    }

    async fn whoever_asks_can_sign_out(app) {
        let ann = app.account("ann@example.com").await;
        let out = || app.post("/signout").for_a_page();
        let expected = out().await;
        assert_eq!((expected.status, expected.header("location")), (303, Some("/signin")), "{expected}");
        for request in [
            out().cookie(&ann.token),
            out().bearer(&ann.token),
            out().cookie("nonsense"),
            out().cookie(&ann.token).cookie(&ann.token),
            out().bearer("nonsense"),
            out().header("authorization", "Basic x"),
            out().form(&[("anything", "at all")]),
            out().raw_json("{"),
        ] {
            assert_eq!(request.await.bytes(), expected.bytes());
        }
        app.advance(3600);
        assert_eq!(out().cookie(&ann.token).await.bytes(), expected.bytes());
        app.database.execute("delete from users").await;
        assert_eq!(out().cookie(&ann.token).await.bytes(), expected.bytes());
    }

    /// A link or an image must not sign anybody out.
    async fn asvs_3_5_3_signing_out_is_no_reading(app) {
        let browser = app.browser();
        browser.post("/signup", &ANN).await;
        for method in ["GET", "HEAD"] {
            let answer = browser.request(method, "/signout").for_a_page().await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{answer}");
            assert_eq!(answer.all("set-cookie"), [""; 0], "{answer}");
        }
        let page = browser.get("/signout").await.page();
        assert_eq!(page.heading(), "This page cannot be reached this way");
        assert_eq!(browser.get("/dashboard").await.status, 200);
    }
}
