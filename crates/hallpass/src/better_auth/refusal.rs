//! What is answered instead, in Better Auth's shape.

use axum::Json;
use axum::http::header::{ALLOW, HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::error::{Broken, Error, FieldFault};
use crate::method::password::PasswordRefused;
use crate::web::error::tell;

/// What a refused request is answered with.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthError)]
pub(super) struct RefusalAnswer {
    /// A sentence that is safe to show.
    #[schema(example = "Invalid email or password")]
    message: String,
    /// A stable name, for programs to compare; without it the status says all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "INVALID_EMAIL_OR_PASSWORD")]
    code: Option<String>,
}

/// A refusal that Better Auth has a name for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    status: StatusCode,
    code: Option<&'static str>,
    message: &'static str,
}

const fn known(status: StatusCode, code: &'static str, message: &'static str) -> Known {
    Known {
        status,
        code: Some(code),
        message,
    }
}

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;

pub(super) const UNAUTHORIZED: Known =
    known(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Unauthorized");
pub(super) const MISSING_OR_NULL_ORIGIN: Known = known(
    FORBIDDEN,
    "MISSING_OR_NULL_ORIGIN",
    "Missing or null Origin",
);
pub(super) const INVALID_ORIGIN: Known = known(FORBIDDEN, "INVALID_ORIGIN", "Invalid origin");
pub(super) const CROSS_SITE_NAVIGATION: Known = known(
    FORBIDDEN,
    "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
    "Cross-site navigation login blocked. This request appears to be a CSRF attack.",
);
pub(super) const INVALID_CALLBACK_URL: Known =
    known(FORBIDDEN, "INVALID_CALLBACK_URL", "Invalid callbackURL");
pub(super) const INVALID_REDIRECT_URL: Known =
    known(FORBIDDEN, "INVALID_REDIRECT_URL", "Invalid redirectURL");
pub(super) const INVALID_ERROR_CALLBACK_URL: Known = known(
    FORBIDDEN,
    "INVALID_ERROR_CALLBACK_URL",
    "Invalid errorCallbackURL",
);
pub(super) const INVALID_NEW_USER_CALLBACK_URL: Known = known(
    FORBIDDEN,
    "INVALID_NEW_USER_CALLBACK_URL",
    "Invalid newUserCallbackURL",
);
pub(super) const EMAIL_CAN_NOT_BE_UPDATED: Known =
    known(BAD, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated");
pub(super) const NO_FIELDS_TO_UPDATE: Known = Known {
    status: BAD,
    code: None,
    message: "No fields to update",
};
/// Ours: Better Auth would look the session up and delete it.
pub(super) const SESSIONS_CANNOT_BE_REVOKED: Known = known(
    StatusCode::NOT_IMPLEMENTED,
    "SESSIONS_CANNOT_BE_REVOKED",
    "Sessions cannot be revoked: each ends by itself an hour after its sign-in. Sign out to end \
     this one in this browser.",
);
pub(super) const DEFER_SESSION_REQUIRED: Known = known(
    StatusCode::METHOD_NOT_ALLOWED,
    "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
    "POST method requires deferSessionRefresh to be enabled in session config",
);
const INVALID_JSON: Known = known(BAD, "BAD_REQUEST", "Invalid JSON in request body");
const INVALID_EMAIL: Known = known(BAD, "INVALID_EMAIL", "Invalid email");
const INVALID_EMAIL_OR_PASSWORD: Known = known(
    StatusCode::UNAUTHORIZED,
    "INVALID_EMAIL_OR_PASSWORD",
    "Invalid email or password",
);
const USER_ALREADY_EXISTS: Known = known(
    StatusCode::UNPROCESSABLE_ENTITY,
    "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
    "User already exists. Use another email.",
);
const PASSWORD_TOO_SHORT: Known = known(BAD, "PASSWORD_TOO_SHORT", "Password too short");
const PASSWORD_TOO_LONG: Known = known(BAD, "PASSWORD_TOO_LONG", "Password too long");
const TOO_MANY_REQUESTS: Known = Known {
    status: StatusCode::TOO_MANY_REQUESTS,
    code: None,
    message: "Too many requests. Please try again later.",
};

static X_RETRY_AFTER: HeaderName = HeaderName::from_static("x-retry-after");

/// A refusal, whole.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    /// Boxed, since most have none and all of them are passed up by value.
    headers: Box<HeaderMap>,
    code: Option<String>,
    message: String,
}

impl From<Known> for Refusal {
    fn from(known: Known) -> Self {
        Self::new(known.status, known.code, known.message)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        // The status and the headers are those of our own wire, where there is
        // no reason for others; also, the cause of a fault is logged there.
        let told = tell(&error);
        let known = match &error {
            Error::MalformedJson => INVALID_JSON,
            Error::InvalidCredentials => INVALID_EMAIL_OR_PASSWORD,
            Error::RegistrationRefused => USER_ALREADY_EXISTS,
            Error::AuthenticationRequired | Error::TokenExpired | Error::InvalidToken => {
                UNAUTHORIZED
            }
            Error::CrossSiteRequest => INVALID_ORIGIN,
            Error::RateLimited { .. } => TOO_MANY_REQUESTS,
            Error::Invalid(faults) => return Self::invalid(faults),
            other => {
                let code = other.code().as_str().to_ascii_uppercase();
                return Self::new(told.status, Some(&code), told.sentence).with(told.headers);
            }
        };
        Self::from(known).with(told.headers)
    }
}

impl Refusal {
    fn new(status: StatusCode, code: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            status,
            headers: Box::default(),
            code: code.map(ToOwned::to_owned),
            message: message.into(),
        }
    }

    /// Its clients look for the seconds to wait under a name of their own.
    fn with(mut self, headers: HeaderMap) -> Self {
        self.headers = Box::new(headers);
        if let Some(seconds) = self.headers.get(RETRY_AFTER).cloned() {
            self.headers.insert(&X_RETRY_AFTER, seconds);
        }
        self
    }

    /// The method is refused, in favour of these (RFC 9110, section 15.5.6).
    pub(super) fn allowing(mut self, methods: &'static str) -> Self {
        let methods = HeaderValue::from_static(methods);
        self.headers.insert(ALLOW, methods);
        self
    }

    /// The fields do not have the form that they must have: each fault is
    /// `[body.<field>] <reason>`.
    pub(super) fn validation(faults: &[String]) -> Self {
        Self::new(BAD, Some("VALIDATION_ERROR"), faults.join("; "))
    }

    /// A body that only its sender can have made that way.
    pub(super) fn bad_request(message: String) -> Self {
        Self::new(BAD, None, message)
    }

    pub(super) fn unsupported_media_type(said: &str, allowed: &str) -> Self {
        let message = format!("Content-Type \"{said}\" is not allowed. Allowed types: {allowed}");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, Some("UNSUPPORTED_MEDIA_TYPE"), message)
    }

    /// A rule of ours is broken. A password has codes of its own, and the other
    /// fields come first, as their form is looked at first.
    fn invalid(faults: &[FieldFault]) -> Self {
        let password = |fault: &FieldFault| match fault.broken {
            Broken::Password(refused) => Some(refused),
            _ => None,
        };
        let others: Vec<String> = faults
            .iter()
            .filter(|fault| password(fault).is_none())
            .map(named)
            .collect();
        match faults.iter().find_map(password) {
            Some(refused) if others.is_empty() => Self::of_password(refused),
            _ => Self::validation(&others),
        }
    }

    fn of_password(refused: PasswordRefused) -> Self {
        let ours = |code| Self::new(BAD, Some(code), refused.to_string());
        match refused {
            PasswordRefused::Empty | PasswordRefused::TooShort(_) => PASSWORD_TOO_SHORT.into(),
            PasswordRefused::TooLong => PASSWORD_TOO_LONG.into(),
            PasswordRefused::UnfitForBcrypt => ours("PASSWORD_TOO_LONG"),
            PasswordRefused::ContainsEmail => ours("PASSWORD_CONTAINS_EMAIL"),
            PasswordRefused::Common => ours("PASSWORD_COMPROMISED"),
        }
    }

    /// What was typed to sign in is not of the form that it must have.
    pub(super) fn of_credentials(error: Error) -> Self {
        let Error::Invalid(faults) = &error else {
            return error.into();
        };
        if faults
            .iter()
            .any(|fault| matches!(fault.broken, Broken::Email(_)))
        {
            return INVALID_EMAIL.into();
        }
        match faults.first().map(|fault| fault.broken) {
            // No password is empty, so this one is wrong.
            Some(Broken::Password(PasswordRefused::Empty)) => Error::InvalidCredentials.into(),
            _ => error.into(),
        }
    }
}

