//! A second try, where the driver has asked for a type in between.
//!
//! A column of a type that the connection does not know yet makes the driver ask
//! for it between preparing the statement and running it. PostgreSQL drops an
//! unnamed statement at any simple query, so that the first try ends in
//! `SQLSTATE` 26000 before anything of it ran. The second one knows the type.

#[expect(
    clippy::disallowed_types,
    reason = "the text that begins a scope: see `Owner::begin_sql`"
)]
use sqlx::AssertSqlSafe;
use sqlx::PgConnection;

use crate::owner::Owner;
use crate::sql::OwnedSql;

const SAVE: &str = "savepoint hallpass";
const SAVE_ANEW: &str = "release savepoint hallpass; savepoint hallpass";
const BACK: &str = "rollback to savepoint hallpass";

/// What a transaction has run so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    Nothing,
    Something,
    /// Something, and there is a savepoint.
    Saved,
}

/// To where a transaction goes back before a second try: an error has ended it.
#[derive(Debug)]
pub(crate) enum Again {
    /// No try: the statement answers with no rows.
    Never,
    /// Its beginning, where nothing else has run. This costs nothing.
    Begin(Owner),
    /// A savepoint, made by this text. It costs a round trip.
    Savepoint(&'static str),
}

impl Ran {
    /// For a statement that comes next.
    pub(crate) fn next(&mut self, sql: OwnedSql, owner: &Owner) -> Again {
        let (ran, again) = match (*self, sql.answers()) {
            (Self::Nothing, true) => (Self::Something, Again::Begin(owner.clone())),
            (Self::Nothing, false) => (Self::Something, Again::Never),
            (ran, false) => (ran, Again::Never),
            (Self::Something, true) => (Self::Saved, Again::Savepoint(SAVE)),
            (Self::Saved, true) => (Self::Saved, Again::Savepoint(SAVE_ANEW)),
        };
        *self = ran;
        again
    }
}

impl Again {
    /// Before the first try.
    pub(crate) async fn prepare(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if let Self::Savepoint(sql) = self {
            sqlx::raw_sql(*sql).execute(connection).await?;
        }
        Ok(())
    }

    /// Before the second try, if there is one after this error.
    #[expect(
        clippy::disallowed_methods,
        reason = "`begin` takes no parameters; the value is hexadecimal digits"
    )]
    pub(crate) async fn go_back(
        &self,
        error: sqlx::Error,
        connection: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        let is_forgotten = error
            .as_database_error()
            .is_some_and(|told| told.code().as_deref() == Some("26000"));
        if !is_forgotten {
            return Err(error);
        }
        match self {
            Self::Never => return Err(error),
            Self::Begin(owner) => {
                let sql = format!("rollback; {}", owner.begin_sql());
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(connection)
                    .await?;
            }
            Self::Savepoint(_) => {
                sqlx::raw_sql(BACK).execute(connection).await?;
            }
        }
        Ok(())
    }
}
