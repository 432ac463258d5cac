//! Many users at once, through a real pgbouncer in transaction mode: nobody
//! sees a row of another, and nobody's name stays on a connection.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use hallpass_rls::{OwnedSql, UserRows};
use serde_json::{Value, json};
use sqlx::PgPool;
use tasks_api::{App, router};
use uuid::Uuid;

use crate::rig::{Engine, Person, Rig, ask, request, verifier};

const USERS: usize = 100;
const TASKS_EACH: usize = 5;
const REQUESTS: usize = 100_000;

/// Requests that are under way at the same time.
const WORKERS: usize = 64;

/// Connections to pgbouncer; it has five to PostgreSQL (`scripts/with-postgres`).
const CLIENTS: u32 = 32;
const BEHIND_THE_POOLER: usize = 5;

/// One request in so many is given up half-way.
const GIVEN_UP: usize = 499;

const SETTING: &str = "select coalesce(current_setting('hallpass.user_id', true), '') as user_id, pg_backend_pid() as process";

struct Soak {
    router: Router,
    people: Vec<Person>,
    /// Of each person, the first task.
    tasks: Vec<Uuid>,
    pool: PgPool,
    answered: AtomicUsize,
    given_up: AtomicUsize,
    looked: AtomicUsize,
    ended: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_users_share_five_connections_and_no_row() {
    let rig = Rig::new(Engine::Postgres).await;
    let soak = Arc::new(prepare(&rig).await);
    let began = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|number| tokio::spawn(work(Arc::clone(&soak), number)))
        .collect();
    let watch = tokio::spawn(watch(Arc::clone(&soak)));
    for worker in workers {
        worker.await.unwrap();
    }
    let took = began.elapsed();
    soak.ended.store(true, Ordering::Relaxed);
    watch.await.unwrap();
    look_at_every_connection(&soak).await;
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    let (answered, given_up) = (count(&soak.answered), count(&soak.given_up));
    assert_eq!(answered + given_up, REQUESTS);
    assert!(given_up > REQUESTS / GIVEN_UP / 2, "{given_up} given up");
    println!(
        "{answered} requests of {USERS} users answered and {given_up} given up in {took:.0?}: 0 foreign rows; \
         {} looks at shared connections: 0 settings left",
        count(&soak.looked)
    );
    println!(
        "a scoped query costs {:.2} times the same one unscoped",
        cost(&rig).await
    );
    soak.pool.close().await;
    rig.remove().await;
}

async fn prepare(rig: &Rig) -> Soak {
    let (pool, _) = rig.pooled(CLIENTS);
    let rows = UserRows::postgres(pool.clone());
    let verifier = verifier();
    let router = router(App { rows, verifier });
    let people: Vec<_> = (1..=USERS)
        .map(|number| Person::number(number as u128))
        .collect();
    let mut tasks = Vec::new();
    for person in &people {
        let first = rig.add(person, &format!("{} 0", person.id)).await;
        for number in 1..TASKS_EACH {
            rig.add(person, &format!("{} {number}", person.id)).await;
        }
        tasks.push(first);
    }
    Soak {
        router,
        people,
        tasks,
        pool,
        answered: AtomicUsize::new(0),
        given_up: AtomicUsize::new(0),
        looked: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
    }
}

