//! A database that gives fewer connections than a server wants: it serves with
//! what it gets, and the log says why there are no more.

use serde_json::Value;
use tokio::task::JoinSet;

use crate::rig::{
    Cluster, Database, Engine, Launch, PATIENCE, Place, SECRET, Server, events, eventually,
    once_hashed,
};

const SAYS: &str = "the database gives no further connection";

/// A role that owns a database and may have this number of connections.
async fn limited(cluster: &Cluster, limit: u32) -> String {
    let role = format!("create role app login connection limit {limit}");
    cluster.execute(&role).await;
    cluster.execute("create database app owner app").await;
    cluster.url_of("app", "app")
}

fn launch(place: &Place, url: &str) -> Launch {
    place
        .launch()
        .set("DATABASE_URL", url)
        .set("BETTER_AUTH_SECRET", SECRET)
        .set("HALLPASS_RATE_LIMIT", "off")
}

/// More at once than there are connections: nobody is told that the database is
/// away.
async fn all_are_served(servers: &[Server], round: &str) {
    let mut asking = JoinSet::new();
    for (at, server) in servers.iter().enumerate() {
        let ann = format!("ann-{round}-{at}@example.com");
        let registered = once_hashed(server.api.registration(&ann)).await;
        assert_eq!(registered.status, 201, "{registered:?}");
        let token = registered.token();
        for number in 0..50 {
            let (api, token) = (server.api.clone(), token.clone());
            let email = format!("bob-{round}-{at}-{number}@example.com");
            // Most ask for a connection and hash nothing.
            asking.spawn(async move {
                let answer = match number {
                    0..3 => once_hashed(api.registration(&email)).await,
                    3..6 => once_hashed(api.signing_in(&email, "not the password")).await,
                    6..15 => api.me(&token).await,
                    _ => api.get("/readyz").await,
                };
                assert!(matches!(answer.status, 200 | 201 | 401), "{answer:?}");
            });
        }
    }
    asking.join_all().await;
}

/// What the log says of connections that are not to be had.
fn warnings(log: &str) -> Vec<Value> {
    let all = events(log).into_iter();
    all.filter(|event| event["message"] == SAYS).collect()
}

async fn serves_with(limit: u32, servers: usize) {
    let cluster = Cluster::start();
    let url = limited(&cluster, limit).await;
    let place = Place::new();
    let mut running = Vec::new();
    for _ in 0..servers {
        running.push(launch(&place, &url).start().await);
    }
    all_are_served(&running, "a").await;
    all_are_served(&running, "b").await;
    for server in running {
        let ended = server.stop().await;
        let warned = warnings(&ended.err);
        assert!(warned.len() <= 1, "{warned:#?}");
        for warning in &warned {
            let why = warning["error"].as_str().unwrap();
            assert!(why.contains("too many connections for role"), "{warning}");
            assert_eq!(warning["level"], "WARN");
        }
        assert!(servers > 1 || warned.len() == 1, "{}", ended.err);
    }
}

#[tokio::test]
async fn role_with_one_connection_is_served() {
    serves_with(1, 1).await;
}

#[tokio::test]
async fn role_with_two_connections_is_served() {
    serves_with(2, 1).await;
}

#[tokio::test]
async fn two_servers_share_a_roles_connections() {
    serves_with(20, 2).await;
}

#[tokio::test]
async fn two_servers_share_few_connections() {
    serves_with(4, 2).await;
}

/// As an operator does it: those that are open end, and fewer come back.
#[tokio::test]
async fn limit_lowered_while_running_is_served() {
    let cluster = Cluster::start();
    let url = limited(&cluster, 20).await;
    let place = Place::new();
    let servers = [launch(&place, &url).start().await];
    all_are_served(&servers, "a").await;
    cluster.execute("alter role app connection limit 1").await;
    all_are_served(&servers, "b").await;
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'";
    cluster.execute(end).await;
    all_are_served(&servers, "c").await;
    cluster.execute("alter role app connection limit 20").await;
    all_are_served(&servers, "d").await;
    let [server] = servers;
    assert_eq!(warnings(&server.stop().await.err).len(), 1);
}

