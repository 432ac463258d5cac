//! Every answer that any test gets must be one that `/openapi.json` announces.

use std::sync::LazyLock;

use axum::http::Method;
use serde_json::Value;

use super::Answer;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&hallpass::openapi_json().unwrap()).unwrap());

/// The description of the API, as a program reads it.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// Fails when a route answers with a status that its description lacks.
pub(super) fn check(method: &Method, path: &str, answer: &Answer) {
    // CORS answers preflights, whatever the route.
    if *method == Method::OPTIONS && answer.status == 200 {
        return;
    }
    let Some(item) = described(path) else { return };
    let name = match *method {
        Method::GET | Method::HEAD => "get",
        Method::POST => "post",
        Method::PATCH => "patch",
        _ => "another",
    };
    let Some(operation) = item.get(name) else {
        let refused = [404, 405].contains(&answer.status);
        assert!(refused, "{method} {path} is not described\n{answer}");
        return;
    };
    let statuses = operation["responses"].as_object().unwrap();
    let status = answer.status.to_string();
    assert!(
        statuses.contains_key(&status),
        "{method} {path} is not said to answer {status}\n{answer}"
    );
}

fn described(path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths
        .iter()
        .find(|(pattern, _)| matches(pattern, path))
        .map(|(_, item)| item)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(value)) if part.starts_with('{') && !value.is_empty() => {}
            (Some(part), Some(value)) if part == value => {}
            _ => return false,
        }
    }
}
