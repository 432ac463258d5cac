//! What a browser would rather have.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

/// The values of a header such as `Accept`, best first (RFC 9110, section
/// 12.4.2). What has the quality 0, or one that is none, is not wanted.
pub(super) fn weighted(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter();
    let items = lines.filter_map(|line| line.to_str().ok());
    let items = items.flat_map(|line| line.split(','));
    let mut weighted: Vec<(u16, String)> = items.filter_map(weigh).collect();
    // Stable: of equals, what stands first.
    weighted.sort_by_key(|(thousandths, _)| std::cmp::Reverse(*thousandths));
    weighted.into_iter().map(|(_, value)| value).collect()
}

fn weigh(item: &str) -> Option<(u16, String)> {
    let mut parts = item.split(';').map(str::trim);
    let value = parts.next().filter(|value| !value.is_empty())?;
    let quality = parts.find_map(|part| part.strip_prefix("q="));
    let thousandths = quality.map_or(Some(1000), thousandths)?;
    (thousandths > 0).then(|| (thousandths, value.to_ascii_lowercase()))
}

/// `0.5` is 500: a digit, and up to three behind the point.
fn thousandths(quality: &str) -> Option<u16> {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let whole: u16 = whole.parse().ok()?;
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    Some(whole * 1000 + fraction).filter(|sum| *sum <= 1000)
}

/// Whether a person reads the answer: browsers name HTML before anything else
/// when they go to a page; `fetch` and `curl` say `*/*`.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    let liked = weighted(headers, &ACCEPT);
    let place = |kind: &str| liked.iter().position(|value| value == kind);
    match (place("text/html"), place("application/json")) {
        (Some(html), Some(json)) => html < json,
        (html, _) => html.is_some(),
    }
}

/// Whether the answer may come compressed by gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let liked = weighted(headers, &ACCEPT_ENCODING);
    liked.iter().any(|value| value == "gzip" || value == "*")
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
            ("-1", None),
            ("0.x", None),
            ("", None),
            ("99999", None),
        ] {
            assert_eq!(thousandths(text), value, "{text:?}");
        }
    }
}
