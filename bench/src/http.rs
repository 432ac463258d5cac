//! A client for one connection, small enough to add nothing to what it times.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::clock::Moment;

/// Longer than any answer may take, an overloaded peer's included.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request, ready to be sent any number of times.
#[derive(Debug)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    pub(crate) fn get(path: &str, token: Option<&str>) -> Self {
        let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let bearer = bearer.unwrap_or_default();
        Self(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}\r\n").into_bytes())
    }

    pub(crate) fn post(path: &str, body: &serde_json::Value) -> Self {
        Self::post_with(path, body, "")
    }

    /// As [`post`](Self::post), through a proxy that names this client.
    pub(crate) fn post_from(path: &str, body: &serde_json::Value, client: &str) -> Self {
        Self::post_with(path, body, &format!("X-Forwarded-For: {client}\r\n"))
    }

    fn post_with(path: &str, body: &serde_json::Value, headers: &str) -> Self {
        let body = body.to_string();
        let length = body.len();
        Self(
            format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 {headers}Content-Length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }
}

/// An answer, with its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            line: String::new(),
        })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn send(&mut self, request: &Request) -> Result<Answer> {
        self.stream.get_mut().write_all(&request.0)?;
        let status = self.read_line()?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .with_context(|| format!("no status line: {status:?}"))?;
        let mut length = None;
        loop {
            let line = self.read_line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            }
        }
        let Some(length) = length else {
            bail!("an answer without a length");
        };
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body })
    }

    /// As [`send`](Self::send): the status, and the milliseconds it took.
    pub(crate) fn timed(&mut self, request: &Request) -> Result<(u16, f64)> {
        let began = Moment::now();
        let answer = self.send(request)?;
        let took = began.elapsed();
        Ok((answer.status, took.as_secs_f64() * 1e3))
    }

    /// The milliseconds of an answer. Another status than the expected one is
    /// an error: it would time something else.
    pub(crate) fn time(&mut self, request: &Request, expected: u16) -> Result<f64> {
        let (status, took) = self.timed(request)?;
        ensure!(
            status == expected,
            "answered {status} where {expected} was expected"
        );
        Ok(took)
    }

    fn read_line(&mut self) -> Result<&str> {
        self.line.clear();
        ensure!(
            self.stream.read_line(&mut self.line)? > 0,
            "the connection was closed"
        );
        Ok(self.line.trim_end())
    }
}
