//! The rows of `signing_keys` and `signing_eras`.

use crate::clock::Timestamp;
use crate::db::{self, Db, StoreError, Tx};

const ALL: &str = "
    select id, algorithm, generation, public_key, sealed_private_key, created_at, signs_from,
        retired_at
    from signing_keys order by signs_from, generation";

/// What servers sign by, and since when, and whether the secret signed in any
/// period before.
const ERA: &str = "
    select by_keys, began_at, exists (
        select 1 from signing_eras as earlier
        where not earlier.by_keys and earlier.generation < signing_eras.generation
    ) as after_secret
    from signing_eras order by generation desc limit 1";

/// A new era, unless the current one is of this kind: its number is taken then,
/// so that nothing is added. Nothing either when another server was quicker.
const BEGIN_ERA: &str = "
    insert into signing_eras (generation, by_keys, began_at)
    values ((
        select case when max(case when by_keys = $1 then generation else 0 end) = max(generation)
            then max(generation) else coalesce(max(generation), 0) + 1 end
        from signing_eras
    ), $1, $2)
    on conflict (generation) do nothing
    returning generation";

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
    pub(super) retired_at: Option<Timestamp>,
}

/// What servers sign by, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Era {
    pub(super) by_keys: bool,
    pub(super) began_at: Timestamp,
    /// Whether the secret signed in any period before this one.
    pub(super) after_secret: bool,
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

pub(super) async fn all(db: &Db) -> Result<Vec<Row>, StoreError> {
    db::read!(db, "signing keys", |connection| {
        sqlx::query_as(ALL).fetch_all(connection)
    })
}

pub(super) async fn era(db: &Db) -> Result<Option<Era>, StoreError> {
    db::read!(db, "signing era", |connection| {
        sqlx::query_as(ERA).fetch_optional(connection)
    })
}

/// Whether it was added.
pub(super) async fn begin_era(
    tx: &mut Tx,
    by_keys: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let generation: Option<i64> = db::write!(tx, "signing era begins", |connection| {
        sqlx::query_scalar(BEGIN_ERA)
            .bind(by_keys)
            .bind(now)
            .fetch_optional(connection)
    })?;
    Ok(generation.is_some())
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
