//! Metrics: where they are, where they are not, and what they tell.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::rig::{Api, Place, Server};

/// A server with metrics, and their listener.
async fn with_metrics(place: &Place) -> (Server, Api) {
    let launch = place.launch().set("HALLPASS_METRICS_ADDR", "127.0.0.1:0");
    let server = launch.start().await;
    let is_it = |line: &str| line.trim().starts_with("metrics ");
    let line = server.process.out.line(is_it).await.unwrap();
    let url = line.trim().strip_prefix("metrics     http://127.0.0.1:");
    let port = url
        .unwrap_or_else(|| panic!("{line}"))
        .strip_suffix("/metrics");
    let port = port.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    assert_ne!(port, 0, "the port that the system chose: {line}");
    (server, Api::new(port))
}

/// The series of the Prometheus text format, by name and labels.
fn series(text: &str) -> BTreeMap<&str, &str> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parse = |line| {
        let (series, value) = str::rsplit_once(line, ' ').unwrap();
        let number: Result<f64, _> = value.parse();
        assert!(number.is_ok(), "no number: {line}");
        (series, value)
    };
    lines.map(parse).collect()
}

#[tokio::test]
async fn metrics_are_off_until_they_are_asked_for() {
    let place = Place::new();
    let server = place.launch().start().await;
    assert_eq!(
        server.api.get("/metrics").await.verdict(),
        (404, "not_found".to_owned())
    );
    assert!(!server.stop().await.out.contains("metrics"));
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own_and_nothing_else_is_on_it() {
    let place = Place::new();
    let (server, metrics) = with_metrics(&place).await;
    assert_eq!(
        server.api.get("/metrics").await.verdict(),
        (404, "not_found".to_owned())
    );
    let answer = metrics.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4")
    );
    for path in ["/", "/healthz", "/readyz", "/docs", "/api/v1/auth/me"] {
        assert_eq!(metrics.get(path).await.status, 404, "{path}");
    }
    let sign_in = metrics
        .send(metrics.signing_in("ann@example.com", "secret"))
        .await;
    assert_eq!(sign_in.status, 404);
}

#[tokio::test]
async fn requests_hashes_and_security_events_are_counted() {
    let place = Place::new();
    let (server, metrics) = with_metrics(&place).await;
    let api = &server.api;
    let token = api.register("ann@example.com").await.token();
    assert_eq!(api.register("ann@example.com").await.status, 400);
    assert_eq!(api.sign_in("ann@example.com", "wrong").await.status, 401);
    assert_eq!(api.me(&token).await.status, 200);
    assert_eq!(api.me("forged").await.status, 401);
    // Whatever is asked for, the metrics do not grow with it.
    for method in [Method::GET, Method::from_bytes(b"BREW").unwrap()] {
        for path in ["/a", "/b", "/ann@example.com", "/api/v1/users/1"] {
            api.send(api.request(method.clone(), path)).await;
        }
    }

    let text = metrics.get("/metrics").await.body;
    assert!(
        !text.contains("ann@example") && !text.contains("BREW"),
        "{text}"
    );
    let series = series(&text);
    let version = env!("CARGO_PKG_VERSION");
    let build = format!("hallpass_build_info{{version=\"{version}\"}}");
    let expected = EXPECTED.into_iter().chain([(build.as_str(), "1")]);
    for (name, value) in expected {
        assert_eq!(series.get(name), Some(&value), "{name} in\n{text}");
    }
    let requests = |series: &&&str| series.starts_with("hallpass_http_requests_total");
    assert_eq!(series.keys().filter(requests).count(), 9, "{text}");
}

const EXPECTED: [(&str, &str); 22] = [
    (
        r#"hallpass_http_requests_total{method="POST",route="/api/v1/auth/register",status="201"}"#,
        "1",
    ),
    (
        r#"hallpass_http_requests_total{method="POST",route="/api/v1/auth/register",status="400"}"#,
        "1",
    ),
    (
        r#"hallpass_http_requests_total{method="POST",route="/api/v1/auth/signin",status="401"}"#,
        "1",
    ),
    (
        r#"hallpass_http_requests_total{method="GET",route="/api/v1/auth/me",status="200"}"#,
        "1",
    ),
    (
        r#"hallpass_http_requests_total{method="GET",route="/api/v1/auth/me",status="401"}"#,
        "1",
    ),
    (
        r#"hallpass_http_requests_total{method="GET",route="/api/v1/users/{id}",status="401"}"#,
        "1",
    ),
    (
        r#"hallpass_http_requests_total{method="GET",route="-",status="404"}"#,
        "3",
    ),
    (
        r#"hallpass_http_requests_total{method="other",route="-",status="404"}"#,
        "3",
    ),
    (
        r#"hallpass_http_requests_total{method="other",route="/api/v1/users/{id}",status="405"}"#,
        "1",
    ),
    (
        r#"hallpass_http_request_seconds_count{route="/api/v1/auth/register"}"#,
        "2",
    ),
    (
        r#"hallpass_http_request_seconds_bucket{route="/api/v1/auth/register",le="+Inf"}"#,
        "2",
    ),
    (r#"hallpass_hash_seconds_count{operation="hash"}"#, "2"),
    (r#"hallpass_hash_seconds_count{operation="verify"}"#, "1"),
    (r#"hallpass_hash_seconds_count{operation="weigh"}"#, "2"),
    ("hallpass_hash_wait_seconds_count", "5"),
    ("hallpass_connections", "1"),
    ("hallpass_hash_queue_length", "0"),
    (
        r#"hallpass_security_events_total{event="sign_up",outcome="success"}"#,
        "1",
    ),
    (
        r#"hallpass_security_events_total{event="sign_up",outcome="registration_refused"}"#,
        "1",
    ),
    (
        r#"hallpass_security_events_total{event="sign_in",outcome="invalid_credentials"}"#,
        "1",
    ),
    (
        r#"hallpass_security_events_total{event="refusal",outcome="invalid_token"}"#,
        "1",
    ),
    (
        r#"hallpass_http_request_seconds_count{route="/api/v1/users/{id}"}"#,
        "2",
    ),
];
