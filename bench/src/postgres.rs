//! A database for one run on the server that the run was given.

use anyhow::{Context, Result};
use sqlx::{Connection, PgConnection};
use url::Url;

/// A name that nobody else has; the statements are literals.
const NAME: &str = "hallpass_bench";
const DROP: &str = "drop database if exists hallpass_bench with (force)";
const CREATE: &str = "create database hallpass_bench template template0";

/// An empty database, dropped with this.
pub(crate) struct Database {
    admin: String,
    pub(crate) url: String,
}

impl Database {
    pub(crate) fn create(admin: &str) -> Result<Self> {
        let mut url = Url::parse(admin).context("HALLPASS_TEST_POSTGRES is not a URL")?;
        url.set_path(NAME);
        run(admin, &[DROP, CREATE])?;
        Ok(Self {
            admin: admin.to_owned(),
            url: url.into(),
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The next run drops what this one could not.
        drop(run(&self.admin, &[DROP]));
    }
}

fn run(admin: &str, statements: &[&'static str]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect(admin)
            .await
            .context("PostgreSQL cannot be reached")?;
        for statement in statements {
            sqlx::query(*statement).execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    })
}
