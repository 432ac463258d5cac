//! A pooler stands before PostgreSQL and gives each transaction whichever
//! session is free: pgbouncer in transaction mode, or the like of Neon's.

use reqwest::Method;
use serde_json::json;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::task::JoinSet;

use crate::rig::{Api, Database, Engine, PASSWORD, Place, Server, events, once_hashed};

/// That every other test of this file tests what it says.
#[tokio::test]
async fn the_pooler_gives_one_client_several_sessions() {
    let database = Database::new(Engine::Postgres).await;
    let mut ann = client(&database.pooled_url()).await;
    let mut bob = client(&database.pooled_url()).await;
    let before = session_of_a_transaction(&mut ann).await;
    // He is given the session that was in use last, and keeps it for now.
    let begin = sqlx::raw_sql("begin; select 1").execute(&mut bob).await;
    begin.unwrap();
    let meanwhile = session_of_a_transaction(&mut ann).await;
    assert_ne!(before, meanwhile);
    drop((ann, bob));
    database.remove().await;
}

/// Without a parameter that pgbouncer refuses as it comes.
async fn client(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.extra_float_digits(None);
    PgConnection::connect_with(&options).await.unwrap()
}

async fn session_of_a_transaction(client: &mut PgConnection) -> i32 {
    let session = sqlx::raw_sql("select pg_backend_pid()");
    let row = session.fetch_one(client).await.unwrap();
    sqlx::Row::get(&row, 0)
}

/// A role that is let in and owns nothing, for what only an owner may do.
#[tokio::test]
async fn the_pooler_lets_in_a_role_without_rights() {
    let database = Database::new(Engine::Postgres).await;
    let mut url = url::Url::parse(&database.pooled_url()).unwrap();
    url.set_username("hallpass_app").unwrap();
    let mut client = client(url.as_str()).await;
    let made = sqlx::raw_sql("create table t (a int)").execute(&mut client);
    let error = made.await.unwrap_err().into_database_error().unwrap();
    assert_eq!(error.code().as_deref(), Some("42501"), "{error}");
    let rights = "select (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole)::text \
         from pg_roles where rolname = 'hallpass_app'";
    assert_eq!(database.texts(rights).await, [["false"]]);
    drop(client);
    database.remove().await;
}

/// Of so many at once. Each hashes passwords, and all of them wait in queues.
const AT_ONCE: usize = 24;

/// So many people share five sessions, by way of three servers.
async fn serves_by(parameters: &'static str, people: usize) {
    let database = Database::new(Engine::Postgres).await;
    let url = format!("{}{parameters}", database.pooled_url());
    let place = Place::new();
    let launch = place.over(&database).set("DATABASE_URL", &url);
    let starting: JoinSet<Server> = (0..3).map(|_| launch.clone().start()).collect();
    let servers = starting.join_all().await;
    let mut waiting = (0..people).map(|number| live(servers[number % 3].api.clone(), number));
    let mut living: JoinSet<()> = waiting.by_ref().take(AT_ONCE).collect();
    while let Some(lived) = living.join_next().await {
        lived.unwrap();
        waiting.next().map(|next| living.spawn(next));
    }
    let renamed = "select count(*) from users where name like 'Renamed %'";
    assert_eq!(
        database.number(renamed).await,
        i64::try_from(people).unwrap()
    );
    for server in servers {
        for event in events(&server.stop().await.err) {
            let refusal = event["target"] == "hallpass::security";
            assert!(refusal || event["level"] == "INFO", "{event}");
        }
    }
    database.remove().await;
}

/// Everything that one person does.
async fn live(api: Api, number: usize) {
    let email = format!("ann{number}@example.com");
    let ann = once_hashed(api.registration(&email)).await;
    assert_eq!(ann.status, 201, "{ann:?}");
    let user = ann.json()["user"]["id"].as_str().unwrap().to_owned();
    let right = once_hashed(api.signing_in(&email, PASSWORD)).await;
    assert_eq!(right.status, 200, "{right:?}");
    let me = api.me(&right.token()).await;
    assert_eq!(
        (me.status, &me.json()["email"]),
        (200, &json!(email)),
        "{me:?}"
    );
    let name = format!("Renamed {number}");
    let rename = api.request(Method::PATCH, &format!("/api/v1/users/{user}"));
    let rename = rename
        .bearer_auth(right.token())
        .json(&json!({"name": name}));
    let renamed = api.send(rename).await;
    assert_eq!(
        (renamed.status, &renamed.json()["name"]),
        (200, &json!(name)),
        "{renamed:?}"
    );
}

