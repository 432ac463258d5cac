//! `/openapi.json`, and `/docs`: Swagger UI from within the binary.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

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

pub(super) fn routes(document: &OpenApi) -> Router<Hallpass> {
    let json = document
        .to_json()
        .map(Bytes::from)
        .map_err(|error| error.to_string());
    let serve_document = move || {
        let json = json.clone();
        async move {
            let body = json.map_err(Error::internal)?;
            Ok::<_, Error>((
                [
                    (CONTENT_TYPE, "application/json"),
                    (CACHE_CONTROL, "no-cache"),
                ],
                body,
            ))
        }
    };
    // The validator badge would call another origin; the standalone layout has
    // a logo with an inline style, and a field for the address of another API.
    let config = Config::from("/openapi.json").validator_url("none");
    let config = Arc::new(config.use_base_layout());
    Router::new()
        .route("/openapi.json", get(serve_document))
        .route(
            "/docs",
            get(|| async { page(INDEX.into_response(), "text/html; charset=utf-8") }),
        )
        .route(
            "/docs/{file}",
            get(
                move |file: Result<Path<String>, PathRejection>| async move {
                    let Path(file) = file.map_err(|_| Error::NotFound)?;
                    asset(&file, config)
                },
            ),
        )
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
