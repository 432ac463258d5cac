//! The rows of a user, for the verified user alone.
//!
//! Two walls, one behind the other. In Rust, [`UserRows`] opens for a
//! [`CurrentUser`] and for nothing else, and runs statements that name their
//! owner ([`OwnedSql`]): forgetting the owner does not compile. In PostgreSQL,
//! [`Policies`] are the SQL of row-level security, so that a statement with the
//! wrong condition still sees the rows of its user alone; [`inspect()`] finds
//! the known holes in it. On SQLite there is the first wall only.
//!
//! ```
//! use hallpass_rls::{CurrentUser, Error, OwnedSql, UserRows};
//!
//! #[derive(sqlx::FromRow)]
//! struct Task {
//!     id: i64,
//!     title: String,
//! }
//!
//! const LIST: OwnedSql = OwnedSql::new("select id, title from tasks where owner = $1 order by id");
//! const RENAME: OwnedSql = OwnedSql::new("update tasks set title = $2 where owner = $1 and id = $3");
//!
//! async fn list(rows: &UserRows, user: &CurrentUser) -> Result<Vec<Task>, Error> {
//!     let mut scope = rows.begin(user).await?;
//!     let tasks = scope.query(LIST).fetch_all().await?;
//!     scope.commit().await?;
//!     Ok(tasks)
//! }
//!
//! async fn rename(rows: &UserRows, user: &CurrentUser, id: i64, title: &str) -> Result<bool, Error> {
//!     let mut scope = rows.begin(user).await?;
//!     let changed = scope.query(RENAME).bind(title).bind(id).execute().await?;
//!     scope.commit().await?;
//!     Ok(changed > 0)
//! }
//! ```
//!
//! A `CurrentUser` comes from [`Verifier::current_user`], which has verified the
//! token, or from axum's extractor of `hallpass-verify`.
//!
//! # What does not compile
//!
//! A statement without its owner, two statements, a user that was made by hand
//! or read from JSON, a scope that is used after its end. There is no way from
//! [`UserRows`] or [`Scope`] to the connection.
//!
//! # Poolers
//!
//! The user is set inside of the transaction and ends with it, and no statement
//! stays prepared beyond it: this works through pgbouncer in transaction mode,
//! and never changes what another client of the same connection sees.
//!
//! # Time
//!
//! To begin, each statement and to commit may each take 5 seconds, or what
//! [`UserRows::limit`] says: a database that does not answer holds nobody for
//! ever. What takes longer is [`Error::Unavailable`], and the connection is
//! closed, as that of a scope whose statement was given up by others. Such a
//! scope writes nothing; of a commit nobody knows. PostgreSQL may still work on
//! the statement: set its `statement_timeout` for the role as well.
//!
//! [`Verifier::current_user`]: hallpass_verify::Verifier::current_user

mod again;
mod error;
mod inspect;
mod lease;
mod name;
mod owner;
mod policies;
mod postgres_url;
mod query;
mod rows;
mod scope;
mod sql;

pub use error::Error;
pub use hallpass_verify::CurrentUser;
pub use inspect::{Finding, Hole, Severity, inspect};
pub use name::{ColumnName, InvalidName, RoleName, TableName};
pub use policies::Policies;
pub use postgres_url::{InvalidPostgresUrl, PostgresUrl};
pub use query::{Query, Row, Value};
pub use rows::UserRows;
pub use scope::Scope;
pub use sql::OwnedSql;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
