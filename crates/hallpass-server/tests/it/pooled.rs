//! A pooler stands before PostgreSQL and gives each transaction whichever
//! session is free: pgbouncer in transaction mode, or the like of Neon's.

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::rig::{Database, Engine};

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
