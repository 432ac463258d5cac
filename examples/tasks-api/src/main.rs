//! `tasks-api` serves; `tasks-api migrate` makes the table on PostgreSQL.

use anyhow::{Context as _, bail};
use hallpass_rls::UserRows;
use hallpass_verify::Verifier;
use tasks_api::{App, database, router};
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
    let verifier = match setting("HALLPASS_JWKS_URL", "").as_str() {
        "" => Verifier::shared_secret(secret().context(HOW)?),
        url => Verifier::jwks(url),
    };
    let verifier = verifier.issuer(issuer).build().context(HOW)?;
    if url.starts_with("sqlite:") {
        database::migrate(url, "").await?;
    }
    let rows = UserRows::connect(url)?;
    let listener = TcpListener::bind(setting("TASKS_ADDR", "127.0.0.1:8001")).await?;
    tracing::info!("http://{}/api/v1/tasks", listener.local_addr()?);
    Ok(axum::serve(listener, router(App { rows, verifier })).await?)
}

const HOW: &str = "start `make run` first, or set BETTER_AUTH_SECRET_FILE or HALLPASS_JWKS_URL";

/// The secret by which Hallpass signs, which it makes at its first start.
fn secret() -> anyhow::Result<String> {
    let file = setting("BETTER_AUTH_SECRET_FILE", "hallpass-data/secret");
    let kept = || std::fs::read_to_string(&file).with_context(|| format!("no secret in {file}"));
    let set = Some(setting("BETTER_AUTH_SECRET", "")).filter(|set| !set.is_empty());
    Ok(set.map_or_else(kept, Ok)?.trim_end().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "settings are read here")]
fn setting(name: &str, default: &str) -> String {
    let set = std::env::var(name).ok().filter(|value| !value.is_empty());
    set.unwrap_or_else(|| default.to_owned())
}
