//! Many at once, on two servers over one database: what may happen once happens
//! once, and no limit is passed.

use std::collections::BTreeMap;
use std::future::IntoFuture as _;
use std::sync::Arc;

use hallpass::UserId;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::rig::{Engine, PASSWORD, Request, TestApp, fresh_client, on_both_engines};

/// So many are on their way at any time. A statement that waits longer than two
/// seconds is answered with 503, and these must not on a slow machine.
const AT_ONCE: usize = 40;

/// Sends them in parallel and counts the answers by status and code.
async fn all_at_once(requests: Vec<Request>) -> BTreeMap<(u16, String), usize> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for request in requests {
        let places = Arc::clone(&places);
        running.spawn(async move {
            let _place = places.acquire().await.unwrap();
            request.await
        });
    }
    let mut counts = BTreeMap::new();
    for answer in running.join_all().await {
        *counts.entry(answer.verdict()).or_default() += 1;
    }
    counts
}

fn counts<const N: usize>(expected: [(u16, &str, usize); N]) -> BTreeMap<(u16, String), usize> {
    expected
        .into_iter()
        .map(|(status, code, count)| ((status, code.to_owned()), count))
        .collect()
}

/// This server and another one, with their connections open: forty at the same
/// moment take an unoptimised build so long that statements time out.
async fn two_servers(app: &TestApp) -> [TestApp; 2] {
    let servers = [app.clone(), app.another()];
    for width in [4, 8, 12, 16, 20] {
        let ready = servers
            .iter()
            .flat_map(|server| (0..width).map(|_| server.get("/readyz")));
        all_at_once(ready.collect()).await;
    }
    servers
}

