//! What a load balancer or an orchestrator asks.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiTag;
use super::error::ErrorBody;
use crate::db::SchemaError;
use crate::error::Error;
use crate::hallpass::Hallpass;

/// The route of [`healthz`].
pub(super) const HEALTHZ: &str = "/healthz";

pub(super) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
}

/// How the server is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`
    #[schema(example = "ok")]
    status: &'static str,
}

/// Alive
///
/// The process runs and answers; the database is not asked. Restart the server
/// when this fails.
#[utoipa::path(get, path = "/healthz", tag = ApiTag::OPERATIONS, responses((status = 200, description = "It is alive", body = Health)))]
async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Ready
///
/// The database is reached and has every migration, and the server is not
/// about to stop. Send no requests while this fails.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = ApiTag::OPERATIONS,
    responses(
        (status = 200, description = "It is ready", body = Health),
        (status = 503, description = "The database is away or lacks a migration (`database_unavailable`), or the server is about to stop (`stopping`)", body = ErrorBody,
            headers(("Retry-After" = u32, description = "Seconds to wait")),
            example = json!({"detail": "The service is temporarily unavailable. Please try again in a moment.", "code": "database_unavailable"})),
    ),
)]
async fn readyz(State(hallpass): State<Hallpass>) -> Result<Json<Health>, Error> {
    if hallpass.is_draining() {
        return Err(Error::Stopping);
    }
    let not_ready = |error: SchemaError| Error::DatabaseUnavailable(error.into());
    if hallpass.is_ready().await.map_err(not_ready)? {
        Ok(Json(Health { status: "ok" }))
    } else {
        Err(Error::DatabaseUnavailable(
            "migrations are pending; run `hallpass migrate`".into(),
        ))
    }
}
