//! Better Auth's wire: what its clients are answered (`docs/better-auth.md`).
//! The real clients drive the binary in `e2e/better-auth`; what is here is what
//! they cannot do, move the clock and look into the database.

use std::time::Duration;

use hallpass::{SameSite, UserId};
use serde_json::{Value, json};

use crate::rig::{
    Account, Answer, COOKIE, FRONT_END, PASSWORD, PUBLIC_URL, Request, TestApp, is_uuid,
    on_both_engines,
};

const SIGN_UP: &str = "/api/auth/sign-up/email";
const SIGN_IN: &str = "/api/auth/sign-in/email";

fn sign_up(app: &TestApp, email: &str) -> Request {
    let body = json!({"name": "Ann", "email": email, "password": PASSWORD});
    app.post(SIGN_UP).header("origin", PUBLIC_URL).json(&body)
}

fn sign_in(app: &TestApp, email: &str, password: &str) -> Request {
    let body = json!({"email": email, "password": password});
    app.post(SIGN_IN).header("origin", PUBLIC_URL).json(&body)
}

async fn session(app: &TestApp, token: &str) -> Answer {
    app.get("/api/auth/get-session").cookie(token).await
}

fn update(app: &TestApp, token: &str, body: &Value) -> Request {
    let request = app.post("/api/auth/update-user").cookie(token);
    request.header("origin", PUBLIC_URL).json(body)
}