fn named(fault: &FieldFault) -> String {
    match (fault.field, fault.broken) {
        (Some("email"), Broken::Email(_)) => "[body.email] Invalid email address".to_owned(),
        (Some(field), broken) => format!("[body.{field}] {broken}"),
        (None, broken) => format!("[body] {broken}"),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = RefusalAnswer {
            message: self.message,
            code: self.code,
        };
        (self.status, *self.headers, Json(body)).into_response()
    }
}

/// Refusals of every route, as the OpenAPI document describes them.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers for the OpenAPI document")]
pub(super) enum PostErrors {
    /// The body is not JSON (`BAD_REQUEST`), or a field breaks a rule
    /// (`VALIDATION_ERROR` and others).
    #[response(status = 400)]
    Bad(RefusalAnswer),
    /// Sent by a foreign site (`INVALID_ORIGIN`, `MISSING_OR_NULL_ORIGIN` and
    /// others), or the target of a redirect is one (`INVALID_CALLBACK_URL`).
    #[response(status = 403)]
    Forbidden(RefusalAnswer),
    /// The body did not arrive in time (`REQUEST_TIMEOUT`).
    #[response(status = 408)]
    Timeout(RefusalAnswer),
    /// The body is larger than 64 KiB (`BODY_TOO_LARGE`).
    #[response(status = 413)]
    TooLarge(RefusalAnswer),
    /// The content type is not read here (`UNSUPPORTED_MEDIA_TYPE`).
    #[response(status = 415)]
    ContentType(RefusalAnswer),
}

