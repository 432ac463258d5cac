//! `/openapi.json`, and `/docs`: Swagger UI from within the binary.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::Config;

use super::ApiTag;
use super::answers::{FaultErrors, UnknownErrors};
use crate::error::Error;
use crate::hallpass::Hallpass;

/// Swagger UI's own files and nothing inline; it draws some icons as `data:`
/// images.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Swagger UI's index page, with paths that work without a trailing slash.
const INDEX: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hallpass API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/index.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/swagger-initializer.js"></script>
</body>
</html>
"#;

/// What the page needs of Swagger UI's files; the others have no use here.
const FILES: [&str; 6] = [
    "favicon-32x32.png",
    "index.css",
    "swagger-initializer.js",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-ui.css",
];

pub(super) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(routes!(description))
        .routes(routes!(index))
        .routes(routes!(file))
}

/// The document does not change while the server runs.
static DOCUMENT: LazyLock<Result<Bytes, String>> = LazyLock::new(|| {
    let json = super::document().to_json();
    json.map(Bytes::from).map_err(|error| error.to_string())
});

// The validator badge would call another origin; the standalone layout has a
// logo with an inline style, and a field for the address of another API.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("/openapi.json").validator_url("none");
    Arc::new(config.use_base_layout())
});

/// This description
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = ApiTag::DOCUMENTATION,
    responses((status = 200, description = "The API as OpenAPI 3.1", content_type = "application/json", body = Object), FaultErrors),
)]
async fn description() -> Result<impl IntoResponse, Error> {
    let json = DOCUMENT.clone().map_err(Error::internal)?;
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, json))
}

/// This description, for people
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = ApiTag::DOCUMENTATION,
    responses((status = 200, description = "A page that shows it and tries it out", content_type = "text/html", body = String)),
)]
async fn index() -> Response {
    page(INDEX.into_response(), "text/html; charset=utf-8")
}

/// What that page is made of
#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "docs_file",
    tag = ApiTag::DOCUMENTATION,
    params(("file" = String, Path, description = "The name of a style sheet, script or image", example = "swagger-ui.css")),
    responses((status = 200, description = "The file", content((String = "text/css"), (String = "text/javascript"), (Vec<u8> = "image/png"))), UnknownErrors, FaultErrors),
)]
async fn file(file: Result<Path<String>, PathRejection>) -> Result<Response, Error> {
    let Path(file) = file.map_err(|_| Error::NotFound)?;
    asset(&file, Arc::clone(&CONFIG))
}

fn asset(file: &str, config: Arc<Config<'static>>) -> Result<Response, Error> {
    let served = utoipa_swagger_ui::serve(file, config)
        .map_err(|error| Error::internal(error.to_string()))?;
    let served = served
        .filter(|_| FILES.contains(&file))
        .ok_or(Error::NotFound)?;
    let charset = if served.content_type.starts_with("text/") {
        "; charset=utf-8"
    } else {
        ""
    };
    let content_type = format!("{}{charset}", served.content_type);
    // Not copied: a client that does not read would hold a copy for each request.
    let body = match served.bytes {
        Cow::Borrowed(bytes) => Body::from(Bytes::from_static(bytes)),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    Ok(page(body.into_response(), &content_type))
}

fn page(response: Response, content_type: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, response).into_response()
}
