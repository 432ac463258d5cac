//! The rows of `users`, without the password hash, which belongs to its method.

use super::{NewUser, User, UserChanges, UserId};
use crate::clock::Timestamp;
use crate::db::{self, Db, StoreError, Tx};
use crate::email::{EmailAddress, EmailKey};

const INSERT: &str = "
    insert into users (id, email, email_key, name, image, password_hash, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $7)
    on conflict (email_key) do nothing
    returning id, email, name, image, created_at, updated_at";

const BY_ID: &str = "
    select id, email, name, image, created_at, updated_at from users where id = $1";

/// As many as [`AT_ONCE`].
const BY_IDS: &str = "
    select id, email, name, image, created_at, updated_at from users
    where id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
        $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)";

const BY_EMAIL: &str = "
    select id, email, name, image, created_at, updated_at, email_key from users
    where email_key in ($1, $2)";

/// Not to a key that another account has: that is a conflict of its own.
const RENEW_KEY: &str = "
    update users set email_key = $3, updated_at = $4
    where id = $1 and email_key = $2
        and not exists (select 1 from users where email_key = $3)";

const LIST: &str = "
    select id, email, name, image, created_at, updated_at from users
    where id > $1 order by id limit $2";

const CHANGE: &str = "
    update users set
        name = case when $2 then $3 else name end,
        image = case when $4 then $5 else image end,
        updated_at = $6
    where id = $1
    returning id, email, name, image, created_at, updated_at";

const DELETE: &str = "
    delete from users where id = $1 returning id";

/// How many accounts one statement looks for.
pub(super) const AT_ONCE: usize = 32;

pub(super) struct NewRow<'a> {
    pub(super) id: UserId,
    pub(super) new: &'a NewUser,
    pub(super) now: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(super) struct KeyedRow {
    #[sqlx(flatten)]
    pub(super) user: User,
    pub(super) email_key: String,
}

impl KeyedRow {
    /// The key by which the account is compared today.
    pub(super) fn key(&self) -> EmailKey {
        EmailKey::of_stored(&self.user.email, self.email_key.clone())
    }
}

/// `None`: the address is taken.
pub(super) async fn insert(tx: &mut Tx, row: &NewRow<'_>) -> Result<Option<User>, StoreError> {
    db::write!(tx, "user insert", |connection| {
        sqlx::query_as(INSERT)
            .bind(row.id)
            .bind(row.new.email.as_str())
            .bind(row.new.email.key().as_str())
            .bind(row.new.name.as_ref().map(super::DisplayName::as_str))
            .bind(row.new.image.as_ref().map(super::ImageUrl::as_str))
            .bind(row.new.password_hash.expose())
            .bind(row.now)
            .fetch_optional(connection)
    })
}

pub(super) async fn by_id(db: &Db, id: UserId) -> Result<Option<User>, StoreError> {
    db::read!(db, "user by id", |connection| {
        sqlx::query_as(BY_ID).bind(id).fetch_optional(connection)
    })
}

/// Those that are there, in no order. An identity may be named twice.
pub(super) async fn by_ids(db: &Db, ids: &[UserId; AT_ONCE]) -> Result<Vec<User>, StoreError> {
    db::read!(db, "users by id", |connection| {
        let mut statement = sqlx::query_as(BY_IDS);
        for id in ids {
            statement = statement.bind(*id);
        }
        statement.fetch_all(connection)
    })
}

pub(super) async fn by_email(db: &Db, email: &EmailAddress) -> Result<Option<User>, StoreError> {
    let rows: Vec<KeyedRow> = db::read!(db, "user by e-mail", |connection| {
        sqlx::query_as(BY_EMAIL)
            .bind(email.key().as_str())
            .bind(email.earlier_key().as_str())
            .fetch_all(connection)
    })?;
    let own = rows.into_iter().find(|row| row.key() == *email.key());
    Ok(own.map(|row| row.user))
}

/// Those that are stored under a key of this address, now or earlier: its own
/// account, and one whose address had the same key.
pub(super) async fn under_keys_of(
    tx: &mut Tx,
    email: &EmailAddress,
) -> Result<Vec<KeyedRow>, StoreError> {
    db::write!(tx, "users by key", |connection| {
        sqlx::query_as(BY_EMAIL)
            .bind(email.key().as_str())
            .bind(email.earlier_key().as_str())
            .fetch_all(connection)
    })
}

pub(super) async fn renew_key(
    tx: &mut Tx,
    row: &KeyedRow,
    key: &EmailKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    db::write!(tx, "user key", |connection| async {
        let statement = sqlx::query(RENEW_KEY)
            .bind(row.user.id)
            .bind(row.email_key.as_str())
            .bind(key.as_str())
            .bind(now);
        statement.execute(connection).await.map(|_| ())
    })
}

pub(super) async fn list(db: &Db, after: UserId, limit: i64) -> Result<Vec<User>, StoreError> {
    db::read!(db, "user list", |connection| {
        sqlx::query_as(LIST)
            .bind(after)
            .bind(limit)
            .fetch_all(connection)
    })
}

pub(super) async fn change(
    tx: &mut Tx,
    id: UserId,
    changes: &UserChanges,
    now: Timestamp,
) -> Result<Option<User>, StoreError> {
    let name = changes.name.value().map(super::DisplayName::as_str);
    let image = changes.image.value().map(super::ImageUrl::as_str);
    db::write!(tx, "user change", |connection| {
        sqlx::query_as(CHANGE)
            .bind(id)
            .bind(!changes.name.is_kept())
            .bind(name)
            .bind(!changes.image.is_kept())
            .bind(image)
            .bind(now)
            .fetch_optional(connection)
    })
}

pub(super) async fn delete(tx: &mut Tx, id: UserId) -> Result<Option<UserId>, StoreError> {
    db::write!(tx, "user delete", |connection| {
        sqlx::query_scalar(DELETE)
            .bind(id)
            .fetch_optional(connection)
    })
}
