//! What takes ten seconds or thirty, because that is what is promised. All of
//! it waits at the same time.

use std::time::Duration;

use rustix::process::Signal;

use tokio::task::JoinSet;

use crate::rig::{
    Api, Database, Engine, Http2, Loss, Place, Proxy, Raw, Server, once_hashed, scaled, timed,
    within,
};

/// What is promised for a head, for a body, and for a stop.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// What a busy machine may add.
const LATE: Duration = Duration::from_secs(15);

macro_rules! all_at_once {
    ($($scenario:ident),+ $(,)?) => {{
        let begun = [$((stringify!($scenario), tokio::spawn($scenario()))),+];
        let mut failed = Vec::new();
        for (name, scenario) in begun {
            if let Err(error) = scenario.await {
                failed.push(format!("{name}: {error}"));
            }
        }
        assert!(failed.is_empty(), "{failed:#?}");
    }};
}

#[tokio::test]
async fn slow_clients_and_a_database_that_is_away_are_waited_for_so_long_and_no_longer() {
    all_at_once!(
        a_silent_client_is_hung_up_on,
        half_an_http2_greeting_is_hung_up_on,
        a_head_that_trickles_is_hung_up_on,
        a_connection_kept_open_is_there_for_the_next_request,
        an_http2_client_that_no_longer_answers_is_hung_up_on,
        a_body_that_never_arrives_is_answered_408,
        a_body_that_trickles_is_answered_408,
        a_stop_waits_ten_seconds_for_a_request_and_no_longer,
        a_database_that_stays_away_ends_the_start_after_thirty_seconds,
        a_database_that_fell_asleep_is_given_five_seconds,
    );
}

async fn server() -> (Place, Server) {
    let place = Place::new();
    let server = place.launch().start().await;
    (place, server)
}

/// The server hangs up after ten seconds, not at once and not much later, and
/// serves others meanwhile.
async fn hangs_up_after_ten_seconds(server: &Server, mut client: Raw) -> String {
    let (rest, took) = timed(client.rest_within(TEN_SECONDS + LATE)).await;
    assert!(took > TEN_SECONDS / 2, "hung up on after {took:?}: {rest}");
    let answer = Api::new(server.port).get("/readyz").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    rest
}

async fn a_silent_client_is_hung_up_on() {
    let (_place, server) = server().await;
    let client = Raw::connect(server.port).await;
    hangs_up_after_ten_seconds(&server, client).await;
}

async fn half_an_http2_greeting_is_hung_up_on() {
    let (_place, server) = server().await;
    let client = Raw::connect(server.port).await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM");
    hangs_up_after_ten_seconds(&server, client).await;
}

async fn a_head_that_trickles_is_hung_up_on() {
    let (_place, server) = server().await;
    let client = Raw::connect(server.port).await;
    client.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ");
    client.trickle("a");
    let rest = hangs_up_after_ten_seconds(&server, client).await;
    assert!(!rest.contains("200 OK"), "{rest}");
}

/// A proxy keeps its connections for a minute.
async fn a_connection_kept_open_is_there_for_the_next_request() {
    let (_place, server) = server().await;
    let mut client = Raw::connect(server.port).await;
    let mut over_http2 = Http2::connect(server.port).await;
    for _ in 0..2 {
        client.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert!(client.answer().await.starts_with("HTTP/1.1 200"));
        assert_eq!(over_http2.ask("GET /healthz", &[]).await.status, 200);
        let waiting = tokio::time::timeout(TEN_SECONDS + LATE, client.answer_or_end()).await;
        assert!(waiting.is_err(), "hung up: {waiting:?}");
    }
}

/// Ten seconds until it is asked whether it is there, and ten to answer.
async fn an_http2_client_that_no_longer_answers_is_hung_up_on() {
    let (_place, server) = server().await;
    let mut client = Raw::connect(server.port).await;
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    client.rest_within(2 * TEN_SECONDS + LATE).await;
}

const SIGN_IN: &str = "POST /api/v1/auth/signin HTTP/1.1\r\nhost: localhost\r\n\
     content-type: application/json\r\ncontent-length: 20\r\n\r\n";

