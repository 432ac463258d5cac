//! Pages whose commands are run.

use crate::markdown::{Block, blocks};
use crate::{SPECIFICATION, path, resource_server, server, text, transcript};

#[test]
fn the_quickstart_does_what_it_says() {
    let name = format!("{SPECIFICATION}/quickstart.md");
    let page = text(&name);
    let runnable = runnable(&page);
    transcript::check(&name, &runnable);
}

/// Blocks that begin with `curl` or `hallpass`; the README may show others,
/// which set up a machine.
#[test]
fn the_readme_does_what_it_says() {
    if !path("README.md").exists() {
        return;
    }
    let page = text("README.md");
    let mut runnable = runnable(&page);
    runnable.retain(calls_us);
    assert!(
        !runnable.is_empty(),
        "README.md shows no curl or hallpass command that can be run"
    );
    transcript::check("README.md", &runnable);
}

/// The commands of an example's page that get a token, run twice.
#[test]
fn examples_get_their_tokens_twice() {
    for name in ["examples/fastapi/README.md", "examples/tasks-api/README.md"] {
        let page = text(name);
        let blocks = blocks(&page);
        let block = blocks.iter().find(|block| {
            block
                .lines
                .iter()
                .any(|line| line.contains("auth/register"))
        });
        let block = block.unwrap_or_else(|| panic!("{name} registers no account"));
        let is_of_hallpass = |line: &&&str| !line.contains("curl -s localhost:8001");
        let mut lines: Vec<&str> = block.lines.iter().filter(is_of_hallpass).copied().collect();
        lines.push("curl -s localhost:8000/api/v1/auth/me -H \"authorization: Bearer $TOKEN\"");
        let block = Block { lines, ..*block };
        transcript::check(name, &[block]);
    }
}

fn runnable(page: &str) -> Vec<Block<'_>> {
    let mut blocks = blocks(page);
    let (all, left_out) = (blocks.len(), page.matches(transcript::NOT_RUN).count());
    blocks.retain(transcript::is_run);
    assert_eq!(
        all - blocks.len(),
        left_out,
        "a `not run` stands above no block"
    );
    blocks.retain(|block| matches!(block.language, "console" | "sh"));
    blocks
}

fn calls_us(block: &Block<'_>) -> bool {
    let first = block.lines.first().copied().unwrap_or_default();
    let first = first.strip_prefix("$ ").unwrap_or(first);
    matches!(first.split(' ').next(), Some("curl" | "hallpass"))
}

#[test]
fn the_quickstarts_service_is_one_that_compiles() {
    let page = text(&format!("{SPECIFICATION}/quickstart.md"));
    let blocks = blocks(&page);
    let mut services = blocks.iter().filter(|block| block.language == "rust");
    let service = services
        .next()
        .expect("the quickstart shows a service in Rust");
    let compiled = include_str!("resource_server.rs");
    assert_eq!(
        service.lines.join("\n"),
        compiled.trim_end(),
        "copy tests/documents/resource_server.rs into the page"
    );
}

#[tokio::test]
async fn the_quickstarts_service_knows_the_user_of_a_token() {
    let server = server::Server::start();
    let secret = std::fs::read_to_string(server.work().join("hallpass-data/secret")).unwrap();
    let verifier = resource_server::verifier(secret.trim()).unwrap();
    let account =
        serde_json::json!({"email": "ann@example.com", "password": "three unrelated words"});
    let register = format!("http://127.0.0.1:{}/api/v1/auth/register", server.port());
    let answer = reqwest::Client::new()
        .post(register)
        .json(&account)
        .send()
        .await
        .unwrap();
    let session: serde_json::Value = answer.json().await.unwrap();
    let token = session["access_token"].as_str().unwrap();
    let user_of = |header: &str| resource_server::user_of(&verifier, Some(header));
    assert_eq!(
        user_of(&format!("bearer {token}")).unwrap(),
        session["user"]["id"]
    );
    assert_eq!(
        user_of(&format!("Bearer {token}A")),
        Err("Could not validate credentials")
    );
    for none in [None, Some("Bearer"), Some("Basic YTpi")] {
        assert_eq!(
            resource_server::user_of(&verifier, none),
            Err("Authentication required")
        );
    }
}
