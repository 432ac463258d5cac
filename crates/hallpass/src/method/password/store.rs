//! The `password_hash` column of `users`, and the account that goes with it.

use crate::clock::Timestamp;
use crate::db::{self, Db, StoreError, Tx};
use crate::email::{EmailAddress, EmailKey};
use crate::secret::PasswordHash;
use crate::user::{User, UserId};

const BY_EMAIL: &str = "
    select id, email, name, image, created_at, updated_at, email_key, password_hash from users
    where email_key in ($1, $2)";

const UPGRADE_HASH: &str = "
    update users set password_hash = $3, updated_at = $4 where id = $1 and password_hash = $2";

const SET_HASH: &str = "
    update users set password_hash = $2, updated_at = $3 where id = $1 returning id";

/// As many as [`PIECE`].
const HASHES: &str = "
    select id, password_hash from users where id > $1 order by id limit 1000";

/// How many hashes one statement reads.
pub(super) const PIECE: usize = 1000;

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    user: User,
    email_key: String,
    password_hash: Option<String>,
}

pub(super) struct Found {
    pub(super) user: User,
    pub(super) password_hash: Option<PasswordHash>,
}

pub(super) async fn by_email(db: &Db, email: &EmailAddress) -> Result<Option<Found>, StoreError> {
    let rows: Vec<Row> = db::read!(db, "password by e-mail", |connection| {
        sqlx::query_as(BY_EMAIL)
            .bind(email.key().as_str())
            .bind(email.earlier_key().as_str())
            .fetch_all(connection)
    })?;
    let own = rows
        .into_iter()
        .find(|row| EmailKey::of_stored(&row.user.email, row.email_key.clone()) == *email.key());
    Ok(own.map(|row| Found {
        user: row.user,
        password_hash: row.password_hash.map(PasswordHash::new),
    }))
}

/// The hash that was verified, and the one to keep in its place.
pub(super) struct Upgrade<'a> {
    pub(super) old: &'a PasswordHash,
    pub(super) new: &'a PasswordHash,
    pub(super) now: Timestamp,
}

pub(super) async fn upgrade_hash(
    tx: &mut Tx,
    id: UserId,
    upgrade: Upgrade<'_>,
) -> Result<(), StoreError> {
    db::write!(tx, "password upgrade", |connection| async {
        let (old, new) = (upgrade.old.expose(), upgrade.new.expose());
        let statement = sqlx::query(UPGRADE_HASH)
            .bind(id)
            .bind(old)
            .bind(new)
            .bind(upgrade.now);
        statement.execute(connection).await.map(|_| ())
    })
}

pub(super) async fn set_hash(
    tx: &mut Tx,
    id: UserId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<Option<UserId>, StoreError> {
    db::write!(tx, "password set", |connection| {
        sqlx::query_scalar(SET_HASH)
            .bind(id)
            .bind(hash.expose())
            .bind(now)
            .fetch_optional(connection)
    })
}

#[derive(sqlx::FromRow)]
pub(super) struct HashRow {
    pub(super) id: UserId,
    password_hash: Option<String>,
}

impl HashRow {
    pub(super) fn password_hash(self) -> Option<PasswordHash> {
        self.password_hash.map(PasswordHash::new)
    }
}

/// The hashes of up to [`PIECE`] accounts after `after`, in the order in which
/// the accounts were made.
pub(super) async fn hashes(db: &Db, after: UserId) -> Result<Vec<HashRow>, StoreError> {
    db::read!(db, "password hashes", |connection| {
        sqlx::query_as(HASHES).bind(after).fetch_all(connection)
    })
}
