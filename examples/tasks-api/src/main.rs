//! `tasks-api` serves; `tasks-api migrate` makes the table on PostgreSQL.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use axum::middleware::map_response;
use axum::response::Response;
use hallpass_rls::UserRows;
use hallpass_verify::Verifier;
use tasks_api::{App, database, hints, router};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let url = setting("DATABASE_URL", "sqlite://hallpass-data/tasks.db");
    match std::env::args().nth(1).as_deref() {
        Some("migrate") => database::migrate(&url, &setting("TASKS_ROLE", "tasks_app")).await,
        Some(other) => bail!("{other} is no command; there is `migrate`"),
        None => serve(&url).await,
    }
}

async fn serve(url: &str) -> anyhow::Result<()> {
    let issuer = setting("BETTER_AUTH_URL", "http://localhost:8000");
    let keys = setting("HALLPASS_JWKS_URL", "");
    let by_secret = keys.is_empty();
    let verifier = if by_secret {
        Verifier::shared_secret(secret()?)
    } else {
        Verifier::jwks(keys)
    };
    let verifier = verifier.issuer(issuer).build()?;
    if url.starts_with("sqlite:") {
        database::migrate(url, "").await?;
    }
    let rows = UserRows::connect(url)?;
    let listener = TcpListener::bind(setting("TASKS_ADDR", "127.0.0.1:8001")).await?;
    tracing::info!("http://{}/api/v1/tasks", listener.local_addr()?);
    let mut service = router(App { rows, verifier });
    if by_secret {
        service = service.layer(map_response(async |response: Response| {
            hints::give(&response);
            response
        }));
    }
    Ok(axum::serve(listener, service).await?)
}

/// Where Hallpass keeps the secret that it makes at its first start, as `make run`
/// and as a program in this example's folder find it.
const KEPT: [&str; 2] = ["hallpass-data/secret", "../../hallpass-data/secret"];

const HOW: &str = "start Hallpass by `make run` first, set BETTER_AUTH_SECRET or BETTER_AUTH_SECRET_FILE \
    to what it has, or HALLPASS_JWKS_URL where it signs with keys";

/// The secret by which Hallpass signs.
fn secret() -> anyhow::Result<String> {
    let set = setting("BETTER_AUTH_SECRET", "");
    if !set.is_empty() {
        return Ok(set);
    }
    let kept = KEPT.into_iter().find(|file| Path::new(file).exists());
    let file = setting("BETTER_AUTH_SECRET_FILE", kept.unwrap_or(KEPT[0]));
    let secret = std::fs::read_to_string(&file);
    let secret = secret.with_context(|| format!("no secret in {file}: {HOW}"))?;
    let secret = secret.trim_end();
    ensure!(
        secret.len() >= 32,
        "{file} holds no secret of 32 bytes or more: {HOW}"
    );
    Ok(secret.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "settings are read here")]
fn setting(name: &str, default: &str) -> String {
    let set = std::env::var(name).ok().filter(|value| !value.is_empty());
    set.unwrap_or_else(|| default.to_owned())
}
