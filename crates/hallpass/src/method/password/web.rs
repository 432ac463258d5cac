//! Registration and sign-in with a password over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Credentials, Registration, TypedRegistration};
use crate::error::{Error, Faults};
use crate::hallpass::Hallpass;
use crate::session::web::{OwnSite, TokenResponse, signed_in};
use crate::settings::Settings;
use crate::throttle::Caller;
use crate::web::ApiTag;
use crate::web::answers::{
    BodyErrors, CredentialErrors, FaultErrors, ForeignSiteErrors, ThrottleErrors, UnavailableErrors,
};
use crate::web::error::ErrorBody;
use crate::web::json::{Field, JsonBody};
use crate::web::page::notice::Typed;

pub(crate) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(signin))
        .route("/api/auth/register", post(register))
        .route("/api/auth/signin", post(signin))
}

/// What to make an account of.
#[derive(Deserialize, ToSchema)]
#[schema(as = RegisterRequest)]
pub(super) struct RegisterBody {
    /// At most 254 characters.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = "idn-email", max_length = 254, example = "ann@example.com")]
    email: Field<String>,
    /// 8 to 128 Unicode code points, not a common password, and without the
    /// part of the address before the `@`.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password, min_length = 8, max_length = 128, example = "three unrelated words")]
    password: Field<SecretString>,
    /// At most 255 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false, max_length = 255, example = "Ann")]
    name: Field<String>,
}

/// Register
///
/// Makes an account and signs its owner in. A taken address, in any letter
/// case, is refused with 400 (`registration_refused`).
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    tag = ApiTag::AUTH,
    request_body = RegisterBody,
    responses(
        (status = 201, description = "The account, and a session of its owner", body = TokenResponse<'static>, headers(("Set-Cookie" = String, description = "The cookies of the session and the device"))),
        BodyErrors, ForeignSiteErrors, ThrottleErrors, FaultErrors, UnavailableErrors,
        // After `BodyErrors`, whose 400 it replaces.
        (status = 400, description = "The address is taken (`registration_refused`), or the body is not JSON (`malformed_json`).", body = ErrorBody,
            example = json!({"detail": "Unable to create account. Please try a different email.", "code": "registration_refused"})),
    ),
)]
async fn register(
    State(hallpass): State<Hallpass>,
    _: OwnSite,
    caller: Caller,
    JsonBody(body): JsonBody<RegisterBody>,
) -> Result<Response, Error> {
    let check = move |settings: &Settings| body.check(settings);
    let registration = Registration::checked(&hallpass, caller.client, check).await?;
    let session = super::register(&hallpass, registration, &caller).await?;
    signed_in(StatusCode::CREATED, &hallpass, session)
}

impl RegisterBody {
    /// What may be shown again: the password may not.
    pub(super) fn typed(&self) -> Typed {
        Typed {
            email: self.email.text().unwrap_or_default(),
            name: self.name.text().unwrap_or_default(),
        }
    }

    pub(super) fn check(self, settings: &Settings) -> Result<Registration, Error> {
        let mut faults = Faults::default();
        let email = self.email.required("email", &mut faults);
        let password = self.password.required("password", &mut faults);
        let name = self.name.optional("name", &mut faults);
        let typed = TypedRegistration {
            email: email.as_deref(),
            password: password.as_ref(),
            name: name.as_deref(),
            image: None,
        };
        Registration::check(settings, &typed, faults)
    }
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[schema(as = SigninRequest)]
pub(super) struct SigninBody {
    /// The address of the account, in any letter case.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = "idn-email", max_length = 254, example = "ann@example.com")]
    email: Field<String>,
    /// Its password.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password, min_length = 1, max_length = 128, example = "three unrelated words")]
    password: Field<SecretString>,
}

/// Sign in
///
/// An unknown address and a wrong password are answered alike, with 401
/// (`invalid_credentials`).
#[utoipa::path(
    post,
    path = "/api/v1/auth/signin",
    tag = ApiTag::AUTH,
    request_body = SigninBody,
    responses(
        (status = 200, description = "A session", body = TokenResponse<'static>, headers(("Set-Cookie" = String, description = "The cookies of the session and the device"))),
        CredentialErrors, BodyErrors, ForeignSiteErrors, ThrottleErrors, FaultErrors, UnavailableErrors,
    ),
)]
async fn signin(
    State(hallpass): State<Hallpass>,
    _: OwnSite,
    caller: Caller,
    JsonBody(body): JsonBody<SigninBody>,
) -> Result<Response, Error> {
    let credentials = body.check()?;
    let session = super::sign_in(&hallpass, credentials, &caller).await?;
    signed_in(StatusCode::OK, &hallpass, session)
}

impl SigninBody {
    /// What may be shown again: the password may not.
    pub(super) fn typed(&self) -> Typed {
        Typed {
            email: self.email.text().unwrap_or_default(),
            ..Typed::default()
        }
    }

    pub(super) fn check(self) -> Result<Credentials, Error> {
        let mut faults = Faults::default();
        let email = self.email.required("email", &mut faults);
        let password = self.password.required("password", &mut faults);
        Credentials::check(email.as_deref(), password.as_ref(), faults)
    }
}
