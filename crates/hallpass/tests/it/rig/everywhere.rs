//! What CONTRACT section 7 asks of every answer, looked at in every answer that
//! any test gets.

use super::Answer;

pub(super) fn check(path: &str, answer: &Answer) {
    let id = answer
        .header("x-request-id")
        .unwrap_or_else(|| panic!("no request id\n{answer}"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    assert!(
        (1..=64).contains(&id.len()) && id.chars().all(plain),
        "{id:?}"
    );
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "{answer}"
    );
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for directive in [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action '",
        "frame-ancestors 'none'",
    ] {
        assert!(
            policy.contains(directive),
            "{directive} is missing\n{answer}"
        );
    }
    assert!(!policy.contains("unsafe-"), "{answer}");
    let kind = answer.header("content-type");
    let is_page = kind.is_some_and(|kind| !kind.starts_with("application/json"));
    let referrer = if is_page {
        "same-origin"
    } else {
        "no-referrer"
    };
    assert_eq!(answer.header("referrer-policy"), Some(referrer), "{answer}");
    assert_eq!(answer.header("server"), None, "{answer}");
    assert!(answer.all("vary").contains(&"origin"), "{answer}");
    assert_ne!(
        answer.header("access-control-allow-origin"),
        Some("*"),
        "{answer}"
    );
    match answer.header("content-type") {
        Some("text/html; charset=utf-8") if answer.is_of_the_pages() => is_a_page(answer),
        _ if answer.status >= 400 && is_of_better_auth(path) => is_a_refusal(answer),
        _ if answer.status >= 400 => is_an_error(answer),
        _ => {}
    }
}

/// What is under Better Auth's path, but for the routes of ours that are there.
pub(super) fn is_of_better_auth(path: &str) -> bool {
    let ours = ["/register", "/signin", "/signout"];
    path.strip_prefix("/api/auth")
        .is_some_and(|rest| !ours.contains(&rest) && (rest.is_empty() || rest.starts_with('/')))
}

/// `{"message": …, "code": "<STABLE_NAME>"}`, or nothing where no route is.
fn is_a_refusal(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    if answer.status == 404 {
        assert_eq!((answer.header("content-type"), answer.text()), (None, ""));
        return;
    }
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer}"
    );
    if answer.body.is_empty() && answer.header("content-length") != Some("0") {
        return;
    }
    let body = answer.json();
    assert!(!body["message"].as_str().unwrap().is_empty(), "{answer}");
    let code = body.get("code").map(|code| code.as_str().unwrap());
    let is_stable = |code: &str| code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    assert!(code.is_none_or(is_stable), "{answer}");
    let members = body.as_object().unwrap().len();
    assert_eq!(members, 1 + usize::from(code.is_some()), "{answer}");
}

/// What every page has, an error's too.
fn is_a_page(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    assert!(answer.all("vary").contains(&"accept-language"), "{answer}");
    let same_origin = Some("same-origin");
    assert_eq!(
        answer.header("cross-origin-opener-policy"),
        same_origin,
        "{answer}"
    );
    assert_eq!(
        answer.header("retry-after").is_some(),
        [429, 503].contains(&answer.status),
        "{answer}"
    );
    if answer.body.is_empty() || answer.header("content-encoding").is_some() {
        return;
    }
    let html = answer.text();
    for part in [
        "<!doctype html>\n<html lang=\"",
        "<h1>",
        "<main id=\"main\"",
        "</html>",
    ] {
        assert_eq!(html.matches(part).count(), 1, "{part}\n{answer}");
    }
    for inline in [
        "style=",
        "<style",
        "onclick",
        "onload",
        "javascript:",
        "<script>",
    ] {
        assert!(!html.contains(inline), "{inline}\n{answer}");
    }
    let id = answer.header("x-request-id").unwrap();
    assert_eq!(html.contains(id), answer.status >= 400, "{answer}");
}

/// `{"detail": …, "code": "<stable_snake_case>"}`, for every refusal there is.
fn is_an_error(answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    // An answer to HEAD has no body (RFC 9110, section 9.3.2).
    if answer.body.is_empty() && answer.header("content-length") != Some("0") {
        return;
    }
    let body = answer.json();
    let keys: Vec<_> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(keys, ["code", "detail"], "{answer}");
    let code = body["code"].as_str().unwrap();
    let known = hallpass::ErrorCode::ALL
        .iter()
        .find(|known| known.as_str() == code);
    let known = known.unwrap_or_else(|| panic!("{code} is no code of ours\n{answer}"));
    assert_eq!(known.http_status(), answer.status, "{answer}");
    if code == "validation_failed" {
        assert!(!answer.faults().is_empty());
    } else {
        assert!(!body["detail"].as_str().unwrap().is_empty(), "{answer}");
    }
}
