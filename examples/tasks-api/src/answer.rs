//! What went wrong, in the form in which Hallpass itself says it.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use hallpass_rls::Error;
use serde_json::{Value, json};

use crate::input::fault;

/// Why a request was not done: status, `code` and `detail` of the answer.
pub(crate) struct Problem(u16, &'static str, Value);

impl Problem {
    pub(crate) fn not_found() -> Self {
        Self(404, "not_found", "Not found".into())
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self(405, "method_not_allowed", "Method not allowed".into())
    }

    pub(crate) fn invalid(faults: Vec<Value>) -> Self {
        Self(422, "validation_failed", faults.into())
    }

    pub(crate) fn no_title() -> Self {
        Self::invalid(vec![fault(&["body", "title"], "missing", "Field required")])
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if error == Error::NoRow {
            return Self::not_found();
        }
        // What a database says is for our log alone.
        tracing::error!(%error, "request failed");
        if error.is_unavailable() {
            let detail = "The service is temporarily unavailable. Please try again in a moment.";
            return Self(503, "database_unavailable", detail.into());
        }
        Self(
            500,
            "internal_error",
            "Something went wrong on our side.".into(),
        )
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status().as_u16();
        let (code, detail) = match status {
            413 => ("body_too_large", "At most 16 KiB can be sent."),
            415 => ("unsupported_media_type", "Only JSON can be sent."),
            _ => ("malformed_json", "The request body is not valid JSON."),
        };
        Self(status, code, detail.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, code, detail) = self;
        let soon = (status == 503).then_some([(RETRY_AFTER, "2")]);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, soon, Json(json!({"detail": detail, "code": code}))).into_response()
    }
}
