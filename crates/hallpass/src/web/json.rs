//! JSON bodies: read with a limit of size and time, and every fault of every
//! field found at once.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::{Error, Faults, FieldFault};

/// The largest body that is read, in bytes.
const LIMIT: usize = 64 * 1024;

/// A body that trickles is a way to hold a server's memory (Slowloris).
const TIME_TO_ARRIVE: Duration = Duration::from_secs(10);

/// A JSON object whose fields are each a [`Field`].
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(Error::UnsupportedMediaType);
        }
        let reading = tokio::time::timeout(TIME_TO_ARRIVE, read(request.into_body()));
        let bytes = reading.await.map_err(|_| Error::RequestTimeout)??;
        parse(&bytes).map(Self)
    }
}

/// `application/json`, with parameters or without, once.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = only.to_str().ok().and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(body: Body) -> Result<Bytes, Error> {
    match Limited::new(body, LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::BodyTooLarge { limit: LIMIT }),
        // The connection broke off, so nobody reads the answer.
        Err(_) => Err(Error::MalformedJson),
    }
}

/// JSON is UTF-8 as a whole and correct to its end (RFC 8259, section 8.1),
/// also where nobody reads it, before its fields are looked at.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::MalformedJson)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| Error::MalformedJson)?;
    // serde would read an array as the fields in their order.
    if !text.trim_ascii_start().starts_with('{') {
        let message = "The body must be a JSON object.";
        return Err(Error::Invalid(vec![FieldFault::of_body(
            "object_type",
            message,
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
            Self::Missing => Err(FieldFault::new(name, "missing", "Field required")),
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

fn not_text(name: &'static str) -> FieldFault {
    FieldFault::new(name, "string_type", "Input should be a valid string")
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
