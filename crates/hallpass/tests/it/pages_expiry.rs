//! How a session ends on the pages: by its hour, by the person, or because its
//! token is none of ours.

use crate::forge::Forge;
use crate::rig::{Account, Browser, COOKIE, PASSWORD, PUBLIC_URL, TestApp, on_both_engines};

const MARK: &str = "hallpass.had_session";
const EXPIRED: &str = "Session expired. Please sign in again.";
const CLEARED: &str = "hallpass.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict";
const UNMARKED: &str = "hallpass.had_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict";
const MARKED: &str = "hallpass.had_session=1; Max-Age=86400; Path=/; HttpOnly; SameSite=Strict";
const ANN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];

/// Somebody who has signed up and been greeted.
async fn signed_up(app: &TestApp) -> Browser {
    let browser = app.browser();
    let sent = browser.post("/signup", &ANN).await;
    browser.follow(&sent).await;
    assert_eq!(browser.cookies(), [MARK, COOKIE]);
    browser
}

/// Tokens that are refused, and not because their hour is over.
async fn refused_tokens(app: &TestApp, ann: &Account) -> Vec<(&'static str, String)> {
    let gone = app.account("gone@example.com").await;
    app.database
        .execute("delete from users where email_key = 'gone@example.com'")
        .await;
    let tampered = format!("{}x", ann.token);
    let foreign = Forge::of(ann).claim("iss", "https://evil.example");
    let forged = Forge::of(ann).signed_with("another secret of 32 bytes or more");
    let future = Forge::of(ann).times(app.now() + 3600, app.now() + 7200);
    vec![
        ("a deleted user's", gone.token),
        ("a tampered one", tampered),
        ("another issuer's", foreign.token()),
        ("a forged one", forged.token()),
        ("one of the future", future.token()),
        ("none", "nonsense".to_owned()),
        ("an empty one", String::new()),
    ]
}

