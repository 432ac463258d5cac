//! The public URL that no setting names, and whose pages are our own.

use std::net::TcpListener;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{PASSWORD, Place, Server};

/// A port that nothing listens on.
fn free_port(host: &str) -> u16 {
    let listener = TcpListener::bind((host, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn issuer(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["iss"].as_str().unwrap().to_owned()
}

/// Whether a form of this origin reaches Better Auth's sign-in and ours.
async fn takes(server: &Server, origin: &str) -> bool {
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    let mut statuses = Vec::new();
    for path in ["/api/auth/sign-in/email", "/api/v1/auth/signin"] {
        let request = server.api.request(Method::POST, path).json(&body);
        let answer = server.api.send(request.header("origin", origin)).await;
        statuses.push(answer.status);
    }
    assert!(
        statuses == [200, 200] || statuses == [403, 403],
        "{origin}: {statuses:?}"
    );
    statuses == [200, 200]
}

#[tokio::test]
async fn default_url_follows_port() {
    let place = Place::new();
    let port = free_port("127.0.0.1");
    let server = place.launch().set("PORT", port.to_string()).start().await;
    let registered = server.api.register("ann@example.com").await;
    let own = format!("http://localhost:{port}");
    assert_eq!(issuer(&registered.token()), own);
    let banner = format!("listens on  {own}");
    assert!(
        server.process.out.text().contains(&banner),
        "{}",
        server.process.out.text()
    );
    assert!(takes(&server, &own).await);
    assert!(takes(&server, &format!("http://127.0.0.1:{port}")).await);
    for foreign in [
        "http://localhost:8000",
        "http://localhost",
        "http://[::1]:8000",
    ] {
        assert!(!takes(&server, foreign).await, "{foreign}");
    }
    assert!(!takes(&server, &format!("https://localhost:{port}")).await);
}

/// The port is another one after each restart; tokens outlive it.
#[tokio::test]
async fn chosen_port_is_an_own_origin() {
    let place = Place::new();
    let server = place.launch().start().await;
    let registered = server.api.register("ann@example.com").await;
    assert_eq!(issuer(&registered.token()), "http://localhost:8000");
    for host in ["localhost", "127.0.0.1"] {
        assert!(
            takes(&server, &format!("http://{host}:{}", server.port)).await,
            "{host}"
        );
    }
}

#[tokio::test]
async fn hosts_in_brackets_are_read() {
    let place = Place::new();
    let server = place.launch().set("HOST", "0.0.0.0").start().await;
    server.api.register("ann@example.com").await;
    assert!(takes(&server, &format!("http://127.0.0.1:{}", server.port)).await);
    server.stop().await;
    // Some machines have no IPv6.
    if TcpListener::bind("[::1]:0").is_ok() {
        let port = free_port("::1");
        let launch = place.launch().set("PORT", port.to_string());
        let server = launch.set("HOST", "[::1]").start().await;
        let banner = format!("listens on  http://[::1]:{port}");
        assert!(
            server.process.out.text().contains(&banner),
            "{}",
            server.process.out.text()
        );
    }
}

#[tokio::test]
async fn given_url_is_the_only_origin() {
    let place = Place::new();
    let port = free_port("127.0.0.1");
    let launch = place.launch().set("PORT", port.to_string());
    let server = launch
        .set("BETTER_AUTH_URL", format!("http://localhost:{port}"))
        .start()
        .await;
    server.api.register("ann@example.com").await;
    assert!(takes(&server, &format!("http://localhost:{port}")).await);
    assert!(!takes(&server, &format!("http://127.0.0.1:{port}")).await);
}
