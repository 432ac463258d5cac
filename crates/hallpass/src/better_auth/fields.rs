//! What a body's fields must be, and how Better Auth says that they are not:
//! with the words of its schema library.

use serde::de::DeserializeOwned;

use super::refusal::Refusal;
use crate::web::json::{Field, Kind, Scalar};

/// A body's fields, before they are looked at.
pub(super) trait Fields: DeserializeOwned {
    /// Whether a form is taken too.
    const FORM: bool = false;
}

/// What came as a body.
pub(super) enum Received<T> {
    /// The fields of an object.
    Fields(T),
    /// No body at all.
    Nothing,
    Other(Kind),
}

impl<T> Received<T> {
    /// The fields: there must be a body, and it must be an object.
    pub(super) fn required(self) -> Result<T, Refusal> {
        self.or_not(Kind::Object.name())
    }

    /// As [`required`](Self::required), where any key may stand in it.
    pub(super) fn record(self) -> Result<T, Refusal> {
        self.or_not("record")
    }

    fn or_not(self, expected: &str) -> Result<T, Refusal> {
        let received = match self {
            Self::Fields(fields) => return Ok(fields),
            Self::Nothing => UNDEFINED,
            Self::Other(kind) => kind.name(),
        };
        let fault = format!("[body] {}", mismatch(expected, received));
        Err(Refusal::validation(&[fault]))
    }

    /// The fields, if there is a body.
    pub(super) fn optional(self) -> Result<Option<T>, Refusal> {
        match self {
            Self::Nothing => Ok(None),
            body => body.required().map(Some),
        }
    }
}

const UNDEFINED: &str = "undefined";

fn mismatch(expected: &str, received: &str) -> String {
    format!("Invalid input: expected {expected}, received {received}")
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Text => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// Gathers the faults of a body in the order of its fields.
#[derive(Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    pub(super) fn required<T: Scalar>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Value(value) => Some(value),
            Field::Missing => self.mismatch::<T>(name, UNDEFINED),
            Field::Other(kind) => self.mismatch::<T>(name, kind.name()),
        }
    }

    pub(super) fn optional<T: Scalar>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Missing => None,
            field => self.required(name, field),
        }
    }

    fn mismatch<T: Scalar>(&mut self, name: &str, received: &str) -> Option<T> {
        self.push(name, &mismatch(T::KIND.name(), received));
        None
    }

    pub(super) fn push(&mut self, name: &str, reason: &str) {
        self.0.push(format!("[body.{name}] {reason}"));
    }

    /// What was read, unless there are faults.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Refusal> {
        read.filter(|_| self.0.is_empty())
            .ok_or_else(|| Refusal::validation(&self.0))
    }
}
