//! The database goes away, and comes back.

use std::time::Duration;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::task::JoinSet;

use crate::rig::{
    Answer, Api, Cluster, Database, Engine, Launch, Loss, PASSWORD, PATIENCE, Place, Proxy, SECRET,
    Server, eventually, scaled, timed, within,
};

/// The longest that a request waits for a database that does not answer is two
/// seconds; the rest is for a busy machine.
const NO_HANG: Duration = Duration::from_secs(15);

/// How soon after the database it is back, on a busy machine.
const RECOVERS: Duration = Duration::from_secs(30);

/// What the log says once while a database is waited for.
const AWAY: &str = "the database cannot be reached; trying again for 30 s";

/// A server whose wire to PostgreSQL can be lost.
struct Far {
    database: Database,
    proxy: Proxy,
    place: Place,
}

impl Far {
    async fn new(loss: Option<Loss>) -> Self {
        let database = Database::new(Engine::Postgres).await;
        let proxy = match loss {
            Some(loss) => Proxy::to(database.port(), loss),
            None => Proxy::whole(database.port()),
        };
        Self {
            database,
            proxy,
            place: Place::new(),
        }
    }

    fn launch(&self) -> Launch {
        let url = self.database.url_by(self.proxy.port());
        // With limits the database is asked before a password is hashed.
        self.place
            .over(&self.database)
            .set("DATABASE_URL", url)
            .set("HALLPASS_RATE_LIMIT", "on")
            .without("HALLPASS_DATABASE_TIMEOUT")
    }
}

async fn is_waited_for_at_the_start(loss: Loss) {
    let mut far = Far::new(Some(loss)).await;
    let waiting = far.launch().spawn();
    let said = waiting.err.line(|line| line.contains(AWAY)).await;
    assert!(said.is_some(), "{}", waiting.err.text());
    far.proxy.mend();
    let server = waiting.listening().await;
    assert_eq!(server.api.register("ann@example.com").await.status, 201);
    let ended = server.stop().await;
    assert_eq!(
        ended.err.matches("cannot be reached").count(),
        1,
        "{}",
        ended.err
    );
    far.database.remove().await;
}

#[tokio::test]
async fn a_database_that_refuses_at_the_start_is_waited_for() {
    is_waited_for_at_the_start(Loss::Refused).await;
}

#[tokio::test]
async fn a_database_that_hangs_up_at_the_start_is_waited_for() {
    is_waited_for_at_the_start(Loss::HungUp).await;
}

#[tokio::test]
async fn a_database_that_is_silent_at_the_start_is_waited_for() {
    is_waited_for_at_the_start(Loss::Dead).await;
}

/// The first process of a container, which is what a server often is, is spared
/// each signal that it does not take itself; so is one that was started with
/// signals ignored.
#[tokio::test]
async fn who_waits_for_a_database_can_be_stopped() {
    for signal in [Signal::TERM, Signal::INT] {
        let far = Far::new(Some(Loss::Refused)).await;
        let waiting = far.launch().after("trap '' TERM INT").spawn();
        let said = waiting.err.line(|line| line.contains(AWAY)).await;
        assert!(said.is_some(), "{}", waiting.err.text());
        waiting.signal(signal);
        let ended = within(NO_HANG, "it stops", waiting.end()).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        far.database.remove().await;
    }
}

/// Whatever needs the database, in more requests at once than there are
/// connections.
async fn need_the_database(api: &Api, token: &str, user: &str) -> Vec<(Answer, Duration)> {
    let rename = api.request(Method::PATCH, &format!("/api/v1/users/{user}"));
    let show = api.request(Method::GET, &format!("/api/v1/users/{user}"));
    let sign_out = api.request(Method::POST, "/api/v1/auth/signout");
    let requests = [
        api.signing_in("ann@example.com", PASSWORD),
        api.signing_in("nobody@example.com", "wrong"),
        api.registration("bob@example.com"),
        api.registration("ANN@example.com"),
        api.request(Method::GET, "/api/v1/auth/me")
            .bearer_auth(token),
        show.bearer_auth(token),
        rename.bearer_auth(token).json(&json!({"name": "Ann II"})),
        sign_out.bearer_auth(token),
        api.request(Method::GET, "/readyz"),
    ];
    // Of one address no more than may sign in at once.
    let requests = (0..3).flat_map(|_| requests.iter().map(|request| request.try_clone().unwrap()));
    let tasks: JoinSet<_> = requests.map(|request| timed(Answer::of(request))).collect();
    let answers = tasks.join_all().await;
    answers
        .into_iter()
        .map(|(answer, took)| (answer.unwrap(), took))
        .collect()
}

/// What does without, and is answered as ever.
async fn do_without_the_database(api: &Api) {
    for (path, token, expected) in [
        ("/healthz", None, 200),
        ("/openapi.json", None, 200),
        ("/nowhere", None, 404),
        ("/api/v1/auth/me", None, 401),
        ("/api/v1/auth/me", Some("forged"), 401),
        ("/api/v1/users/1", Some("forged"), 401),
    ] {
        let request = api.request(Method::GET, path);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = api.send(request).await;
        assert_eq!(answer.status, expected, "{path}: {answer:?}");
    }
    // A registration asks for its limits first.
    let empty = api
        .request(Method::POST, "/api/v1/auth/signin")
        .json(&json!({}));
    assert_eq!(api.send(empty).await.status, 422);
}

fn assert_unavailable((answer, took): &(Answer, Duration)) {
    answer.assert_unavailable();
    assert!(*took < scaled(NO_HANG), "{took:?} for {answer:?}");
}

