//! Who owns the rows, as the column holds it.

use std::fmt::Write as _;

use hallpass_verify::CurrentUser;
use uuid::Uuid;

use crate::error::Error;

/// What the owner columns hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OwnerKind {
    #[default]
    Uuid,
    Text,
}

/// An owner that a column can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Uuid(Uuid),
    Text(String),
}

impl Owner {
    pub(crate) fn of(user: &CurrentUser, kind: OwnerKind) -> Result<Self, Error> {
        let subject = user.claims().sub.as_str();
        match kind {
            // One spelling for one user, as Hallpass issues it: no braces, no `urn:uuid:`.
            OwnerKind::Uuid => Uuid::try_parse(subject)
                .ok()
                .filter(|id| id.hyphenated().to_string() == subject)
                .map(Self::Uuid)
                .ok_or(Error::NotAnOwner),
            OwnerKind::Text if subject.is_empty() || subject.contains('\0') => {
                Err(Error::NotAnOwner)
            }
            OwnerKind::Text => Ok(Self::Text(subject.to_owned())),
        }
    }

    /// What begins a transaction of PostgreSQL for this owner, who is treated as
    /// hostile: in hexadecimal digits there is nothing to escape. It holds until
    /// the transaction ends (`true`), so that a pooler in transaction mode hands
    /// on nothing.
    pub(crate) fn begin_sql(&self) -> String {
        format!(
            "begin; select pg_catalog.set_config('hallpass.user_id', \
             pg_catalog.convert_from(pg_catalog.decode('{}', 'hex'), 'UTF8'), true)",
            self.in_hex()
        )
    }

    /// Its text in hexadecimal digits. Between quotes nothing of it can be read
    /// as SQL, whatever `standard_conforming_strings` says and whatever a
    /// subject holds.
    fn in_hex(&self) -> String {
        let text = match self {
            Self::Uuid(id) => id.to_string(),
            Self::Text(text) => text.clone(),
        };
        let mut hex = String::with_capacity(text.len() * 2);
        for byte in text.bytes() {
            // Writing into a `String` cannot fail.
            let _infallible = write!(hex, "{byte:02x}");
        }
        hex
    }
}
