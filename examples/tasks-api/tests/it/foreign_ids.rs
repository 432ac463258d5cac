//! Another's task, a task that does not exist and an id that is none are the
//! same: every route, every place for an id, answers compared byte for byte.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tasks_api::routes;
use uuid::Uuid;

use crate::rig::{Answer, Person, on_both_engines};

/// A method, its path, and bodies with which it does something.
type Case = (&'static str, &'static str, fn() -> Vec<Option<Value>>);

/// Every route, and with which bodies to ask it. Compared with the table that
/// the router is made of.
const CASES: [Case; 5] = [
    ("GET", "/api/v1/tasks", || vec![None]),
    ("POST", "/api/v1/tasks", || {
        vec![Some(json!({"title": "mine"}))]
    }),
    ("GET", "/api/v1/tasks/{id}", || vec![None]),
    ("PATCH", "/api/v1/tasks/{id}", || {
        vec![
            Some(json!({"title": "stolen", "done": true})),
            Some(json!({"done": true})),
            Some(json!({})),
            Some(json!({"title": 1})),
            None,
        ]
    }),
    ("DELETE", "/api/v1/tasks/{id}", || {
        vec![None, Some(json!({}))]
    }),
];

/// Other spellings of an id are none, and neither are tricks in a path.
fn malformed(id: Uuid) -> Vec<String> {
    vec![
        "1".to_owned(),
        "null".to_owned(),
        "not-an-id".to_owned(),
        id.to_string().to_uppercase(),
        id.simple().to_string(),
        id.urn().to_string(),
        id.braced()
            .to_string()
            .replace('{', "%7B")
            .replace('}', "%7D"),
        format!("{id}%00"),
        format!("%20{id}"),
        format!("{id}'%20or%20true--"),
        "%FF".to_owned(),
        Uuid::nil().to_string(),
        "0".repeat(500),
    ]
}

/// A path with these ids in the places for one.
fn filled(path: &str, id: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        parts.push(if part.starts_with('{') { id } else { part });
    }
    parts.join("/")
}

#[test]
fn every_route_is_asked() {
    let asked = CASES.map(|(method, path, _)| (method, path));
    assert_eq!(routes().map(|(method, path, _)| (method, path)), asked);
    let bodies = |(_, _, bodies): &Case| !bodies().is_empty();
    assert!(CASES.iter().all(bodies));
}

on_both_engines! {
    async fn the_tasks_of_others_do_not_exist(rig) {
        let (ann, bob) = (Person::number(1), Person::number(2));
        let foreign = rig.add(&bob, "bob's").await;
        rig.add(&ann, "ann's").await;
        let before = rig.dump().await;
        let (mut places, mut asked) = (0, 0);
        for (method, path, bodies) in CASES {
            if !path.contains('{') {
                continue;
            }
            places += path.matches('{').count();
            for body in bodies() {
                let ask = async |id: &str| rig.ask(Some(&ann), method, &filled(path, id), body.as_ref()).await;
                let of_another = ask(&foreign.to_string()).await;
                assert!(of_another.status.is_client_error(), "{method} {path} {of_another:?}");
                let unknown = Uuid::from_u128(foreign.as_u128() + 1).to_string();
                for other in malformed(foreign).into_iter().chain([unknown]) {
                    assert_eq!(ask(&other).await, of_another, "{method} {path} {other} {body:?}");
                    asked += 1;
                }
                if body.as_ref().is_none_or(|body| body["title"] != 1) && !(method == "PATCH" && body.is_none()) {
                    assert_eq!(of_another, not_found(), "{method} {path}");
                }
            }
        }
        assert_eq!(rig.dump().await, before, "the stranger's row as it was");
        assert!(places >= 3 && asked >= 100, "{places} places, {asked} requests");
        // And they are there, for whose they are, under one spelling of the id.
        for other in malformed(foreign) {
            let own = rig.ask(Some(&bob), "GET", &filled("/api/v1/tasks/{id}", &other), None).await;
            assert_eq!(own, not_found(), "{other}");
        }
        for (method, status) in [("GET", StatusCode::OK), ("DELETE", StatusCode::NO_CONTENT)] {
            let own = rig.ask(Some(&bob), method, &format!("/api/v1/tasks/{foreign}"), None).await;
            assert_eq!(own.status, status);
        }
    }

    async fn without_a_place_for_an_id_there_are_ones_own_tasks_alone(rig) {
        let (ann, bob) = (Person::number(1), Person::number(2));
        let foreign = rig.add(&bob, "bob's").await;
        let list = async |who| rig.ask(Some(who), "GET", "/api/v1/tasks", None).await;
        assert_eq!(list(&ann).await.json(), json!([]));
        // An owner or an id in a body is not looked at.
        let body = json!({"title": "mine", "id": foreign, "owner": bob.id, "user_id": bob.id});
        let added = rig.ask(Some(&ann), "POST", "/api/v1/tasks", Some(&body)).await;
        assert_eq!(added.status, StatusCode::CREATED);
        assert_ne!(added.json()["id"], json!(foreign));
        assert_eq!(list(&ann).await.json(), json!([added.json()]));
        assert_eq!(list(&bob).await.json(), json!([{"id": foreign, "title": "bob's", "done": false}]));
    }

    async fn without_a_token_every_route_is_closed(rig) {
        let bob = Person::number(2);
        let foreign = rig.add(&bob, "bob's").await;
        let before = rig.dump().await;
        for (method, path, bodies) in CASES {
            for body in bodies() {
                for id in [foreign.to_string(), "not-an-id".to_owned()] {
                    let answer = rig.ask(None, method, &filled(path, &id), body.as_ref()).await;
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                    assert_eq!(answer.json(), json!({"detail": "Authentication required", "code": "authentication_required"}));
                    assert_eq!(answer.headers["www-authenticate"], "Bearer");
                }
            }
        }
        assert_eq!(rig.dump().await, before);
    }
}

fn not_found() -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("content-length", "41"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    Answer {
        status: StatusCode::NOT_FOUND,
        headers: headers
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .into_iter()
            .collect(),
        body: br#"{"code":"not_found","detail":"Not found"}"#.to_vec(),
    }
}

#[test]
fn places_for_ids_are_filled() {
    assert_eq!(filled("/a/{id}/b/{other}", "1"), "/a/1/b/1");
    assert_eq!(filled("/a", "1"), "/a");
}
