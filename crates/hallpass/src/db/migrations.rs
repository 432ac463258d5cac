//! The schema: brought up to date under a lock, and never from a newer version
//! back to an older one.

use std::io;
use std::sync::LazyLock;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{ConnectOptions, Connection};

use super::{Db, StoreError, bounded};

/// Not sqlx's default name, so that an embedder may keep migrations of their
/// own in the same database.
const TABLE: &str = "hallpass_migrations";

static SQLITE: LazyLock<Migrator> = LazyLock::new(|| named(sqlx::migrate!("migrations/sqlite")));
static POSTGRES: LazyLock<Migrator> =
    LazyLock::new(|| named(sqlx::migrate!("migrations/postgres")));

fn named(mut migrator: Migrator) -> Migrator {
    migrator.dangerous_set_table_name(TABLE);
    migrator.set_locking(false);
    migrator
}

/// Why the schema cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The database knows a migration that this version does not.
    #[error(
        "the database was made by a newer version of Hallpass (it has migration {0}, which this version does not know); run that version or a later one"
    )]
    Newer(i64),
    /// A migration in the database is not the one of this version.
    #[error(
        "migration {0} in the database differs from the one in this version of Hallpass; the database was changed by hand or made by a build that was never released"
    )]
    Changed(i64),
    /// The database cannot be reached, or a statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SchemaError {
    /// Whether the database is away, so that the same call may succeed later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }

    /// Whether the database kept us waiting, which passes: SQLite does while
    /// another process holds its file, as the first of several servers that
    /// start together.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_busy())
    }
}

/// The file of the database could not be made.
impl From<io::Error> for SchemaError {
    fn from(error: io::Error) -> Self {
        Self::Store(StoreError::new("make file", &sqlx::Error::Io(error)))
    }
}

impl From<MigrateError> for SchemaError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::VersionMismatch(version) => Self::Changed(version),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::Store(StoreError::new("migrate", &error))
            }
            other => Self::Store(StoreError::new(
                "migrate",
                &sqlx::Error::AnyDriverError(other.into()),
            )),
        }
    }
}

/// One migration, and whether the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Its number.
    pub version: i64,
    /// What it makes.
    pub name: String,
    /// Whether it stands in the database.
    pub state: MigrationState,
}

/// Whether the database has a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationState {
    /// The database has it.
    Applied,
    /// It would be applied next.
    Pending,
}

impl Db {
    /// Applies what is missing. Servers that start together do it once: the
    /// others wait for the lock and then find nothing left to do.
    pub(crate) async fn migrate(&self) -> Result<(), SchemaError> {
        // A connection of its own: a lock that an error leaves behind is gone
        // with it. Not bounded in time, since a migration may be long.
        match self {
            Self::Sqlite(db) => {
                let options = db.readers.connect_options();
                let options = (*options).clone().pragma("query_only", "off");
                let connect = bounded(db.limit(), "connect", options.connect());
                let mut connection = connect.await?;
                // sqlx takes no lock on SQLite; this transaction is the lock.
                let begin = connection.begin_with("begin immediate");
                let mut tx = begin
                    .await
                    .map_err(|error| StoreError::new("migrate", &error))?;
                SQLITE.run_direct(None, &mut *tx, false).await?;
                tx.commit()
                    .await
                    .map_err(|error| StoreError::new("migrate", &error))?;
                // Or a process that ends now leaves its changes in the journal,
                // where a copy of the file would miss them.
                bounded(db.limit(), "close", connection.close()).await?;
            }
            Self::Postgres(db) => {
                let mut connection = db.connect().await?;
                // Not sqlx's lock, which is the session's: behind a pooler that
                // gives each transaction another session it would stay.
                let begin = connection.begin().await;
                let mut tx = begin.map_err(|error| StoreError::new("migrate", &error))?;
                let lock = sqlx::query(LOCK).execute(&mut *tx).await;
                lock.map_err(|error| StoreError::new("migrate", &error))?;
                POSTGRES.run_direct(None, &mut *tx, false).await?;
                // Nor its prepared statements, which are the session's too.
                let clear = tx.clear_cached_statements().await;
                clear.map_err(|error| StoreError::new("migrate", &error))?;
                let commit = tx.commit().await;
                commit.map_err(|error| StoreError::new("migrate", &error))?;
                // Or it is still counted when the pool wants its own.
                bounded(db.limit(), "close", connection.close()).await?;
            }
        }
        Ok(())
    }

    /// Every migration of this version and whether the database has it.
    pub(crate) async fn migrations(&self) -> Result<Vec<MigrationStatus>, SchemaError> {
        let applied = self.applied().await?;
        let known = self.migrator();
        if let Some((version, _)) = applied
            .iter()
            .find(|(version, _)| !known.version_exists(*version))
        {
            return Err(SchemaError::Newer(*version));
        }
        let mut all = Vec::new();
        for migration in known.iter() {
            let found = applied
                .iter()
                .find(|(version, _)| *version == migration.version);
            if found.is_some_and(|(_, checksum)| *checksum != *migration.checksum) {
                return Err(SchemaError::Changed(migration.version));
            }
            let state = if found.is_some() {
                MigrationState::Applied
            } else {
                MigrationState::Pending
            };
            let name = migration.description.to_string();
            all.push(MigrationStatus {
                version: migration.version,
                name,
                state,
            });
        }
        Ok(all)
    }

    fn migrator(&self) -> &'static Migrator {
        match self {
            Self::Sqlite(_) => &SQLITE,
            Self::Postgres(_) => &POSTGRES,
        }
    }

    async fn applied(&self) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        let table = super::read!(self, "migrations table", |connection| {
            sqlx::query_scalar::<_, i64>(self.table_exists()).fetch_one(connection)
        })?;
        if table == 0 {
            return Ok(Vec::new());
        }
        super::read!(self, "migrations applied", |connection| {
            sqlx::query_as(APPLIED).fetch_all(connection)
        })
    }

    fn table_exists(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => {
                "select count(*) from sqlite_schema where type = 'table' and name = 'hallpass_migrations'"
            }
            Self::Postgres(_) => {
                "select count(*) from pg_catalog.pg_class where oid = to_regclass('hallpass_migrations')"
            }
        }
    }
}

/// Any number, the same for all; this one spells "hallpass".
const LOCK: &str = "select pg_advisory_xact_lock(7521983763894432627)";

const APPLIED: &str = "select version, checksum from hallpass_migrations order by version";
