//! The people: who they are, and what they may change of it.

mod account;
mod image;
mod lookup;
pub(crate) mod pages;
mod store;
pub(crate) mod web;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use self::account::{User, UserId};
pub use self::image::{ImageUrl, InvalidImage};
pub(crate) use self::lookup::Lookup;
use crate::characters;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::email::EmailAddress;
use crate::error::{Error, FieldFault};
use crate::hallpass::Hallpass;
use crate::secret::PasswordHash;

/// What a person wants to be called: 1 to 255 code points without control
/// characters, in normalisation form C, of which a reader sees at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

/// Why a text is not a [`DisplayName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvalidName {
    /// More than 255 code points.
    #[error("The name must have at most 255 characters.")]
    TooLong,
    /// It holds a line break, a NUL or the like.
    #[error("The name must not hold control characters.")]
    ControlCharacter,
}

impl InvalidName {
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::TooLong => "string_too_long",
            Self::ControlCharacter => "value_error",
        }
    }
}

impl DisplayName {
    /// The longest name, in code points.
    pub const MAX_CODE_POINTS: usize = 255;

    /// Trims and normalises. A text of white space and invisible characters is no
    /// name: `None`.
    ///
    /// # Errors
    /// [`InvalidName`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidName> {
        let name: String = text.trim().nfc().collect();
        if name.chars().count() > Self::MAX_CODE_POINTS {
            return Err(InvalidName::TooLong);
        }
        if name.chars().any(char::is_control) {
            return Err(InvalidName::ControlCharacter);
        }
        let is_blank = characters::trim(&name).is_empty();
        Ok((!is_blank).then_some(Self(name)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name somebody typed, if any, or the fault in it.
pub(crate) fn parse_name(typed: Option<&str>) -> Result<Option<DisplayName>, FieldFault> {
    let parsed = typed.map(DisplayName::parse).transpose();
    parsed
        .map(Option::flatten)
        .map_err(|invalid| FieldFault::new("name", invalid))
}

/// The picture somebody named, if any, or the fault in it.
pub(crate) fn parse_image(typed: Option<&str>) -> Result<Option<ImageUrl>, FieldFault> {
    let parsed = typed.map(ImageUrl::parse).transpose();
    parsed
        .map(Option::flatten)
        .map_err(|invalid| FieldFault::new("image", invalid))
}

/// What becomes of something that an account has or has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever handles a change handles all there is"
)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Remove,
    /// It is this from now on.
    Set(T),
}

impl<T> Change<T> {
    /// The new value, if there is one.
    pub(crate) const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Remove => None,
        }
    }

    pub(crate) const fn is_kept(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// A value to set, or none, which takes away what is there.
impl<T> From<Option<T>> for Change<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Remove, Self::Set)
    }
}

/// What changes of an account: nothing, unless it is said.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a caller writes what changes, and the rest as its default"
)]
pub struct UserChanges {
    /// What to call them.
    pub name: Change<DisplayName>,
    /// Where a picture of them is.
    pub image: Change<ImageUrl>,
}

/// An account about to be made.
pub(crate) struct NewUser {
    pub(crate) email: EmailAddress,
    pub(crate) name: Option<DisplayName>,
    pub(crate) image: Option<ImageUrl>,
    pub(crate) password_hash: PasswordHash,
}

/// Makes an account. When the address is taken, by whatever spelling, the
/// database says so in the same statement: there is no moment between looking
/// and inserting.
pub(crate) async fn create(hallpass: &Hallpass, new: NewUser) -> Result<User, Error> {
    let now = hallpass.now();
    let row = store::NewRow {
        id: UserId::generate(now)?,
        new: &new,
        now,
    };
    let mut tx = hallpass.db().begin().await?;
    renew_keys(&mut tx, &new.email, now).await?;
    let inserted = store::insert(&mut tx, &row).await?;
    tx.commit().await?;
    inserted.ok_or(Error::RegistrationRefused)
}

/// Gives accounts that have an earlier key of this address their key of today,
/// so that the unique column compares by one rule.
async fn renew_keys(tx: &mut Tx, email: &EmailAddress, now: Timestamp) -> Result<(), Error> {
    for row in store::under_keys_of(tx, email).await? {
        let key = row.key();
        if key.as_str() != row.email_key {
            store::renew_key(tx, &row, &key, now).await?;
        }
    }
    Ok(())
}

/// The account, if it is still there.
pub(crate) async fn find(hallpass: &Hallpass, id: UserId) -> Result<Option<User>, Error> {
    hallpass.lookup().find(id).await
}

/// The account of an address.
pub(crate) async fn find_by_email(
    hallpass: &Hallpass,
    email: &EmailAddress,
) -> Result<Option<User>, Error> {
    Ok(store::by_email(hallpass.db(), email).await?)
}

/// Up to `limit` accounts after `after`, in the order in which they were made.
pub(crate) async fn list(
    hallpass: &Hallpass,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<User>, Error> {
    let after = after.unwrap_or(UserId::BEFORE_ALL);
    Ok(store::list(hallpass.db(), after, i64::from(limit)).await?)
}

/// Makes all of the changes or none.
pub(crate) async fn change(
    hallpass: &Hallpass,
    id: UserId,
    changes: &UserChanges,
) -> Result<User, Error> {
    let mut tx = hallpass.db().begin().await?;
    let user = store::change(&mut tx, id, changes, hallpass.now()).await?;
    tx.commit().await?;
    user.ok_or(Error::NotFound)
}

/// Deletes the account. Its tokens are refused from then on wherever the
/// account is looked up.
pub(crate) async fn delete(hallpass: &Hallpass, id: UserId) -> Result<(), Error> {
    let mut tx = hallpass.db().begin().await?;
    let deleted = store::delete(&mut tx, id).await?;
    tx.commit().await?;
    deleted.map(|_| ()).ok_or(Error::NotFound)
}