/// It is found out.
#[tokio::test]
async fn a_pooler_is_noticed_and_served_by() {
    serves_by("", 200).await;
}

#[tokio::test]
async fn a_pooler_that_the_url_tells_of_is_served_by() {
    serves_by("?pgbouncer=true&connection_limit=1", 40).await;
}

/// What the tests before this one would see of a Hallpass that takes no notice.
#[tokio::test]
async fn a_pooler_that_the_url_denies_is_told_of() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let url = format!("{}?pgbouncer=false", database.pooled_url());
    let launch = place.over(&database).set("DATABASE_URL", url);
    // The first may have a session to itself.
    let mut running = Vec::new();
    let mut refused = None;
    while running.len() < 3 && refused.is_none() {
        let server = launch.clone().spawn();
        let listens = server.out.line(|line| line.contains("listens on")).await;
        match listens {
            Some(_) => running.push(server),
            None => refused = Some(server.end().await),
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.code, Some(3), "{refused:?}");
    let collision = "prepared statement \"sqlx_s_1\" already exists";
    assert!(refused.err.contains(collision), "{refused:?}");
    drop(running);
    database.remove().await;
}

#[tokio::test]
async fn only_a_pooler_is_taken_for_one() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let launch = place.over(&database).argument("doctor");
    let pooled = format!("{}?pgbouncer=true", database.url());
    for (url, is_noticed) in [
        (database.pooled_url(), true),
        (database.url(), false),
        (pooled, true),
    ] {
        for _ in 0..5 {
            let doctor = launch.clone().set("DATABASE_URL", &url).end().await;
            let noticed = doctor.out.contains("is reached by way of a pooler");
            assert_eq!(noticed, is_noticed, "{doctor:?}");
        }
    }
    database.remove().await;
}

#[tokio::test]
async fn the_commands_work_by_way_of_a_pooler() {
    let database = Database::new(Engine::Postgres).await;
    let place = Place::new();
    let command = place
        .over(&database)
        .set("DATABASE_URL", database.pooled_url());
    for arguments in [
        vec!["migrate"],
        vec!["migrate"],
        vec!["migrate", "--status"],
        vec!["user", "list"],
        vec!["doctor"],
    ] {
        let command = arguments.iter().fold(command.clone(), |command, argument| {
            command.argument(argument)
        });
        let ended = command.end().await;
        assert!(
            matches!(ended.code, Some(0 | 1)),
            "{arguments:?}: {ended:?}"
        );
        assert!(
            !ended.out.contains("cannot be used"),
            "{arguments:?}: {ended:?}"
        );
    }
    database.remove().await;
}

/// A role that may read and write, but make no table, is enough for a server
/// whose migrations go another way.
#[tokio::test]
async fn migrations_go_by_the_way_that_is_set_for_them() {
    let database = Database::new(Engine::Postgres).await;
    let mut url = url::Url::parse(&database.pooled_url()).unwrap();
    url.set_username("hallpass_app").unwrap();
    let place = Place::new();
    let launch = place.over(&database).set("DATABASE_URL", url.as_str());
    let migrate = launch.clone().argument("migrate");
    let refused = migrate.clone().end().await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.err.contains("permission denied"), "{refused:?}");
    let astray = "postgres://ann:hunter2@127.0.0.1:1/accounts";
    let refused = migrate.set("DATABASE_URL_UNPOOLED", astray).end().await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(
        refused
            .err
            .contains("check DATABASE_URL and DATABASE_URL_UNPOOLED"),
        "{refused:?}"
    );
    assert!(!refused.err.contains("hunter2"), "{refused:?}");

    let launch = launch.set("DATABASE_URL_UNPOOLED", database.url());
    let rights =
        "alter default privileges grant select, insert, update, delete on tables to hallpass_app";
    database.execute(rights).await;
    let server = launch.clone().start().await;
    assert_eq!(
        once_hashed(server.api.registration("ann@example.com"))
            .await
            .status,
        201
    );
    let doctor = launch.argument("doctor").end().await;
    let looked = doctor.out.lines().filter(|line| line.contains("answers"));
    assert_eq!(looked.count(), 2, "{doctor:?}");
    server.stop().await;
    database.remove().await;
}
