//! The only place where an [`Error`] becomes a status and a sentence.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::request;
use crate::error::{Error, ErrorCode, FieldFault};

/// What a refused request is answered with.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// A sentence that is safe to show.
    detail: String,
    /// A stable name, for programs to compare.
    code: &'static str,
}

/// What a request with broken fields is answered with.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValidationErrorBody<'a> {
    /// Every broken rule of every field.
    detail: Vec<FaultItem<'a>>,
    /// Always `validation_failed`.
    #[schema(example = "validation_failed")]
    code: &'static str,
}

/// One broken rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct FaultItem<'a> {
    /// Where: `["body"]` or `["body", "<field>"]`.
    #[schema(example = json!(["body", "email"]))]
    loc: Vec<&'a str>,
    /// A sentence that is safe to show and says what to do.
    #[schema(example = "The email address is not valid. It must have the form name@example.com.")]
    msg: &'a str,
    /// A stable name of the rule.
    #[serde(rename = "type")]
    #[schema(example = "value_error")]
    rule: &'a str,
}

/// Seconds after which a request that met a full queue or a database that is
/// away may be sent again.
const SOON: u64 = 2;

const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidHost | ErrorCode::MalformedJson | ErrorCode::RegistrationRefused => {
            StatusCode::BAD_REQUEST
        }
        ErrorCode::InvalidCredentials
        | ErrorCode::AuthenticationRequired
        | ErrorCode::TokenExpired
        | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::AccessDenied | ErrorCode::CrossSiteRequest => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::ValidationFailed => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Overloaded | ErrorCode::DatabaseUnavailable | ErrorCode::Stopping => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorCode::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl ErrorCode {
    /// The HTTP status with which this code is answered.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        status(self).as_u16()
    }
}

// The pages say these too.
pub(super) const INVALID_CREDENTIALS: &str = "Invalid credentials";
pub(super) const REGISTRATION_REFUSED: &str =
    "Unable to create account. Please try a different email.";
pub(super) const OVERLOADED: &str = "The server is busy. Please try again in a moment.";

fn sentence(error: &Error) -> String {
    match error {
        Error::MalformedJson => "The request body is not valid JSON.",
        Error::Invalid(_) => "Some fields are not valid.",
        Error::RegistrationRefused => REGISTRATION_REFUSED,
        Error::InvalidCredentials => INVALID_CREDENTIALS,
        Error::AuthenticationRequired => "Authentication required",
        Error::TokenExpired => "Token expired. Please sign in again.",
        Error::InvalidToken => "Could not validate credentials",
        Error::InvalidHost => "The request must name its host, in one Host header.",
        Error::UnsupportedCharset => {
            "The body must be UTF-8: send charset=utf-8, or no charset at all."
        }
        Error::UnsupportedEncoding => {
            "The body must not be compressed: send it without Content-Encoding."
        }
        Error::AccessDenied => "Access denied",
        Error::CrossSiteRequest => "This request came from another site and was refused.",
        Error::NotFound => "Not found",
        Error::MethodNotAllowed => "Method not allowed",
        Error::RequestTimeout => "The request body did not arrive in time.",
        Error::Overloaded { .. } => OVERLOADED,
        Error::Stopping => "The server is stopping. Please send requests to another server.",
        Error::DatabaseUnavailable(_) => {
            "The service is temporarily unavailable. Please try again in a moment."
        }
        Error::BodyTooLarge { limit } => {
            return format!(
                "The request body must not be larger than {} KiB.",
                limit / 1024
            );
        }
        Error::UnsupportedMediaType { expected } => {
            return format!("The content type must be {expected}.");
        }
        Error::RateLimited { .. } => return too_many_tries(minutes_to_wait(error)),
        Error::Internal(_) => return internal(),
    }
    .to_owned()
}

pub(super) fn too_many_tries(minutes: u64) -> String {
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    format!("Too many attempts. Please try again in {minutes} {unit}.")
}

/// For a sentence: rounded up.
pub(super) fn minutes_to_wait(error: &Error) -> u64 {
    seconds_to_wait(error).unwrap_or(SOON).div_ceil(60)
}

fn internal() -> String {
    let id = request::current_id();
    format!("Something went wrong on our side. If it happens again, report request {id}.")
}

fn seconds_to_wait(error: &Error) -> Option<u64> {
    match error {
        Error::RateLimited { retry_after } | Error::Overloaded { retry_after } => {
            Some(whole_seconds(*retry_after))
        }
        Error::DatabaseUnavailable(_) | Error::Stopping => Some(SOON),
        _ => None,
    }
}

/// Rounded up, so that a client that comes back in that second is admitted.
fn whole_seconds(wait: Duration) -> u64 {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    u64::try_from(seconds).unwrap_or(u64::MAX)
}

/// RFC 6750, section 3: no error attribute when no token was sent.
fn challenge(error: &Error) -> Option<&'static str> {
    match error {
        Error::AuthenticationRequired | Error::InvalidCredentials => Some("Bearer"),
        Error::TokenExpired | Error::InvalidToken => Some("Bearer error=\"invalid_token\""),
        _ => None,
    }
}

fn headers(error: &Error) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(challenge) = challenge(error) {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(seconds) = seconds_to_wait(error) {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if matches!(error, Error::UnsupportedEncoding) {
        // Which coding is read (RFC 9110, section 15.5.16).
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    headers
}

fn items(faults: &[FieldFault]) -> Vec<FaultItem<'_>> {
    let item =
        |fault: &FieldFault| -> Vec<&str> { ["body"].into_iter().chain(fault.field).collect() };
    faults
        .iter()
        .map(|fault| FaultItem {
            loc: item(fault),
            msg: &fault.message,
            rule: fault.rule,
        })
        .collect()
}

/// The cause of a fault of ours goes to the log, once, here.
fn log_cause(error: &Error) {
    let (Error::Internal(cause) | Error::DatabaseUnavailable(cause)) = error else {
        return;
    };
    tracing::error!(code = error.code().as_str(), cause = %chain(cause.as_ref()), "request failed");
}

fn chain(cause: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(cause), |cause| cause.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// What an error says to whoever speaks another wire than ours.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) sentence: String,
}

/// Status, headers and sentence of an error; its cause goes to the log.
pub(crate) fn tell(error: &Error) -> Told {
    log_cause(error);
    Told {
        status: status(error.code()),
        headers: headers(error),
        sentence: sentence(error),
    }
}

/// The error that an answer was made of, for whoever dresses it as a page.
#[derive(Clone, Debug)]
pub(super) struct Refusal(pub(super) Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        log_cause(&self);
        let head = (status(self.code()), headers(&self));
        let body = body(&self);
        (head.0, head.1, Extension(Refusal(Arc::new(self))), body).into_response()
    }
}

fn body(error: &Error) -> Response {
    let code = error.code().as_str();
    match error {
        Error::Invalid(faults) => Json(ValidationErrorBody {
            detail: items(faults),
            code,
        })
        .into_response(),
        _ => Json(ErrorBody {
            detail: sentence(error),
            code,
        })
        .into_response(),
    }
}
