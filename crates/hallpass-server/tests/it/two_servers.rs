//! Two servers on one PostgreSQL are one server.

use std::collections::BTreeMap;

use reqwest::RequestBuilder;
use tokio::task::JoinSet;

use crate::rig::{
    Answer, BETWEEN_LOOKS, Database, Engine, Launch, PASSWORD, PATIENCE, Place, Server,
    fresh_client, within,
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

/// How requests ended that were sent at once.
#[derive(Debug, Default)]
struct Outcome {
    answers: BTreeMap<(u16, String), usize>,
    /// How often a server could not say whether it had done what was asked: a
    /// database may do it too late for the answer when the machine is busy.
    unsure: usize,
}

impl Outcome {
    /// Of these requests, each of which is sent until it gets its answer.
    async fn of(requests: impl IntoIterator<Item = RequestBuilder>) -> Self {
        let asking: JoinSet<_> = requests.into_iter().map(ask).collect();
        let mut outcome = Self::default();
        for (answer, unsure) in asking.join_all().await {
            *outcome.answers.entry(answer.verdict()).or_default() += 1;
            outcome.unsure += unsure;
        }
        outcome
    }

    fn times(&self, status: u16, code: &str) -> usize {
        let times = self.answers.get(&(status, code.to_owned()));
        times.copied().unwrap_or_default()
    }

    /// What happened so many times was answered so many times, but for answers
    /// that came too late.
    fn assert_answered(&self, (status, code): (u16, &str), happened: usize) {
        let answered = self.times(status, code);
        assert!(
            answered <= happened && answered + self.unsure >= happened,
            "{self:?}"
        );
    }
}

async fn ask(request: RequestBuilder) -> (Answer, usize) {
    let mut unsure = 0;
    let asking = async {
        loop {
            let answer = Answer::of(request.try_clone().unwrap()).await.unwrap();
            if answer.status != 503 {
                return answer;
            }
            unsure += usize::from(answer.code() == "database_unavailable");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    let answer = within(PATIENCE, "the servers have time", asking).await;
    (answer, unsure)
}

#[tokio::test]
async fn a_hundred_registrations_of_one_address_make_one_account() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let servers = start_two(&place, &database).await;
    // As people type: in every letter case, with spaces around.
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
    let outcome = Outcome::of(registrations).await;
    outcome.assert_answered((201, ""), 1);
    let refused = outcome.times(400, "registration_refused");
    assert_eq!(outcome.times(201, "") + refused, 100, "{outcome:?}");
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
            // All of one client.
            servers[number % 2]
                .api
                .signing_in(email, "not the password")
        });
        let outcome = Outcome::of(guesses).await;
        outcome.assert_answered((401, "invalid_credentials"), 5);
        let shut = outcome.times(429, "rate_limited");
        assert_eq!(
            outcome.times(401, "invalid_credentials") + shut,
            40,
            "{outcome:?}"
        );
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
    let outcome = Outcome::of(registrations).await;
    let made = outcome.times(201, "");
    assert_eq!(made + outcome.times(429, "rate_limited"), 30, "{outcome:?}");
    // One that is sent again after the answer "busy" counts again.
    assert!(made <= 20, "{outcome:?}");
    let users = database.number("select count(*) from users").await;
    let users = usize::try_from(users).unwrap();
    assert!(users >= made && users <= 20, "{users} of {outcome:?}");
    assert!(
        users == made || outcome.unsure > 0,
        "{users} of {outcome:?}"
    );
    for server in servers {
        server.stop().await;
    }
    database.remove().await;
}
