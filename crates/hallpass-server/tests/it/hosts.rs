//! For which host a request is, over real sockets: one, named once (RFC 9112,
//! section 3.2; RFC 9113, section 8.3.1).

use crate::rig::{Api, Place, Raw};

/// Requests, and the status of their answers.
const REQUESTS: [(&str, &str); 18] = [
    ("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", "200"),
    ("GET /healthz HTTP/1.1\r\nhost: [::1]:8000\r\n\r\n", "200"),
    ("GET /healthz HTTP/1.0\r\n\r\n", "200"),
    ("GET http://a/healthz HTTP/1.1\r\nhost: A:80\r\n\r\n", "200"),
    ("GET /healthz HTTP/1.1\r\n\r\n", "400"),
    (
        "GET /healthz HTTP/1.1\r\nx-forwarded-host: a\r\n\r\n",
        "400",
    ),
    ("GET /healthz HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", "400"),
    ("GET /healthz HTTP/1.1\r\nhost: a\r\nHOST: b\r\n\r\n", "400"),
    ("GET /healthz HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", "400"),
    ("GET /healthz HTTP/1.1\r\nhost:\r\n\r\n", "400"),
    ("GET /healthz HTTP/1.1\r\nhost: a b\r\n\r\n", "400"),
    ("GET /healthz HTTP/1.1\r\nhost: a, b\r\n\r\n", "400"),
    ("GET /healthz HTTP/1.1\r\nhost: a/b\r\n\r\n", "400"),
    ("GET /healthz HTTP/1.1\r\nhost: user@a\r\n\r\n", "400"),
    (
        "GET http://elsewhere/healthz HTTP/1.1\r\nhost: a\r\n\r\n",
        "200",
    ),
    ("GET http://a/healthz HTTP/1.1\r\n\r\n", "400"),
    ("GET /nope HTTP/1.1\r\n\r\n", "400"),
    ("GET /signin HTTP/1.1\r\naccept: text/html\r\n\r\n", "400"),
];

#[tokio::test]
async fn request_that_names_no_host_is_refused() {
    let place = Place::new();
    let server = place.launch().start().await;
    let mut client = Raw::connect(server.port).await;
    for (request, status) in REQUESTS {
        // HTTP/1.0 ends with its answer.
        if request.contains("HTTP/1.0") {
            client = Raw::connect(server.port).await;
        }
        client.send(request);
        let answer = client.answer().await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request}{answer}");
        if status == "400" {
            assert!(answer.contains("x-request-id: "), "{request}{answer}");
            let is_page = request.contains("text/html");
            let said = if is_page {
                "for which server it is"
            } else {
                "\"code\":\"invalid_host\""
            };
            assert!(answer.contains(said), "{request}{answer}");
        }
        if request.contains("HTTP/1.0") {
            client = Raw::connect(server.port).await;
        }
    }
    let over_http2 = Api::over_http2(server.port);
    assert_eq!(over_http2.get("/healthz").await.status, 200);
}

/// Behind a proxy that takes the path away, and behind one that does not.
#[tokio::test]
async fn binary_answers_below_public_path() {
    let place = Place::new();
    let launch = place
        .launch()
        .set("BETTER_AUTH_URL", "http://localhost:8000/auth/");
    let server = launch.start().await;
    for path in [
        "/healthz",
        "/auth/healthz",
        "/auth/signin",
        "/signin",
        "/auth/docs",
    ] {
        assert_eq!(server.api.get(path).await.status, 200, "{path}");
    }
    let mut client = Raw::connect(server.port).await;
    client.send("GET /auth/dashboard HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let answer = client.answer().await;
    assert!(
        answer.contains("location: /auth/signin?next=%2Fdashboard"),
        "{answer}"
    );
}
