//! Limits on guessing, by account and client, on devices that are not known.

use serde_json::json;

use crate::rig::{Answer, PASSWORD, TestApp, fresh_client, on_both_engines};

/// Where all tries come from that do not say otherwise.
const CLIENT: &str = "203.0.113.66";

/// A wrong guess.
async fn guess(app: &TestApp, email: &str) -> Answer {
    app.sign_in(email, "not the password 7").from(CLIENT).await
}

/// So many wrong guesses, all of which are answered "wrong".
async fn fail(app: &TestApp, email: &str, times: usize) {
    for at in 0..times {
        let answer = guess(app, email).await;
        assert_eq!(
            answer.verdict(),
            (401, "invalid_credentials".to_owned()),
            "guess {at}"
        );
    }
}

async fn right(app: &TestApp, email: &str) -> Answer {
    app.sign_in(email, PASSWORD).from(CLIENT).await
}

fn is_limited(answer: &Answer, retry_after: &str) {
    assert_eq!(
        answer.verdict(),
        (429, "rate_limited".to_owned()),
        "{answer}"
    );
    assert_eq!(answer.header("retry-after"), Some(retry_after), "{answer}");
}

on_both_engines! {
    async fn asvs_6_3_1_five_failures_shut_the_door_for_the_right_password_too(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 5).await;
        is_limited(&guess(&app, "ann@example.com").await, "900");
        is_limited(&right(&app, "ann@example.com").await, "900");
        app.advance(899);
        is_limited(&right(&app, "ann@example.com").await, "1");
        is_limited(&guess(&app, "ann@example.com").await, "1");
        app.advance(1);
        assert_eq!(right(&app, "ann@example.com").await.status, 200);
        fail(&app, "ann@example.com", 5).await;
        is_limited(&right(&app, "ann@example.com").await, "900");
    }

    async fn an_unknown_address_is_limited_alike(app) {
        app.account("ann@example.com").await;
        for _ in 0..5 {
            let (known, unknown) = (guess(&app, "ann@example.com").await, guess(&app, "eve@example.com").await);
            assert_eq!(known.bytes(), unknown.bytes());
            assert_eq!(known.status, 401);
        }
        for seconds in [0, 1, 500, 398] {
            app.advance(seconds);
            let known = guess(&app, "ann@example.com").await;
            assert_eq!(known.status, 429);
            assert_eq!(known.bytes(), guess(&app, "eve@example.com").await.bytes());
            assert_eq!(known.bytes(), right(&app, "ann@example.com").await.bytes());
        }
    }

    async fn the_window_opens_with_the_first_failure(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 1).await;
        app.advance(800);
        fail(&app, "ann@example.com", 4).await;
        is_limited(&right(&app, "ann@example.com").await, "100");
        app.advance(100);
        assert_eq!(right(&app, "ann@example.com").await.status, 200);
    }

    async fn four_failures_are_forgotten_after_the_window(app) {
        app.account("ann@example.com").await;
        for _ in 0..4 {
            fail(&app, "ann@example.com", 4).await;
            app.advance(900);
        }
        assert_eq!(right(&app, "ann@example.com").await.status, 200);
    }

    async fn success_clears_count_of_its_client(app) {
        app.account("ann@example.com").await;
        for _ in 0..3 {
            fail(&app, "ann@example.com", 4).await;
            assert_eq!(right(&app, "ann@example.com").await.status, 200);
        }
        fail(&app, "ann@example.com", 5).await;
        is_limited(&right(&app, "ann@example.com").await, "900");
    }

    async fn success_elsewhere_leaves_count(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 4).await;
        assert_eq!(app.sign_in("ann@example.com", PASSWORD).from(&fresh_client()).await.status, 200);
        fail(&app, "ann@example.com", 1).await;
        is_limited(&right(&app, "ann@example.com").await, "900");
    }

    /// An attacker who signs in to an account of their own resets nothing else.
    async fn success_with_other_account_resets_nothing(app) {
        app.account("ann@example.com").await;
        app.account("eve@example.com").await;
        fail(&app, "ann@example.com", 4).await;
        for at in 0..46 {
            fail(&app, &format!("a{at}@example.com"), 1).await;
            assert_eq!(right(&app, "eve@example.com").await.status, if at < 45 { 200 } else { 429 });
        }
    }

    async fn failures_of_one_client_delay_no_other(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 5).await;
        is_limited(&right(&app, "ann@example.com").await, "900");
        let elsewhere = app.sign_in("ann@example.com", PASSWORD).from(&fresh_client()).await;
        assert_eq!(elsewhere.status, 200, "{elsewhere}");
    }

    async fn tries_that_are_refused_do_not_prolong_the_wait(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 5).await;
        for _ in 0..20 {
            app.advance(30);
            assert_eq!(guess(&app, "ann@example.com").await.status, 429);
        }
        app.advance(300);
        assert_eq!(right(&app, "ann@example.com").await.status, 200);
    }

    /// Authelia CVE-2025-24806 counted each spelling on its own.
    async fn all_spellings_of_an_address_share_one_count(app) {
        let groups: [&[&str]; 3] = [
            &["ann@example.com", "ANN@example.com", " ann@EXAMPLE.COM ", "Ann@Example.Com", "aNN@example.com\n"],
            &["j\u{f6}rg@example.com", "jo\u{308}rg@example.com", "J\u{d6}RG@example.com", "JO\u{308}RG@EXAMPLE.com",
                "j\u{f6}rg@Example.com"],
            &["k@b\u{fc}cher.example", "k@xn--bcher-kva.example", "\u{212a}@B\u{dc}CHER.example",
                "K@bu\u{308}cher.example", "k@XN--BCHER-KVA.example"],
        ];
        for spellings in groups {
            for spelling in spellings {
                fail(&app, spelling, 1).await;
            }
            is_limited(&guess(&app, spellings[0]).await, "900");
        }
        fail(&app, "an.n@example.com", 1).await;
        fail(&app, "ann+tag@example.com", 1).await;
    }

    async fn another_address_is_free(app) {
        app.account("ann@example.com").await;
        app.account("bob@example.com").await;
        fail(&app, "ann@example.com", 5).await;
        assert_eq!(right(&app, "bob@example.com").await.status, 200);
        fail(&app, "bob@example.com", 5).await;
    }

    async fn requests_that_cannot_succeed_are_no_tries(app) {
        app.account("ann@example.com").await;
        for _ in 0..20 {
            app.post("/api/v1/auth/signin").json(&json!({"email": "ann@example.com", "password": ""})).await;
            app.post("/api/v1/auth/signin").json(&json!({"email": "ann@example.com"})).await;
            app.post("/api/v1/auth/signin").raw_json("{").await;
            app.sign_in("ann@example.com", "wrong").header("origin", "https://evil.example").await;
        }
        assert_eq!(app.database.number("select count(*) from throttle where hits > 0").await, 1, "one registration");
        assert_eq!(right(&app, "ann@example.com").await.status, 200);
    }

    async fn a_restart_and_a_second_server_change_nothing(app) {
        app.account("ann@example.com").await;
        let second = app.another();
        fail(&app, "ann@example.com", 2).await;
        fail(&second, "ann@example.com", 3).await;
        for server in [&app, &second, &app.another()] {
            is_limited(&right(server, "ann@example.com").await, "900");
        }
        app.advance(900);
        assert_eq!(right(&app.another(), "ann@example.com").await.status, 200);
    }

    async fn the_alias_and_the_route_share_one_count(app) {
        app.account("ann@example.com").await;
        for at in 0..5 {
            let path = if at % 2 == 0 { "/api/auth/signin" } else { "/api/v1/auth/signin" };
            let body = json!({"email": "ann@example.com", "password": "wrong"});
            assert_eq!(app.post(path).from(CLIENT).json(&body).await.status, 401);
        }
        is_limited(&right(&app, "ann@example.com").await, "900");
    }

    async fn switched_off_nothing_is_counted(app) {
        let ann = app.account("ann@example.com").await;
        app.database.execute("delete from throttle").await;
        let off = app.with(|settings| settings.rate_limit = false);
        for _ in 0..110 {
            assert_eq!(off.sign_in("ann@example.com", "wrong").await.status, 401);
        }
        for at in 0..130 {
            let name = json!({"name": format!("Ann {at}")});
            let changed = off.patch(&ann.path()).bearer(&ann.token).json(&name).await;
            assert_eq!(changed.status, 200, "{changed}");
            let weak = json!({"email": "weak@example.com", "password": "password1"});
            assert_eq!(off.post("/api/v1/auth/register").json(&weak).await.status, 422);
        }
        for at in 0..25 {
            let body = json!({"email": format!("a{at}@example.com"), "password": PASSWORD});
            assert_eq!(off.post("/api/v1/auth/register").json(&body).await.status, 201);
        }
        assert_eq!(off.sign_in("ann@example.com", PASSWORD).await.status, 200);
        assert_eq!(app.database.number("select count(*) from throttle").await, 0);
        // A door that was shut before stays open while it is off.
        fail(&app, "ann@example.com", 5).await;
        assert_eq!(off.sign_in("ann@example.com", PASSWORD).await.status, 200);
        is_limited(&right(&app, "ann@example.com").await, "900");
    }

    async fn rows_of_past_windows_are_swept_away(app) {
        let rows = "select count(*) from throttle";
        for at in 0..40 {
            guess(&app, &format!("a{at}@example.com")).await;
        }
        assert_eq!(app.database.number(rows).await, 81, "two for each address, one for the client");
        app.advance(899);
        guess(&app, "b@example.com").await;
        assert_eq!(app.database.number(rows).await, 83, "none is past");
        app.advance(86_400);
        for at in 0..10 {
            guess(&app, &format!("c{at}@example.com")).await;
        }
        assert_eq!(app.database.number(rows).await, 21, "what is alive, and nothing else");
    }

    async fn rows_with_absurd_ends_are_swept(app) {
        app.advance(400 * 86_400);
        for at in 0..4 {
            guess(&app, &format!("a{at}@example.com")).await;
        }
        let start = hallpass::Timestamp::from_unix_seconds(crate::rig::START);
        app.clock.set(start);
        guess(&app, "b@example.com").await;
        assert_eq!(app.database.number("select count(*) from throttle").await, 3);
    }

    async fn an_operators_new_password_can_be_used_at_once(app) {
        let ann = app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 5).await;
        let user = app.hallpass.find_user(hallpass::UserId::parse(&ann.id).unwrap()).await.unwrap().unwrap();
        app.hallpass.set_password(&user, "another marble 7 otter".into()).await.unwrap();
        let answer = app.sign_in("ann@example.com", "another marble 7 otter").from(&fresh_client()).await;
        assert_eq!(answer.status, 200, "{answer}");
        let client = app.sign_in("ann@example.com", "another marble 7 otter").from(CLIENT).await;
        assert_eq!(client.status, 200, "{client}");
    }
}
