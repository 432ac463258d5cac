//! JSON bodies: every fault of every field found at once.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::body;
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

/// JSON is UTF-8 as a whole and correct to its end (RFC 8259, section 8.1),
/// also where nobody reads it, before its fields are looked at.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::MalformedJson)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| Error::MalformedJson)?;
    // serde would read an array as the fields in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Error::Invalid(vec![FieldFault::of_body(
            Broken::NotAnObject,
        )]));
    }
    // Our fields take any value. What is left is a field that stands there
    // twice, of which nobody can say which one is meant, and half a surrogate.
    serde_json::from_str(text).map_err(|_| Error::MalformedJson)
}

/// A field that should be a string, and what stood there instead.
///
/// It deserialises from anything, straight into the type that holds it (a
/// password never passes through a bare `String` of ours).
#[derive(Default)]
pub(crate) enum Field<T> {
    #[default]
    Missing,
    Null,
    NotText,
    Text(T),
}

impl<T> Field<T> {
    /// The text, or a fault: the field must be there.
    pub(crate) fn required(self, name: &'static str, faults: &mut Faults) -> Option<T> {
        let outcome = match self {
            Self::Text(text) => Ok(text),
            Self::Missing => Err(FieldFault::new(name, Broken::Missing)),
            Self::Null | Self::NotText => Err(not_text(name)),
        };
        faults.keep(outcome)
    }

    /// The text if there is one; a fault if there is something else.
    pub(crate) fn optional(self, name: &'static str, faults: &mut Faults) -> Option<T> {
        match self {
            Self::Text(text) => Some(text),
            Self::Missing | Self::Null => None,
            Self::NotText => {
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
            Self::Text(text) => Some(text.clone()),
            Self::Missing | Self::Null | Self::NotText => None,
        }
    }
}

fn not_text(name: &'static str) -> FieldFault {
    FieldFault::new(name, Broken::NotText)
}

impl<'de, T: for<'a> From<&'a str>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfAnything(PhantomData))
    }
}

struct OfAnything<T>(PhantomData<T>);

impl<'de, T: for<'a> From<&'a str>> Visitor<'de> for OfAnything<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(Field::Text(T::from(text)))
    }

    fn visit_unit<E>(self) -> Result<Field<T>, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field<T>, E> {
        Ok(Field::NotText)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field<T>, E> {
        Ok(Field::NotText)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Field<T>, E> {
        Ok(Field::NotText)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<T>, E> {
        Ok(Field::NotText)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::NotText)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::NotText)
    }
}
