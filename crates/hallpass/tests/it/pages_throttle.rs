//! Bounds on guessing by form: the same as by the API, said in words.

use crate::rig::{Answer, PASSWORD, Request, TestApp, fresh_client, on_both_engines};

const ANN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];

/// A sign-in by form, in a browser that is not known.
fn try_to_sign_in(app: &TestApp, email: &str, password: &str) -> Request {
    app.post("/signin")
        .form(&[("email", email), ("password", password)])
}

fn sign_up(app: &TestApp, password: &str) -> Request {
    let form = app
        .post("/signup")
        .form(&[("email", "ann@example.com"), ("password", password)]);
    form.from(&fresh_client())
}

/// What the form is told when it comes back.
async fn told(request: Request) -> serde_json::Value {
    let answer = request.await;
    assert_eq!(answer.status, 303, "{answer}");
    answer.left_to_say()["saying"].take()
}

fn lets_in(answer: &Answer) {
    assert_eq!(answer.header("location"), Some("/dashboard"), "{answer}");
    assert!(answer.all("set-cookie")[0].starts_with("hallpass.session_token=ey"));
}

async fn fail(app: &TestApp, times: usize) {
    for at in 0..times {
        let wrong = try_to_sign_in(app, "ann@example.com", "not the password 7");
        assert_eq!(told(wrong).await, "invalid_credentials", "guess {at}");
    }
}

async fn failures(app: &TestApp) -> i64 {
    app.database
        .number("select coalesce(sum(hits), 0) from throttle")
        .await
}

