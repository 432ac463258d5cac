//! The table, and who may do what with it: for whoever migrates.

use std::str::FromStr as _;

use hallpass_rls::{Policies, PostgresUrl, RoleName};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

/// Makes the table, if it is not there. On PostgreSQL this logs in as the owner
/// of the table, and closes it to all but `role`, which it makes too.
///
/// # Errors
/// What the database says, or that the role is no name.
#[expect(clippy::disallowed_methods, reason = "policies are for a role")]
pub async fn migrate(url: &str, role: &str) -> anyhow::Result<()> {
    if url.starts_with("sqlite:") {
        let options = SqliteConnectOptions::from_str(url)?.create_if_missing(true);
        let mut file = options.connect().await?;
        let table = sqlx::raw_sql(include_str!("../schema/sqlite.sql"));
        table.execute(&mut file).await?;
        return Ok(file.close().await?);
    }
    let role: RoleName = role.parse()?;
    let policies = Policies::new("tasks".parse()?, "owner".parse()?, role.clone());
    let table = include_str!("../schema/postgres.sql");
    // One text is one transaction: all of it or nothing.
    let sql = format!("{table}\n{}\n{policies}", Policies::role_sql(&role));
    let mut server = PostgresUrl::parse(url)?.options().connect().await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut server)
        .await?;
    Ok(server.close().await?)
}
