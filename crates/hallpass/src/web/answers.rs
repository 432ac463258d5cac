//! The refusals that routes share, as the OpenAPI document describes them.
//!
//! Nothing here is ever answered: `web/error.rs` does that.

#![expect(dead_code, reason = "describes answers for the OpenAPI document")]

use utoipa::IntoResponses;

use super::error::{ErrorBody, ValidationErrorBody};

/// Answers of every route that reads a token.
#[derive(IntoResponses)]
pub(crate) enum TokenErrors {
    /// No token (`authentication_required`), one whose life is over
    /// (`token_expired`), or one that is not ours (`invalid_token`).
    #[response(status = 401, headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error=\"invalid_token\"` when a token was sent")),
        example = json!({"detail": "Could not validate credentials", "code": "invalid_token"}))]
    Unauthorized(ErrorBody),
}

/// Answers of the route that takes a password.
#[derive(IntoResponses)]
pub(crate) enum CredentialErrors {
    /// The address is unknown or the password is wrong
    /// (`invalid_credentials`); nobody learns which.
    #[response(status = 401, headers(("WWW-Authenticate" = String, description = "`Bearer`")),
        example = json!({"detail": "Invalid credentials", "code": "invalid_credentials"}))]
    Unauthorized(ErrorBody),
}

/// Answers of every route that reads a JSON body.
#[derive(IntoResponses)]
pub(crate) enum BodyErrors {
    /// The body is not JSON (`malformed_json`).
    #[response(status = 400, example = json!({"detail": "The request body is not valid JSON.", "code": "malformed_json"}))]
    MalformedJson(ErrorBody),
    /// The body did not arrive in time (`request_timeout`).
    #[response(status = 408, example = json!({"detail": "The request body did not arrive in time.", "code": "request_timeout"}))]
    Timeout(ErrorBody),
    /// The body is larger than 64 KiB (`body_too_large`).
    #[response(status = 413, example = json!({"detail": "The request body must not be larger than 64 KiB.", "code": "body_too_large"}))]
    TooLarge(ErrorBody),
    /// The content type is not `application/json` (`unsupported_media_type`).
    #[response(status = 415, example = json!({"detail": "The content type must be application/json.", "code": "unsupported_media_type"}))]
    ContentType(ErrorBody),
    /// Some fields break a rule (`validation_failed`); all of them are listed.
    #[response(status = 422)]
    Invalid(ValidationErrorBody<'static>),
}

/// Answers of every route that reads an HTML form; to a browser as a page.
#[derive(IntoResponses)]
pub(crate) enum FormErrors {
    /// The body did not arrive in time (`request_timeout`).
    #[response(status = 408, example = json!({"detail": "The request body did not arrive in time.", "code": "request_timeout"}))]
    Timeout(ErrorBody),
    /// The body is larger than 64 KiB (`body_too_large`).
    #[response(status = 413, example = json!({"detail": "The request body must not be larger than 64 KiB.", "code": "body_too_large"}))]
    TooLarge(ErrorBody),
    /// The content type is not `application/x-www-form-urlencoded`
    /// (`unsupported_media_type`).
    #[response(status = 415, example = json!({"detail": "The content type must be application/x-www-form-urlencoded.", "code": "unsupported_media_type"}))]
    ContentType(ErrorBody),
    /// A field is there twice (`validation_failed`).
    #[response(status = 422)]
    Invalid(ValidationErrorBody<'static>),
}

/// Answers of every route that can fail by itself.
#[derive(IntoResponses)]
pub(crate) enum FaultErrors {
    /// A fault of the server (`internal_error`); `detail` names the request id.
    #[response(status = 500, example = json!({"detail": "Something went wrong on our side. If it happens again, report request 01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f.", "code": "internal_error"}))]
    Internal(ErrorBody),
}

/// Answers of every route that asks the database.
#[derive(IntoResponses)]
pub(crate) enum UnavailableErrors {
    /// The database is away (`database_unavailable`), or the server has more to
    /// do than it can do in time (`overloaded`).
    #[response(status = 503, headers(("Retry-After" = u32, description = "Seconds to wait")),
        example = json!({"detail": "The service is temporarily unavailable. Please try again in a moment.", "code": "database_unavailable"}))]
    Unavailable(ErrorBody),
}

/// Answers of a route that serves what it has.
#[derive(IntoResponses)]
pub(crate) enum UnknownErrors {
    /// No such file (`not_found`).
    #[response(status = 404, example = json!({"detail": "Not found", "code": "not_found"}))]
    NotFound(ErrorBody),
}

/// Answers of every route that bounds tries.
#[derive(IntoResponses)]
pub(crate) enum ThrottleErrors {
    /// Too many tries (`rate_limited`).
    #[response(status = 429, headers(("Retry-After" = u32, description = "Seconds to wait")),
        example = json!({"detail": "Too many attempts. Please try again in 15 minutes.", "code": "rate_limited"}))]
    RateLimited(ErrorBody),
}

/// Answers of every route that a foreign site might make a browser call.
#[derive(IntoResponses)]
pub(crate) enum ForeignSiteErrors {
    /// Sent by a foreign site (`cross_site_request`).
    #[response(status = 403, example = json!({"detail": "This request came from another site and was refused.", "code": "cross_site_request"}))]
    Forbidden(ErrorBody),
}

/// Answers of every route that is about one user.
#[derive(IntoResponses)]
pub(crate) enum OwnershipErrors {
    /// Another id than your own (`access_denied`). A change that was sent by a
    /// foreign site is refused too (`cross_site_request`).
    #[response(status = 403, example = json!({"detail": "Access denied", "code": "access_denied"}))]
    Forbidden(ErrorBody),
}