/// Status and Better Auth's code.
pub(crate) fn verdict(answer: &Answer) -> (u16, &'static str) {
    let code = answer.json()["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status, code.leak())
}

fn message(answer: &Answer) -> String {
    answer.json()["message"].as_str().unwrap().to_owned()
}

/// The session's cookie, as it is set.
fn cookie(answer: &Answer) -> &str {
    let cookie = answer.cookies()[0];
    assert!(cookie.starts_with(&format!("{COOKIE}=")), "{answer}");
    cookie
}

on_both_engines! {
    async fn who_signs_up_is_signed_in_by_body_header_and_cookie(app) {
        let answer = sign_up(&app, "Ann@Example.com").await;
        assert_eq!(answer.status, 200, "{answer}");
        let body = answer.json();
        let token = body["token"].as_str().unwrap();
        assert_eq!(answer.header("set-auth-token"), Some(token));
        assert_eq!(cookie(&answer), format!("{COOKIE}={token}; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict"));
        let user = &body["user"];
        assert!(is_uuid(user["id"].as_str().unwrap()));
        let expected = json!({
            "id": user["id"], "name": "Ann", "email": "ann@example.com", "emailVerified": false, "image": null,
            "createdAt": "2027-01-15T08:00:00.000Z", "updatedAt": "2027-01-15T08:00:00.000Z",
        });
        assert_eq!(user, &expected);
        assert_eq!(body.as_object().unwrap().len(), 2, "{answer}");

        // The same account and the same token for our own wire.
        let me = app.me(token).await.json();
        assert_eq!((&me["id"], &me["email"], &me["name"]), (&user["id"], &json!("Ann@Example.com"), &json!("Ann")));
    }

    async fn who_signs_in_is_told_where_to_go_on(app) {
        let ann = app.account("ann@example.com").await;
        let answer = sign_in(&app, "ANN@example.com", PASSWORD).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["redirect"], body.get("url")), (200, &json!(false), None), "{answer}");
        assert_eq!((answer.header("location"), &body["user"]["id"]), (None, &json!(ann.id)));
        assert_eq!(answer.header("set-auth-token"), body["token"].as_str());
        assert!(cookie(&answer).contains("; Max-Age=3600; "), "{answer}");

        for (url, location) in [
            ("/dash?a=b#c", Some("/dash?a=b#c")),
            ("http://localhost:3000/x", Some("http://localhost:3000/x")),
        ] {
            let body = json!({"email": ann.email, "password": PASSWORD, "callbackURL": url});
            let answer = app.post(SIGN_IN).json(&body).await;
            let body = answer.json();
            assert_eq!((&body["redirect"], &body["url"]), (&json!(true), &json!(url)), "{answer}");
            assert_eq!(answer.header("location"), location);
        }
    }

    async fn who_is_not_to_be_remembered_is_forgotten_with_the_browser(app) {
        let typed = |remember: Value| json!({"name": "", "email": "ann@example.com", "password": PASSWORD, "rememberMe": remember});
        for path in [SIGN_UP, SIGN_IN] {
            let answer = app.post(path).json(&typed(json!(false))).await;
            let token = answer.json()["token"].as_str().unwrap().to_owned();
            assert_eq!(cookie(&answer), format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict"));
        }
        assert!(cookie(&app.post(SIGN_IN).json(&typed(json!(true))).await).contains("; Max-Age=3600; "));
    }

    async fn the_cookie_may_come_along_by_a_link_where_the_setting_says_so(app) {
        app.account("ann@example.com").await;
        let app = app.with(|settings| settings.cookie_same_site = SameSite::Lax);
        assert!(cookie(&sign_in(&app, "ann@example.com", PASSWORD).await).ends_with("; SameSite=Lax"));
        // And for our own wire.
        assert!(cookie(&app.sign_in("ann@example.com", PASSWORD).await).ends_with("; SameSite=Lax"));
    }

    async fn forms_are_taken_where_people_sign_up_and_in(app) {
        let fields = [("name", "Ann"), ("email", "ann@example.com"), ("password", PASSWORD), ("image", "/ann.png")];
        let signed_up = app.post(SIGN_UP).form(&fields).await;
        assert_eq!((signed_up.status, &signed_up.json()["user"]["image"]), (200, &json!("/ann.png")), "{signed_up}");
        let signed_in = app.post(SIGN_IN).form(&[("email", "ann@example.com"), ("password", PASSWORD), ("callbackURL", "/dash")]).await;
        assert_eq!((signed_in.status, signed_in.header("location")), (200, Some("/dash")), "{signed_in}");
        let wrong = app.post(SIGN_IN).form(&[("email", "ann@example.com"), ("password", "x"), ("rememberMe", "false")]).await;
        assert_eq!(message(&wrong), "[body.rememberMe] Invalid input: expected boolean, received string");
        let twice = app.post(SIGN_IN).form(&[("email", "ann@example.com"), ("password", "x"), ("password", PASSWORD)]).await;
        assert_eq!((verdict(&twice), message(&twice)), ((400, "VALIDATION_ERROR"), "[body] Every field must be there at most once.".to_owned()));
    }

    async fn a_session_says_what_its_token_says(app) {
        let ann = app.account("ann@example.com").await;
        app.advance(60);
        let answer = session(&app, &ann.token).await;
        assert_eq!((answer.status, answer.header("set-auth-jwt")), (200, Some(ann.token.as_str())), "{answer}");
        let body = answer.json();
        let id = body["session"]["id"].as_str().unwrap().to_owned();
        assert_eq!(body["session"], json!({
            "id": id, "userId": ann.id, "token": ann.token, "ipAddress": null, "userAgent": null,
            "createdAt": "2027-01-15T08:00:00.000Z", "updatedAt": "2027-01-15T08:00:00.000Z", "expiresAt": "2027-01-15T09:00:00.000Z",
        }));
        assert_eq!((&body["user"]["id"], &body["user"]["name"]), (&json!(ann.id), &json!("Somebody")));
        // A name of this session alone, and always the same.
        assert!(id.len() == 32 && !ann.token.contains(&id), "{id}");
        assert_eq!(session(&app, &ann.token).await.json()["session"]["id"], id);
        let other = sign_in(&app, "ann@example.com", PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
        assert_ne!(session(&app, &other).await.json()["session"]["id"], id);

        let listed = app.get("/api/auth/list-sessions").cookie(&ann.token).await;
        assert_eq!(listed.json(), json!([body["session"]]));
        let token = app.get("/api/auth/token").cookie(&ann.token).await;
        assert_eq!(token.json(), json!({"token": ann.token}));
        for (path, shown) in [("/api/auth/get-session", &body), ("/api/auth/list-sessions", &listed.json()), ("/api/auth/token", &token.json())] {
            assert_eq!(&app.get(path).bearer(&ann.token).await.json(), shown, "{path}");
        }
    }

    async fn nobody_is_null_and_is_turned_away_where_somebody_must_be(app) {
        let ann = app.account("ann@example.com").await;
        let gone = app.account("gone@example.com").await;
        app.hallpass.delete_user(UserId::parse(&gone.id).unwrap()).await.unwrap();
        let two = format!("{COOKIE}={0}; {COOKIE}={0}", ann.token);
        let forged = format!("{}x", ann.token);
        let nobodies: [(&str, &dyn Fn(Request) -> Request); 6] = [
            ("nobody", &|request| request),
            ("garbage", &|request| request.cookie("garbage")),
            ("forged", &|request| request.bearer(&forged)),
            ("gone", &|request| request.cookie(&gone.token)),
            ("two cookies", &|request| request.header("cookie", &two)),
            // A cookie does not make up for a header that is refused.
            ("a bad header", &|request| request.bearer("garbage").cookie(&ann.token)),
        ];
        for (who, dress) in nobodies {
            let answer = dress(app.get("/api/auth/get-session")).await;
            assert_eq!((answer.status, answer.text()), (200, "null"), "{who}\n{answer}");
            assert_eq!((answer.header("set-cookie"), answer.header("set-auth-jwt")), (None, None), "{who}");
            for path in ["/api/auth/token", "/api/auth/list-sessions"] {
                let answer = dress(app.get(path)).await;
                assert_eq!((verdict(&answer), message(&answer)), ((401, "UNAUTHORIZED"), "Unauthorized".to_owned()), "{who} {path}");
            }
            for path in ["/api/auth/update-user", "/api/auth/revoke-sessions", "/api/auth/revoke-other-sessions"] {
                let answer = dress(app.post(path)).header("origin", PUBLIC_URL).raw_json("{\"name\":\"x\"}").await;
                assert_eq!(verdict(&answer), (401, "UNAUTHORIZED"), "{who} {path}");
            }
        }
    }

    async fn a_session_ends_after_its_hour_and_the_browser_forgets_it(app) {
        let ann = app.account("ann@example.com").await;
        app.advance(3599);
        assert_ne!(session(&app, &ann.token).await.text(), "null");
        app.advance(1);
        let ended = session(&app, &ann.token).await;
        assert_eq!((ended.status, ended.text()), (200, "null"), "{ended}");
        assert_eq!(cookie(&ended), format!("{COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"));
        let by_header = app.get("/api/auth/get-session").bearer(&ann.token).await;
        assert_eq!((by_header.text(), by_header.header("set-cookie")), ("null", None));
        assert_eq!(verdict(&app.get("/api/auth/token").bearer(&ann.token).await), (401, "UNAUTHORIZED"));
    }

    async fn signing_out_takes_the_cookie_away_whoever_asks(app) {
        let ann = app.account("ann@example.com").await;
        let sign_out = || app.post("/api/auth/sign-out");
        let by_cookie = sign_out().cookie(&ann.token).header("origin", PUBLIC_URL);
        for request in [by_cookie.raw_json("{}"), sign_out(), sign_out().bearer(&ann.token), sign_out().bearer("garbage").raw_json("{}")] {
            let answer = request.await;
            assert_eq!((answer.status, answer.json()), (200, json!({"success": true})), "{answer}");
            assert_eq!(cookie(&answer), format!("{COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"));
        }
        let null = sign_out().raw_json("null").await;
        assert_eq!((verdict(&null), message(&null)), ((400, "VALIDATION_ERROR"), "[body] Invalid input: expected object, received null".to_owned()));
        let mistyped = sign_out().json(&json!({"callbackURL": "/", "disableRedirect": 1, "state": false})).await;
        assert_eq!(message(&mistyped), "[body.disableRedirect] Invalid input: expected boolean, received number; [body.state] Invalid input: expected string, received boolean");
    }

    async fn name_and_image_are_changed_and_nothing_else(app) {
        let ann = app.account("ann@example.com").await;
        let other = app.account("bob@example.com").await;
        app.clock.advance(Duration::from_micros(60_001_234));
        let answer = update(&app, &ann.token, &json!({"name": "Ann B", "image": "https://images.example.com/a.png", "emailVerified": true, "id": other.id})).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"status": true})), "{answer}");
        let user = session(&app, &ann.token).await.json()["user"].take();
        let expected = json!({
            "id": ann.id, "name": "Ann B", "email": "ann@example.com", "emailVerified": false, "image": "https://images.example.com/a.png",
            "createdAt": "2027-01-15T08:00:00.000Z", "updatedAt": "2027-01-15T08:01:00.001Z",
        });
        assert_eq!(user, expected);
        assert_eq!(session(&app, &other.token).await.json()["user"]["name"], "Somebody");

        let shown = |user: &Value| (user["name"].clone(), user["image"].clone());
        for (body, name, image) in [
            (json!({"image": null}), "Ann B", json!(null)),
            (json!({"image": "/a.png"}), "Ann B", json!("/a.png")),
            (json!({"name": ""}), "", json!("/a.png")),
            (json!({"name": "Ann", "image": ""}), "Ann", json!(null)),
            (json!({"name": null}), "", json!(null)),
        ] {
            let answer = update(&app, &ann.token, &body).await;
            assert_eq!(answer.status, 200, "{body}\n{answer}");
            let user = session(&app, &ann.token).await.json()["user"].take();
            assert_eq!(shown(&user), (json!(name), image), "{body}");
        }
    }

    async fn what_cannot_be_changed_is_refused_whole(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        let image = "[body.image] The image must be an https or http URL, or a path that begins with /.";
        for (body, status, said) in [
            (json!({"name": "x", "email": "new@example.com"}), (400, "EMAIL_CAN_NOT_BE_UPDATED"), "Email can not be updated"),
            (json!({"name": "x", "email": 1}), (400, "EMAIL_CAN_NOT_BE_UPDATED"), "Email can not be updated"),
            (json!({}), (400, ""), "No fields to update"),
            (json!({"email": "", "role": "admin"}), (400, ""), "No fields to update"),
            (json!([]), (400, "VALIDATION_ERROR"), "[body] Invalid input: expected record, received array"),
            (json!({"name": 1, "image": true}), (400, "VALIDATION_ERROR"),
                "[body.name] Invalid input: expected string, received number; [body.image] Invalid input: expected string, received boolean"),
            (json!({"name": "x", "image": "javascript:alert(1)"}), (400, "VALIDATION_ERROR"), image),
            (json!({"name": "x\0", "image": "/x"}), (400, "VALIDATION_ERROR"), "[body.name] The name must not hold control characters."),
        ] {
            let answer = update(&app, &ann.token, &body).await;
            assert_eq!((verdict(&answer), message(&answer)), (status, said.to_owned()), "{body}");
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn what_tokens_cannot_do_is_said(app) {
        let ann = app.account("ann@example.com").await;
        for (path, body) in [
            ("/api/auth/revoke-session", json!({"token": ann.token})),
            ("/api/auth/revoke-other-sessions", json!({})),
            ("/api/auth/revoke-sessions", json!({})),
        ] {
            let answer = app.post(path).cookie(&ann.token).header("origin", PUBLIC_URL).json(&body).may_fail().await;
            assert_eq!(verdict(&answer), (501, "SESSIONS_CANNOT_BE_REVOKED"), "{path}");
            assert!(message(&answer).contains("an hour after its sign-in"), "{answer}");
        }
        let nameless = app.post("/api/auth/revoke-session").raw_json("{}").await;
        assert_eq!(message(&nameless), "[body.token] Invalid input: expected string, received undefined");
        let renewed = app.post("/api/auth/get-session").bearer(&ann.token).raw_json("{}").await;
        assert_eq!((verdict(&renewed), renewed.header("allow")), ((405, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED"), Some("GET,HEAD")));
        assert_ne!(session(&app, &ann.token).await.text(), "null");
    }

    /// The counts are those of our own wire, and so is the door that they shut.
    async fn tries_are_counted_with_those_of_our_own_wire(app) {
        let ann = app.account("ann@example.com").await;
        let wrong = async |at: usize| match at % 2 {
            0 => sign_in(&app, &ann.email, "wrong otter 9 quilt").await.status,
            _ => app.sign_in(&ann.email, "wrong otter 9 quilt").await.status,
        };
        for at in 0..5 {
            assert_eq!(wrong(at).await, 401, "{at}");
        }
        let shut = sign_in(&app, &ann.email, PASSWORD).await;
        assert_eq!((shut.status, shut.json()), (429, json!({"message": "Too many requests. Please try again later."})));
        assert_eq!((shut.header("retry-after"), shut.header("x-retry-after")), (Some("900"), Some("900")), "{shut}");
        app.advance(900);
        assert_eq!(sign_in(&app, &ann.email, PASSWORD).await.status, 200);
    }

    async fn an_unknown_address_and_a_wrong_password_are_answered_alike(app) {
        app.account("ann@example.com").await;
        let wrong = sign_in(&app, "ann@example.com", "wrong otter 9 quilt").await;
        assert_eq!((verdict(&wrong), message(&wrong)), ((401, "INVALID_EMAIL_OR_PASSWORD"), "Invalid email or password".to_owned()));
        let unknown = sign_in(&app, "nobody@example.com", PASSWORD).await;
        assert_eq!(wrong.bytes(), unknown.bytes());
        assert_eq!(verdict(&sign_in(&app, "ann@example.com", "").await), (401, "INVALID_EMAIL_OR_PASSWORD"));
    }

    async fn accounts_that_cannot_be_made_are_refused_by_name(app) {
        let taken: Account = app.account("ann@example.com").await;
        let long = "k7 ".repeat(43);
        for (email, password, code) in [
            (taken.email.to_uppercase().as_str(), PASSWORD, (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")),
            ("bob@example.com", "k7 vz2", (400, "PASSWORD_TOO_SHORT")),
            ("bob@example.com", &long, (400, "PASSWORD_TOO_LONG")),
            ("bob@example.com", "password", (400, "PASSWORD_COMPROMISED")),
            ("margarethe@example.com", "xx-margarethe-7", (400, "PASSWORD_CONTAINS_EMAIL")),
            ("bob@localhost", PASSWORD, (400, "VALIDATION_ERROR")),
            // The form of the fields comes before what a password must be.
            ("bob@localhost", "k7 vz2", (400, "VALIDATION_ERROR")),
        ] {
            let answer = app.post(SIGN_UP).json(&json!({"name": "", "email": email, "password": password})).await;
            assert_eq!(verdict(&answer), code, "{email}\n{answer}");
            assert_eq!(answer.header("set-cookie"), None);
        }
        let body = json!({"name": "a\0", "email": "bob@example.com", "password": "k7 vz2", "image": "x"});
        let all = app.post(SIGN_UP).json(&body).await;
        assert_eq!(message(&all), "[body.name] The name must not hold control characters.; \
            [body.image] The image must be an https or http URL, or a path that begins with /.");
        assert_eq!(app.database.users().await, 1);
        for (email, password, code) in [("not-an-address", PASSWORD, "INVALID_EMAIL"), ("ann@example.com", long.as_str(), "PASSWORD_TOO_LONG")] {
            assert_eq!(verdict(&sign_in(&app, email, password).await), (400, code), "{email}");
        }
    }

    async fn a_front_end_on_another_origin_reads_what_its_client_needs(app) {
        let ann = app.account("ann@example.com").await;
        let answer = app.get("/api/auth/get-session").cookie(&ann.token).header("origin", FRONT_END).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(FRONT_END));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for header in ["set-auth-token", "set-auth-jwt", "x-retry-after", "retry-after"] {
            assert!(exposed.split(',').any(|name| name == header), "{header} in {exposed}");
        }
    }

    async fn errors_are_shown_at_the_front_page(app) {
        for (query, to) in [
            ("", "/?error=UNKNOWN"),
            ("?error=state_mismatch", "/?error=state_mismatch"),
            ("?error=it%27s-1", "/?error=it%27s-1"),
            ("?error=%3Cscript%3E", "/?error=UNKNOWN"),
            ("?error=%0d%0aset-cookie:a", "/?error=UNKNOWN"),
            ("?error=x&error_description=a%0d%0ab%3C", "/?error=x&error_description=a%0D%0Ab%3C"),
        ] {
            let answer = app.get(&format!("/api/auth/error{query}")).await;
            assert_eq!((answer.status, answer.header("location")), (302, Some(to)), "{query}");
            assert_eq!((answer.text(), answer.header("content-type")), ("", None));
        }
        assert_eq!(app.get("/api/auth/ok").await.json(), json!({"ok": true}));
    }
}
