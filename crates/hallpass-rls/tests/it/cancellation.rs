//! However a scope ends, the next user of its connection finds nothing of it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hallpass_rls::{Error, OwnedSql, UserRows};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::rig::{ADD, ANN, BOB, Database, LIST, Server, add, titles, user};

const WHO: OwnedSql = OwnedSql::new(
    "select coalesce(current_setting('hallpass' || '.user_id', true), '') from (select $1) as mine",
);

const WAIT: OwnedSql = OwnedSql::new("select pg_sleep(20)::text from (select $1) as mine");

const FAIL: OwnedSql = OwnedSql::new("select (1 / ($1::uuid is null)::int)::text");

async fn who(rows: &UserRows, id: &str) -> String {
    let mut scope = rows.begin(&user(id)).await.unwrap();
    let (who,): (String,) = scope.query(WHO).fetch_one().await.unwrap();
    scope.commit().await.unwrap();
    who
}

/// A connection of the pool's own, in the state in which scopes leave it.
async fn setting_left_behind(server: &Server, pool: &sqlx::PgPool) -> (String, i64) {
    let setting = "select coalesce(current_setting('hallpass.user_id', true), '')";
    let left = sqlx::query_scalar(setting).fetch_one(pool).await.unwrap();
    let open = "select count(*) from pg_stat_activity where usename = $1 and state like 'idle in transaction%'";
    let mut admin = sqlx::PgPool::connect(&server.url())
        .await
        .unwrap()
        .acquire()
        .await
        .unwrap();
    let open = sqlx::query_scalar(open)
        .bind(server.app())
        .fetch_one(&mut *admin)
        .await
        .unwrap();
    (left, open)
}

async fn server() -> (Database, sqlx::PgPool) {
    let database = Database::postgres().await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(&database.url())
        .await
        .unwrap();
    (database, pool)
}

/// Polls once and gives it up; `false` where it had its answer at once.
fn given_up(future: impl Future) -> bool {
    let future = pin!(future);
    let poll = future.poll(&mut Context::from_waker(Waker::noop()));
    matches!(poll, Poll::Pending)
}

#[tokio::test]
async fn no_way_to_end_leaves_the_user_behind() {
    let (database, pool) = server().await;
    let Database::Postgres(server) = &database else {
        panic!("of PostgreSQL");
    };
    let rows = UserRows::postgres(pool.clone());
    let begin = async || rows.begin(&user(ANN)).await.unwrap();

    begin().await.commit().await.unwrap();
    assert_eq!(
        setting_left_behind(server, &pool).await,
        (String::new(), 0),
        "commit"
    );
    begin().await.roll_back().await.unwrap();
    assert_eq!(
        setting_left_behind(server, &pool).await,
        (String::new(), 0),
        "rollback"
    );
    drop(begin().await);
    assert_eq!(
        setting_left_behind(server, &pool).await,
        (String::new(), 0),
        "drop"
    );

    let mut scope = begin().await;
    let failed: Result<Vec<(String,)>, _> = scope.query(FAIL).fetch_all().await;
    assert!(matches!(failed, Err(Error::Database(_))), "{failed:?}");
    drop(scope);
    assert_eq!(
        setting_left_behind(server, &pool).await,
        (String::new(), 0),
        "error"
    );

    // Given up within begin, a statement, and commit.
    while !given_up(rows.begin(&user(ANN))) {}
    assert_eq!(
        setting_left_behind(server, &pool).await,
        (String::new(), 0),
        "begin"
    );
    let mut scope = begin().await;
    assert!(given_up(scope.query(WAIT).fetch_all::<(String,)>()));
    let after: Result<Vec<(String,)>, _> = scope.query(LIST).fetch_all().await;
    assert_eq!(after, Err(Error::GivenUp), "nobody knows what became of it");
    assert_eq!(scope.commit().await, Err(Error::GivenUp));
    let (left, _) = setting_left_behind(server, &pool).await;
    assert_eq!(left, "", "statement");
    while !given_up(begin().await.commit()) {}
    let (left, _) = setting_left_behind(server, &pool).await;
    assert_eq!(left, "", "commit");

    assert_eq!(who(&rows, BOB).await, BOB);
    assert_eq!(titles(&rows, BOB).await, [""; 0]);
    pool.close().await;
    database.remove().await;
}

