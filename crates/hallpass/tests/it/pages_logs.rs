//! What the log holds of pages, and what it never holds.

use hallpass::SECURITY_EVENTS;
use serde_json::{Value, json};

use crate::recording::Recording;
use crate::rig::{Answer, Browser, COOKIE, PASSWORD, Request, TestApp, on_both_engines};

/// Words that stand in secrets and personal data, and nowhere else.
const EMAIL: &str = "zq8mailcanary@zq8domaincanary.example";
const NAME: &str = "Zq8namecanary";
const TYPED: &str = "zq8passwordcanary marble otter";
const WRONG: &str = "zq8wrongcanary marble otter";
const ELSEWHERE: &str = "zq8pathcanary";

/// Somebody at a browser, and every cookie they were ever given.
struct Person {
    browser: Browser,
    given: Vec<String>,
}

impl Person {
    fn of(app: &TestApp) -> Self {
        Self {
            browser: app.browser(),
            given: Vec::new(),
        }
    }

    async fn does(&mut self, request: Request) -> Answer {
        let answer = request.may_fail().await;
        for cookie in answer.all("set-cookie") {
            let (_, value) = cookie.split_once('=').unwrap();
            let (value, _) = value.split_once(';').unwrap();
            self.given.push(value.to_owned());
        }
        answer
    }

    /// Sends a form, and looks at what follows.
    async fn sends(&mut self, path: &str, fields: &[(&str, &str)]) {
        let answer = self.does(self.browser.post(path, fields)).await;
        if answer.status == 303 {
            self.does(self.browser.follow(&answer)).await;
        }
    }
}

/// Every flow by page, the good and the bad ends of each.
async fn every_flow(app: &TestApp) -> Vec<String> {
    let mut ann = Person::of(app);
    let (email, right, wrong) = (("email", EMAIL), ("password", TYPED), ("password", WRONG));
    ann.sends("/signup", &[email, right, ("name", NAME)]).await;
    let token = ann.browser.cookie(COOKIE).unwrap();
    ann.sends("/signup", &[email, right]).await;
    ann.sends("/signup", &[email, wrong]).await;
    ann.sends(
        "/signup",
        &[
            ("email", "zq8mailcanary"),
            right,
            ("name", "Zq8namecanary\n"),
        ],
    )
    .await;
    ann.sends("/signup", &[email, ("password", "zq8mailcanary")])
        .await;
    ann.sends("/dashboard", &[("name", "Zq8namecanary II")])
        .await;
    ann.sends("/dashboard", &[("name", &NAME.repeat(30))]).await;
    ann.sends("/signout", &[]).await;
    ann.sends("/signin", &[email, right]).await;
    for at in 0..7 {
        ann.sends(&format!("/signin?next=/{ELSEWHERE}{at}"), &[email, wrong])
            .await;
    }
    ann.sends("/signin", &[("email", "zq8mailcanary"), wrong])
        .await;
    elsewhere(app, &mut ann, &token).await;
    app.advance(3600);
    ann.browser.plant(COOKIE, &token);
    ann.browser.arrive("/dashboard").await;
    faults(app, &mut ann).await;
    ann.given.push(token);
    ann.given
}

/// Secrets where they do not belong.
async fn elsewhere(app: &TestApp, ann: &mut Person, token: &str) {
    let foreign = [("email", EMAIL), ("password", TYPED)];
    for request in [
        app.get(&format!("/{ELSEWHERE}?email={EMAIL}")),
        app.get(&format!("/dashboard?token={token}&email={EMAIL}")),
        app.get(&format!("/assets/{ELSEWHERE}.css")),
        app.get("/signin")
            .header("referer", format!("http://x/{ELSEWHERE}")),
        app.get("/signin")
            .header("cookie", format!("hallpass.notice={ELSEWHERE}")),
        app.get("/signin").header("accept-language", ELSEWHERE),
        app.post("/signin")
            .form(&foreign)
            .header("origin", "https://evil.example"),
        app.post("/signin")
            .form(&[("password", TYPED), ("password", TYPED)]),
        app.post("/signin").raw(format!("password={TYPED}")),
        app.post("/dashboard")
            .cookie(token)
            .cookie(token)
            .form(&[("name", NAME)]),
        app.post("/dashboard")
            .cookie(ELSEWHERE)
            .form(&[("name", NAME)]),
        app.request("DELETE", &format!("/signin?{ELSEWHERE}")),
    ] {
        ann.does(request.for_a_page()).await;
    }
}

