//! A client of HTTP/2 that decides for itself what it sends when.

use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use h2::SendStream;
use h2::client::{ResponseFuture, SendRequest};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::{PATIENCE, within};

pub(crate) struct Http2 {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// A head that was sent.
pub(crate) struct Begun {
    pub(crate) response: ResponseFuture,
    pub(crate) body: SendStream<Bytes>,
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
}

impl Http2 {
    pub(crate) async fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (requests, connection) = h2::client::handshake(stream).await.unwrap();
        Self {
            requests,
            connection: tokio::spawn(connection),
        }
    }

    /// Sends a head: `POST /path` and these fields.
    pub(crate) fn begin(&mut self, line: &str, fields: &[(&str, &str)], is_whole: bool) -> Begun {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let (response, body) = self.requests.send_request(request, is_whole).unwrap();
        Begun { response, body }
    }

    /// Waits until the server has closed the connection, and said so (GOAWAY).
    pub(crate) async fn ends_gracefully(self) {
        let ended = within(PATIENCE, "the connection ends", self.connection).await;
        ended.unwrap().unwrap();
    }

    /// The response to a request without a body.
    pub(crate) async fn ask(&mut self, line: &str, fields: &[(&str, &str)]) -> Response {
        self.begin(line, fields, true).respond().await
    }
}

impl Begun {
    pub(crate) async fn respond(self) -> Response {
        let response = within(PATIENCE, "the response arrives", self.response).await;
        let (head, mut body) = response.unwrap().into_parts();
        while let Some(Ok(data)) = within(PATIENCE, "the body arrives", body.data()).await {
            body.flow_control().release_capacity(data.len()).unwrap();
        }
        Response {
            status: head.status.as_u16(),
            headers: head.headers,
        }
    }
}
