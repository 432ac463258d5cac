//! What the log holds, and what it never holds.

use hallpass::SECURITY_EVENTS;
use serde_json::{Value, json};

use crate::forge::Forge;
use crate::recording::Recording;
use crate::rig::{
    Account, Answer, CHEAP_BCRYPT, Engine, PASSWORD, Request, TestApp, on_both_engines,
    signing_secret,
};

/// Words that stand in secrets and personal data, and nowhere else.
const EMAIL: &str = "zq7mailcanary@zq7domaincanary.example";
const NAME: &str = "Zq7namecanary";
const TYPED: &str = "zq7passwordcanary marble otter";
const WRONG: &str = "zq7wrongcanary marble otter";
const SECRET: &str = "zq7secretcanary of an integration test, 32 bytes or more";
const ELSEWHERE: &str = "zq7pathcanary";

/// Sends a request under an id, and finds its lines.
async fn logged(recording: &Recording, request: Request, id: &str) -> (Answer, Vec<Value>) {
    let answer = request.header("x-request-id", id).await;
    (answer, recording.of_request(id))
}

fn security_events(lines: &[Value]) -> Vec<Value> {
    lines
        .iter()
        .filter(|line| line["target"] == SECURITY_EVENTS)
        .cloned()
        .collect()
}

/// The one security event of these lines, without what is the same in all.
fn the_event(lines: &[Value]) -> Value {
    let events = security_events(lines);
    let [event] = &events[..] else {
        panic!("{} events: {lines:#?}", events.len())
    };
    let mut event = event.clone();
    let fields = event.as_object_mut().unwrap();
    for common in ["timestamp", "target", "span"] {
        fields.remove(common).unwrap();
    }
    event
}

/// Every flow there is, the good and the bad ends of each.
async fn every_flow(app: &TestApp) -> Vec<String> {
    let register = |email: &str, password: &str| {
        app.post("/api/v1/auth/register")
            .json(&json!({"email": email, "password": password, "name": NAME}))
    };
    let token = register(EMAIL, TYPED).await.token();
    let user = app.me(&token).await.json();
    let ann = Account {
        id: user["id"].as_str().unwrap().to_owned(),
        email: EMAIL.to_owned(),
        token: token.clone(),
    };
    let mut secrets = vec![
        token.clone(),
        app.database.text("select password_hash from users").await,
    ];

    register(&EMAIL.to_uppercase(), TYPED).await;
    register(EMAIL, "zq7mail").await;
    register("zq7mailcanary", TYPED).await;
    secrets.push(app.sign_in(EMAIL, TYPED).await.token());
    app.sign_in("stranger-zq7mailcanary@example.com", WRONG)
        .await;
    let other = app.with(|settings| settings.password_hash = CHEAP_BCRYPT);
    other.sign_in(EMAIL, TYPED).await;
    secrets.push(app.database.text("select password_hash from users").await);

    let forged = Forge::of(&ann)
        .signed_with("another secret of 32 bytes or more")
        .token();
    for bad in [forged, format!("{token}x"), ELSEWHERE.to_owned()] {
        app.me(&bad).await;
        app.get("/api/v1/auth/me").cookie(&bad).await;
        secrets.push(bad);
    }
    bad_requests(app, &ann).await;
    secrets.extend(better_auths_wire(app, &ann).await);
    app.post("/api/v1/auth/signout").cookie(&token).await;
    for _ in 0..7 {
        app.sign_in(EMAIL, WRONG).await;
    }
    app.advance(3600);
    app.me(&token).await;
    faults(app, &ann).await;
    secrets
}

/// The same by Better Auth's routes.
async fn better_auths_wire(app: &TestApp, ann: &Account) -> Vec<String> {
    let url = format!("https://evil.example/{ELSEWHERE}");
    let typed = |password: &str| json!({"name": NAME, "email": EMAIL, "password": password, "image": format!("/{ELSEWHERE}")});
    let post = |path: &str| app.post(&format!("/api/auth/{path}"));
    let signed_in = post("sign-in/email").json(&typed(TYPED)).await;
    post("sign-in/email").json(&typed(WRONG)).await;
    post("sign-up/email").json(&typed(TYPED)).await;
    post("sign-up/email").json(&typed("zq7mail")).await;
    post("sign-in/email")
        .form(&[("email", EMAIL), ("password", TYPED), ("callbackURL", &url)])
        .await;
    post("sign-in/email")
        .raw_json(format!("{{\"password\":\"{TYPED}"))
        .await;
    post("sign-in/email")
        .header("content-type", ELSEWHERE)
        .raw(TYPED)
        .await;
    post("sign-in/email")
        .header("origin", &url)
        .json(&typed(TYPED))
        .await;
    for path in ["get-session", "token", "list-sessions", ELSEWHERE] {
        app.get(&format!("/api/auth/{path}"))
            .cookie(&ann.token)
            .await;
    }
    app.get(
        &format!("/api/auth/error?error={ELSEWHERE}&error_description={TYPED}").replace(' ', "+"),
    )
    .await;
    for body in [
        json!({"name": NAME, "image": url}),
        json!({"image": ELSEWHERE}),
        json!({"email": EMAIL}),
    ] {
        post("update-user").bearer(&ann.token).json(&body).await;
    }
    post("revoke-session")
        .bearer(&ann.token)
        .json(&json!({"token": ann.token}))
        .may_fail()
        .await;
    post("sign-out").bearer(&ann.token).await;
    vec![signed_in.json()["token"].as_str().unwrap().to_owned()]
}