/// Refusals of every route that asks the database.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers for the OpenAPI document")]
pub(super) enum ServerErrors {
    /// A fault of the server (`INTERNAL_ERROR`); the message names the request id.
    #[response(status = 500)]
    Internal(RefusalAnswer),
    /// The database is away (`DATABASE_UNAVAILABLE`), or the server has more to do
    /// than it can do in time (`OVERLOADED`).
    #[response(status = 503, headers(("Retry-After" = u32, description = "Seconds to wait")))]
    Unavailable(RefusalAnswer),
}

/// Refusals of every route for somebody who is signed in.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers for the OpenAPI document")]
pub(super) enum SessionErrors {
    /// Not signed in (`UNAUTHORIZED`), or not with these credentials
    /// (`INVALID_EMAIL_OR_PASSWORD`).
    #[response(status = 401, headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error=\"invalid_token\"` when a token was sent")))]
    Unauthorized(RefusalAnswer),
}

/// Refusals of every route that bounds tries.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers for the OpenAPI document")]
pub(super) enum TryErrors {
    /// Too many tries; without a code.
    #[response(status = 429, headers(("Retry-After" = u32, description = "Seconds to wait"), ("X-Retry-After" = u32, description = "The same")))]
    TooMany(RefusalAnswer),
}
