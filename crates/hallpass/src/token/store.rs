//! The rows of `signing_keys`.

use crate::clock::Timestamp;
use crate::db::{self, Db, StoreError, Tx};

/// Those that are not retired.
const LIVE: &str = "
    select id, algorithm, generation, public_key, sealed_private_key, created_at, signs_from
    from signing_keys where retired_at is null
    order by signs_from, generation";

/// Since when there are any at all, the retired ones among them.
const BEGAN: &str = "
    select min(signs_from) from signing_keys";

/// A further key, or nothing when another server made one at the same moment.
/// Where only the first is wanted ($7) and there is a live one, its number is
/// taken, so that nothing is added either.
const ADD: &str = "
    insert into signing_keys
        (id, algorithm, generation, public_key, sealed_private_key, created_at, signs_from)
    values ($1, $2, (
        select case when $7 and count(case when retired_at is null then 1 end) > 0
            then max(generation) else coalesce(max(generation), 0) + 1 end
        from signing_keys where algorithm = $2
    ), $3, $4, $5, $6)
    on conflict (algorithm, generation) do nothing
    returning id";

const RETIRE: &str = "
    update signing_keys set retired_at = $2, sealed_private_key = null
    where id = $1 and retired_at is null
    returning id";

/// Unless somebody else was quicker.
const RESEAL: &str = "
    update signing_keys set sealed_private_key = $3
    where id = $1 and sealed_private_key = $2";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) algorithm: String,
    pub(super) generation: i64,
    pub(super) public_key: Vec<u8>,
    pub(super) sealed_private_key: Option<Vec<u8>>,
    pub(super) created_at: Timestamp,
    pub(super) signs_from: Timestamp,
}

/// A key to be kept.
pub(super) struct NewRow {
    pub(super) id: String,
    pub(super) algorithm: &'static str,
    pub(super) public_key: Vec<u8>,
    pub(super) sealed_private_key: Vec<u8>,
    pub(super) created_at: Timestamp,
    pub(super) signs_from: Timestamp,
}

pub(super) async fn live(db: &Db) -> Result<Vec<Row>, StoreError> {
    db::read!(db, "signing keys", |connection| {
        sqlx::query_as(LIVE).fetch_all(connection)
    })
}

pub(super) async fn began(db: &Db) -> Result<Option<Timestamp>, StoreError> {
    db::read!(db, "signing keys began", |connection| {
        sqlx::query_scalar(BEGAN).fetch_one(connection)
    })
}

/// Whether it was added. With `only_first` it is not where there is a live key
/// of its algorithm.
pub(super) async fn add(tx: &mut Tx, row: &NewRow, only_first: bool) -> Result<bool, StoreError> {
    let id: Option<String> = db::write!(tx, "signing key insert", |connection| {
        sqlx::query_scalar(ADD)
            .bind(&row.id)
            .bind(row.algorithm)
            .bind(&row.public_key)
            .bind(&row.sealed_private_key)
            .bind(row.created_at)
            .bind(row.signs_from)
            .bind(only_first)
            .fetch_optional(connection)
    })?;
    Ok(id.is_some())
}

/// Whether there was such a live key.
pub(super) async fn retire(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let id: Option<String> = db::write!(tx, "signing key retire", |connection| {
        sqlx::query_scalar(RETIRE)
            .bind(id)
            .bind(now)
            .fetch_optional(connection)
    })?;
    Ok(id.is_some())
}

pub(super) async fn reseal(
    tx: &mut Tx,
    id: &str,
    before: &[u8],
    after: &[u8],
) -> Result<(), StoreError> {
    db::write!(tx, "signing key reseal", |connection| async {
        sqlx::query(RESEAL)
            .bind(id)
            .bind(before)
            .bind(after)
            .execute(connection)
            .await
            .map(|_| ())
    })
}
