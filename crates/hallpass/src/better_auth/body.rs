//! A request's body: read, then its sender and its targets looked at, and only
//! then its fields.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::fields::{Fields, Received};
use super::origin::{self, Target};
use super::refusal::Refusal;
use crate::error::{Error, ErrorCode};
use crate::hallpass::Hallpass;
use crate::web::json::{self, Field, Kind};
use crate::web::{body, content, form};
use crate::{audit, web};

/// The body of a POST that no foreign site is behind, and that leads nowhere
/// foreign.
pub(super) struct Posted<T>(pub(super) Received<T>);

impl<T: Fields> FromRequest<Hallpass> for Posted<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, hallpass: &Hallpass) -> Result<Self, Refusal> {
        let (parts, sent) = request.into_parts();
        let content = Content::of::<T>(&parts.headers, sent).await?;
        origin::check(&parts.headers, hallpass.settings())
            .inspect_err(|_| note_foreign_site(&parts, hallpass))?;
        let targets: Targets = content.read().transpose()?.unwrap_or_default();
        targets.check(&parts, hallpass)?;
        Ok(Self(content.received()?))
    }
}

/// One security event, as for our own routes.
pub(super) fn note_foreign_site(parts: &Parts, hallpass: &Hallpass) {
    let trusted = &hallpass.settings().trusted_proxies;
    let client = web::client::client_of(&parts.extensions, &parts.headers, trusted);
    audit::refused(ErrorCode::CrossSiteRequest, None, client);
}

/// A body as it came, well-formed.
enum Content {
    Nothing,
    Json(String),
    Form(Bytes),
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl Content {
    /// A body of which nothing is said is none.
    async fn of<T: Fields>(headers: &HeaderMap, sent: Body) -> Result<Self, Refusal> {
        let said: Vec<_> = headers
            .get_all(CONTENT_TYPE)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let is_only = said.len() == 1;
        let said = said.join(", ");
        if said.is_empty() {
            return Ok(Self::Nothing);
        }
        content::must_be_plain(headers)?;
        let bytes = body::arrive(sent).await?;
        let essence = content::essence(&said);
        // Of two, nobody can say which one is meant.
        let is = |expected: &str| is_only && essence.eq_ignore_ascii_case(expected);
        if bytes.is_empty() {
            return Ok(Self::Nothing);
        }
        if is(JSON) || T::FORM && is(FORM) {
            content::must_be_utf8(&said)?;
        }
        if is(JSON) {
            Ok(Self::Json(json::well_formed(&bytes)?.to_owned()))
        } else if T::FORM && is(FORM) {
            Ok(Self::Form(bytes))
        } else {
            Err(Refusal::unsupported_media_type(&said, T::MEDIA_TYPES))
        }
    }

    /// The fields that `T` has, if it is an object.
    fn read<T: DeserializeOwned>(&self) -> Option<Result<T, Error>> {
        match self {
            Self::Json(text) => (Kind::of(text) == Kind::Object).then(|| json::fields(text)),
            Self::Form(bytes) => Some(form::fields(bytes)),
            Self::Nothing => None,
        }
    }

    fn received<T: DeserializeOwned>(self) -> Result<Received<T>, Error> {
        match (self.read(), self) {
            (Some(fields), _) => fields.map(Received::Fields),
            (None, Self::Json(text)) => Ok(Received::Other(Kind::of(&text))),
            (None, _) => Ok(Received::Nothing),
        }
    }
}

/// Where a request wants people to be sent afterwards.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    #[serde(default, rename = "callbackURL")]
    callback: Field<String>,
    #[serde(default)]
    redirect_to: Field<String>,
    #[serde(default, rename = "errorCallbackURL")]
    error_callback: Field<String>,
    #[serde(default, rename = "newUserCallbackURL")]
    new_user_callback: Field<String>,
}

impl Targets {
    fn check(self, parts: &Parts, hallpass: &Hallpass) -> Result<(), Refusal> {
        let settings = hallpass.settings();
        // The body's is the one that is followed, if there is one.
        let callback = named(self.callback, "callbackURL")?.or_else(|| queried(parts));
        let targets = [
            (callback, Target::Callback),
            (named(self.redirect_to, "redirectURL")?, Target::Redirect),
            (
                named(self.error_callback, "errorCallbackURL")?,
                Target::ErrorCallback,
            ),
            (
                named(self.new_user_callback, "newUserCallbackURL")?,
                Target::NewUserCallback,
            ),
        ];
        for (url, target) in targets {
            url.map(|url| origin::check_target(&url, target, settings))
                .transpose()?;
        }
        Ok(())
    }
}

/// An empty one names nothing.
fn named(field: Field<String>, label: &str) -> Result<Option<String>, Refusal> {
    match field {
        Field::Value(url) => Ok(Some(url).filter(|url| !url.is_empty())),
        Field::Missing | Field::Other(Kind::Null) => Ok(None),
        Field::Other(_) => {
            let message = format!("Invalid {label}: expected a string");
            Err(Refusal::bad_request(message))
        }
    }
}

fn queried(parts: &Parts) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, url) = pairs.find(|(name, _)| name == "callbackURL")?;
    Some(url.into_owned()).filter(|url| !url.is_empty())
}
