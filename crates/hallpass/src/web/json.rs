//! JSON bodies: every fault of every field found at once.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use secrecy::SecretString;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{body, content};
use crate::error::{Broken, Error, Faults, FieldFault};

/// A JSON object whose fields are each a [`Field`].
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let bytes = body::read(request, "application/json").await?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let text = well_formed(bytes)?;
    if Kind::of(text) != Kind::Object {
        return Err(Error::Invalid(vec![FieldFault::of_body(
            Broken::NotAnObject,
        )]));
    }
    fields(text)
}

/// JSON is UTF-8 as a whole and correct to its end (RFC 8259, section 8.1),
/// also where nobody reads it, before its fields are looked at. It is returned
/// without the mark that may stand before it.
pub(crate) fn well_formed(bytes: &[u8]) -> Result<&str, Error> {
    let bytes = content::without_mark(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| Error::MalformedJson)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| Error::MalformedJson)?;
    Ok(text)
}

/// The fields of a text that is an object: serde would read an array as the
/// fields in their order.
pub(crate) fn fields<T: DeserializeOwned>(object: &str) -> Result<T, Error> {
    // Our fields take any value. What is left is a field that stands there
    // twice, of which nobody can say which one is meant, and half a surrogate.
    serde_json::from_str(object).map_err(|_| Error::MalformedJson)
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    Text,
    Array,
    Object,
}

impl Kind {
    /// Of a well-formed text: its first sign tells.
    pub(crate) fn of(text: &str) -> Self {
        match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::Text,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }
}

/// What a field may hold.
pub(crate) trait Scalar: Sized {
    /// What it is in JSON.
    const KIND: Kind;

    fn of_text(_: &str) -> Option<Self> {
        None
    }

    fn of_boolean(_: bool) -> Option<Self> {
        None
    }
}

impl Scalar for String {
    const KIND: Kind = Kind::Text;

    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// A password never passes through a bare `String` of ours.
impl Scalar for SecretString {
    const KIND: Kind = Kind::Text;

    fn of_text(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl Scalar for bool {
    const KIND: Kind = Kind::Boolean;

    fn of_boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

/// A field that should hold a `T`, and what stood there instead.
///
/// It deserialises from anything, straight into the type that holds it.
#[derive(Default)]
pub(crate) enum Field<T> {
    #[default]
    Missing,
    Other(Kind),
    Value(T),
}

impl<T> Field<T> {
    /// The text, or a fault: the field must be there.
    pub(crate) fn required(self, name: &'static str, faults: &mut Faults) -> Option<T> {
        let outcome = match self {
            Self::Value(text) => Ok(text),
            Self::Missing => Err(FieldFault::new(name, Broken::Missing)),
            Self::Other(_) => Err(not_text(name)),
        };
        faults.keep(outcome)
    }

    /// The text if there is one; a fault if there is something else.
    pub(crate) fn optional(self, name: &'static str, faults: &mut Faults) -> Option<T> {
        match self {
            Self::Value(text) => Some(text),
            Self::Missing | Self::Other(Kind::Null) => None,
            Self::Other(_) => {
                faults.push(not_text(name));
                None
            }
        }
    }
}

impl Field<String> {
    /// A copy of the text, if there is one.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Value(text) => Some(text.clone()),
            Self::Missing | Self::Other(_) => None,
        }
    }
}

fn not_text(name: &'static str) -> FieldFault {
    FieldFault::new(name, Broken::NotText)
}

impl<'de, T: Scalar> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfAnything(PhantomData))
    }
}

struct OfAnything<T>(PhantomData<T>);

impl<'de, T: Scalar> Visitor<'de> for OfAnything<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(T::of_text(text).map_or(Field::Other(Kind::Text), Field::Value))
    }

    fn visit_unit<E>(self) -> Result<Field<T>, E> {
        Ok(Field::Other(Kind::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field<T>, E> {
        Ok(T::of_boolean(value).map_or(Field::Other(Kind::Boolean), Field::Value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field<T>, E> {
        Ok(Field::Other(Kind::Number))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Field<T>, E> {
        Ok(Field::Other(Kind::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<T>, E> {
        Ok(Field::Other(Kind::Number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other(Kind::Array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other(Kind::Object))
    }
}