on_both_engines! {
    async fn the_sixth_try_is_told_the_wait_in_words(app) {
        app.account("ann@example.com").await;
        for email in ["ann@example.com", "nobody@example.com"] {
            for at in 0..5 {
                let wrong = try_to_sign_in(&app, email, "not the password 7");
                assert_eq!(told(wrong).await, "invalid_credentials", "{at}");
            }
        }
        let browser = app.browser();
        for (wait, english, german) in [
            (0, "15 minutes", "15 Minuten"), (1, "15 minutes", "15 Minuten"), (59, "14 minutes", "14 Minuten"),
            (719, "3 minutes", "3 Minuten"), (1, "2 minutes", "2 Minuten"), (59, "2 minutes", "2 Minuten"),
            (1, "1 minute", "1 Minute"), (59, "1 minute", "1 Minute"),
        ] {
            app.advance(wait);
            for email in ["ann@example.com", "nobody@example.com"] {
                let fields = [("email", email), ("password", PASSWORD)];
                let sent = browser.post("/signin", &fields).await;
                assert_eq!((sent.status, sent.header("location")), (303, Some("/signin")), "{sent}");
                let page = browser.follow(&sent).await.page();
                assert_eq!(page.summary(), [format!("Too many attempts. Please try again in {english}.")], "{email}");
                assert_eq!((page.value("email"), page.values("aria-invalid").count()), (Some(email), 0));
                let sent = browser.post("/signin", &fields).await;
                let page = browser.follow(&sent).language("de").await.page();
                assert_eq!(page.summary(), [format!("Zu viele Versuche. Bitte versuchen Sie es in {german} wieder.")]);
            }
        }
        app.advance(1);
        lets_in(&try_to_sign_in(&app, "ann@example.com", PASSWORD).await);
    }

    async fn tries_by_form_and_by_the_api_are_counted_together(app) {
        app.account("ann@example.com").await;
        fail(&app, 2).await;
        for _ in 0..3 {
            let answer = app.sign_in("ANN@example.com", "wrong").await;
            assert_eq!(answer.status, 401, "{answer}");
        }
        let by_api = app.sign_in("ann@example.com", PASSWORD).await;
        assert_eq!(by_api.status, 429, "{by_api}");
        let by_form = try_to_sign_in(&app, "ann@example.com", PASSWORD);
        assert_eq!(told(by_form).await["too_many_tries"]["minutes"], 15);
        // On another server too.
        let by_form = try_to_sign_in(&app.another(), "ann@example.com", PASSWORD);
        assert_eq!(told(by_form).await["too_many_tries"]["minutes"], 15);
    }

    async fn fifty_failures_of_one_client_are_heard(app) {
        app.account("ann@example.com").await;
        for at in 0..50 {
            let email = format!("a{at}@example.com");
            let wrong = try_to_sign_in(&app, &email, "wrong").from("192.0.2.7");
            assert_eq!(told(wrong).await, "invalid_credentials", "{at}");
        }
        let right = || try_to_sign_in(&app, "ann@example.com", PASSWORD);
        assert_eq!(told(right().from("192.0.2.7")).await["too_many_tries"]["minutes"], 15);
        lets_in(&right().await);
    }

    async fn twenty_registrations_of_one_client_are_heard(app) {
        let sign_up = |at: usize| {
            let email = format!("a{at}@example.com");
            app.post("/signup").from("192.0.2.7").form(&[("email", &email), ("password", PASSWORD)])
        };
        for at in 0..20 {
            lets_in(&sign_up(at).await);
        }
        app.advance(60 * 10);
        let refused = sign_up(20).for_a_page().await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3000")), "{refused}");
        let text = refused.page().the("main").text.clone();
        assert!(text.contains("Too many attempts. Please try again in 50 minutes."), "{text}");
        let refused = sign_up(20).for_a_page().language("de").await;
        assert!(refused.text().contains("Bitte versuchen Sie es in 50 Minuten wieder."), "{refused}");
        assert_eq!(app.database.users().await, 20);
        lets_in(&sign_up(20).from("192.0.2.8").await);
    }

    async fn what_cannot_succeed_is_no_try(app) {
        app.account("ann@example.com").await;
        let before = failures(&app).await;
        for _ in 0..10 {
            try_to_sign_in(&app, "ann@example.com", "").await;
            try_to_sign_in(&app, "ann", "wrong").await;
            app.post("/signin").form(&[("email", "ann@example.com")]).await;
            try_to_sign_in(&app, "ann@example.com", "wrong").header("origin", "https://evil.example").await;
            app.post("/signup").form(&[("email", "x"), ("password", "y")]).await;
        }
        assert_eq!(failures(&app).await, before);
        lets_in(&try_to_sign_in(&app, "ann@example.com", PASSWORD).await);
    }

    /// The second press of the button is as good as the first, once the first
    /// answer has reached the browser.
    async fn sign_up_sent_again_signs_in(app) {
        let browser = app.browser();
        for seconds in [0, 1, 3600] {
            app.advance(seconds);
            lets_in(&browser.post("/signup", &ANN).await);
        }
        assert_eq!(app.database.users().await, 1);
    }

    async fn sign_up_elsewhere_is_refused_at_once(app) {
        let browser = app.browser();
        lets_in(&browser.post("/signup", &ANN).await);
        for seconds in [0, 1, 59, 3600] {
            app.advance(seconds);
            for password in [PASSWORD, "not the password 7"] {
                assert_eq!(told(sign_up(&app, password)).await, "registration_refused");
            }
        }
        let other = app.browser();
        let sent = other.post("/signup", &[("email", "Ann@example.com"), ("password", PASSWORD)]).await;
        let page = other.follow(&sent).await.page();
        assert_eq!(page.summary(), ["Unable to create account. Please try a different email."]);
        assert_eq!(page.value("email"), Some("Ann@example.com"));
    }

    /// Nothing that a stranger sees or does depends on how old the account is.
    async fn sign_up_for_fresh_account_answers_like_old(app) {
        app.account("old@example.com").await;
        app.advance(60);
        app.account("ann@example.com").await;
        let eve = app.browser();
        lets_in(&eve.post("/signup", &[("email", "eve@example.com"), ("password", PASSWORD)]).await);
        for password in [PASSWORD, "not the password 7"] {
            for with_device in [false, true] {
                let mut seen = Vec::new();
                for email in ["ann@example.com", "old@example.com"] {
                    let before = failures(&app).await;
                    let form = [("email", email), ("password", password)];
                    let request = if with_device { eve.post("/signup", &form) } else { app.post("/signup").form(&form) };
                    let answer = request.from(&fresh_client()).await;
                    let counted = failures(&app).await - before;
                    let mut said = answer.left_to_say();
                    said["typed"] = serde_json::Value::Null;
                    seen.push((answer.status, answer.all("set-cookie").len(), said, counted));
                }
                assert_eq!(seen[0], seen[1]);
                assert_eq!(seen[0].3, 1, "one registration, and no sign-in");
            }
        }
    }

    /// After twenty registrations a fresh account is refused like any other.
    async fn sign_up_over_limit_is_refused(app) {
        app.account("old@example.com").await;
        app.advance(60);
        app.account("ann@example.com").await;
        let browser = app.browser();
        lets_in(&browser.post("/signup", &[("email", "a@example.com"), ("password", PASSWORD)]).await);
        for _ in 0..19 {
            browser.post("/signup", &ANN).await;
        }
        let before = app.database.dump().await;
        let mut seen = Vec::new();
        for email in ["a@example.com", "ann@example.com", "old@example.com", "new@example.com"] {
            let refused = browser.post("/signup", &[("email", email), ("password", PASSWORD)]).await;
            assert_eq!(refused.status, 429, "{refused}");
            seen.push(refused.all("retry-after").concat());
        }
        seen.dedup();
        assert_eq!(seen, ["3600"]);
        assert_eq!(app.database.dump().await, before);
    }

    /// Guesses by the second form count at the device that makes them.
    async fn wrong_passwords_by_sign_up_count_at_device(app) {
        let browser = app.browser();
        lets_in(&browser.post("/signup", &ANN).await);
        let wrong = [ANN[0], ("password", "not the password 7")];
        for _ in 0..5 {
            assert_eq!(told(browser.post("/signup", &wrong)).await, "registration_refused");
        }
        for form in [ANN, wrong] {
            assert_eq!(told(browser.post("/signup", &form)).await, "registration_refused");
        }
        assert_eq!(told(browser.post("/signin", &ANN)).await["too_many_tries"]["minutes"], 15);
        lets_in(&try_to_sign_in(&app, "ann@example.com", PASSWORD).await);
    }

    /// The API has no button to press twice.
    async fn by_the_api_a_taken_address_is_taken_at_once(app) {
        lets_in(&sign_up(&app, PASSWORD).await);
        let body = serde_json::json!({"email": "ann@example.com", "password": PASSWORD});
        let again = app.post("/api/v1/auth/register").json(&body).await;
        assert_eq!(again.verdict(), (400, "registration_refused".to_owned()));
    }

    async fn switched_off_nothing_is_counted_by_form_either(app) {
        let off = app.with(|settings| settings.rate_limit = false);
        for at in 0..25 {
            let email = format!("a{at}@example.com");
            let sent = off.post("/signup").form(&[("email", &email), ("password", PASSWORD)]).await;
            lets_in(&sent);
            let wrong = off.post("/signin").form(&[("email", "a0@example.com"), ("password", "wrong")]);
            assert_eq!(told(wrong).await, "invalid_credentials");
        }
        assert_eq!(failures(&app).await, 0);
    }
}
