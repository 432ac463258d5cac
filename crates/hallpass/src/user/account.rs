//! An account and its identity, as they are stored and shown.

use std::fmt;

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::secret::random_bytes;

/// The identity of an account: a UUID of version 7 (RFC 9562), never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct UserId(Uuid);

impl UserId {
    /// Sorts before every identity that is given out.
    pub(crate) const BEFORE_ALL: Self = Self(Uuid::nil());

    /// A fresh one, made of the time and 74 random bits.
    pub(crate) fn generate(now: Timestamp) -> Result<Self, Error> {
        let millis = u64::try_from(now.unix_micros() / 1_000).unwrap_or(0);
        let random = random_bytes::<10>()?;
        Ok(Self(
            uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
        ))
    }

    /// Reads the hyphenated form, and no other that `Uuid` knows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hyphenated = text.len() == 36;
        hyphenated
            .then(|| Uuid::try_parse(text).ok())
            .flatten()
            .map(Self)
    }

    /// The UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A person's account, without what proves it is theirs.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
#[non_exhaustive]
pub struct User {
    /// The account's identity.
    pub id: UserId,
    /// The address as it was typed at registration.
    pub email: String,
    /// What to call them.
    pub name: Option<String>,
    /// Where a picture of them is: a URL, or a path on the site that shows it.
    pub image: Option<String>,
    /// When they registered.
    pub created_at: Timestamp,
    /// When the account last changed.
    pub updated_at: Timestamp,
}

/// Shows the identity alone: the rest is personal data.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", self.id)
    }
}