/// Secrets where they do not belong, and what is refused of a signed-in user.
async fn bad_requests(app: &TestApp, ann: &Account) {
    let (me, sign_in) = ("/api/v1/auth/me", "/api/v1/auth/signin");
    let elsewhere = [
        app.get(me)
            .header("authorization", format!("Basic {ELSEWHERE}")),
        app.get(&format!("/api/v1/users/{ELSEWHERE}?token={}", ann.token)),
        app.get(&format!("/{ELSEWHERE}?email={EMAIL}")),
        app.request("DELETE", &format!("{me}?{ELSEWHERE}"))
            .header("referer", format!("http://x/{ELSEWHERE}")),
        app.post(sign_in).raw(format!("password={TYPED}")),
        app.post(sign_in)
            .raw_json(format!("{{\"password\":\"{TYPED}")),
        app.post(sign_in).raw_json(format!("[\"{TYPED}\"]")),
        app.post(sign_in)
            .json(&json!({"email": EMAIL, "password": [TYPED]})),
    ];
    for request in elsewhere {
        request.cookie(&ann.token).await;
    }
    let rename = |name: String| app.patch(&ann.path()).json(&json!({"name": name}));
    rename(format!("{NAME} II")).bearer(&ann.token).await;
    rename(format!("{NAME}\n")).bearer(&ann.token).await;
    let foreign = rename(NAME.to_owned()).header("origin", "https://evil.example");
    foreign.cookie(&ann.token).await;
}

/// What goes wrong on our side.
async fn faults(app: &TestApp, ann: &Account) {
    let fresh = Forge::of(ann)
        .signed_with(SECRET)
        .times(app.now(), app.now() + 60)
        .token();
    app.database
        .execute("update users set password_hash = '$argon2id$zq7hashcanary'")
        .await;
    app.sign_in(EMAIL, TYPED).await;
    let missing = app.database.missing_url();
    let away = app.with(|settings| settings.database = missing);
    away.me_may_fail(&fresh).await;
    away.sign_in(EMAIL, TYPED).may_fail().await;
    away.hallpass.migrate().await.unwrap_err();
    let far_away = match app.engine() {
        Engine::Sqlite => "9000000000000000000",
        Engine::Postgres => "'290000-01-01T00:00:00Z'",
    };
    app.database
        .execute(&format!("update users set created_at = {far_away}"))
        .await;
    app.me_may_fail(&fresh).await;
    // PostgreSQL's DETAIL of such a violation holds the whole row.
    app.database
        .execute("alter table users add column planted text not null default 'x'")
        .await;
    let unique = "create unique index planted on users (planted)";
    app.database.execute(unique).await;
    let body = json!({"email": format!("second-{EMAIL}"), "password": TYPED, "name": NAME});
    app.post("/api/v1/auth/register")
        .may_fail()
        .json(&body)
        .await;
    app.database
        .execute("alter table users rename column created_at to made_at")
        .await;
    app.me_may_fail(&fresh).await;
    app.sign_in(EMAIL, TYPED).may_fail().await;
}

