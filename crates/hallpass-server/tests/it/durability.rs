//! What was acknowledged is there after a crash, and what was not is there
//! whole or not at all.

use std::collections::BTreeSet;

use reqwest::Method;
use tokio::task::JoinSet;

use crate::rig::{Engine, PASSWORD, Place, on_both_engines, patiently};

const ROUNDS: usize = 5;
const REGISTRATIONS: usize = 24;

/// So many are acknowledged before the server is killed.
const ACKNOWLEDGED: usize = 8;

on_both_engines! {
    /// The answer that is on its way when the server dies is the one to fear: a
    /// person has seen "your account is made".
    async fn an_acknowledged_registration_survives_kill_9(database) {
        let place = Place::new();
        let mut accounts = BTreeSet::new();
        let mut tokens = Vec::new();
        for round in 0..ROUNDS {
            let server = place.over(database).start().await;
            let register = |number| {
                let email = format!("person-{round}-{number}@example.com");
                let request = server.api.registration(&email);
                async move { (email, patiently(request).await) }
            };
            let mut registrations: JoinSet<_> = (0..REGISTRATIONS).map(register).collect();
            let mut acknowledged = 0;
            let mut api = Some(server);
            let mut unanswered = Vec::new();
            while let Some(outcome) = registrations.join_next().await {
                match outcome.unwrap() {
                    (email, Ok(answer)) => {
                        assert_eq!(answer.status, 201, "{answer:?}");
                        acknowledged += 1;
                        tokens.push(answer.token());
                        accounts.insert(email);
                    }
                    (email, Err(_)) => unanswered.push(email),
                }
                if acknowledged >= ACKNOWLEDGED && let Some(server) = api.take() {
                    server.kill().await;
                }
            }
            assert!(!unanswered.is_empty(), "the server was killed too late");

            let server = place.over(database).start().await;
            // Whether it was made or not: when they try again, they have it.
            for email in unanswered {
                let again = server.api.register(&email).await;
                assert!([201, 400].contains(&again.status), "{again:?}");
                let signed_in = server.api.sign_in(&email, PASSWORD).await;
                assert_eq!(signed_in.status, 200, "{email}: {signed_in:?}");
                accounts.insert(email);
            }
            server.kill().await;
        }

        let server = place.over(database).start().await;
        for token in &tokens {
            let me = server.api.me(token).await;
            assert_eq!(me.status, 200, "{me:?}");
        }
        let stored = database.texts("select email from users").await;
        assert_eq!(stored.len(), accounts.len(), "an account twice, or one nobody asked for");
        assert_eq!(stored.into_iter().flatten().collect::<BTreeSet<_>>(), accounts);
        assert_eq!(database.number("select count(distinct email_key) from users").await, accounts.len() as i64);
        assert_eq!(database.number("select count(*) from users where password_hash is null").await, 0);
        if database.engine() == Engine::Sqlite {
            assert_eq!(database.texts("pragma integrity_check").await, [["ok"]]);
        }
        let answer = server.api.send(server.api.request(Method::GET, "/readyz")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        server.stop().await;
    }
}
