//! What was sent, checked before anything is done with it.

use std::convert::Infallible;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Problem;

/// The id in a path. A malformed one is the nil id, which no task has, so that
/// it is answered like one of somebody else's.
pub(crate) struct TaskId(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for TaskId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let text = path.map_or_else(|_| String::new(), |Path(text)| text);
        // One id has one spelling.
        let id = Uuid::try_parse(&text)
            .ok()
            .filter(|id| id.to_string() == text);
        Ok(Self(id.unwrap_or_default()))
    }
}

/// What a body says of a task; what else it says is ignored.
pub(crate) struct Draft {
    pub(crate) title: Option<String>,
    pub(crate) done: Option<bool>,
}

impl<S: Send + Sync> FromRequest<S> for Draft {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(body) = Json::<Value>::from_request(request, state).await?;
        if !body.is_object() {
            let fault = fault(&["body"], "object_type", "The body must be a JSON object.");
            return Err(Problem::invalid(vec![fault]));
        }
        let title = body.get("title").map(title).transpose();
        let done = body.get("done").map(done).transpose();
        match (title, done) {
            (Ok(title), Ok(done)) => Ok(Self { title, done }),
            (title, done) => {
                let faults = title.err().into_iter().chain(done.err());
                Err(Problem::invalid(faults.collect()))
            }
        }
    }
}

/// One line of 1 to 200 characters, without white space around it.
fn title(value: &Value) -> Result<String, Value> {
    let wrong = |kind, message| Err(fault(&["body", "title"], kind, message));
    let Some(title) = value.as_str().map(str::trim) else {
        return wrong("string_type", "Input should be a valid string");
    };
    match title.chars().count() {
        1..=200 if !title.contains(char::is_control) => Ok(title.to_owned()),
        _ => wrong(
            "value_error",
            "Title must be one line of 1 to 200 characters",
        ),
    }
}

fn done(value: &Value) -> Result<bool, Value> {
    let wrong = || {
        fault(
            &["body", "done"],
            "bool_type",
            "Input should be true or false",
        )
    };
    value.as_bool().ok_or_else(wrong)
}

pub(crate) fn fault(at: &[&str], kind: &str, message: &str) -> Value {
    json!({"loc": at, "msg": message, "type": kind})
}
