//! What a service takes in with this crate, and with each of its features.

use std::collections::BTreeSet;
use std::process::Command;

/// The names of all that is built for somebody who has these features.
fn dependencies(features: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none"])
        .args(["--no-default-features", "--features", features])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

fn of_these(names: &[&str], features: &str) -> Vec<String> {
    let all = dependencies(features);
    assert!(all.contains("aws-lc-rs"), "{all:?}");
    let found = names.iter().filter(|name| all.contains(**name));
    found.map(|name| (*name).to_owned()).collect()
}

const RUNTIMES_AND_CLIENTS: [&str; 10] = [
    "axum",
    "axum-core",
    "hyper",
    "jsonwebtoken",
    "reqwest",
    "rustls",
    "sqlx",
    "tokio",
    "tower",
    "tracing",
];

#[test]
fn without_features_there_is_neither_runtime_nor_client() {
    assert!(of_these(&RUNTIMES_AND_CLIENTS, "").is_empty());
}

#[test]
fn each_feature_brings_what_it_needs_and_no_more() {
    assert_eq!(
        of_these(&RUNTIMES_AND_CLIENTS, "axum"),
        ["axum-core", "tracing"]
    );
    assert_eq!(
        of_these(&RUNTIMES_AND_CLIENTS, "jwks"),
        ["hyper", "reqwest", "rustls", "tokio", "tower", "tracing"]
    );
}
