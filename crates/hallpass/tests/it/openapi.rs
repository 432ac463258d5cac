//! The description of the API and the routes that are served are the same. The
//! rig looks at each answer of each test: its status must be described.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::rig::{PASSWORD, TestApp, document, on_both_engines};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"];

/// Every path of the router, which has no other way to list them.
fn served(app: &TestApp) -> BTreeSet<String> {
    let printed = format!("{:?}", app.hallpass.router());
    let (_, paths) = printed.split_once("Node { paths: {").unwrap();
    let (paths, _) = paths.split_once("} }").unwrap();
    paths
        .split('"')
        .filter(|part| part.starts_with('/') && !is_nothing(part))
        .map(str::to_owned)
        .collect()
}

/// What answers that there is no such route.
fn is_nothing(path: &str) -> bool {
    path.contains("{*") || path.trim_end_matches('/') == "/api/auth"
}

/// Path and methods, as they are described.
fn described() -> BTreeMap<String, BTreeSet<String>> {
    let paths = document()["paths"].as_object().unwrap().iter();
    let methods = |item: &Value| {
        item.as_object()
            .unwrap()
            .keys()
            .map(|name| name.to_uppercase())
            .collect()
    };
    paths
        .map(|(path, item)| (path.clone(), methods(item)))
        .collect()
}

fn operations() -> Vec<(String, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap().iter();
    let of_path = |(path, item): (&'static String, &'static Value)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
    };
    paths.flat_map(of_path).collect()
}

on_both_engines! {
    async fn every_route_is_described_and_every_description_is_served(app) {
        let served = served(&app);
        let described = described();
        assert!(served.len() >= 13, "{served:?}");
        assert_eq!(served, described.keys().cloned().collect());
        for (path, methods) in described {
            let mut answered = BTreeSet::new();
            for method in METHODS {
                let path = path.replace("{id}", "x").replace("{file}", "index.css");
                let answer = app.request(method, &path).await;
                // Better Auth has no word for a method that a route lacks, and one
                // for a route that refuses its own.
                let is_route = answer.status != 404 || !answer.body.is_empty();
                let is_refused = answer.status == 405 && answer.json().get("message").is_none();
                if is_route && !is_refused {
                    answered.insert(method.to_owned());
                }
            }
            assert_eq!(answered, methods, "{path}");
        }
    }

    async fn the_served_description_is_the_librarys(app) {
        let served = app.get("/openapi.json").await;
        assert_eq!(served.header("content-type"), Some("application/json"));
        assert_eq!(&served.json(), document());
        assert!(document()["openapi"].as_str().unwrap().starts_with("3.1."));
    }

    /// `/docs` is drawn from the binary alone.
    async fn asvs_3_6_1_the_documentation_needs_no_other_origin(app) {
        let page = app.get("/docs").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(!page.text().contains("//"), "{page}");
        let mut files = 0;
        for part in page.text().split('"').filter(|part| part.starts_with("/docs/")) {
            let file = app.get(part).await;
            assert_eq!(file.status, 200, "{part}");
            files += 1;
        }
        assert!(files >= 5, "{files}");
        let initializer = app.get("/docs/swagger-initializer.js").await;
        assert!(initializer.text().contains("/openapi.json"), "{initializer}");
    }

    /// The schemas of the description are those of the answers.
    async fn answers_match_their_schemas(app) {
        let ann = app.account("ann@example.com").await;
        let sign_in = "/api/v1/auth/signin";
        for (path, method, status, answer) in [
            ("/api/v1/auth/me", "get", "200", app.me(&ann.token).await),
            (sign_in, "post", "200", app.sign_in("ann@example.com", PASSWORD).await),
            (sign_in, "post", "401", app.sign_in("ann@example.com", "x").await),
            (sign_in, "post", "422", app.post(sign_in).raw_json("{}").await),
            (sign_in, "post", "400", app.post(sign_in).raw_json("{").await),
            ("/api/v1/auth/signout", "post", "200", app.post("/api/v1/auth/signout").bearer(&ann.token).await),
            ("/healthz", "get", "200", app.get("/healthz").await),
        ] {
            let content = &document()["paths"][path][method]["responses"][status]["content"];
            let mut schema = content["application/json"]["schema"].clone();
            assert!(schema.is_object(), "{method} {path} {status} has no schema");
            schema["components"] = document()["components"].clone();
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            let body = answer.json();
            assert!(validator.is_valid(&body), "{method} {path} {status}: {:?}", validator.validate(&body).err());
            assert!(!validator.is_valid(&serde_json::json!({"another": 1})), "{method} {path} {status} takes anything");
        }
    }
}

