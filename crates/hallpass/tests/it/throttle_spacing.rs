//! After a hundred failures for one account, attempts from unknown devices are
//! spaced; and a clock that was wrong locks no account.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::rig::{Answer, PASSWORD, START, TestApp, fresh_client, on_both_engines};

const WRONG: &str = "not the password 7";

async fn guess(app: &TestApp, email: &str) -> Answer {
    app.sign_in(email, WRONG).from(&fresh_client()).await
}

async fn right(app: &TestApp) -> Answer {
    app.sign_in("ann@example.com", PASSWORD)
        .from(&fresh_client())
        .await
}

async fn fail(app: &TestApp, email: &str, times: usize) {
    for at in 0..times {
        let answer = guess(app, email).await;
        assert_eq!(answer.status, 401, "guess {at}: {answer}");
    }
}

fn must_wait(answer: &Answer, seconds: &str) {
    assert_eq!(
        answer.verdict(),
        (429, "rate_limited".to_owned()),
        "{answer}"
    );
    assert_eq!(answer.header("retry-after"), Some(seconds), "{answer}");
}

on_both_engines! {
    async fn asvs_6_3_1_hundred_failures_space_attempts(app) {
        app.account("ann@example.com").await;
        for email in ["ann@example.com", "nobody@example.com"] {
            fail(&app, email, 100).await;
            for wait in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
                must_wait(&guess(&app, email).await, &wait.to_string());
                app.advance(wait - 1);
                // A refused attempt does not prolong the wait.
                must_wait(&guess(&app, email).await, "1");
                app.advance(1);
                fail(&app, email, 1).await;
            }
            must_wait(&guess(&app, email).await, "60");
        }
    }

    async fn right_password_waits_its_turn(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 100).await;
        for wait in [1, 2, 4] {
            app.advance(wait);
            fail(&app, "ann@example.com", 1).await;
        }
        must_wait(&right(&app).await, "8");
        app.advance(8);
        assert_eq!(right(&app).await.status, 200);
        // The success has reset the count.
        fail(&app, "ann@example.com", 100).await;
        must_wait(&right(&app).await, "1");
    }

    async fn one_parallel_attempt_takes_the_turn(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 100).await;
        app.advance(1);
        let servers = [app.clone(), app.another()];
        let mut running = JoinSet::new();
        for at in 0..30 {
            let request = servers[at % 2].sign_in("ann@example.com", WRONG).from(&fresh_client());
            running.spawn(async move { request.await.status });
        }
        let statuses = running.join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 1, "{statuses:?}");
        must_wait(&guess(&app, "ann@example.com").await, "2");
    }

    async fn hundred_of_parallel_guesses_are_answered(app) {
        app.account("ann@example.com").await;
        let servers = [app.clone(), app.another()];
        let mut wrong = 0;
        for _ in 0..4 {
            let mut running = JoinSet::new();
            for at in 0..40 {
                let request = servers[at % 2].sign_in("ann@example.com", WRONG).from(&fresh_client());
                running.spawn(async move { request.await.status });
            }
            wrong += running.join_all().await.iter().filter(|status| **status == 401).count();
        }
        assert_eq!(wrong, 100);
    }

    async fn slow_failures_count_together(app) {
        app.account("ann@example.com").await;
        for _ in 0..20 {
            fail(&app, "ann@example.com", 5).await;
            app.advance(3600);
        }
        fail(&app, "ann@example.com", 1).await;
        must_wait(&right(&app).await, "2");
    }

    async fn day_without_failure_ends_spacing(app) {
        app.account("ann@example.com").await;
        fail(&app, "ann@example.com", 100).await;
        app.advance(86_400);
        fail(&app, "ann@example.com", 100).await;
        must_wait(&right(&app).await, "1");
    }

    async fn other_accounts_success_resets_nothing(app) {
        app.account("ann@example.com").await;
        app.account("eve@example.com").await;
        fail(&app, "ann@example.com", 99).await;
        let own = app.sign_in("eve@example.com", PASSWORD).from(&fresh_client()).await;
        assert_eq!(own.status, 200);
        fail(&app, "ann@example.com", 1).await;
        must_wait(&right(&app).await, "1");
    }

    async fn operator_resets_all_counts(app) {
        app.account("ann@example.com").await;
        for _ in 0..5 {
            let answer = app.sign_in("ann@example.com", WRONG).from("203.0.113.66").await;
            assert_eq!(answer.status, 401);
        }
        fail(&app, "ann@example.com", 95).await;
        must_wait(&right(&app).await, "1");
        let user = app.hallpass.find_user_by_email(&hallpass::EmailAddress::parse("ann@example.com").unwrap()).await.unwrap();
        app.hallpass.set_password(&user.unwrap(), PASSWORD.into()).await.unwrap();
        assert_eq!(right(&app).await.status, 200);
        let client = app.sign_in("ann@example.com", PASSWORD).from("203.0.113.66").await;
        assert_eq!(client.status, 200, "{client}");
    }

    async fn clock_that_was_ahead_locks_no_account(app) {
        app.account("ann@example.com").await;
        let start = app.clock.now();
        for ahead in [1, 60, 86_400, 400 * 86_400] {
            app.clock.set(start);
            app.database.execute("delete from throttle").await;
            app.advance(ahead);
            for _ in 0..5 {
                app.sign_in("ann@example.com", WRONG).from("203.0.113.66").await;
            }
            app.clock.set(start);
            let answer = app.sign_in("ann@example.com", PASSWORD).from("203.0.113.66").await;
            assert_eq!(answer.status, 200, "{ahead} s: {answer}");
        }
    }

    async fn clock_that_was_ahead_spaces_nothing(app) {
        app.account("ann@example.com").await;
        app.advance(400 * 86_400);
        fail(&app, "ann@example.com", 100).await;
        app.clock.set(hallpass::Timestamp::from_unix_seconds(START));
        assert_eq!(right(&app).await.status, 200);
    }

    async fn clock_that_was_ahead_limits_afresh(app) {
        app.account("ann@example.com").await;
        app.advance(400 * 86_400);
        for _ in 0..5 {
            app.sign_in("ann@example.com", WRONG).from("203.0.113.66").await;
        }
        app.clock.set(hallpass::Timestamp::from_unix_seconds(START));
        for status in [401, 401, 401, 401, 401, 429] {
            let answer = app.sign_in("ann@example.com", WRONG).from("203.0.113.66").await;
            assert_eq!(answer.status, status, "{answer}");
            app.clock.advance(Duration::from_secs(1));
        }
    }

    /// The count of a clock that was behind is over when it is corrected.
    async fn clock_that_was_behind_locks_no_account(app) {
        app.account("ann@example.com").await;
        app.clock.set(hallpass::Timestamp::from_unix_seconds(START - 400 * 86_400));
        for _ in 0..5 {
            app.sign_in("ann@example.com", WRONG).from("203.0.113.66").await;
        }
        app.clock.set(hallpass::Timestamp::from_unix_seconds(START));
        let answer = app.sign_in("ann@example.com", PASSWORD).from("203.0.113.66").await;
        assert_eq!(answer.status, 200, "{answer}");
    }
}
