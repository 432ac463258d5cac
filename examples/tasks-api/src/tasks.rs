//! The routes, and the SQL behind them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, delete, get, patch, post};
use hallpass_rls::OwnedSql;
use hallpass_verify::CurrentUser;
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::answer::Problem;
use crate::input::{Draft, TaskId};

const LIST: OwnedSql =
    OwnedSql::new("select id, title, done from tasks where owner = $1 order by id");
const SHOW: OwnedSql =
    OwnedSql::new("select id, title, done from tasks where owner = $1 and id = $2");
const ADD: OwnedSql = OwnedSql::new(
    "insert into tasks (owner, id, title, done) values ($1, $2, $3, $4) returning id, title, done",
);
const CHANGE: OwnedSql = OwnedSql::new(
    "update tasks set title = coalesce($3, title), done = coalesce($4, done) \
     where owner = $1 and id = $2 returning id, title, done",
);
const REMOVE: OwnedSql = OwnedSql::new("delete from tasks where owner = $1 and id = $2");

/// Method, path and handler.
pub type Route = (&'static str, &'static str, MethodRouter<App>);

/// Every route there is. The router is made of these, and the tests ask each of
/// them for the tasks of others.
pub fn routes() -> [Route; 5] {
    [
        ("GET", "/api/v1/tasks", get(list)),
        ("POST", "/api/v1/tasks", post(add)),
        ("GET", "/api/v1/tasks/{id}", get(show)),
        ("PATCH", "/api/v1/tasks/{id}", patch(change)),
        ("DELETE", "/api/v1/tasks/{id}", delete(remove)),
    ]
}

/// A task, as it is kept and as it is answered.
#[derive(Debug, Serialize, sqlx::FromRow)]
struct Task {
    id: Uuid,
    title: String,
    done: bool,
}

type Answer<T = Json<Task>> = Result<T, Problem>;

async fn list(State(app): State<App>, user: CurrentUser) -> Answer<Json<Vec<Task>>> {
    let mut scope = app.rows.begin(&user).await?;
    let tasks = scope.query(LIST).fetch_all().await?;
    scope.commit().await?;
    Ok(Json(tasks))
}

async fn add(
    State(app): State<App>,
    user: CurrentUser,
    new: Draft,
) -> Answer<(StatusCode, Json<Task>)> {
    let title = new.title.ok_or_else(Problem::no_title)?;
    let done = new.done.unwrap_or_default();
    let mut scope = app.rows.begin(&user).await?;
    let statement = scope.query(ADD).bind(fresh_id()).bind(title).bind(done);
    let task = statement.fetch_one().await?;
    scope.commit().await?;
    Ok((StatusCode::CREATED, Json(task)))
}

async fn show(State(app): State<App>, user: CurrentUser, id: TaskId) -> Answer {
    let mut scope = app.rows.begin(&user).await?;
    let task = scope.query(SHOW).bind(id.0).fetch_one().await?;
    scope.commit().await?;
    Ok(Json(task))
}

async fn change(State(app): State<App>, user: CurrentUser, id: TaskId, new: Draft) -> Answer {
    let mut scope = app.rows.begin(&user).await?;
    let statement = scope
        .query(CHANGE)
        .bind(id.0)
        .bind(new.title)
        .bind(new.done);
    let task = statement.fetch_one().await?;
    scope.commit().await?;
    Ok(Json(task))
}

async fn remove(State(app): State<App>, user: CurrentUser, id: TaskId) -> Answer<StatusCode> {
    let mut scope = app.rows.begin(&user).await?;
    let removed = scope.query(REMOVE).bind(id.0).execute().await?;
    scope.commit().await?;
    let gone = (removed > 0).then_some(StatusCode::NO_CONTENT);
    gone.ok_or_else(Problem::not_found)
}

/// Tasks are listed in the order of their making.
#[expect(clippy::disallowed_methods, reason = "no rule hangs on its time")]
fn fresh_id() -> Uuid {
    Uuid::now_v7()
}
