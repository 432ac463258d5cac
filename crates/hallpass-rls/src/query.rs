//! A statement on a user's rows, with its values.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Encode, FromRow, Postgres, Sqlite, Type};

use crate::error::Error;
use crate::owner::Owner;
use crate::scope::{Held, Scope, within};
use crate::sql::OwnedSql;

/// A row type that both engines can fill: `#[derive(sqlx::FromRow)]`.
pub trait Row:
    for<'row> FromRow<'row, PgRow> + for<'row> FromRow<'row, SqliteRow> + Send + Unpin
{
}

impl<T> Row for T where
    T: for<'row> FromRow<'row, PgRow> + for<'row> FromRow<'row, SqliteRow> + Send + Unpin
{
}

/// A value that both engines can take.
pub trait Value:
    for<'value> Encode<'value, Postgres>
    + Type<Postgres>
    + for<'value> Encode<'value, Sqlite>
    + Type<Sqlite>
{
}

impl<T> Value for T where
    T: for<'value> Encode<'value, Postgres>
        + Type<Postgres>
        + for<'value> Encode<'value, Sqlite>
        + Type<Sqlite>
{
}

/// A statement that waits for its values, made by [`Scope::query`].
#[must_use = "a statement does nothing until it is fetched or executed"]
pub struct Query<'scope> {
    scope: &'scope mut Scope,
    sql: OwnedSql,
    arguments: Result<Arguments, Error>,
}

enum Arguments {
    Postgres(PgArguments),
    Sqlite(SqliteArguments),
}

impl Arguments {
    fn of(scope: &Scope) -> Result<Self, Error> {
        let none = match scope.held() {
            Some(Held::Postgres(_)) => Self::Postgres(PgArguments::default()),
            Some(Held::Sqlite(_)) => Self::Sqlite(SqliteArguments::default()),
            None => return Err(Error::GivenUp),
        };
        match scope.owner() {
            Owner::Uuid(id) => none.and(*id),
            Owner::Text(text) => none.and(text.as_str()),
        }
    }

    fn and(mut self, value: impl Value) -> Result<Self, Error> {
        let added = match &mut self {
            Self::Postgres(all) => all.add(value),
            Self::Sqlite(all) => all.add(value),
        };
        match added {
            Ok(()) => Ok(self),
            Err(error) => Err(Error::Value(error.to_string())),
        }
    }

    /// SQLite would take a value that is missing for NULL.
    fn check(&self, sql: OwnedSql) -> Result<(), Error> {
        let bound = match self {
            Self::Postgres(all) => all.len(),
            Self::Sqlite(all) => all.len(),
        };
        let named = sql.parameters();
        if bound == named {
            Ok(())
        } else {
            Err(Error::Parameters { named, bound })
        }
    }
}

/// Runs a statement on whichever engine is behind. It is not kept prepared
/// beyond the transaction: a pooler in transaction mode would look for it on
/// another connection.
macro_rules! run {
    ($query:ident, $kind:ident$(::<$row:ty>)?, $call:ident) => {{
        let Query { scope, sql, arguments } = $query;
        let arguments = arguments?;
        arguments.check(sql)?;
        let limit = scope.limit();
        let again = scope.again(sql);
        let outcome = match (scope.start()?, arguments) {
            (Held::Postgres(lease), Arguments::Postgres(arguments)) => {
                let statement = |arguments| {
                    sqlx::$kind::<Postgres, $($row,)? _>(sql.text(), arguments).persistent(false)
                };
                let connection = lease.connection().map_err(|error| Error::of(&error))?;
                let answer = async {
                    again.prepare(connection).await?;
                    match statement(arguments.clone()).$call(&mut *connection).await {
                        Ok(answer) => Ok(answer),
                        Err(error) => {
                            again.go_back(error, connection).await?;
                            statement(arguments).$call(connection).await
                        }
                    }
                };
                within(limit, answer).await?.map(Into::into)
            }
            (Held::Sqlite(lease), Arguments::Sqlite(arguments)) => {
                let statement = sqlx::$kind::<Sqlite, $($row,)? _>(sql.text(), arguments);
                let connection = lease.connection().map_err(|error| Error::of(&error))?;
                within(limit, statement.$call(connection)).await?.map(Into::into)
            }
            _ => return Err(Error::GivenUp),
        };
        scope.ended(outcome)
    }};
}

impl<'scope> Query<'scope> {
    pub(crate) fn new(scope: &'scope mut Scope, sql: OwnedSql) -> Self {
        let arguments = Arguments::of(scope);
        Self {
            scope,
            sql,
            arguments,
        }
    }

    /// Binds the next value, the first one to `$2`.
    pub fn bind(mut self, value: impl Value) -> Self {
        self.arguments = self.arguments.and_then(|arguments| arguments.and(value));
        self
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// What is wrong with the values, [`Error::Unavailable`] after the
    /// [`limit`](crate::UserRows::limit), or what the database says; the scope
    /// cannot be committed then.
    pub async fn fetch_all<R: Row>(self) -> Result<Vec<R>, Error> {
        run!(self, query_as_with::<R>, fetch_all)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// As [`fetch_all`](Query::fetch_all).
    pub async fn fetch_optional<R: Row>(self) -> Result<Option<R>, Error> {
        run!(self, query_as_with::<R>, fetch_optional)
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::NoRow`] when there is none, after which the scope is as good as
    /// before; else as [`fetch_all`](Query::fetch_all).
    pub async fn fetch_one<R: Row>(self) -> Result<R, Error> {
        self.fetch_optional().await?.ok_or(Error::NoRow)
    }

    /// Runs it for its effect: the number of rows that it changed.
    ///
    /// # Errors
    ///
    /// As [`fetch_all`](Query::fetch_all).
    pub async fn execute(self) -> Result<u64, Error> {
        let done: Changed = run!(self, query_with, execute)?;
        Ok(done.0)
    }
}

/// How many rows a statement changed, on either engine.
struct Changed(u64);

impl From<sqlx::postgres::PgQueryResult> for Changed {
    fn from(done: sqlx::postgres::PgQueryResult) -> Self {
        Self(done.rows_affected())
    }
}

impl From<sqlx::sqlite::SqliteQueryResult> for Changed {
    fn from(done: sqlx::sqlite::SqliteQueryResult) -> Self {
        Self(done.rows_affected())
    }
}
