//! An answer of the server, and how a test looks at it: as a whole.

use std::fmt::{self, Write as _};

use axum::http::HeaderMap;
use serde_json::Value;

/// Status, headers and body. It prints whole, with what differs from run to run
/// masked, for snapshots.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The value of a header that is there at most once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(
            all.len() <= 1,
            "{name} is there {} times\n{self}",
            all.len()
        );
        all.first().copied()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    /// The cookies that are set, but for the one by which the browser is known.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        let mut cookies = self.all("set-cookie");
        cookies.retain(|cookie| !cookie.contains(".device="));
        cookies
    }

    /// Whether it is one of our pages, and not the documentation's.
    pub(crate) fn is_of_the_pages(&self) -> bool {
        let policy = self.header("content-security-policy");
        policy.is_some_and(|policy| policy.contains("form-action 'self'"))
    }

    pub(crate) fn token(&self) -> String {
        let body = self.json();
        body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token\n{self}"))
            .to_owned()
    }

    /// The error's code, or nothing where the answer is no error.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and code in one, for a short comparison.
    pub(crate) fn verdict(&self) -> (u16, String) {
        (self.status, self.code())
    }

    /// `field: rule` of every item of a 422.
    pub(crate) fn faults(&self) -> Vec<String> {
        assert_eq!(
            self.verdict(),
            (422, "validation_failed".to_owned()),
            "{self}"
        );
        let detail = self.json()["detail"].take();
        let items = detail
            .as_array()
            .unwrap_or_else(|| panic!("no list\n{self}"));
        let item = |item: &Value| {
            let place = item["loc"].as_array().unwrap();
            let place: Vec<_> = place.iter().map(|part| part.as_str().unwrap()).collect();
            assert!(!item["msg"].as_str().unwrap().is_empty());
            assert_eq!(item.as_object().unwrap().len(), 3, "{self}");
            format!("{}: {}", place.join("."), item["type"].as_str().unwrap())
        };
        items.iter().map(item).collect()
    }

    /// Everything that a caller can compare, in the order in which it came; the
    /// request id alone is masked. Two refusals that must not be told apart are
    /// equal by this.
    pub(crate) fn bytes(&self) -> String {
        self.render(false)
    }

    fn render(&self, sorted: bool) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "x-request-id" => "<request-id>".into(),
                "date" => "<date>".into(),
                _ => String::from_utf8_lossy(value.as_bytes()),
            };
            lines.push(format!("{name}: {value}"));
        }
        if sorted {
            lines.sort();
        }
        let body = String::from_utf8_lossy(&self.body);
        let body = match self
            .headers
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
        {
            Some(id) => body.replace(id, "<request-id>"),
            None => body.into_owned(),
        };
        format!("{}\n{}\n\n{body}", self.status, lines.join("\n"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.render(true)))
    }
}

/// The text with each token, device and UUID replaced by what it is.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from_word) = rest.split_at(start);
        let end = from_word.find(|c| !is_part(c)).unwrap_or(from_word.len());
        let (word, after) = from_word.split_at(end);
        masked.push_str(before);
        masked.push_str(match word {
            _ if is_token(word) => "<token>",
            _ if is_device(word) => "<device>",
            _ if is_uuid(word) => "<uuid>",
            _ => word,
        });
        rest = after;
    }
    write!(masked, "{rest}").unwrap();
    masked
}

fn is_token(word: &str) -> bool {
    word.starts_with("eyJ") && word.matches('.').count() == 2
}

/// The value of the device's cookie: entries of 56 bytes in base64url.
fn is_device(word: &str) -> bool {
    word.split('.')
        .all(|entry| entry.len() == 75 && !entry.starts_with("eyJ"))
}

pub(crate) fn is_uuid(word: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    let right = |(at, c): (usize, char)| {
        let hex = matches!(c, '0'..='9' | 'a'..='f');
        if hyphens.contains(&at) { c == '-' } else { hex }
    };
    word.len() == 36 && word.char_indices().all(right)
}
