//! Changing one's own account.

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Posted;
use super::fields::{Faults, Fields};
use super::refusal::{
    EMAIL_CAN_NOT_BE_UPDATED, NO_FIELDS_TO_UPDATE, PostErrors, Refusal, ServerErrors,
    SessionErrors, TryErrors,
};
use super::session::SignedIn;
use crate::error::{self, FieldFault};
use crate::hallpass::Hallpass;
use crate::user::web::change_own;
use crate::user::{Change, UserChanges, parse_image, parse_name};
use crate::web::ApiTag;
use crate::web::json::{Field, Kind};

/// What may be changed of an account; other keys change nothing.
#[derive(Deserialize, ToSchema)]
#[schema(as = BetterAuthUpdateUser)]
pub(super) struct UpdateBody {
    /// `null` or blank takes the name away.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false, max_length = 255, example = "Ann")]
    name: Field<String>,
    /// A URL, or a path that begins with `/`; `null` or empty takes it away.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false, max_length = 2048)]
    image: Field<String>,
    /// Refused: an address is not changed this way.
    #[serde(default)]
    #[schema(ignore)]
    email: Field<String>,
}

impl Fields for UpdateBody {}

/// That it is done.
#[derive(Serialize, ToSchema)]
#[schema(as = BetterAuthUpdated)]
pub(super) struct UpdatedAnswer {
    /// Always `true`.
    status: bool,
}

/// Change your account
#[utoipa::path(
    post,
    path = "/api/auth/update-user",
    operation_id = "better_auth_update_user",
    tag = ApiTag::BETTER_AUTH,
    security(("bearer" = []), ("cookie" = [])),
    request_body = UpdateBody,
    responses((status = 200, description = "Changed", body = UpdatedAnswer), SessionErrors, PostErrors, TryErrors, ServerErrors),
)]
pub(super) async fn update_user(
    State(hallpass): State<Hallpass>,
    mut parts: Parts,
    Posted(body): Posted<UpdateBody>,
) -> Result<Json<UpdatedAnswer>, Refusal> {
    let body = body.record()?;
    let SignedIn { user, .. } = SignedIn::find(&mut parts, &hallpass).await?;
    let changes = body.check()?;
    change_own(&hallpass, user, &changes).await?;
    Ok(Json(UpdatedAnswer { status: true }))
}

impl UpdateBody {
    fn check(self) -> Result<UserChanges, Refusal> {
        if !is_nothing(&self.email) {
            return Err(EMAIL_CAN_NOT_BE_UPDATED.into());
        }
        if matches!((&self.name, &self.image), (Field::Missing, Field::Missing)) {
            return Err(NO_FIELDS_TO_UPDATE.into());
        }
        let mut mistyped = Faults::default();
        let name = change("name", self.name, &mut mistyped);
        let image = change("image", self.image, &mut mistyped);
        mistyped.finish(Some(()))?;
        let mut faults = error::Faults::default();
        let changes = UserChanges {
            name: parsed(&name, parse_name, &mut faults),
            image: parsed(&image, parse_image, &mut faults),
        };
        Ok(faults.finish(Some(changes))?)
    }
}

/// What a program that fills in every field sends for none.
fn is_nothing(email: &Field<String>) -> bool {
    match email {
        Field::Missing | Field::Other(Kind::Null) => true,
        Field::Other(_) => false,
        Field::Value(text) => text.is_empty(),
    }
}

fn change(name: &str, field: Field<String>, faults: &mut Faults) -> Change<String> {
    match field {
        Field::Missing => Change::Keep,
        Field::Other(Kind::Null) => Change::Remove,
        field => faults.required(name, field).into(),
    }
}

/// The same, as it is kept: a blank text takes away.
fn parsed<T>(
    typed: &Change<String>,
    parse: fn(Option<&str>) -> Result<Option<T>, FieldFault>,
    faults: &mut error::Faults,
) -> Change<T> {
    if typed.is_kept() {
        return Change::Keep;
    }
    let text = typed.value().map(String::as_str);
    faults.keep(parse(text)).flatten().into()
}