on_both_engines! {
    async fn a_pass_opens_the_dashboard_for_3599_seconds_and_no_longer(app) {
        let browser = signed_up(&app).await;
        let token = browser.cookie(COOKIE).unwrap();
        app.advance(3599);
        let last = browser.get("/dashboard").await;
        let page = last.page();
        assert_eq!(page.by_id("left").attribute("data-seconds"), Some("1"), "{last}");
        app.advance(1);
        assert_eq!(browser.cookies(), [MARK], "the browser dropped it in the same second");
        let without = browser.get("/dashboard").await;
        let with = browser.get("/dashboard").cookie(&token).await;
        for answer in [&without, &with] {
            assert_eq!(answer.status, 303, "{answer}");
            assert_eq!(answer.header("location"), Some("/signin?next=%2Fdashboard"), "{answer}");
            assert_eq!(answer.text(), "");
        }
        assert_eq!(with.all("set-cookie"), [CLEARED, MARKED]);
        assert!(!without.all("set-cookie").contains(&UNMARKED), "{without}");
    }

    /// A part of a second is a second to a person.
    async fn what_is_left_of_a_pass_is_rounded_up(app) {
        let browser = signed_up(&app).await;
        app.clock.advance(std::time::Duration::from_millis(3_598_001));
        let page = browser.get("/dashboard").await.page();
        assert_eq!(page.by_id("left").attribute("data-seconds"), Some("2"));
        let share = page.by_id("share");
        assert_eq!((share.attribute("value"), share.attribute("max")), (Some("2"), Some("3600")));
        app.clock.advance(std::time::Duration::from_micros(1_998_999));
        let last = browser.get("/dashboard").await.page();
        assert_eq!(last.by_id("left").attribute("data-seconds"), Some("1"));
        app.clock.advance(std::time::Duration::from_micros(1));
        assert_eq!(browser.get("/dashboard").await.status, 303);
    }

    async fn whoever_dropped_the_expired_cookie_is_told_once(app) {
        for language in ["en", "de"] {
            let browser = app.browser();
            app.account(&format!("{language}@example.com")).await;
            let sent = browser.post("/signin", &[("email", &format!("{language}@example.com")), ("password", PASSWORD)]).await;
            browser.follow(&sent).await;
            app.advance(3600);
            let (paths, _) = browser.arrive("/dashboard").await;
            assert_eq!(paths, ["/dashboard", "/signin?next=%2Fdashboard"]);
            assert_eq!(browser.cookies(), [""; 0], "told once already");
            browser.plant(MARK, "1");
            let told = browser.get("/signin").language(language).await;
            let text = if language == "de" { "Die Sitzung ist abgelaufen. Bitte melden Sie sich wieder an." } else { EXPIRED };
            let page = told.page();
            assert_eq!((page.notice(), page.by_id("notice").attribute("role")), (Some(text), Some("status")));
            assert_eq!(told.all("set-cookie"), [UNMARKED]);
            assert_eq!(browser.get("/signin").await.page().notice(), None);
        }
    }

    async fn whoever_still_sends_the_expired_cookie_is_told_once(app) {
        let token = app.account("ann@example.com").await.token;
        app.advance(3600);
        for start in ["/dashboard", "/signin", "/signin?next=%2Fdocs"] {
            for marked in [true, false] {
                let browser = app.browser();
                browser.plant(COOKIE, &token);
                if marked {
                    browser.plant(MARK, "1");
                }
                let (paths, told) = browser.arrive(start).await;
                assert!(paths.last().unwrap().starts_with("/signin"), "{paths:?}");
                assert_eq!(told.page().notice(), Some(EXPIRED), "{start}, {marked}\n{told}");
                assert_eq!(browser.cookies(), [""; 0], "{start}, {marked}\n{told}");
                let (_, again) = browser.arrive("/dashboard").await;
                assert_eq!(again.page().notice(), None, "{start}, {marked}\n{again}");
            }
        }
    }

    async fn a_day_later_it_is_a_sign_in_like_any_other(app) {
        let browser = signed_up(&app).await;
        app.advance(24 * 3600 - 1);
        assert_eq!(browser.cookies(), [MARK]);
        app.advance(1);
        let (_, shown) = browser.arrive("/dashboard").await;
        assert_eq!(shown.page().notice(), None);
    }

    /// CONTRACT section 4: it is cleared "at sign-out and once the message was
    /// shown", and only the sign-in page shows it.
    async fn a_page_that_does_not_say_it_leaves_the_mark(app) {
        let token = app.account("ann@example.com").await.token;
        app.advance(3600);
        for path in ["/", "/signup", "/nope"] {
            for still_sent in [false, true] {
                let browser = app.browser();
                browser.plant(MARK, "1");
                if still_sent {
                    browser.plant(COOKIE, &token);
                }
                let shown = browser.get(path).await;
                assert!(!shown.text().contains(EXPIRED), "{path}");
                let told = browser.get("/signin").await;
                assert_eq!(told.page().notice(), Some(EXPIRED), "after {path}, still sent: {still_sent}");
            }
        }
    }

    /// A browser that does not say where a link was keeps its cookie back all the
    /// same.
    async fn what_was_not_sent_is_not_taken_away(app) {
        let sent = app.get("/dashboard").await;
        assert_eq!((sent.status, sent.all("set-cookie")), (303, Vec::new()), "{sent}");
    }

    async fn a_refused_token_is_taken_away_without_a_word_of_expiry(app) {
        let ann = app.account("ann@example.com").await;
        for (kind, token) in refused_tokens(&app, &ann).await {
            for start in ["/dashboard", "/signin", "/signup"] {
                let browser = app.browser();
                browser.plant(COOKIE, &token);
                browser.plant(MARK, "1");
                let (paths, shown) = browser.arrive(start).await;
                // The form to sign up is there for anybody, and takes nothing away.
                let end = if start == "/signup" { start } else { "/signin" };
                assert!(paths.last().unwrap().starts_with(end), "{kind}: {paths:?}");
                assert_eq!(shown.page().notice(), None, "{kind}: {paths:?}\n{shown}");
                let (_, again) = browser.arrive("/dashboard").await;
                assert_eq!(again.page().notice(), None, "{kind}");
                assert_eq!(browser.cookies(), [""; 0], "{kind}: {paths:?}");
            }
            let sent = app.get("/dashboard").cookie(&token).await;
            assert_eq!((sent.status, sent.all("set-cookie")), (303, vec![CLEARED, UNMARKED]), "{kind}");
        }
    }

    async fn two_cookies_of_our_name_are_taken_away_without_a_loop(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        for (first, second) in [(&ann.token, &bob.token), (&ann.token, &ann.token)] {
            let both = format!("{COOKIE}={first}; {MARK}=1; {COOKIE}={second}");
            let sent = app.get("/dashboard").header("cookie", &both).await;
            assert_eq!(sent.header("location"), Some("/signin?next=%2Fdashboard"));
            assert_eq!(sent.all("set-cookie"), [CLEARED, UNMARKED]);
            // One of another path stays, whatever we clear: it is a form all the same.
            for path in ["/signin?next=%2Fdashboard", "/signup", "/"] {
                let shown = app.get(path).header("cookie", &both).await;
                assert_eq!((shown.status, shown.page().notice()), (200, None), "{path}\n{shown}");
            }
            let renamed = app.post("/dashboard").header("cookie", &both).form(&[("name", "Eve")]).await;
            assert_eq!(renamed.header("location"), Some("/signin?next=%2Fdashboard"));
        }
        assert_eq!(app.database.number("select count(*) from users where name = 'Eve'").await, 0);
    }

    /// A cookie that the browser keeps although we clear it: of another path, of
    /// a parent domain, or stored twice.
    async fn a_deleted_users_cookie_that_cannot_be_cleared_is_no_loop(app) {
        let ann = app.account("ann@example.com").await;
        app.database.execute("delete from users").await;
        let mut path = "/dashboard".to_owned();
        let mut steps = Vec::new();
        for _ in 0..4 {
            let answer = app.get(&path).for_a_page().cookie(&ann.token).await;
            steps.push(path.clone());
            if answer.status == 200 {
                return;
            }
            answer.header("location").unwrap().clone_into(&mut path);
        }
        panic!("{steps:?}, and so on");
    }

    async fn what_was_sent_by_a_form_is_not_sent_again_after_signing_in(app) {
        let browser = signed_up(&app).await;
        app.advance(3600);
        let sent = browser.post("/dashboard?tab=2", &[("name", "Anne")]).await;
        assert_eq!(sent.header("location"), Some("/signin?next=%2Fdashboard"));
        assert_eq!(browser.follow(&sent).await.page().notice(), Some(EXPIRED));
        assert_eq!(app.database.text("select name from users").await, "-");
        let asked = browser.get("/dashboard?tab=2").await;
        assert_eq!(asked.header("location"), Some("/signin?next=%2Fdashboard%3Ftab%3D2"));
    }

    async fn after_expiry_the_same_page_follows_the_sign_in(app) {
        let browser = signed_up(&app).await;
        app.advance(3600);
        let (_, form) = browser.arrive("/dashboard?tab=2").await;
        let page = form.page();
        assert_eq!(page.notice(), Some(EXPIRED));
        let action = page.the("form").attribute("action").unwrap();
        let wrong = browser.post(action, &[("email", "ann@example.com"), ("password", "wrong")]).await;
        let page = browser.follow(&wrong).await.page();
        assert_eq!(page.notice(), None, "said once");
        let sent = browser.post(page.the("form").attribute("action").unwrap(), &ANN).await;
        assert_eq!(sent.header("location"), Some("/dashboard?tab=2"));
        assert_eq!(sent.cookies()[1..], [MARKED]);
    }

    async fn a_sign_out_after_the_hour_is_a_sign_out(app) {
        let browser = signed_up(&app).await;
        let token = browser.cookie(COOKIE).unwrap();
        app.advance(3600);
        for still_sent in [false, true] {
            browser.plant(MARK, "1");
            if still_sent {
                browser.plant(COOKIE, &token);
            }
            let out = browser.post("/signout", &[]).await;
            assert_eq!(out.all("set-cookie")[..2], [CLEARED, UNMARKED]);
            let told = browser.follow(&out).await;
            assert_eq!(told.page().notice(), Some("You have signed out."));
            assert_eq!(browser.cookies(), [""; 0]);
        }
    }

    async fn whoever_signed_in_by_the_api_is_marked_by_the_dashboard(app) {
        let browser = app.browser();
        app.account("ann@example.com").await;
        let body = serde_json::json!({"email": "ann@example.com", "password": PASSWORD});
        let signed_in = browser.request("POST", "/api/v1/auth/signin").json(&body).await;
        assert_eq!(signed_in.cookies().len(), 1, "{signed_in}");
        let shown = browser.get("/dashboard").await;
        assert_eq!((shown.status, shown.all("set-cookie")), (200, vec![MARKED]), "{shown}");
        assert_eq!(browser.get("/dashboard").await.all("set-cookie"), [""; 0], "once");
        app.advance(3600);
        let (_, told) = browser.arrive("/dashboard").await;
        assert_eq!(told.page().notice(), Some(EXPIRED));
    }

    async fn a_sign_out_by_the_api_takes_the_mark_where_there_is_one(app) {
        let browser = signed_up(&app).await;
        let token = browser.cookie(COOKIE).unwrap();
        let without = app.post("/api/v1/auth/signout").cookie(&token).await;
        assert_eq!(without.all("set-cookie"), [CLEARED]);
        let by_header = app.post("/api/v1/auth/signout").bearer(&token).await;
        assert_eq!(by_header.all("set-cookie"), [CLEARED]);
        let with = browser.request("POST", "/api/v1/auth/signout").await;
        assert_eq!((with.status, with.all("set-cookie")), (200, vec![CLEARED, UNMARKED]), "{with}");
        assert_eq!(browser.cookies(), [""; 0]);
        let (_, shown) = browser.arrive("/dashboard").await;
        assert_eq!(shown.page().notice(), None);
    }

    /// SameSite=Strict: a browser that follows a link on another site leaves the
    /// cookies at home, but takes those of the answer (RFC 6265bis, 5.7.3).
    async fn a_link_on_another_site_signs_nobody_out(app) {
        let browser = signed_up(&app).await;
        let linked = |path: &str| app.get(path).for_a_page().header("sec-fetch-site", "cross-site");
        for path in ["/", "/signin", "/signup", "/signin?next=%2Fdashboard", "/dashboard", "/dashboard?tab=2", "/nope"] {
            let answer = linked(path).await;
            assert_eq!(answer.all("set-cookie"), [""; 0], "{path}: {answer}");
        }
        assert_eq!(browser.get("/dashboard").await.status, 200);
    }

    /// Now the cookie comes along, if there is one.
    async fn a_link_on_another_site_leads_to_the_dashboard_in_two_steps(app) {
        let browser = signed_up(&app).await;
        for path in ["/dashboard", "/dashboard?tab=2&x=';url=//evil.example"] {
            for (language, heading, button) in [("en", "One moment", "Go on"), ("de", "Einen Augenblick", "Weiter")] {
                let linked = app.get(path).for_a_page().language(language).header("sec-fetch-site", "cross-site").await;
                assert_eq!(linked.status, 200, "{linked}");
                let page = linked.page();
                assert_eq!((page.heading(), page.lang()), (heading, language));
                let refresh = page.all("meta").into_iter().find(|meta| meta.attribute("http-equiv") == Some("refresh"));
                assert_eq!(refresh.unwrap().attribute("content"), Some(format!("0; url={path}").as_str()));
                let link = page.all("a").into_iter().find(|link| link.text == button).unwrap();
                assert_eq!(link.attribute("href"), Some(path));
            }
            assert_eq!(browser.get(path).await.page().facts()[0], ("Email address", "ann@example.com"));
        }
        let (paths, _) = app.browser().arrive("/dashboard").await;
        assert_eq!(paths, ["/dashboard", "/signin?next=%2Fdashboard"]);
    }

    /// Of a site that is the same, the cookie came along, and is not there.
    async fn only_a_link_on_another_site_is_asked_again(app) {
        for (site, mode) in [
            ("same-site", "navigate"), ("same-origin", "navigate"), ("none", "navigate"), ("cross-site", "no-cors"),
            ("cross-site", "cors"),
        ] {
            let answer = app.get("/dashboard").header("sec-fetch-site", site).header("sec-fetch-mode", mode).await;
            assert_eq!(answer.header("location"), Some("/signin?next=%2Fdashboard"), "{site}, {mode}\n{answer}");
        }
        // Nor is a cookie that was sent after all.
        let nonsense = app.get("/dashboard").for_a_page().header("sec-fetch-site", "cross-site").cookie("nonsense").await;
        assert_eq!((nonsense.status, nonsense.all("set-cookie")), (303, vec![CLEARED, UNMARKED]));
    }

    async fn another_servers_token_is_nobodys(app) {
        let ann = app.account("ann@example.com").await;
        let elsewhere = app.with(|settings| settings.public_url = hallpass::PublicUrl::parse("http://localhost:9000").unwrap());
        let sent = elsewhere.get("/dashboard").cookie(&ann.token).await;
        assert_eq!((sent.status, sent.all("set-cookie")), (303, vec![CLEARED, UNMARKED]), "{sent}");
        assert_ne!(elsewhere.hallpass.settings().public_url.origin().as_str(), PUBLIC_URL);
        assert_eq!(app.get("/dashboard").cookie(&ann.token).await.status, 200);
    }
}
