//! The contract of the HTTP API: `contracts/auth-api.yaml` is what is served,
//! and it is a sound OpenAPI document.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::server::{Server, program};
use crate::{SPECIFICATION, path, text};

const REFRESH: &str = "cargo run --bin hallpass -- openapi --yaml > docs/specs/1-auth-security/contracts/auth-api.yaml";

fn contract() -> String {
    text(&format!("{SPECIFICATION}/contracts/auth-api.yaml"))
}

fn document() -> Value {
    yaml_serde::from_str(&contract()).unwrap()
}

#[test]
fn the_contract_is_what_the_program_prints() {
    let output = program(&path(""))
        .args(["openapi", "--yaml"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let contract = contract();
    let mut lines = contract.lines().zip(printed.lines()).zip(1..);
    if let Some(((written, printed), number)) =
        lines.find(|((written, printed), _)| written != printed)
    {
        panic!(
            "auth-api.yaml:{number} says\n{written}\nand the program\n{printed}\nTo refresh it: {REFRESH}"
        );
    }
    assert!(
        contract == printed,
        "auth-api.yaml has another length or end. To refresh it: {REFRESH}"
    );
}

#[tokio::test]
async fn the_contract_is_what_the_server_serves() {
    let server = Server::start();
    let url = format!("http://127.0.0.1:{}/openapi.json", server.port());
    let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert!(
        answer == document(),
        "auth-api.yaml is not what is served. To refresh it: {REFRESH}"
    );
}

#[test]
fn the_contract_says_what_it_is() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let info = &document["info"];
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info.get("contact"), None, "nobody is to be written to");
}

/// An operation, and its name for a message.
struct Operation<'a> {
    name: String,
    path: &'a str,
    body: &'a Map<String, Value>,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, body)| Operation {
                name: format!("{} {path}", method.to_uppercase()),
                path,
                body: body.as_object().unwrap(),
            })
    });
    operations.collect()
}

