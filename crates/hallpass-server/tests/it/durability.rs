//! What was acknowledged is there after a crash, and what was not is there
//! whole or not at all.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use crate::rig::{Engine, PASSWORD, Place, Server, on_both_engines, patiently};

const ROUNDS: usize = 5;
const REGISTRATIONS: usize = 16;

/// So many are acknowledged before the server is killed.
const ACKNOWLEDGED: usize = 5;

/// What people have been told.
#[derive(Default)]
struct Told {
    /// "Your account is made."
    made: BTreeSet<String>,
    /// The tokens that came with it.
    tokens: Vec<String>,
    /// Nothing.
    nothing: BTreeSet<String>,
}

impl Told {
    /// Many register at once, and the server dies in the middle.
    async fn by_a_server_that_is_killed(round: usize, server: Server) -> Self {
        let register = |number| {
            let email = format!("person-{round}-{number}@example.com");
            let request = server.api.registration(&email);
            async move { (email, patiently(request).await) }
        };
        let mut registrations: JoinSet<_> = (0..REGISTRATIONS).map(register).collect();
        let mut told = Self::default();
        let mut alive = Some(server);
        while let Some(outcome) = registrations.join_next().await {
            match outcome.unwrap() {
                (email, Ok(answer)) if answer.status == 201 => {
                    told.tokens.push(answer.token());
                    told.made.insert(email);
                }
                // A server that was too busy for the answer may have made it.
                (_, Ok(answer)) if answer.status != 400 => panic!("{answer:?}"),
                (email, _) => {
                    told.nothing.insert(email);
                }
            }
            if told.made.len() >= ACKNOWLEDGED
                && let Some(server) = alive.take()
            {
                server.kill().await;
            }
        }
        told
    }

    /// Whether their account was made or not: when they try again, they have one.
    async fn try_again(&mut self, server: &Server) {
        for email in std::mem::take(&mut self.nothing) {
            let again = server.api.register(&email).await;
            assert!([201, 400].contains(&again.status), "{again:?}");
            let signed_in = server.api.sign_in(&email, PASSWORD).await;
            assert_eq!(signed_in.status, 200, "{email}: {signed_in:?}");
            self.made.insert(email);
        }
    }
}

on_both_engines! {
    /// The answer that is on its way when the server dies is the one to fear: a
    /// person has seen "your account is made".
    async fn an_acknowledged_registration_survives_kill_9(database) {
        let place = Place::new();
        let mut accounts = BTreeSet::new();
        let mut tokens = Vec::new();
        let mut unanswered = 0;
        for round in 0..ROUNDS {
            let server = place.over(database).start().await;
            let mut told = Told::by_a_server_that_is_killed(round, server).await;
            unanswered += told.nothing.len();
            let server = place.over(database).start().await;
            for token in &told.tokens {
                let me = server.api.me(token).await;
                assert_eq!(me.status, 200, "lost: {me:?}");
            }
            told.try_again(&server).await;
            server.kill().await;
            tokens.append(&mut told.tokens);
            accounts.append(&mut told.made);
        }
        assert!(unanswered > 0, "each time the server was killed too late");

        let server = place.over(database).start().await;
        for token in &tokens {
            assert_eq!(server.api.me(token).await.status, 200);
        }
        let stored = database.texts("select email from users").await;
        let stored: Vec<String> = stored.into_iter().flatten().collect();
        assert_eq!(stored.len(), accounts.len(), "one twice, or one nobody asked for");
        assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), accounts);
        let half = "select count(*) from users where password_hash is null or email_key is null";
        assert_eq!(database.number(half).await, 0);
        if database.engine() == Engine::Sqlite {
            assert_eq!(database.texts("pragma integrity_check").await, [["ok"]]);
        }
        server.stop().await;
    }
}