/// This worker's share of the requests, each by another user than the one before.
async fn work(soak: Arc<Soak>, number: usize) {
    for at in (number..REQUESTS).step_by(WORKERS) {
        let who = at.wrapping_mul(31) % USERS;
        if at % GIVEN_UP == 0 && soak.give_up(who) {
            soak.given_up.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        match at % 8 {
            0..4 => soak.list(who).await,
            4 => soak.show(who).await,
            5 => soak.show_foreign(who, at).await,
            6 => soak.change(who, at).await,
            _ => soak.change_foreign(who, at).await,
        }
        soak.answered.fetch_add(1, Ordering::Relaxed);
    }
}

impl Soak {
    async fn ask(
        &self,
        who: usize,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let answer = ask(&self.router, Some(&self.people[who]), method, path, body).await;
        (answer.status, answer.json())
    }

    fn path(&self, whose: usize) -> String {
        format!("/api/v1/tasks/{}", self.tasks[whose])
    }

    fn is_of(&self, who: usize, task: &Value) -> bool {
        let owner = self.people[who].id.to_string();
        task["title"]
            .as_str()
            .is_some_and(|title| title.starts_with(&owner))
    }

    async fn list(&self, who: usize) {
        let (status, tasks) = self.ask(who, "GET", "/api/v1/tasks", None).await;
        assert_eq!(status, StatusCode::OK, "{tasks}");
        let tasks = tasks.as_array().unwrap();
        assert_eq!(tasks.len(), TASKS_EACH, "{tasks:?}");
        assert!(
            tasks.iter().all(|task| self.is_of(who, task)),
            "foreign rows: {tasks:?}"
        );
    }

    async fn show(&self, who: usize) {
        let (status, task) = self.ask(who, "GET", &self.path(who), None).await;
        assert!(status == StatusCode::OK && self.is_of(who, &task), "{task}");
    }

    async fn change(&self, who: usize, at: usize) {
        let body = json!({"done": at.is_multiple_of(2)});
        let (status, task) = self.ask(who, "PATCH", &self.path(who), Some(&body)).await;
        assert!(status == StatusCode::OK && self.is_of(who, &task), "{task}");
    }

    async fn show_foreign(&self, who: usize, at: usize) {
        let (status, task) = self
            .ask(who, "GET", &self.path(another(who, at)), None)
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{task}");
    }

    async fn change_foreign(&self, who: usize, at: usize) {
        let body = json!({"title": "stolen"});
        let (status, task) = self
            .ask(who, "PATCH", &self.path(another(who, at)), Some(&body))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{task}");
    }

    /// Begins a request and drops it where it first waits; `false` where it
    /// never did.
    fn give_up(&self, who: usize) -> bool {
        let request = request(Some(&self.people[who]), "GET", "/api/v1/tasks", None);
        let answer = pin!(crate::rig::send(&self.router, request));
        matches!(
            answer.poll(&mut Context::from_waker(Waker::noop())),
            Poll::Pending
        )
    }
}

/// Somebody else than `who`.
fn another(who: usize, at: usize) -> usize {
    (who + 1 + at % (USERS - 1)) % USERS
}

/// Looks at connections between the transactions of others, while they go on.
async fn watch(soak: Arc<Soak>) {
    while !soak.ended.load(Ordering::Relaxed) {
        let row = sqlx::raw_sql(SETTING).fetch_one(&soak.pool).await.unwrap();
        let user: String = sqlx::Row::get(&row, "user_id");
        assert_eq!(user, "", "a user was left on a connection");
        soak.looked.fetch_add(1, Ordering::Relaxed);
    }
}

/// Each connection behind the pooler, by holding all at the same time.
async fn look_at_every_connection(soak: &Soak) {
    let mut held = Vec::new();
    let mut processes = HashSet::new();
    for _ in 0..BEHIND_THE_POOLER {
        let mut client = soak.pool.acquire().await.unwrap();
        sqlx::raw_sql("begin").execute(&mut *client).await.unwrap();
        let row = sqlx::raw_sql(SETTING)
            .fetch_one(&mut *client)
            .await
            .unwrap();
        assert_eq!(sqlx::Row::get::<String, _>(&row, "user_id"), "");
        processes.insert(sqlx::Row::get::<i32, _>(&row, "process"));
        held.push(client);
    }
    assert_eq!(processes.len(), BEHIND_THE_POOLER);
    for mut client in held {
        sqlx::raw_sql("rollback")
            .execute(&mut *client)
            .await
            .unwrap();
    }
}

/// How much longer a query takes in a scope, straight to PostgreSQL: the
/// medians compared.
async fn cost(rig: &Rig) -> f64 {
    const ROUNDS: usize = 2_000;
    const LIST: &str = "select title from tasks where owner = $1 order by id";
    const OWNED: OwnedSql = OwnedSql::new(LIST);
    let (_, admin) = rig.pooled(1);
    let mut plain = admin.acquire().await.unwrap();
    let person = Person::number(7);
    let user = person.verified();
    let (mut scoped, mut unscoped) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let query = sqlx::query_as(LIST).bind(person.id).persistent(false);
        let all: Vec<(String,)> = query.fetch_all(&mut *plain).await.unwrap();
        unscoped.push(began.elapsed());
        let began = Instant::now();
        let mut scope = rig.rows.begin(&user).await.unwrap();
        let own: Vec<(String,)> = scope.query(OWNED).fetch_all().await.unwrap();
        scope.commit().await.unwrap();
        scoped.push(began.elapsed());
        assert_eq!(own, all);
    }
    let median = |mut all: Vec<Duration>| {
        all.sort_unstable();
        all[ROUNDS / 2]
    };
    median(scoped).div_duration_f64(median(unscoped))
}