async fn a_body_that_never_arrives_is_answered_408() {
    let (_place, server) = server().await;
    let client = Raw::connect(server.port).await;
    client.send(SIGN_IN);
    let rest = hangs_up_after_ten_seconds(&server, client).await;
    assert!(rest.starts_with("HTTP/1.1 408 "), "{rest}");
    assert!(rest.contains(r#""code":"request_timeout""#), "{rest}");
}

async fn a_body_that_trickles_is_answered_408() {
    let (_place, server) = server().await;
    let client = Raw::connect(server.port).await;
    client.send(SIGN_IN);
    client.trickle(" ");
    let rest = hangs_up_after_ten_seconds(&server, client).await;
    assert!(rest.starts_with("HTTP/1.1 408 "), "{rest}");
}

async fn a_stop_waits_ten_seconds_for_a_request_and_no_longer() {
    let (_place, server) = server().await;
    let mut client = Raw::connect(server.port).await;
    // Its body has two seconds left when the stop's time is over.
    client.send(SIGN_IN.replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n"));
    assert!(client.answer().await.starts_with("HTTP/1.1 100"));
    server.process.signal(Signal::TERM);
    let (ended, took) = timed(server.process.end()).await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        took < scaled(TEN_SECONDS + LATE),
        "stopped after {took:?}: {}",
        ended.err
    );
}

/// Whether the database has rested for half a minute; that it ever does shows
/// that nothing of ours keeps it awake.
async fn nobody_has_asked(database: &Database) -> bool {
    let idle = "select count(*)::text, (max(state_change) < clock_timestamp() - interval '31 seconds')::text \
         from pg_stat_activity where datname = current_database() and application_name = 'hallpass'";
    let rows = database.texts(idle).await;
    rows[0][0] != "0" && rows[0][1] == "true"
}

/// One that nobody has asked for half a minute takes three seconds to answer, as
/// any other must not.
async fn a_database_that_fell_asleep_is_given_five_seconds() {
    let database = Database::new(Engine::Postgres).await;
    let mut proxy = Proxy::whole(database.port());
    let place = Place::new();
    let url = database.url_by(proxy.port());
    let launch = place.over(&database).set("DATABASE_URL", url);
    let launch = launch.without("HALLPASS_DATABASE_TIMEOUT");
    let server = launch.start().await;
    let token = server.api.register("ann@example.com").await.token();
    let idle = async {
        let mut looks = tokio::time::interval(Duration::from_secs(1));
        while !nobody_has_asked(&database).await {
            looks.tick().await;
        }
    };
    within(TEN_SECONDS * 6, "nobody asks for half a minute", idle).await;

    proxy.hang_up_on(0);
    proxy.lose(Loss::Dead).await;
    let asking = (0..30).map(|_| {
        let (api, token) = (server.api.clone(), token.clone());
        async move { api.me(&token).await }
    });
    let mut asking: JoinSet<_> = asking.collect();
    asking.spawn(once_hashed(server.api.registration("bob@example.com")));
    let answered = tokio::time::timeout(Duration::from_secs(3), asking.join_next()).await;
    assert!(answered.is_err(), "given up before its time: {answered:?}");
    proxy.mend();
    for answer in asking.join_all().await {
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    }

    // It is awake now, and two seconds are enough.
    proxy.lose(Loss::Dead).await;
    let me = server.api.me(&token);
    within(LATE, "it is given up", me)
        .await
        .assert_unavailable();
    proxy.lose(Loss::HungUp).await;
    server.stop().await;
    database.remove().await;
}

async fn a_database_that_stays_away_ends_the_start_after_thirty_seconds() {
    let database = Database::new(Engine::Postgres).await;
    let proxy = Proxy::to(database.port(), Loss::Refused);
    let place = Place::new();
    let server = place
        .over(&database)
        .set("DATABASE_URL", database.url_by(proxy.port()));
    let (ended, took) = timed(server.end()).await;
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let thirty = 3 * TEN_SECONDS;
    assert!(
        took + TEN_SECONDS > thirty && took < scaled(thirty + LATE),
        "ended after {took:?}"
    );
    let [warning, error] = ended.err.lines().collect::<Vec<_>>()[..] else {
        panic!("two lines: {}", ended.err);
    };
    assert!(
        warning.contains("the database cannot be reached; trying again for 30 s"),
        "{warning}"
    );
    let Database::Postgres(name) = &database else {
        unreachable!()
    };
    let expected = format!(
        "error: the database at postgres://127.0.0.1:{}/{name} could not be reached within 30 s; \
         check DATABASE_URL",
        proxy.port()
    );
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(ended.out, "");
    database.remove().await;
}