/// What goes wrong on our side.
async fn faults(app: &TestApp, ann: &mut Person) {
    let (email, right) = (("email", EMAIL), ("password", TYPED));
    ann.sends("/signin", &[email, right]).await;
    let token = ann.browser.cookie(COOKIE).unwrap();
    let away = app.with(|settings| settings.database = app.database.missing_url());
    for request in [
        away.get("/dashboard").cookie(&token),
        away.post("/signin").form(&[email, right]),
        away.post("/signup").form(&[email, right]),
    ] {
        ann.does(request.for_a_page()).await;
    }
    // PostgreSQL's DETAIL of such a violation holds the whole row.
    let planted = "alter table users add column planted text not null default 'x'";
    app.database.execute(planted).await;
    let unique = "create unique index planted on users (planted)";
    app.database.execute(unique).await;
    let second = format!("second-{EMAIL}");
    ann.sends("/signup", &[("email", &second), right, ("name", NAME)])
        .await;
    let rename = "alter table users rename column created_at to made_at";
    app.database.execute(rename).await;
    ann.does(app.get("/dashboard").cookie(&token)).await;
    ann.sends("/signin", &[email, right]).await;
}

/// The security events of a request, without what is the same in all.
async fn events(recording: &Recording, request: Request, id: &str) -> Vec<Value> {
    request.header("x-request-id", id).await;
    let mut events = recording.of_request(id);
    events.retain(|line| line["target"] == SECURITY_EVENTS);
    for event in &mut events {
        for common in ["timestamp", "target", "span"] {
            event.as_object_mut().unwrap().remove(common).unwrap();
        }
    }
    events
}

const CLIENT: &str = "192.0.2.7";

fn success(event: &str, user: &Value) -> Value {
    json!({"level": "INFO", "event": event, "outcome": "success", "user_id": user, "client": CLIENT})
}

fn failure(event: &str, reason: &str) -> Value {
    json!({
        "level": "WARN", "event": event, "outcome": "failure", "reason": reason,
        "email": "a***@***.com", "client": CLIENT,
    })
}

fn refusal(reason: &str) -> Value {
    json!({"level": "WARN", "event": "refusal", "outcome": "failure", "reason": reason, "client": CLIENT})
}

