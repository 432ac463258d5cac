//! CORS (Fetch, section 3.3): which front ends on other origins may call.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::request::X_REQUEST_ID;
use crate::hallpass::Hallpass;
use crate::settings::Settings;

/// What the routes take and CORS does not allow by itself.
const METHODS: &str = "GET,POST,PATCH,DELETE";

/// How long a browser may keep the answer to a preflight.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The longest list of names that a preflight may ask for.
const MAX_NAMES: usize = 4096;

/// Tells listed front ends that they may read the answers. Exact origins and
/// never `*`, since credentials are allowed.
pub(super) fn layer(settings: &Settings) -> CorsLayer {
    let listed = settings.cors_origins.clone();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |sent, _| {
            listed
                .iter()
                .any(|origin| origin.is_sent_as(sent.as_bytes()))
        }))
        .allow_credentials(true)
        .expose_headers([
            RETRY_AFTER,
            WWW_AUTHENTICATE,
            X_REQUEST_ID.clone(),
            // What Better Auth's clients read.
            HeaderName::from_static("set-auth-token"),
            HeaderName::from_static("set-auth-jwt"),
            HeaderName::from_static("x-retry-after"),
        ])
}

/// Answers a preflight. An OPTIONS that is none (Fetch, "CORS-preflight
/// request") goes on as a method that no route has: 404 or 405.
pub(super) async fn answer_preflights(
    State(hallpass): State<Hallpass>,
    mut request: Request,
    next: Next,
) -> Response {
    if *request.method() != Method::OPTIONS {
        return next.run(request).await;
    }
    let headers = request.headers();
    match headers.get(ORIGIN) {
        Some(origin) if headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) => {
            preflight(hallpass.settings(), origin, headers)
        }
        _ => {
            *request.method_mut() = Method::TRACE;
            next.run(request).await
        }
    }
}

/// A listed front end may send whichever headers it asks for: tracing and
/// monitoring tools add their own to each request. Other origins are allowed
/// nothing.
fn preflight(settings: &Settings, origin: &HeaderValue, sent: &HeaderMap) -> Response {
    let mut answer = Response::new(Body::empty());
    let headers = answer.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    let by_names = HeaderValue::from_static("access-control-request-headers");
    headers.append(VARY, by_names);
    if !settings.is_listed_origin(origin.as_bytes()) {
        return answer;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static(METHODS),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE.as_secs().into());
    if let Some(names) = requested_names(sent) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
    }
    answer
}

/// The names that a preflight asks for, in one list; `None` for a list that no
/// browser makes. `*` is a name like others where credentials are allowed, and
/// older browsers take it for all names.
fn requested_names(headers: &HeaderMap) -> Option<HeaderValue> {
    let lists = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let lists = lists
        .map(HeaderValue::to_str)
        .collect::<Result<Vec<_>, _>>();
    let list = lists.ok()?.join(",");
    let is_name =
        |name: &str| !name.contains('*') && HeaderName::from_bytes(name.as_bytes()).is_ok();
    let fits = list.len() <= MAX_NAMES && list.split(',').map(str::trim).all(is_name);
    let value = fits.then(|| HeaderValue::from_str(&list));
    value.and_then(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(lists: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(ACCESS_CONTROL_REQUEST_HEADERS, list.parse().unwrap());
        }
        let names = requested_names(&headers)?;
        Some(names.to_str().unwrap().to_owned())
    }

    #[test]
    fn requested_names_are_mirrored() {
        for list in ["content-type", "baggage, sentry-trace", "a,b,c", "X-Foo"] {
            assert_eq!(requested(&[list]).as_deref(), Some(list));
        }
        assert_eq!(requested(&["a,b", "c"]).as_deref(), Some("a,b,c"));
        let longest = "x".repeat(MAX_NAMES);
        assert_eq!(requested(&[&longest]), Some(longest));
    }

    #[test]
    fn invalid_name_lists_are_refused() {
        let long = "x".repeat(MAX_NAMES + 1);
        for list in [
            "", ",", "a,", "a,,b", "a b", "a;b", "*", "a,*", "a:b", "\u{e9}", &long,
        ] {
            assert_eq!(requested(&[list]), None, "{list:?}");
        }
        assert_eq!(requested(&[]), None);
    }
}
