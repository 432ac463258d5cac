//! Whether the API is there, and where errors are shown.

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode, Uri};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::hallpass::Hallpass;
use crate::web::ApiTag;

/// That the API is there.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthOk)]
pub(super) struct OkAnswer {
    /// Always `true`.
    ok: bool,
}

/// Is the API there
#[utoipa::path(
    get,
    path = "/api/auth/ok",
    operation_id = "better_auth_ok",
    tag = ApiTag::BETTER_AUTH,
    responses((status = 200, description = "It is", body = OkAnswer)),
)]
pub(super) async fn ok() -> Json<OkAnswer> {
    Json(OkAnswer { ok: true })
}

/// Show an error
///
/// On to the front page, with what it is called and nothing that could be markup.
#[utoipa::path(
    get,
    path = "/api/auth/error",
    operation_id = "better_auth_error",
    tag = ApiTag::BETTER_AUTH,
    params(
        ("error" = Option<String>, Query, description = "What the error is called"),
        ("error_description" = Option<String>, Query, description = "A sentence about it"),
    ),
    responses((status = 302, description = "To `/?error=<code>`", headers(("Location" = String, description = "Where to")))),
)]
pub(super) async fn error(
    State(hallpass): State<Hallpass>,
    uri: Uri,
) -> (StatusCode, [(HeaderName, String); 1]) {
    let query = uri.query().unwrap_or_default();
    let asked = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value)
    };
    let code = asked("error").filter(|code| code.bytes().all(is_of_a_code));
    let mut said = form_urlencoded::Serializer::new(String::new());
    said.append_pair("error", code.as_deref().unwrap_or("UNKNOWN"));
    if let Some(description) = asked("error_description") {
        said.append_pair("error_description", &description);
    }
    let front_page = format!("/?{}", said.finish());
    let to = hallpass.settings().public_url.base().link(&front_page);
    (StatusCode::FOUND, [(LOCATION, to)])
}

fn is_of_a_code(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'')
}