/// One that another server has taken becomes free when that one has nothing to
/// do with it.
#[tokio::test]
async fn second_server_gets_connections_of_first() {
    let cluster = Cluster::start();
    let url = limited(&cluster, 20).await;
    let place = Place::new();
    let first = [launch(&place, &url).start().await];
    all_are_served(&first, "a").await;
    let second = [launch(&place, &url).start().await];
    all_are_served(&second, "b").await;
    let [first] = first;
    let [second] = second;
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn reason_is_named_when_none_is_left() {
    let cluster = Cluster::start();
    let url = limited(&cluster, 1).await;
    let place = Place::new();
    let server = launch(&place, &url).start().await;
    assert_eq!(server.api.register("ann@example.com").await.status, 201);
    for command in ["doctor", "migrate"] {
        let ended = launch(&place, &url).argument(command).end().await;
        let said = format!("{}{}", ended.out, ended.err);
        assert!(said.contains("too many connections for role"), "{said}");
    }
    server.stop().await;
    let doctor = launch(&place, &url).argument("doctor").end().await;
    assert!(
        doctor.out.contains("the server is PostgreSQL"),
        "{doctor:?}"
    );
    assert!(!doctor.out.contains("cannot be used"), "{doctor:?}");
}

/// The most that were there at once.
async fn most_open(cluster: &Cluster, url: &str, connections: Option<&str>) -> i64 {
    let place = Place::new();
    let launch = launch(&place, url);
    let launch = match connections {
        Some(number) => launch.set("HALLPASS_DATABASE_CONNECTIONS", number),
        None => launch,
    };
    let count = "select count(*) from pg_stat_activity where application_name = 'hallpass'";
    let migrated = launch.clone().argument("migrate").end().await;
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    eventually(PATIENCE, "its connection has ended", async || {
        (cluster.number(count).await == 0).then_some(())
    })
    .await;
    let launch = launch.argument("serve").argument("--no-migrate");
    let servers = [launch.start().await];
    let mut most = 0;
    {
        let mut serving = std::pin::pin!(all_are_served(&servers, "a"));
        loop {
            tokio::select! {
                () = &mut serving => break,
                open = cluster.number(count) => most = most.max(open),
            }
        }
    }
    most = most.max(cluster.number(count).await);
    let [server] = servers;
    assert!(warnings(&server.stop().await.err).is_empty());
    most
}

#[tokio::test]
async fn pool_is_as_large_as_set() {
    let cluster = Cluster::start();
    let url = limited(&cluster, 100).await;
    let limit = |limit: u32| format!("{url}?connection_limit={limit}");
    for (url, setting, expected) in [
        (url.clone(), Some("1"), 1),
        (url.clone(), Some("3"), 3),
        (limit(2), None, 2),
        (limit(2), Some("5"), 2),
        (limit(5), Some("3"), 3),
    ] {
        let most = most_open(&cluster, &url, setting).await;
        assert!(
            most > 0 && most <= expected,
            "{most} by {url} and {setting:?}"
        );
        cluster.execute_in_app("truncate users").await;
    }
}

/// A pooler in session mode lets in more clients than it has sessions, and has
/// the others wait.
#[tokio::test]
async fn pooler_with_few_sessions_is_served() {
    let database = Database::new(Engine::Postgres).await;
    let mut url = url::Url::parse(&database.pooled_url()).unwrap();
    url.set_username("hallpass_session").unwrap();
    database.give_to("hallpass_session").await;
    let place = Place::new();
    let servers = [launch(&place, url.as_str()).start().await];
    all_are_served(&servers, "a").await;
    all_are_served(&servers, "b").await;
    let sessions = "select count(*) from pg_stat_activity where usename = 'hallpass_session'";
    eventually(PATIENCE, "it has sessions", async || {
        let open = database.number(sessions).await;
        assert!(open <= 2, "{open}");
        (open > 0).then_some(())
    })
    .await;
    let [server] = servers;
    server.stop().await;
    database.remove().await;
}
