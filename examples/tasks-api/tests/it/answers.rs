//! What the service answers to its users, and to requests that are wrong.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::rig::{Person, on_both_engines, send};

on_both_engines! {
    async fn tasks_are_added_listed_changed_and_removed(rig) {
        let ann = Person::number(1);
        let ask = async |method: &str, path: &str, body: Option<Value>| {
            rig.ask(Some(&ann), method, &format!("/api/v1/tasks{path}"), body.as_ref()).await
        };
        let added = ask("POST", "", Some(json!({"title": "  Water the plants \u{1f331} "}))).await;
        assert_eq!(added.status, StatusCode::CREATED);
        let id = added.json()["id"].as_str().unwrap().to_owned();
        let task = json!({"id": id, "title": "Water the plants \u{1f331}", "done": false});
        assert_eq!(added.json(), task);
        assert_eq!(added.headers["cache-control"], "no-store");
        let path = format!("/{id}");
        assert_eq!(ask("GET", &path, None).await.json(), task);
        assert_eq!(ask("PATCH", &path, Some(json!({}))).await.json(), task);
        let done = json!({"id": id, "title": "Water the plants \u{1f331}", "done": true});
        assert_eq!(ask("PATCH", &path, Some(json!({"done": true}))).await.json(), done);
        let renamed = json!({"id": id, "title": "Rest", "done": true});
        assert_eq!(ask("PATCH", &path, Some(json!({"title": "Rest"}))).await.json(), renamed);
        let second = ask("POST", "", Some(json!({"title": "Second", "done": true}))).await.json();
        assert_eq!(ask("GET", "", None).await.json(), json!([renamed, second]));
        let gone = ask("DELETE", &path, None).await;
        assert_eq!((gone.status, gone.body.len()), (StatusCode::NO_CONTENT, 0));
        assert_eq!(ask("DELETE", &path, None).await.status, StatusCode::NOT_FOUND);
        assert_eq!(ask("GET", "", None).await.json(), json!([second]));
    }

    async fn bodies_that_break_rules_write_nothing(rig) {
        let ann = Person::number(1);
        let id = rig.add(&ann, "as it was").await;
        let before = rig.dump().await;
        let one = format!("/api/v1/tasks/{id}");
        let bad_title = json!({"loc": ["body", "title"], "type": "value_error", "msg": "Title must be one line of 1 to 200 characters"});
        let no_text = json!({"loc": ["body", "title"], "type": "string_type", "msg": "Input should be a valid string"});
        let no_bool = json!({"loc": ["body", "done"], "type": "bool_type", "msg": "Input should be true or false"});
        let missing = json!({"loc": ["body", "title"], "type": "missing", "msg": "Field required"});
        let no_object = json!({"loc": ["body"], "type": "object_type", "msg": "The body must be a JSON object."});
        let of_title = |title: Value| json!({ "title": title });
        let both = [
            (of_title(json!("")), vec![&bad_title]),
            (of_title(json!(" \n\t ")), vec![&bad_title]),
            (of_title(json!("x".repeat(201))), vec![&bad_title]),
            (of_title(json!("a\u{0}b")), vec![&bad_title]),
            (of_title(json!("a\nb")), vec![&bad_title]),
            (of_title(json!(7)), vec![&no_text]),
            (of_title(Value::Null), vec![&no_text]),
            (json!({"title": [], "done": "yes"}), vec![&no_text, &no_bool]),
            (json!({"title": "ok", "done": 1}), vec![&no_bool]),
            (json!(["ok"]), vec![&no_object]),
            (json!("ok"), vec![&no_object]),
        ];
        let cases = both.into_iter().flat_map(|(body, faults)| {
            [("POST", "/api/v1/tasks", body.clone(), faults.clone()), ("PATCH", &one, body, faults)]
        });
        for (method, path, body, faults) in cases.chain([("POST", "/api/v1/tasks", json!({}), vec![&missing])]) {
            let answer = rig.ask(Some(&ann), method, path, Some(&body)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {body}");
            assert_eq!(answer.json(), json!({"detail": faults, "code": "validation_failed"}), "{method} {body}");
        }
        assert_eq!(rig.dump().await, before);
    }

    async fn a_title_has_up_to_200_characters_of_any_script(rig) {
        let ann = Person::number(1);
        for title in ["x".repeat(200), "\u{1f331}".repeat(200), "'; drop table tasks; --".to_owned(), "$1 {} %s".to_owned()] {
            rig.add(&ann, &title).await;
            assert_eq!(rig.dump().await.pop().unwrap().2, title);
        }
    }

    async fn what_is_no_json_is_refused_with_its_reason(rig) {
        let ann = Person::number(1);
        for (kind, body, status, code) in [
            ("application/json", "{".to_owned(), 400, "malformed_json"),
            ("application/json", String::new(), 400, "malformed_json"),
            ("application/json", "{} {}".to_owned(), 400, "malformed_json"),
            ("text/plain", "{\"title\":\"a\"}".to_owned(), 415, "unsupported_media_type"),
            ("application/json", json!({"title": "a", "more": "x".repeat(17 * 1024)}).to_string(), 413, "body_too_large"),
        ] {
            let mut request = crate::rig::request(Some(&ann), "POST", "/api/v1/tasks", Some(&Value::Null));
            request.headers_mut().insert("content-type", kind.parse().unwrap());
            *request.body_mut() = Body::from(body);
            let answer = send(&rig.router, request).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!(code)), "{answer:?}");
            assert!(answer.json()["detail"].is_string());
        }
        assert_eq!(rig.dump().await, []);
    }

    async fn other_paths_and_methods_are_refused_in_the_same_form(rig) {
        for path in ["/", "/api/v1/task", "/api/v1/tasks/", "/api/v1/tasks/a/b"] {
            let answer = rig.ask(None, "GET", path, None).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (404, json!({"detail": "Not found", "code": "not_found"})), "{path}");
        }
        let answer = rig.ask(None, "PUT", "/api/v1/tasks", None).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (405, json!({"detail": "Method not allowed", "code": "method_not_allowed"})));
        assert_eq!(answer.headers["allow"], "GET,HEAD,POST");
    }

    async fn a_database_that_is_away_is_a_503(rig) {
        let ann = Person::number(1);
        rig.rows.close().await;
        let answer = rig.ask(Some(&ann), "GET", "/api/v1/tasks", None).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("database_unavailable")));
        assert_eq!(answer.headers["retry-after"], "2");
    }

    async fn forged_tokens_are_refused(rig) {
        for token in ["nonsense", "a.b.c", ""] {
            let request = Request::builder()
                .uri("/api/v1/tasks")
                .header("authorization", format!("Bearer {token}"))
                .body(Body::empty())
                .unwrap();
            let answer = send(&rig.router, request).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (401, &json!("invalid_token")));
        }
    }
}

#[test]
fn the_example_has_under_400_lines() {
    let lines: usize = crate::sources::all()
        .iter()
        .map(|(_, text)| text.lines().count())
        .sum();
    assert!((200..400).contains(&lines), "{lines} lines");
}
