//! What a browser would rather have.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

/// What a header such as `Accept` says (RFC 9110, section 12.4.2).
pub(super) struct Preferences {
    /// What is taken, best first; of equals, what stands first.
    pub(super) liked: Vec<String>,
    /// What is not: it has the quality 0.
    refused: Vec<String>,
}

impl Preferences {
    /// A value whose quality is none counts for nothing.
    pub(super) fn of(headers: &HeaderMap, name: &HeaderName) -> Self {
        let lines = headers.get_all(name).iter();
        let items = lines.filter_map(|line| line.to_str().ok());
        let mut weighed: Vec<_> = items
            .flat_map(|line| line.split(','))
            .filter_map(weigh)
            .collect();
        weighed.sort_by_key(|(thousandths, _)| std::cmp::Reverse(*thousandths));
        let at = weighed.partition_point(|(thousandths, _)| *thousandths > 0);
        let refused = weighed.split_off(at);
        let names = |weighed: Vec<(u16, String)>| weighed.into_iter().map(|(_, name)| name);
        Self {
            liked: names(weighed).collect(),
            refused: names(refused).collect(),
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.liked.iter().position(|liked| liked == name)
    }

    /// Whether this is refused by its name, so that `*` does not mean it.
    pub(super) fn refuses(&self, name: &str) -> bool {
        self.refused.iter().any(|refused| refused == name)
    }
}

fn weigh(item: &str) -> Option<(u16, String)> {
    let mut parts = item.split(';').map(str::trim);
    let value = parts.next().filter(|value| !value.is_empty())?;
    let is_quality = |part: &&str| {
        part.get(..2)
            .is_some_and(|name| name.eq_ignore_ascii_case("q="))
    };
    let quality = parts.find(is_quality).and_then(|part| part.get(2..));
    let thousandths = quality.map_or(Some(1000), thousandths)?;
    Some((thousandths, value.to_ascii_lowercase()))
}

/// `0.5` is 500: a digit, and up to three behind the point.
fn thousandths(quality: &str) -> Option<u16> {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let whole: u16 = whole.parse().ok()?;
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    let sum = whole.checked_mul(1000)?.checked_add(fraction)?;
    (sum <= 1000).then_some(sum)
}

/// Whether a person reads the answer: browsers name HTML before anything else
/// when they go to a page; `fetch` and `curl` say `*/*`, by which JSON is meant.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    let accepted = Preferences::of(headers, &ACCEPT);
    let ranges = ["application/json", "application/*", "*/*"].into_iter();
    let json = ranges.filter_map(|range| accepted.place(range)).min();
    match (accepted.place("text/html"), json) {
        (Some(html), Some(json)) => html < json,
        (html, _) => html.is_some(),
    }
}

/// Whether the answer may come compressed by gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = Preferences::of(headers, &ACCEPT_ENCODING);
    let any = accepted.place("*").is_some() && !accepted.refuses("gzip");
    any || accepted.place("gzip").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_browser_that_goes_to_a_page_gets_a_page() {
        for (value, page) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                true,
            ),
            ("text/html", true),
            ("application/json;q=0.5, text/html", true),
            ("text/html;q=0.5, application/json", false),
            ("text/html;q=0", false),
            ("*/*, text/html;q=0.1", false),
            ("application/*, text/html;q=0.5", false),
            ("*/*", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(prefers_html(&accept(value)), page, "{value:?}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }

    #[test]
    fn qualities_have_up_to_three_digits() {
        for (text, value) in [
            ("1", Some(1000)),
            ("0", Some(0)),
            ("0.5", Some(500)),
            ("0.", Some(0)),
            ("1.000", Some(1000)),
            ("0.1234", None),
            ("1.1", None),
            ("66", None),
            ("65535", None),
            ("-1", None),
            ("0.x", None),
            ("", None),
            ("99999", None),
        ] {
            assert_eq!(thousandths(text), value, "{text:?}");
        }
    }
}
