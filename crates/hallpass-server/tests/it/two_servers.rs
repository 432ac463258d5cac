//! Two servers on one PostgreSQL are one server.

use std::collections::BTreeMap;

use crate::rig::{
    Answer, Database, Engine, Launch, PASSWORD, Place, Server, fresh_client, in_parallel,
};

/// Behind a proxy on this machine, so that each request has a client of its own.
fn behind_a_proxy(place: &Place, database: &Database) -> Launch {
    let launch = place.over(database).set("HALLPASS_RATE_LIMIT", "on");
    launch.set("TRUSTED_PROXIES", "127.0.0.1")
}

async fn start_two(place: &Place, database: &Database) -> [Server; 2] {
    let [first, second] = [(); 2].map(|()| behind_a_proxy(place, database).spawn());
    [first.listening().await, second.listening().await]
}

fn count(answers: Vec<Result<Answer, reqwest::Error>>) -> BTreeMap<(u16, String), usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.unwrap().verdict()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_hundred_registrations_of_one_address_make_one_account() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let servers = start_two(&place, &database).await;
    // In every letter case, and as people type.
    let spellings = [
        "ann@example.com",
        "Ann@Example.com",
        "ANN@EXAMPLE.COM",
        " aNN@example.COM ",
    ];
    let registrations = (0..100).map(|number| {
        let spelling = spellings[number / 2 % spellings.len()];
        let request = servers[number % 2].api.registration(spelling);
        request.header("x-forwarded-for", fresh_client())
    });
    let answers = count(in_parallel(registrations).await);
    let refused = (400, "registration_refused".to_owned());
    assert_eq!(
        answers,
        BTreeMap::from([((201, String::new()), 1), (refused, 99)])
    );
    assert_eq!(database.number("select count(*) from users").await, 1);
    for server in servers {
        assert_eq!(
            server.api.sign_in("ann@example.com", PASSWORD).await.status,
            200
        );
        server.stop().await;
    }
    database.remove().await;
}

#[tokio::test]
async fn five_wrong_passwords_are_heard_by_both_servers_together_and_after_a_restart() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let servers = start_two(&place, &database).await;
    assert_eq!(servers[0].api.register("ann@example.com").await.status, 201);
    for email in ["ann@example.com", "nobody@example.com"] {
        let guesses = (0..40).map(|number| {
            let request = servers[number % 2]
                .api
                .signing_in(email, "not the password");
            request.header("x-forwarded-for", fresh_client())
        });
        let answers = count(in_parallel(guesses).await);
        let heard = (401, "invalid_credentials".to_owned());
        let shut = (429, "rate_limited".to_owned());
        assert_eq!(answers, BTreeMap::from([(heard, 5), (shut, 35)]), "{email}");
    }
    // The right one is not heard either.
    for server in servers {
        let right = server.api.sign_in("ann@example.com", PASSWORD).await;
        assert_eq!(right.verdict(), (429, "rate_limited".to_owned()));
        assert!((1..=15 * 60).contains(&right.retry_after()), "{right:?}");
        server.kill().await;
    }
    let server = behind_a_proxy(&place, &database).start().await;
    let right = server.api.sign_in("Ann@example.com", PASSWORD).await;
    assert_eq!(right.verdict(), (429, "rate_limited".to_owned()));
    server.stop().await;
    database.remove().await;
}

/// Twenty an hour from one client, wherever it turns.
#[tokio::test]
async fn registrations_from_one_client_are_counted_by_both_servers() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let servers = start_two(&place, &database).await;
    let client = fresh_client();
    let registrations = (0..30).map(|number| {
        let request = servers[number % 2]
            .api
            .registration(&format!("person-{number}@example.com"));
        request.header("x-forwarded-for", &client)
    });
    let answers = count(in_parallel(registrations).await);
    let made = answers
        .get(&(201, String::new()))
        .copied()
        .unwrap_or_default();
    let shut = answers
        .get(&(429, "rate_limited".to_owned()))
        .copied()
        .unwrap_or_default();
    assert_eq!(made + shut, 30, "{answers:?}");
    // One that is sent again after the answer "busy" counts again.
    assert!(made <= 20, "{answers:?}");
    let made = i64::try_from(made).unwrap();
    assert_eq!(database.number("select count(*) from users").await, made);
    for server in servers {
        server.stop().await;
    }
    database.remove().await;
}