on_both_engines! {
    async fn asvs_2_3_4_a_hundred_registrations_of_one_address_make_one_account(app) {
        let spellings = ["ann@example.com", "ANN@example.com", "Ann@Example.Com", " ann@EXAMPLE.com", "aNn@example.COM"];
        let servers = two_servers(&app).await;
        let requests = (0..100).map(|at| {
            let body = json!({"email": spellings[at % spellings.len()], "password": PASSWORD});
            servers[at % 2].post("/api/v1/auth/register").from(&fresh_client()).json(&body)
        });
        let answers = all_at_once(requests.collect()).await;
        assert_eq!(answers, counts([(201, "", 1), (400, "registration_refused", 99)]));
        assert_eq!(app.database.users().await, 1);
        assert_eq!(app.sign_in("ann@example.com", PASSWORD).await.status, 200);
    }

    /// Keycloak CVE-2024-4629, Devise CVE-2019-5421: parallel guesses beat the count.
    async fn of_two_hundred_guesses_of_many_clients_a_hundred_are_answered(app) {
        app.account("ann@example.com").await;
        let servers = two_servers(&app).await;
        for email in ["ann@example.com", "eve@example.com"] {
            let requests = (0..200).map(|at| {
                servers[at % 2].sign_in(email, "not the password 7").from(&fresh_client())
            });
            let answers = all_at_once(requests.collect()).await;
            let expected = counts([(401, "invalid_credentials", 100), (429, "rate_limited", 100)]);
            assert_eq!(answers, expected, "{email}");
        }
        assert_eq!(app.sign_in("ann@example.com", PASSWORD).await.status, 429);
    }

    async fn of_two_hundred_guesses_at_once_five_are_answered(app) {
        app.account("ann@example.com").await;
        let servers = two_servers(&app).await;
        for email in ["ann@example.com", "eve@example.com"] {
            let requests = (0..200).map(|at| {
                servers[at % 2].sign_in(email, "not the password 7").from("203.0.113.66")
            });
            let answers = all_at_once(requests.collect()).await;
            assert_eq!(answers, counts([(401, "invalid_credentials", 5), (429, "rate_limited", 195)]), "{email}");
        }
        assert_eq!(app.sign_in("ann@example.com", PASSWORD).from("203.0.113.66").await.status, 429);
    }

    async fn of_two_hundred_guesses_of_one_client_fifty_are_answered(app) {
        let servers = two_servers(&app).await;
        let requests = (0..200).map(|at| {
            servers[at % 2].sign_in(&format!("a{at}@example.com"), "wrong").from("192.0.2.7")
        });
        let answers = all_at_once(requests.collect()).await;
        assert_eq!(answers, counts([(401, "invalid_credentials", 50), (429, "rate_limited", 150)]));
    }

    async fn of_a_hundred_registrations_of_one_client_twenty_are_heard(app) {
        let servers = two_servers(&app).await;
        let requests = (0..100).map(|at| {
            let body = json!({"email": format!("a{at}@example.com"), "password": PASSWORD});
            servers[at % 2].post("/api/v1/auth/register").from("192.0.2.7").json(&body)
        });
        let answers = all_at_once(requests.collect()).await;
        assert_eq!(answers, counts([(201, "", 20), (429, "rate_limited", 80)]));
        assert_eq!(app.database.users().await, 20);
    }

    async fn right_passwords_at_once_are_all_let_in(app) {
        app.account("ann@example.com").await;
        let servers = two_servers(&app).await;
        let requests = (0..60).map(|at| servers[at % 2].sign_in("ann@example.com", PASSWORD).from("192.0.2.7"));
        assert_eq!(all_at_once(requests.collect()).await, counts([(200, "", 60)]));
    }

    /// An answer "wrong" to a guess that came after the fifth would be a sixth try.
    async fn a_right_password_among_guesses_is_let_in_or_told_to_wait(app) {
        app.account("ann@example.com").await;
        let servers = two_servers(&app).await;
        let requests = (0..60).map(|at| {
            let password = if at % 6 == 0 { PASSWORD } else { "not the password 7" };
            servers[at % 2].sign_in("ann@example.com", password).from("203.0.113.66")
        });
        let answers = all_at_once(requests.collect()).await;
        // Each success clears the count, so more than five may be called wrong.
        assert!(answers[&(401, "invalid_credentials".to_owned())] >= 5, "{answers:?}");
        let known = [(200, String::new()), (401, "invalid_credentials".to_owned()), (429, "rate_limited".to_owned())];
        assert!(answers.keys().all(|answer| known.contains(answer)), "{answers:?}");
    }

    async fn renaming_at_once_leaves_one_of_the_names(app) {
        let ann = app.account("ann@example.com").await;
        let servers = two_servers(&app).await;
        let requests = (0..40).map(|at| {
            servers[at % 2].patch(&ann.path()).bearer(&ann.token).json(&json!({"name": format!("Ann {at}")}))
        });
        assert_eq!(all_at_once(requests.collect()).await, counts([(200, "", 40)]));
        let name = app.me(&ann.token).await.json()["name"].as_str().unwrap().to_owned();
        assert!(name.starts_with("Ann "), "{name}");
    }

    /// Accounts that are asked for at the same moment are looked up by one
    /// statement.
    async fn each_of_many_at_once_is_told_of_their_own_account(app) {
        let mut people = Vec::new();
        for at in 0..24 {
            people.push(app.account(&format!("a{at}@example.com")).await);
        }
        for gone in &people[..4] {
            app.hallpass.delete_user(UserId::parse(&gone.id).unwrap()).await.unwrap();
        }
        let mut asking = JoinSet::new();
        for at in (0..people.len()).cycle().take(240) {
            let request = app.get("/api/v1/auth/me").bearer(&people[at].token);
            asking.spawn(async move { (at, request.await) });
        }
        for (at, answer) in asking.join_all().await {
            if at < 4 {
                assert_eq!(answer.verdict(), (401, "invalid_token".to_owned()));
            } else {
                assert_eq!((answer.status, &answer.json()["id"]), (200, &json!(people[at].id)));
            }
        }
    }

    /// A client that hangs up takes nobody with it.
    async fn who_stops_waiting_for_an_account_keeps_nobody_else_from_theirs(app) {
        let ann = app.account("ann@example.com").await;
        for _ in 0..20 {
            let hung_up: Vec<_> = (0..16)
                .map(|_| tokio::spawn(app.get("/api/v1/auth/me").bearer(&ann.token).into_future()))
                .collect();
            tokio::task::yield_now().await;
            for client in hung_up {
                client.abort();
            }
            assert_eq!(app.me(&ann.token).await.status, 200);
        }
    }

    /// Only SQLite takes a text that is none.
    async fn a_row_that_cannot_be_read_is_nobody_elses_fault(app) {
        let mut people = Vec::new();
        for at in 0..8 {
            people.push(app.account(&format!("a{at}@example.com")).await);
        }
        let broken = app.engine() == Engine::Sqlite;
        if broken {
            app.database.execute("update users set name = cast(x'ff' as text) where email_key = 'a0@example.com'").await;
        }
        let mut asking = JoinSet::new();
        for at in (0..people.len()).cycle().take(80) {
            let request = app.get("/api/v1/auth/me").bearer(&people[at].token).may_fail();
            asking.spawn(async move { (at, request.await) });
        }
        for (at, answer) in asking.join_all().await {
            let expected = if at == 0 && broken { 500 } else { 200 };
            assert_eq!(answer.status, expected, "{at}: {answer}");
        }
    }
}
