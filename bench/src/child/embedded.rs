//! Hallpass in an application of somebody else.

use anyhow::Result;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use hallpass::{CurrentBearer, DatabaseUrl, Hallpass, PublicUrl, Settings, SigningSecret};

use super::{Listen, bare, naive};
use crate::server::SECRET;

pub(super) async fn router(listen: &Listen) -> Result<Router> {
    let secret = SigningSecret::new(&SECRET.into())?;
    let url = PublicUrl::parse(&format!("http://localhost:{}", listen.port))?;
    let database = DatabaseUrl::sqlite_file(listen.data.join("embedded.db"));
    let mut settings = Settings::new(url, secret, database);
    settings.rate_limit = false;
    let hallpass = Hallpass::new(settings)?;
    hallpass.migrate().await?;
    Ok(Router::new()
        .route("/verify", get(verify))
        .with_state(hallpass.clone())
        .merge(naive::router(hallpass.clone())?)
        .merge(bare::router())
        .merge(hallpass.router()))
}

/// Verifies the token and does nothing else.
async fn verify(CurrentBearer(_): CurrentBearer) -> StatusCode {
    StatusCode::OK
}
