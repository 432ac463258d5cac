//! A user's own account over HTTP.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{User, UserChanges, UserId};
use crate::audit;
use crate::error::{Error, Faults};
use crate::hallpass::Hallpass;
use crate::session::web::CurrentUser;
use crate::throttle;
use crate::web::ApiTag;
use crate::web::answers::{
    BodyErrors, FaultErrors, OwnershipErrors, ThrottleErrors, TokenErrors, UnavailableErrors,
};
use crate::web::client::ClientAddress;
use crate::web::json::{Field, JsonBody};

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(show, update))
}

/// A user's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserResponse {
    /// The account's identity: a UUID.
    #[schema(format = Uuid, example = "01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f")]
    id: String,
    /// The address as it was typed.
    #[schema(format = "idn-email", example = "ann@example.com")]
    email: String,
    /// What to call them.
    #[schema(example = "Ann", required = true)]
    name: Option<String>,
    /// When they registered: RFC 3339, in UTC.
    #[schema(format = DateTime, example = "2026-01-15T08:00:00.123456Z")]
    created_at: String,
}

impl From<User> for UserResponse {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email,
            name: user.name,
            created_at: user.created_at.to_string(),
        }
    }
}

/// Who am I
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    tag = ApiTag::AUTH,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account", body = UserResponse), TokenErrors, FaultErrors, UnavailableErrors),
)]
async fn me(CurrentUser(user): CurrentUser) -> Json<UserResponse> {
    Json(user.into())
}

/// Read your account
///
/// Any id but your own is refused alike, whether somebody has it or not.
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}",
    tag = ApiTag::USERS,
    params(("id" = String, Path, description = "Your own id", format = Uuid)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account", body = UserResponse), TokenErrors, OwnershipErrors, FaultErrors, UnavailableErrors),
)]
async fn show(OwnAccount(user): OwnAccount) -> Json<UserResponse> {
    Json(user.into())
}

/// What may be changed of an account; other keys change nothing.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateUserRequest)]
pub(super) struct UpdateBody {
    /// At most 255 characters. `null` or blank takes the name away; without
    /// the key it stays.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 255, example = "Ann")]
    pub(super) name: Field<String>,
}

/// Change your account
#[utoipa::path(
    patch,
    path = "/api/v1/users/{id}",
    tag = ApiTag::USERS,
    params(("id" = String, Path, description = "Your own id", format = Uuid)),
    request_body = UpdateBody,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account", body = UserResponse), TokenErrors, OwnershipErrors, BodyErrors, ThrottleErrors, FaultErrors, UnavailableErrors),
)]
async fn update(
    State(hallpass): State<Hallpass>,
    OwnAccount(user): OwnAccount,
    JsonBody(body): JsonBody<UpdateBody>,
) -> Result<Json<UserResponse>, Error> {
    let updated = body.apply(&hallpass, user).await?;
    Ok(Json(updated.into()))
}

impl UpdateBody {
    /// Makes the change, if there is one to make.
    pub(super) async fn apply(self, hallpass: &Hallpass, user: User) -> Result<User, Error> {
        if matches!(self.name, Field::Missing) {
            return Ok(user);
        }
        let mut faults = Faults::default();
        let typed = self.name.optional("name", &mut faults);
        let name = faults.keep(super::parse_name(typed.as_deref()));
        let changes = UserChanges {
            name: faults.finish(name)?.into(),
            ..UserChanges::default()
        };
        change_own(hallpass, user, &changes).await
    }
}

/// Changes the account of whoever asks.
pub(crate) async fn change_own(
    hallpass: &Hallpass,
    user: User,
    changes: &UserChanges,
) -> Result<User, Error> {
    throttle::admit_change(hallpass, user.id).await?;
    let outcome = hallpass.change_user(user.id, changes).await;
    outcome.map_err(|error| match error {
        // Deleted between the two statements.
        Error::NotFound => Error::InvalidToken,
        other => other,
    })
}

/// The current user, where the path's id is theirs.
struct OwnAccount(User);

impl FromRequestParts<Hallpass> for OwnAccount {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, hallpass: &Hallpass) -> Result<Self, Error> {
        let CurrentUser(user) = CurrentUser::from_request_parts(parts, hallpass).await?;
        let path: Result<Path<String>, PathRejection> =
            Path::from_request_parts(parts, hallpass).await;
        let asked = path.ok().and_then(|Path(text)| UserId::parse(&text));
        if asked == Some(user.id) {
            return Ok(Self(user));
        }
        let client = ClientAddress::from_request_parts(parts, hallpass)
            .await
            .ok();
        audit::refused(
            Error::AccessDenied.code(),
            Some(user.id),
            client.map(|client| client.0),
        );
        Err(Error::AccessDenied)
    }
}