on_both_engines! {
    async fn asvs_16_2_5_pages_log_no_secret_and_no_personal_data_at_any_level(app) {
        let recording = Recording::start();
        let given = every_flow(&app).await;
        let text = recording.text();
        for line in text.lines() {
            assert!(!line.to_lowercase().contains("zq8"), "a canary is in the log: {line}");
        }
        let long = given.iter().filter(|value| value.len() > 1);
        for (at, value) in long.enumerate() {
            // A notice and a token begin with what many of them begin with.
            let tail = &value[value.len() - 24..];
            assert!(!text.contains(tail), "cookie {at} is in the log: {value}");
        }
        assert!(given.len() > 30, "{}", given.len());
        for heard in ["\"DEBUG\"", "\"WARN\"", "\"ERROR\"", SECURITY_EVENTS, "z***@***.example", "\"/signup\""] {
            assert!(text.contains(heard), "{heard} is not in the log");
        }
    }

    async fn asvs_16_3_1_each_end_of_each_form_is_an_event(app) {
        let recording = Recording::start();
        let engine = app.engine();
        let browser = app.browser();
        let send = async |what: &str, path: &str, password: &str| {
            let form = [("email", "ann@example.com"), ("password", password)];
            let request = browser.post(path, &form).from(CLIENT);
            events(&recording, request, &format!("page-{what}-{engine:?}")).await
        };
        let taken = || failure("sign_up", "registration_refused");

        let signed_up = send("up", "/signup", PASSWORD).await;
        let user = app.sign_in("ann@example.com", PASSWORD).await.json()["user"]["id"].take();
        assert_eq!(signed_up, [success("sign_up", &user)]);
        // The same form again is a sign-in, and its log says how it came to it.
        assert_eq!(send("again", "/signup", PASSWORD).await, [taken(), success("sign_in", &user)]);
        let wrong = || failure("sign_in", "invalid_credentials");
        assert_eq!(send("other", "/signup", "not the password 7").await, [taken(), wrong()]);
        let elsewhere = app.post("/signup").from(CLIENT).form(&[("email", "ann@example.com"), ("password", PASSWORD)]);
        assert_eq!(events(&recording, elsewhere, &format!("page-elsewhere-{engine:?}")).await, [taken()]);

        assert_eq!(send("in", "/signin", PASSWORD).await, [success("sign_in", &user)]);
        for at in 0..5 {
            assert_eq!(send(&format!("wrong-{at}"), "/signin", "wrong").await, [wrong()]);
        }
        assert_eq!(send("limited", "/signin", "wrong").await, [failure("sign_in", "rate_limited")]);

        let bob = app.account("bob@example.com").await;
        let out = app.post("/signout").from(CLIENT).cookie(&bob.token);
        let signed_out = events(&recording, out, &format!("page-out-{engine:?}")).await;
        assert_eq!(signed_out, [success("sign_out", &json!(bob.id))]);
    }

    async fn asvs_16_3_2_each_refusal_of_a_page_is_an_event(app) {
        let recording = Recording::start();
        let engine = app.engine();
        let token = app.account("bob@example.com").await.token;
        for (at, (request, reason)) in [
            (app.get("/dashboard").cookie("nonsense"), Some("invalid_token")),
            (app.get("/signin").cookie("nonsense"), Some("invalid_token")),
            (app.get("/dashboard").cookie(&token).cookie(&token), Some("invalid_token")),
            (app.post("/dashboard").cookie(&token).header("origin", "null"), Some("cross_site_request")),
            (app.post("/signin").header("sec-fetch-site", "cross-site"), Some("cross_site_request")),
            (app.post("/signup").header("origin", "https://evil.example"), Some("cross_site_request")),
            (app.post("/signout").header("origin", "https://evil.example"), Some("cross_site_request")),
            // Who has not signed in, or mistypes, is no event.
            (app.get("/dashboard"), None),
            (app.get("/dashboard").for_a_page().header("sec-fetch-site", "cross-site"), None),
            (app.get("/signin"), None),
            (app.get("/signin").cookie(&token), None),
            (app.post("/signout"), None),
            (app.post("/signin").form(&[]), None),
            (app.post("/signup").form(&[("email", "x")]), None),
        ].into_iter().enumerate() {
            let id = format!("page-refusal-{at}-{engine:?}");
            let found = events(&recording, request.from(CLIENT), &id).await;
            assert_eq!(found, reason.map(refusal).into_iter().collect::<Vec<_>>(), "{at}");
        }
        app.advance(3600);
        let late = app.get("/dashboard").from(CLIENT).cookie(&token);
        let expired = events(&recording, late, &format!("page-expired-{engine:?}")).await;
        assert_eq!(expired, [refusal("token_expired")]);
    }

    async fn asvs_16_2_1_each_page_is_one_line_under_its_route(app) {
        let recording = Recording::start();
        let engine = app.engine();
        let ann = app.account("ann@example.com").await;
        let style = app.get("/").await.page().stylesheet().to_owned();
        let form = [("email", "ann@example.com"), ("password", PASSWORD)];
        for (at, (request, method, route, status, user)) in [
            (app.get("/"), "GET", "/", 200, false),
            (app.get("/").cookie(&ann.token), "GET", "/", 303, true),
            (app.get("/signin?next=/docs"), "GET", "/signin", 200, false),
            (app.post("/signin").form(&form), "POST", "/signin", 303, true),
            (app.post("/signin").form(&[("email", "x")]), "POST", "/signin", 303, false),
            (app.post("/signup").form(&form), "POST", "/signup", 303, false),
            (app.get("/dashboard").cookie(&ann.token), "GET", "/dashboard", 200, true),
            (app.get("/dashboard"), "GET", "/dashboard", 303, false),
            (app.post("/dashboard").cookie(&ann.token).form(&[("name", "Ann")]), "POST", "/dashboard", 303, true),
            (app.post("/signout").cookie(&ann.token), "POST", "/signout", 303, true),
            (app.get("/signout"), "GET", "/signout", 405, false),
            (app.get(&style), "GET", "/assets/{file}", 200, false),
            (app.get("/nope").for_a_page(), "GET", "-", 404, false),
        ].into_iter().enumerate() {
            let id = format!("page-line-{at}-{engine:?}");
            let answer = request.header("x-request-id", &id).await;
            assert_eq!(answer.status, status, "{answer}");
            let mut lines = recording.of_request(&id);
            lines.retain(|line| line["message"] == "answered");
            let [line] = &lines[..] else { panic!("{lines:#?}") };
            assert_eq!((&line["level"], &line["status"]), (&json!("INFO"), &json!(status)), "{line}");
            assert_eq!((&line["span"]["method"], &line["span"]["route"]), (&json!(method), &json!(route)), "{line}");
            assert_eq!(line.get("user_id").cloned(), user.then(|| json!(ann.id)), "{line}");
        }
    }
}