/// A test can fail by this: what a session-wide setting would leave is seen.
#[tokio::test]
async fn a_setting_of_the_session_would_be_seen() {
    let (database, pool) = server().await;
    let Database::Postgres(server) = &database else {
        panic!("of PostgreSQL");
    };
    let leak = format!("select set_config('hallpass.user_id', '{ANN}', false)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(leak))
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(setting_left_behind(server, &pool).await.0, ANN);
    // A scope of another user is that user's all the same.
    let rows = UserRows::postgres(pool.clone());
    assert_eq!(who(&rows, BOB).await, BOB);
    pool.close().await;
    database.remove().await;
}

#[tokio::test]
async fn a_scope_that_is_dropped_in_order_costs_no_connection() {
    let (database, pool) = server().await;
    let rows = UserRows::postgres(pool.clone());
    let process = async || -> i32 {
        let process = sqlx::query_scalar("select pg_backend_pid()");
        process.fetch_one(&pool).await.unwrap()
    };
    let before = process().await;
    for _ in 0..3 {
        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        scope.query(ADD).bind("dropped").execute().await.unwrap();
        drop(scope);
    }
    assert_eq!(process().await, before);
    let mut scope = rows.begin(&user(ANN)).await.unwrap();
    assert!(given_up(scope.query(WAIT).fetch_all::<(String,)>()));
    drop(scope);
    assert_ne!(process().await, before, "one that is given up is closed");
    pool.close().await;
    database.remove().await;
}

#[tokio::test]
async fn connections_that_died_idle_are_replaced() {
    let database = Database::postgres().await;
    let Database::Postgres(server) = &database else {
        panic!("of PostgreSQL");
    };
    let rows = UserRows::connect(&database.url()).unwrap();
    let held = three_scopes(&rows).await;
    for scope in held {
        scope.commit().await.unwrap();
    }
    let kill = format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{}'",
        server.app()
    );
    server.admin(&kill).await;
    add(&rows, ANN, "after it").await.unwrap();
    assert_eq!(titles(&rows, ANN).await, ["after it"]);
    rows.close().await;
    database.remove().await;
}

/// What a step that gets no answer says, and how long it took to.
async fn late<T>(step: impl Future<Output = Result<T, Error>>) -> (Duration, Option<Error>) {
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let fault = step.await.err();
    let taken = begun.elapsed();
    tokio::time::resume();
    (Duration::from_secs(taken.as_secs()), fault)
}

/// Time passes at once whenever nobody has anything to do.
#[tokio::test]
async fn a_database_that_does_not_answer_holds_nobody_for_ever() {
    let no_answer = Some(Error::Unavailable("no answer in time".to_owned()));
    let five = (Duration::from_secs(5), no_answer.clone());

    // It lets in, and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = PgConnectOptions::new()
        .host("127.0.0.1")
        .port(silent.local_addr().unwrap().port());
    let pool = PgPoolOptions::new().connect_lazy_with(options);
    let ann = user(ANN);
    let rows = UserRows::postgres(pool);
    assert_eq!(late(rows.begin(&ann)).await, five);
    let rows = rows.limit(Duration::from_secs(2));
    assert_eq!(
        late(rows.begin(&ann)).await,
        (Duration::from_secs(2), no_answer)
    );

    let (database, pool) = server().await;
    let Database::Postgres(server) = &database else {
        panic!("of PostgreSQL");
    };
    let rows = UserRows::postgres(pool.clone());
    let process = async || -> i32 {
        let process = sqlx::query_scalar("select pg_backend_pid()");
        process.fetch_one(&pool).await.unwrap()
    };
    let first = process().await;
    let mut scope = rows.begin(&ann).await.unwrap();
    assert_eq!(
        late(scope.query(WAIT).fetch_all::<(String,)>()).await,
        five,
        "a statement"
    );
    assert_eq!(scope.commit().await, Err(Error::GivenUp));
    let second = process().await;
    assert_ne!(second, first, "its connection is closed");

    server
        .own(
            "create function wait() returns trigger language plpgsql as 'begin perform pg_sleep(20); return null; end';
             create constraint trigger wait after insert on tasks
                 deferrable initially deferred for each row execute function wait()",
        )
        .await;
    let mut scope = rows.begin(&ann).await.unwrap();
    scope.query(ADD).bind("too late").execute().await.unwrap();
    assert_eq!(late(scope.commit()).await, five, "a commit");
    assert_ne!(process().await, second, "its connection is closed");
    pool.close().await;
    database.remove().await;
}

/// As many connections as there are scopes.
async fn three_scopes(rows: &UserRows) -> [hallpass_rls::Scope; 3] {
    let ann = user(ANN);
    [
        rows.begin(&ann).await.unwrap(),
        rows.begin(&ann).await.unwrap(),
        rows.begin(&ann).await.unwrap(),
    ]
}

#[tokio::test]
async fn on_sqlite_a_statement_that_is_given_up_writes_nothing() {
    let database = Database::sqlite().await;
    let rows = database.rows();
    let mut scope = rows.begin(&user(ANN)).await.unwrap();
    while !given_up(scope.query(ADD).bind("given up").execute()) {
        drop(scope);
        scope = rows.begin(&user(ANN)).await.unwrap();
    }
    assert_eq!(scope.commit().await, Err(Error::GivenUp));
    add(&rows, BOB, "after it").await.unwrap();
    assert_eq!(titles(&rows, ANN).await, [""; 0]);
    rows.close().await;
}

/// Where there is no runtime any more to roll back on.
#[test]
fn a_scope_may_outlive_its_runtime() {
    let first = tokio::runtime::Runtime::new().unwrap();
    let (database, rows) = first.block_on(async {
        let database = Database::postgres().await;
        let rows = database.rows();
        (database, rows)
    });
    let scope = first.block_on(async {
        let mut scope = rows.begin(&user(ANN)).await.unwrap();
        scope.query(ADD).bind("dropped").execute().await.unwrap();
        scope
    });
    drop(scope);
    assert_eq!(first.block_on(titles(&rows, ANN)), [""; 0]);
    first.block_on(rows.close());
    first.block_on(database.remove());
}