impl<'a> Operation<'a> {
    fn responses(&self) -> &'a Map<String, Value> {
        self.body["responses"].as_object().unwrap()
    }

    fn is_protected(&self) -> bool {
        let security = self.body.get("security").and_then(Value::as_array);
        security.is_some_and(|ways| !ways.contains(&json!({})))
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = document();
    let operations = operations(&document);
    let names: BTreeSet<&str> = operations
        .iter()
        .map(|operation| operation.body["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), operations.len(), "{names:?}");
    let tags: Vec<&Value> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    for Operation { name, body, .. } in &operations {
        let summary = body["summary"].as_str().unwrap();
        assert!(
            !summary.is_empty() && !summary.ends_with('.'),
            "{name}: {summary:?} is no title"
        );
        let own = body["tags"].as_array().unwrap();
        assert!(
            !own.is_empty() && own.iter().all(|tag| tags.contains(&tag)),
            "{name}: {own:?}"
        );
    }
}

fn is_redirect(status: &str) -> bool {
    ["302", "303"].contains(&status)
}

#[test]
fn every_answer_is_described_and_has_a_schema() {
    let document = document();
    for operation in operations(&document) {
        let responses = operation.responses();
        let succeeds = |status: &String| status.starts_with('2') || is_redirect(status);
        // What a token cannot do is refused always, and says so.
        let refuses = |response: &Value| {
            let description = response["description"].as_str();
            description.is_some_and(|text| text.starts_with("Always ("))
        };
        assert!(
            responses.keys().any(succeeds) || responses.values().any(refuses),
            "{} never succeeds",
            operation.name
        );
        for (status, response) in responses {
            let name = format!("{} {status}", operation.name);
            // Required of every response: OpenAPI 3.1, section 4.8.17.
            assert!(
                response["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{name} has no description"
            );
            // A redirect has no body.
            if is_redirect(status) {
                continue;
            }
            let content = response["content"].as_object();
            assert!(
                content.is_some_and(|content| {
                    !content.is_empty() && content.values().all(|media| media["schema"].is_object())
                }),
                "{name} has no schema"
            );
            let header = |header: &str| response["headers"][header]["schema"].is_object();
            assert!(
                status != "401" || header("WWW-Authenticate"),
                "{name} has no challenge"
            );
            assert!(
                !["429", "503"].contains(&status.as_str()) || header("Retry-After"),
                "{name} has no Retry-After"
            );
        }
    }
}

#[test]
fn who_needs_a_token_says_so_and_says_what_happens_without() {
    let document = document();
    let schemes = document["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    let open = [
        "register",
        "signin",
        "jwks",
        "configuration",
        "healthz",
        "readyz",
        "openapi",
        "docs",
        "docs_file",
        "home",
        "asset",
        "signup_page",
        "signup_form",
        "signin_page",
        "signin_form",
        "better_auth_sign_up",
        "better_auth_sign_in",
        "better_auth_renew_session",
        "better_auth_ok",
        "better_auth_error",
        // They answer nobody too.
        "better_auth_get_session",
        "better_auth_sign_out",
    ];
    for operation in operations(&document) {
        let id = operation.body["operationId"].as_str().unwrap();
        let is_open = open.contains(&id.trim_end_matches("_alias"));
        assert_eq!(operation.is_protected(), !is_open, "{}", operation.name);
        if operation.is_protected() {
            let sends_away = operation.body["tags"] == json!(["Pages"]);
            let without = if sends_away { "303" } else { "401" };
            assert!(
                operation.responses().contains_key(without),
                "{}",
                operation.name
            );
            let wanted = operation.body["security"].as_array().unwrap();
            let wanted = wanted
                .iter()
                .flat_map(|one| one.as_object().unwrap().keys());
            assert!(
                wanted
                    .into_iter()
                    .all(|scheme| schemes.contains_key(scheme)),
                "{}",
                operation.name
            );
        }
    }
}

#[test]
fn every_part_of_a_path_is_a_parameter() {
    let document = document();
    for operation in operations(&document) {
        let parts = operation.path.split('/');
        let in_path: Vec<&str> = parts
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let parameters = operation.body.get("parameters").and_then(Value::as_array);
        let parameters = parameters
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path");
        let described: Vec<&str> = parameters
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(described, in_path, "{}", operation.name);
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let document = document();
    let mut references = BTreeSet::new();
    each(&document, &mut |value| {
        if let Some(reference) = value.get("$ref") {
            references.insert(reference.as_str().unwrap().to_owned());
        }
    });
    for reference in &references {
        let pointer = reference
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{reference} leads out of the document"));
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
    for schema in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            references.contains(&format!("#/components/schemas/{schema}")),
            "nothing is a {schema}"
        );
    }
}

#[test]
fn what_a_schema_requires_is_among_its_properties() {
    let document = document();
    each(&document, &mut |value| {
        let (Some(required), Some(properties)) = (
            value["required"].as_array(),
            value["properties"].as_object(),
        ) else {
            return;
        };
        for property in required {
            assert!(
                properties.contains_key(property.as_str().unwrap()),
                "{property} is required and not described"
            );
        }
    });
    let required = |schema: &str| document["components"]["schemas"][schema]["required"].clone();
    assert_eq!(
        required("RegisterRequest"),
        serde_json::json!(["email", "password"])
    );
    assert_eq!(
        required("SigninRequest"),
        serde_json::json!(["email", "password"])
    );
    assert_eq!(required("UpdateUserRequest"), Value::Null);
    assert_eq!(
        required("UserResponse"),
        serde_json::json!(["id", "email", "name", "created_at"])
    );
    assert_eq!(
        required("TokenResponse"),
        serde_json::json!(["access_token", "token_type", "expires_in", "user"])
    );
}

/// Visits every object of a document.
fn each(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            visit(value);
            members.values().for_each(|member| each(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        _ => {}
    }
}