on_both_engines! {
    async fn asvs_16_2_5_no_secret_and_no_personal_data_at_any_level(app) {
        let recording = Recording::start();
        let app = app.with(|settings| settings.signing_secret = signing_secret(SECRET));
        app.hallpass.migrate().await.unwrap();
        let secrets = every_flow(&app).await;

        let text = recording.text();
        let lower = text.to_lowercase();
        for line in text.lines() {
            let lower = line.to_lowercase();
            assert!(!lower.contains("zq7"), "a canary is in the log: {line}");
        }
        for secret in secrets.iter().map(String::as_str).chain([PASSWORD, crate::rig::SECRET]) {
            assert!(!text.contains(secret), "{secret} is in the log");
        }
        for word in ["$argon2", "$2b$", "eyj"] {
            assert!(!lower.contains(word), "{word} is in the log");
        }
        // The log was heard at all levels, or there was nothing to find.
        for heard in ["\"DEBUG\"", "\"INFO\"", "\"WARN\"", "\"ERROR\"", "answered",
            SECURITY_EVENTS, "z***@***.example"] {
            assert!(text.contains(heard), "{heard} is not in the log");
        }
    }

    async fn asvs_16_3_1_each_end_of_each_operation_is_an_event(app) {
        let recording = Recording::start();
        let engine = app.engine();
        let id = |what: &str| format!("event-{what}-{engine:?}");
        let masked = "a***@***.com";

        let body = json!({"email": "ann@example.com", "password": PASSWORD});
        let register = || app.post("/api/v1/auth/register").from("192.0.2.7").json(&body);
        let (answer, lines) = logged(&recording, register(), &id("sign-up")).await;
        let token = answer.token();
        let user = answer.json()["user"]["id"].take();
        assert_eq!(the_event(&lines), json!({
            "level": "INFO", "event": "sign_up", "outcome": "success", "user_id": user, "client": "192.0.2.7",
        }));
        let (_, lines) = logged(&recording, register(), &id("taken")).await;
        assert_eq!(the_event(&lines), json!({
            "level": "WARN", "event": "sign_up", "outcome": "failure", "reason": "registration_refused",
            "email": masked, "client": "192.0.2.7",
        }));
        let sign_out = app.post("/api/auth/sign-out").from("192.0.2.7").bearer(&token);
        let (_, lines) = logged(&recording, sign_out, &id("better-auth-sign-out")).await;
        assert_eq!(the_event(&lines), json!({
            "level": "INFO", "event": "sign_out", "outcome": "success", "user_id": user, "client": "192.0.2.7",
        }));
        let foreign = app.post("/api/auth/sign-out").from("192.0.2.7").cookie(&token).header("origin", "https://evil.example");
        let (_, lines) = logged(&recording, foreign, &id("better-auth-foreign")).await;
        let refused = security_events(&lines).into_iter().all(|event| event["reason"] == "cross_site_request");
        assert!(refused && !security_events(&lines).is_empty(), "{lines:#?}");
        let sign_in = |password| app.sign_in("ann@example.com", password).from("2001:db8:1:2:3::4");
        let (_, lines) = logged(&recording, sign_in(PASSWORD), &id("sign-in")).await;
        assert_eq!(the_event(&lines), json!({
            "level": "INFO", "event": "sign_in", "outcome": "success", "user_id": user, "client": "2001:db8:1:2::",
        }));
        let failure = |reason| json!({
            "level": "WARN", "event": "sign_in", "outcome": "failure",
            "reason": reason, "email": masked, "client": "2001:db8:1:2::",
        });
        for at in 0..5 {
            let (_, lines) = logged(&recording, sign_in("wrong"), &id(&format!("wrong-{at}"))).await;
            assert_eq!(the_event(&lines), failure("invalid_credentials"));
        }
        let (_, lines) = logged(&recording, sign_in("wrong"), &id("limited")).await;
        assert_eq!(the_event(&lines), failure("rate_limited"));
        let sign_out = app.post("/api/v1/auth/signout").from("192.0.2.7").bearer(&token);
        let (_, lines) = logged(&recording, sign_out, &id("sign-out")).await;
        assert_eq!(the_event(&lines), json!({
            "level": "INFO", "event": "sign_out", "outcome": "success", "user_id": user, "client": "192.0.2.7",
        }));
    }

    async fn asvs_16_3_2_each_refusal_is_an_event(app) {
        let recording = Recording::start();
        let engine = app.engine();
        let ann = app.account("ann@example.com").await;
        let dead = Forge::of(&ann).times(app.now() - 3600, app.now()).token();
        let refusal = |reason: &str| json!({
            "level": "WARN", "event": "refusal", "outcome": "failure", "reason": reason, "client": "192.0.2.1",
        });
        for (at, (request, reason)) in [
            (app.get("/api/v1/auth/me").bearer("nonsense"), "invalid_token"),
            (app.get("/api/v1/auth/me").bearer(&dead), "token_expired"),
            (app.get("/api/v1/auth/me").cookie(&ann.token).cookie(&ann.token), "invalid_token"),
            (app.post("/api/v1/auth/signout").cookie(&ann.token).header("origin", "null"), "cross_site_request"),
            (app.sign_in("ann@example.com", PASSWORD).header("sec-fetch-site", "cross-site"), "cross_site_request"),
            (app.get("/api/v1/users/x").bearer(&ann.token), "access_denied"),
        ].into_iter().enumerate() {
            let (answer, lines) = logged(&recording, request, &format!("refusal-{at}-{engine:?}")).await;
            assert_eq!(answer.code(), reason);
            let mut event = the_event(&lines);
            let user = event.as_object_mut().unwrap().remove("user_id");
            assert_eq!(user.is_some(), reason == "access_denied", "{event}");
            assert_eq!(event, refusal(reason));
        }
        // A deleted user's token, too.
        app.database.execute("delete from users").await;
        let (_, lines) = logged(&recording, app.get("/api/v1/auth/me").bearer(&ann.token), &format!("deleted-{engine:?}")).await;
        assert_eq!(the_event(&lines)["reason"], "invalid_token");
        // Who has merely not signed in yet is no event.
        let (_, lines) = logged(&recording, app.get("/api/v1/auth/me"), &format!("no-event-{engine:?}")).await;
        assert_eq!(security_events(&lines), [] as [Value; 0]);
    }

    async fn asvs_16_2_1_each_request_is_one_line(app) {
        let recording = Recording::start();
        let engine = app.engine();
        let ann = app.account("ann@example.com").await;
        for (at, (request, method, route, status, user)) in [
            (app.get("/api/v1/auth/me").bearer(&ann.token), "GET", "/api/v1/auth/me", 200, true),
            (app.get(&ann.path()).bearer(&ann.token), "GET", "/api/v1/users/{id}", 200, true),
            (app.get("/api/v1/users/x").bearer(&ann.token), "GET", "/api/v1/users/{id}", 403, true),
            (app.sign_in("ann@example.com", PASSWORD), "POST", "/api/v1/auth/signin", 200, true),
            (app.sign_in("ann@example.com", "wrong"), "POST", "/api/v1/auth/signin", 401, false),
            (app.post("/api/auth/signout").cookie(&ann.token), "POST", "/api/auth/signout", 200, true),
            (app.get("/api/v1/auth/me"), "GET", "/api/v1/auth/me", 401, false),
            (app.get("/healthz"), "GET", "/healthz", 200, false),
            (app.get("/nope/at/all"), "GET", "-", 404, false),
            (app.request("BREW", "/healthz"), "other", "/healthz", 405, false),
            (app.request("OPTIONS", "/api/v1/auth/me"), "OPTIONS", "/api/v1/auth/me", 405, false),
        ].into_iter().enumerate() {
            let (answer, lines) = logged(&recording, request, &format!("line-{at}-{engine:?}")).await;
            assert_eq!(answer.status, status);
            let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
            let [line] = answered[..] else { panic!("{route}: {lines:#?}") };
            let span = &line["span"];
            assert_eq!((&line["level"], &line["status"]), (&json!("INFO"), &json!(status)), "{line}");
            assert!(line["micros"].is_u64() && line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
            assert_eq!((&span["method"], &span["route"]), (&json!(method), &json!(route)), "{line}");
            let expected = user.then(|| json!(ann.id));
            assert_eq!(line.get("user_id").cloned(), expected, "{line}");
        }
    }

    async fn a_request_without_an_id_is_logged_under_the_one_it_is_given(app) {
        let recording = Recording::start();
        let answer = app.get("/healthz").await;
        let lines = recording.of_request(answer.header("x-request-id").unwrap());
        assert_eq!(lines.iter().filter(|line| line["message"] == "answered").count(), 1, "{lines:#?}");
    }

    async fn asvs_16_3_4_the_cause_of_a_fault_is_logged_once_and_answered_never(app) {
        let recording = Recording::start();
        let engine = app.engine();
        let ann = app.account("ann@example.com").await;
        app.database.execute("alter table users rename column created_at to made_at").await;
        let request = app.get("/api/v1/auth/me").bearer(&ann.token).may_fail();
        let (answer, lines) = logged(&recording, request, &format!("cause-{engine:?}")).await;
        let errors: Vec<_> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
        let [error] = errors[..] else { panic!("{lines:#?}") };
        assert_eq!(error["code"], "internal_error");
        assert!(error["cause"].as_str().unwrap().contains("created_at"), "{error}");
        assert!(!answer.text().contains("created_at"), "{answer}");
    }

    async fn asvs_16_4_1_nothing_sent_can_forge_a_line(app) {
        let recording = Recording::start();
        let forged = "x\",\"level\":\"ERROR\",\"forged\":\"yes";
        app.get("/healthz").header("x-request-id", forged).await;
        app.get("/healthz").header("user-agent", forged).header("x-forwarded-for", forged).await;
        app.sign_in("ann@example.com", forged).await;
        let account = app.account("bob@example.com").await;
        app.patch(&account.path()).bearer(&account.token).json(&json!({"name": forged})).await;
        // Each line parses, and none has the forged member.
        assert!(recording.lines().iter().all(|line| line.get("forged").is_none()));
        assert!(!recording.text().contains("forged"));
    }
}
