//! The token in the `Authorization` header.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use super::rejection::{AuthRejection, Why};

/// The token that was sent, if one was. Which of two headers would count is
/// anybody's guess, a proxy's in front of us too: neither does.
pub(super) fn sent_token(headers: &HeaderMap) -> Result<Option<&str>, AuthRejection> {
    let mut authorizations = headers.get_all(AUTHORIZATION).iter();
    match (authorizations.next(), authorizations.next()) {
        (None, _) => Ok(None),
        (Some(only), None) => bearer_token(only).map_err(AuthRejection),
        (Some(_), Some(_)) => Err(AuthRejection(Why::TwoHeaders)),
    }
}

/// RFC 6750, section 2.1. Another scheme carries no token at all (section 3.1).
fn bearer_token(value: &HeaderValue) -> Result<Option<&str>, Why> {
    let text = value.to_str().map_err(|_| Why::NoText)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let token = token.trim_matches(' ');
    if token.is_empty() {
        Err(Why::EmptyToken)
    } else {
        Ok(Some(token))
    }
}