/// A program that reads the description follows each of them.
#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members
                    .values()
                    .for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(document(), &mut found);
    assert!(found.len() >= 5, "{found:?}");
    let lost: Vec<_> = found
        .into_iter()
        .filter(|path| document().pointer(&path[1..]).is_none())
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn asvs_6_4_2_there_is_no_field_for_a_hint() {
    let text = hallpass::openapi_json().unwrap().to_lowercase();
    for word in ["hint", "question", "password_hash"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn each_operation_has_its_own_name_and_says_what_it_does() {
    let mut names = BTreeSet::new();
    for (operation, described) in operations() {
        assert!(
            names.insert(described["operationId"].as_str().unwrap()),
            "{operation}"
        );
        assert!(
            !described["summary"].as_str().unwrap_or_default().is_empty(),
            "{operation}"
        );
        assert!(
            !described["tags"].as_array().unwrap().is_empty(),
            "{operation}"
        );
    }
}

/// What each operation does by its nature must be among its answers.
#[test]
fn each_operation_describes_the_answers_of_its_kind() {
    for (operation, described) in operations() {
        let statuses: BTreeSet<_> = described["responses"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let is_page = described["tags"] == serde_json::json!(["Pages"]);
        let changes = operation.starts_with("post") || operation.starts_with("patch");
        let mut expected = BTreeSet::new();
        let is_of_better_auth = described["tags"] == serde_json::json!(["Better Auth"]);
        if described.get("requestBody").is_some() {
            expected.extend(["408", "413", "415"]);
            // Better Auth answers 400 to fields that break a rule.
            expected.extend((!is_of_better_auth).then_some("422"));
        }
        if described.get("security").is_some() {
            expected.insert("500");
        }
        if changes {
            expected.extend(["403", "500"]);
        }
        if is_page {
            // What a person can mend is said by the page that a redirect leads to.
            expected.extend(changes.then_some("303"));
        } else {
            if described.get("requestBody").is_some() {
                expected.insert("400");
            }
            if let Some(security) = described.get("security") {
                let may_be_nobody = security
                    .as_array()
                    .unwrap()
                    .contains(&serde_json::json!({}));
                expected.insert("503");
                expected.extend((!may_be_nobody).then_some("401"));
            }
            if ["signin", "sign-in", "register", "sign-up"]
                .iter()
                .any(|door| operation.contains(door))
            {
                expected.insert("429");
            }
        }
        let missing: Vec<_> = expected.difference(&statuses).collect();
        assert!(missing.is_empty(), "{operation} lacks {missing:?}");
        assert!(!statuses.contains("default"), "{operation}");
    }
}

/// Each member of each object, with its name.
fn members<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                found.push((name, member));
                members(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, found)),
        _ => {}
    }
}

/// RFC 6531; `email` of JSON Schema is ASCII alone (draft 2020-12, 7.3.2).
#[test]
fn addresses_have_format_idn_email() {
    let mut found = Vec::new();
    members(document(), &mut found);
    let of_address = |(name, schema): &&(&str, &Value)| *name == "email" && schema.is_object();
    let addresses: Vec<_> = found.iter().filter(of_address).collect();
    assert!(addresses.len() >= 6, "{addresses:?}");
    for (_, schema) in addresses {
        assert_eq!(schema["format"], "idn-email", "{schema}");
    }
}

/// What generators make worse clients of; `e2e/clients` runs four of them.
#[test]
fn generators_find_nothing_they_stumble_over() {
    for (operation, described) in operations() {
        if let Some(body) = described.get("requestBody") {
            let contents = body["content"].as_object().unwrap();
            assert_eq!(contents.len(), 1, "{operation} has several content types");
            for content in contents.values() {
                assert!(content["schema"].get("oneOf").is_none(), "{operation}");
            }
        }
    }
    let mut found = Vec::new();
    members(document(), &mut found);
    for (name, member) in found {
        assert!(!name.contains('*'), "a content type says nothing: {name}");
        assert_ne!(member, "int64", "zod makes it a bigint");
    }
}
