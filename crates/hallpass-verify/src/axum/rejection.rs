//! What is answered to a request without a user.

use std::error::Error;
use std::fmt;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};

use crate::Refused;

/// A fetch of the keys takes no longer than that.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Why a request has no user, and what is answered to it.
///
/// `Display` and [`refused`](AuthRejection::refused) are for your logs; the
/// answer says less. It carries a copy of this in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthRejection(pub(super) Why);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    NoToken,
    TwoHeaders,
    NoText,
    EmptyToken,
    Refused(Refused),
    NoVerifier,
}

impl AuthRejection {
    /// The rule that the token broke. `None` when no token was looked at.
    #[must_use]
    pub fn refused(&self) -> Option<Refused> {
        match self.0 {
            Why::Refused(refused) => Some(refused),
            _ => None,
        }
    }

    /// The status of the answer: 401, or 503 while there are no keys yet, or
    /// 500 when there is no verifier.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answer().status
    }

    /// The `code` of the answer, which stays the same between versions.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.answer().code
    }

    fn answer(self) -> Answer {
        match self.0 {
            Why::NoToken => Answer {
                status: StatusCode::UNAUTHORIZED,
                code: "authentication_required",
                detail: "Authentication required",
                // RFC 6750 section 3.1: no error where no token was sent.
                header: Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            },
            Why::Refused(Refused::KeysUnavailable) => Answer {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "keys_unavailable",
                detail: "The service is temporarily unavailable. Please try again in a moment.",
                header: Some((RETRY_AFTER, RETRY_AFTER_SECONDS)),
            },
            Why::Refused(refused) if refused.is_expired() => {
                Answer::invalid("token_expired", "Token expired. Please sign in again.")
            }
            Why::Refused(_) | Why::TwoHeaders | Why::NoText | Why::EmptyToken => {
                Answer::invalid("invalid_token", "Could not validate credentials")
            }
            Why::NoVerifier => Answer {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                code: "internal_error",
                detail: "Something went wrong on our side.",
                header: None,
            },
        }
    }
}

/// All that tells one answer from another.
struct Answer {
    status: StatusCode,
    code: &'static str,
    detail: &'static str,
    header: Option<(http::HeaderName, HeaderValue)>,
}

impl Answer {
    fn invalid(code: &'static str, detail: &'static str) -> Self {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        Self {
            status: StatusCode::UNAUTHORIZED,
            code,
            detail,
            header: Some((WWW_AUTHENTICATE, challenge)),
        }
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        let answer = self.answer();
        // Neither text has anything that JSON escapes.
        let body = format!(
            r#"{{"detail":"{}","code":"{}"}}"#,
            answer.detail, answer.code
        );
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = answer.status;
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.extend(answer.header);
        response
    }
}

impl fmt::Display for AuthRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Why::NoToken => "no bearer token was sent",
            Why::TwoHeaders => "two Authorization headers were sent",
            Why::NoText => "the Authorization header is no text in ASCII",
            Why::EmptyToken => "the bearer token is empty",
            Why::Refused(refused) => return refused.fmt(f),
            Why::NoVerifier => "there is neither the layer RequireUser nor a verifier in the state",
        })
    }
}

impl Error for AuthRejection {}
