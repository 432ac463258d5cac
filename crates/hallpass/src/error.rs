//! What can go wrong, for a caller to act on.
//!
//! One enum for the whole library, each variant with a stable [`ErrorCode`].
//! Nothing here knows HTTP: `web/error.rs` gives each code its status and its
//! wording. The cause of an [`Error::Internal`] is for the log alone.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::db::StoreError;
use crate::email::InvalidEmail;
use crate::method::password::PasswordRefused;
use crate::secret::RandomnessUnavailable;
use crate::user::{InvalidImage, InvalidName};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// The stable name of an error, for programs to compare.
        ///
        /// A code, once published, keeps its meaning; new ones may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $($(#[$doc])* $name,)+ }

        impl ErrorCode {
            /// Every code there is, in the order of `docs/errors.md`.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as it stands in an answer, in `snake_case`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

codes! {
    /// The request does not name one host.
    InvalidHost = "invalid_host",
    /// The body is not JSON.
    MalformedJson = "malformed_json",
    /// The body is JSON, but some of its fields break a rule.
    ValidationFailed = "validation_failed",
    /// The account cannot be made: its address is taken.
    RegistrationRefused = "registration_refused",
    /// The address is unknown or the password is wrong; nobody learns which.
    InvalidCredentials = "invalid_credentials",
    /// The request carries no token.
    AuthenticationRequired = "authentication_required",
    /// The token is authentic, and its life is over.
    TokenExpired = "token_expired",
    /// The token is not one of ours, or its user is gone.
    InvalidToken = "invalid_token",
    /// The token's user may not do this.
    AccessDenied = "access_denied",
    /// A browser sent the request on behalf of a foreign site.
    CrossSiteRequest = "cross_site_request",
    /// No such route.
    NotFound = "not_found",
    /// The route has no such method.
    MethodNotAllowed = "method_not_allowed",
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout",
    /// The body is larger than what is read.
    BodyTooLarge = "body_too_large",
    /// The body's content type, charset or coding is not what the route reads.
    UnsupportedMediaType = "unsupported_media_type",
    /// Too many tries; wait and come back.
    RateLimited = "rate_limited",
    /// More sign-ins at once than can be hashed; come back in a moment.
    Overloaded = "overloaded",
    /// The database cannot be reached or cannot write; come back in a moment.
    DatabaseUnavailable = "database_unavailable",
    /// The server is about to stop; send requests to another one.
    Stopping = "stopping",
    /// A fault of the server; its log names the cause under the request id.
    InternalError = "internal_error",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One broken rule of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldFault {
    /// The field, or `None` for the body as a whole.
    pub field: Option<&'static str>,
    /// A stable name of the rule that is broken.
    pub rule: &'static str,
    /// A sentence that is safe to show and says what to do.
    pub message: String,
    /// The same, for a page that says it in another language.
    pub(crate) broken: Broken,
}

impl FieldFault {
    pub(crate) fn new(field: &'static str, broken: impl Into<Broken>) -> Self {
        Self::at(Some(field), broken.into())
    }

    pub(crate) fn of_body(broken: Broken) -> Self {
        Self::at(None, broken)
    }

    fn at(field: Option<&'static str>, broken: Broken) -> Self {
        Self {
            field,
            rule: broken.rule(),
            message: broken.to_string(),
            broken,
        }
    }
}

/// Every way in which an input can break a rule. `Display` is the sentence
/// that is shown, in English.
///
/// It can be written down and read back, for the page after a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Broken {
    #[error("The body must be a JSON object.")]
    NotAnObject,
    #[error("Every field must be there at most once.")]
    Repeated,
    #[error("Field required")]
    Missing,
    #[error("Input should be a valid string")]
    NotText,
    #[error(transparent)]
    Email(#[from] InvalidEmail),
    #[error(transparent)]
    Name(#[from] InvalidName),
    #[error(transparent)]
    Image(#[from] InvalidImage),
    #[error(transparent)]
    Password(#[from] PasswordRefused),
}

impl Broken {
    /// The stable name of the rule.
    const fn rule(self) -> &'static str {
        match self {
            Self::NotAnObject => "object_type",
            Self::Repeated | Self::Email(_) => "value_error",
            Self::Missing => "missing",
            Self::NotText => "string_type",
            Self::Name(invalid) => invalid.rule(),
            Self::Image(invalid) => invalid.rule(),
            Self::Password(refused) => refused.rule(),
        }
    }
}

/// Gathers the faults of a request, so that all are answered at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldFault>);

impl Faults {
    pub(crate) fn push(&mut self, fault: FieldFault) {
        self.0.push(fault);
    }

    /// The value, or its fault kept for the answer.
    pub(crate) fn keep<T>(&mut self, outcome: Result<T, FieldFault>) -> Option<T> {
        outcome.map_err(|fault| self.push(fault)).ok()
    }

    /// What was parsed, unless there are faults.
    pub(crate) fn finish<T>(self, parsed: Option<T>) -> Result<T, Error> {
        parsed
            .filter(|_| self.0.is_empty())
            .ok_or(Error::Invalid(self.0))
    }
}

/// The cause of a fault: for the log, never for an answer.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What an operation of Hallpass answers when it does not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The body is not JSON.
    #[error("the body is not valid JSON")]
    MalformedJson,
    /// Every broken rule of every field, at once.
    #[error("{}", list(.0))]
    Invalid(Vec<FieldFault>),
    /// The address is taken.
    #[error("the address is taken")]
    RegistrationRefused,
    /// Unknown address or wrong password.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// No token.
    #[error("authentication required")]
    AuthenticationRequired,
    /// An authentic token whose life is over.
    #[error("the token has expired")]
    TokenExpired,
    /// Not a token of ours, or its user is gone.
    #[error("the token is not valid")]
    InvalidToken,
    /// Not theirs.
    #[error("access denied")]
    AccessDenied,
    /// Sent by a foreign site.
    #[error("the request comes from a foreign site")]
    CrossSiteRequest,
    /// No such route or row.
    #[error("not found")]
    NotFound,
    /// No such method on this route.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    RequestTimeout,
    /// The body is too large.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The most bytes that are read.
        limit: usize,
    },
    /// The content type is not read here.
    #[error("the content type is not {expected}")]
    UnsupportedMediaType {
        /// The content type that is.
        expected: &'static str,
    },
    /// The body is in another charset than UTF-8.
    #[error("the body is said to be in another charset than UTF-8")]
    UnsupportedCharset,
    /// The body is compressed.
    #[error("the body is said to be compressed")]
    UnsupportedEncoding,
    /// The request names its host not at all, twice, or wrongly.
    #[error("the request does not name one host")]
    InvalidHost,
    /// Too many tries.
    #[error("too many tries")]
    RateLimited {
        /// How long until a try is heard again.
        retry_after: Duration,
    },
    /// The server has more to do than it can do in time.
    #[error("too many requests at once")]
    Overloaded {
        /// When another try would be served, as far as can be known.
        retry_after: Duration,
    },
    /// The database cannot be reached or cannot write.
    #[error("the database is unavailable")]
    DatabaseUnavailable(#[source] Cause),
    /// The server is about to stop.
    #[error("the server is stopping")]
    Stopping,
    /// A fault of the server.
    #[error("internal error")]
    Internal(#[source] Cause),
}

fn list(faults: &[FieldFault]) -> String {
    let lines = faults.iter().map(|fault| match fault.field {
        Some(field) => format!("{field}: {}", fault.message),
        None => fault.message.clone(),
    });
    lines.collect::<Vec<_>>().join("; ")
}

impl Error {
    pub(crate) fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::MalformedJson => ErrorCode::MalformedJson,
            Self::Invalid(_) => ErrorCode::ValidationFailed,
            Self::RegistrationRefused => ErrorCode::RegistrationRefused,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::AuthenticationRequired => ErrorCode::AuthenticationRequired,
            Self::TokenExpired => ErrorCode::TokenExpired,
            Self::InvalidToken => ErrorCode::InvalidToken,
            Self::AccessDenied => ErrorCode::AccessDenied,
            Self::CrossSiteRequest => ErrorCode::CrossSiteRequest,
            Self::NotFound => ErrorCode::NotFound,
            Self::MethodNotAllowed => ErrorCode::MethodNotAllowed,
            Self::RequestTimeout => ErrorCode::RequestTimeout,
            Self::BodyTooLarge { .. } => ErrorCode::BodyTooLarge,
            Self::UnsupportedMediaType { .. }
            | Self::UnsupportedCharset
            | Self::UnsupportedEncoding => ErrorCode::UnsupportedMediaType,
            Self::InvalidHost => ErrorCode::InvalidHost,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Overloaded { .. } => ErrorCode::Overloaded,
            Self::DatabaseUnavailable(_) => ErrorCode::DatabaseUnavailable,
            Self::Stopping => ErrorCode::Stopping,
            Self::Internal(_) => ErrorCode::InternalError,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() {
            Self::DatabaseUnavailable(error.into())
        } else {
            Self::Internal(error.into())
        }
    }
}

impl From<RandomnessUnavailable> for Error {
    fn from(error: RandomnessUnavailable) -> Self {
        Self::Internal(error.into())
    }
}