async fn serves_again(server: &Server, token: &str) {
    eventually(RECOVERS, "it serves again", async || {
        let answer = server.api.me(token).await;
        (answer.status == 200).then_some(())
    })
    .await;
    assert_eq!(server.api.get("/readyz").await.status, 200);
    assert_eq!(
        server.api.sign_in("ann@example.com", PASSWORD).await.status,
        200
    );
}

async fn is_a_503_while_it_lasts(loss: Loss) {
    let mut far = Far::new(None).await;
    let server = far.launch().start().await;
    let ann = server.api.register("ann@example.com").await;
    let (token, user) = (
        ann.token(),
        ann.json()["user"]["id"].as_str().unwrap().to_owned(),
    );
    for _ in 0..2 {
        far.proxy.lose(loss).await;
        for answered in need_the_database(&server.api, &token, &user).await {
            assert_unavailable(&answered);
        }
        do_without_the_database(&server.api).await;
        far.proxy.mend();
        serves_again(&server, &token).await;
    }
    // What was refused was not done, not even in part.
    let users = far.database.texts("select email, name from users").await;
    assert_eq!(users, [["ann@example.com", "Somebody"]]);
    let bob = server.api.register("bob@example.com").await;
    assert_eq!(bob.status, 201, "{bob:?}");
    let ended = server.stop().await;
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    far.database.remove().await;
}

#[tokio::test]
async fn a_database_that_refuses_is_a_503_while_it_lasts() {
    is_a_503_while_it_lasts(Loss::Refused).await;
}

#[tokio::test]
async fn a_database_that_hangs_up_is_a_503_while_it_lasts() {
    is_a_503_while_it_lasts(Loss::HungUp).await;
}

#[tokio::test]
async fn a_database_that_is_silent_is_a_503_while_it_lasts() {
    is_a_503_while_it_lasts(Loss::Dead).await;
}

/// Each connection is in the middle of a statement when the machine behind it is
/// lost, and nothing says so. New connections would be served.
#[tokio::test]
async fn connections_that_died_in_use_are_replaced() {
    let mut far = Far::new(None).await;
    // Two seconds are too few for a busy machine to have so many wait at once.
    let launch = far
        .launch()
        .set("HALLPASS_RATE_LIMIT", "off")
        .set("HALLPASS_DATABASE_TIMEOUT", "10");
    let server = launch.start().await;
    let token = server.api.register("ann@example.com").await.token();
    let lock = far.database.lock("users").await;
    // Each of these has a statement of its own.
    let sign_in = |number| {
        let request = server.api.request(Method::POST, "/api/v1/auth/signin");
        let email = format!("a{number}@example.com");
        Answer::of(request.json(&json!({"email": email, "password": PASSWORD})))
    };
    let waiting = (0..60).map(sign_in).collect::<JoinSet<_>>();
    let in_use = "select count(*) from pg_stat_activity \
         where datname = current_database() and wait_event_type = 'Lock'";
    eventually(PATIENCE, "connections wait for the lock", async || {
        (far.database.number(in_use).await >= 10).then_some(())
    })
    .await;
    far.proxy.abandon();
    lock.release().await;
    // Who was caught in it is told so; who came to it late may have had a new
    // connection.
    let mut caught = 0;
    for answer in waiting.join_all().await {
        let answer = answer.unwrap();
        if answer.status != 401 {
            answer.assert_unavailable();
            caught += 1;
        }
    }
    assert!(caught >= 10, "{caught}");
    serves_again(&server, &token).await;
    server.stop().await;
    // PostgreSQL drops no database while a client is in the middle of its
    // password.
    far.proxy.lose(Loss::HungUp).await;
    far.database.remove().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_database_that_is_silent() {
    let mut far = Far::new(None).await;
    let server = far.launch().start().await;
    let token = server.api.register("ann@example.com").await.token();
    far.proxy.lose(Loss::Dead).await;
    let in_flight = (0..5).map(|_| {
        let me = server.api.request(Method::GET, "/api/v1/auth/me");
        Answer::of(me.bearer_auth(&token))
    });
    for answer in in_flight.collect::<JoinSet<_>>().join_all().await {
        assert_eq!(answer.unwrap().status, 503);
    }
    within(NO_HANG, "it stops", server.stop()).await;
    far.proxy.mend();
    far.database.remove().await;
}

#[tokio::test]
async fn a_postgresql_that_crashes_and_starts_again_is_found_again() {
    let cluster = Cluster::start();
    let place = Place::new();
    let launch = place
        .launch()
        .set("DATABASE_URL", cluster.url())
        .set("BETTER_AUTH_SECRET", SECRET)
        .without("HALLPASS_DATABASE_TIMEOUT");
    let server = launch.set("HALLPASS_RATE_LIMIT", "off").start().await;
    let ann = server.api.register("ann@example.com").await;
    let (token, user) = (
        ann.token(),
        ann.json()["user"]["id"].as_str().unwrap().to_owned(),
    );
    cluster.crash();
    for answered in need_the_database(&server.api, &token, &user).await {
        assert_unavailable(&answered);
    }
    do_without_the_database(&server.api).await;
    cluster.start_again();
    serves_again(&server, &token).await;
    let bob = eventually(PATIENCE, "bob registers", async || {
        let answer = server.api.register("bob@example.com").await;
        (answer.status != 503).then_some(answer)
    });
    assert_eq!(bob.await.status, 201);
    server.stop().await;
}
