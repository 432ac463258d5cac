//! The bodies of HTML forms: the same types as JSON bodies are read into, so
//! that the same checks follow.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde::de::value::{Error as Unreadable, MapDeserializer};
use url::form_urlencoded;

use super::{body, content};
use crate::error::{Broken, Error, FieldFault};

const FORM: &str = "application/x-www-form-urlencoded";

/// A form whose fields are each a [`Field`](super::json::Field).
pub(crate) struct FormBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let bytes = body::read(request, FORM).await?;
        fields(&bytes).map(Self)
    }
}

/// The fields of a form.
pub(crate) fn fields<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let bytes = content::without_mark(bytes);
    // What is no UTF-8 is replaced, as the URL standard has it.
    let fields = MapDeserializer::<_, Unreadable>::new(form_urlencoded::parse(bytes));
    // Our fields take any text. What is left is one that stands there
    // twice, of which nobody can say which one is meant.
    T::deserialize(fields).map_err(|_| Error::Invalid(vec![FieldFault::of_body(Broken::Repeated)]))
}
