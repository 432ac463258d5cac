//! `/openapi.json`, and `/docs`: Swagger UI from within the binary.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::Server;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::Config;

use super::ApiTag;
use super::answers::{FaultErrors, UnknownErrors};
use crate::base_path::BasePath;
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
<link rel="stylesheet" href="{base}/docs/swagger-ui.css">
<link rel="stylesheet" href="{base}/docs/index.css">
<link rel="icon" type="image/png" href="{base}/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{base}/docs/swagger-ui-bundle.js"></script>
<script src="{base}/docs/swagger-ui-standalone-preset.js"></script>
<script src="{base}/docs/swagger-initializer.js"></script>
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

/// What the documentation needs to know of the server it is of. It does not
/// change while the server runs, and is made when it is first asked for.
pub(crate) struct Description {
    base: BasePath,
    document: OnceLock<Bytes>,
    config: Arc<Config<'static>>,
}

impl Description {
    pub(crate) fn of(base: &BasePath) -> Self {
        // The validator badge would call another origin; the standalone layout has a
        // logo with an inline style, and a field for the address of another API.
        let config = Config::from(base.link("/openapi.json")).validator_url("none");
        Self {
            base: base.clone(),
            document: OnceLock::new(),
            config: Arc::new(config.use_base_layout()),
        }
    }

    fn document(&self) -> Result<Bytes, Error> {
        if let Some(made) = self.document.get() {
            return Ok(made.clone());
        }
        let mut document = super::document();
        if !self.base.is_root() {
            // Its paths begin here (OpenAPI 3.1, section 4.8.5).
            document.servers = Some(vec![Server::new(self.base.as_str())]);
        }
        let json = document.to_json().map_err(Error::internal)?;
        Ok(self.document.get_or_init(|| Bytes::from(json)).clone())
    }
}

/// This description
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = ApiTag::DOCUMENTATION,
    responses((status = 200, description = "The API as OpenAPI 3.1", content_type = "application/json", body = Object), FaultErrors),
)]
async fn description(State(hallpass): State<Hallpass>) -> Result<impl IntoResponse, Error> {
    let json = hallpass.description().document()?;
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
async fn index(State(hallpass): State<Hallpass>) -> Response {
    // The only sign of markup that a plain path may have.
    let base = hallpass.description().base.as_str().replace('&', "&amp;");
    let index = INDEX.replace("{base}", &base);
    page(index.into_response(), "text/html; charset=utf-8")
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
async fn file(
    State(hallpass): State<Hallpass>,
    file: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    let Path(file) = file.map_err(|_| Error::NotFound)?;
    asset(&file, Arc::clone(&hallpass.description().config))
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
