//! Signing up and in with a password.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{SignInAnswer, SignUpAnswer, Wishes, signed_in, signed_up};
use super::body::{Posted, note_foreign_site};
use super::fields::{Faults, Fields};
use super::origin;
use super::refusal::{PostErrors, Refusal, ServerErrors, SessionErrors, TryErrors};
use crate::email::EmailAddress;
use crate::error::{self, Error};
use crate::hallpass::Hallpass;
use crate::method::password::{self, Credentials, Registration, TypedRegistration, register};
use crate::settings::Settings;
use crate::throttle::Caller;
use crate::web::ApiTag;
use crate::web::json::Field;

/// What to make an account of.
#[derive(Deserialize, ToSchema)]
#[schema(as = BetterAuthSignUp)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignUpBody {
    /// What to call them; may be empty.
    #[serde(default)]
    #[schema(value_type = String, required = true, max_length = 255, example = "Ann")]
    name: Field<String>,
    #[serde(default)]
    #[schema(value_type = String, required = true, format = "idn-email", max_length = 254, example = "ann@example.com")]
    email: Field<String>,
    /// 8 to 128 Unicode code points, not a common password, and without the
    /// part of the address before the `@`.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password, min_length = 8, max_length = 128, example = "three unrelated words")]
    password: Field<SecretString>,
    /// A URL, or a path that begins with `/`.
    #[serde(default)]
    #[schema(value_type = String, required = false, max_length = 2048)]
    image: Field<String>,
    /// Looked at and not followed: there is no mail to confirm yet.
    #[serde(default, rename = "callbackURL")]
    #[schema(value_type = String, required = false, rename = "callbackURL")]
    callback: Field<String>,
    /// `false`: the browser forgets the cookie when it is closed.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    remember_me: Field<bool>,
}

impl Fields for SignUpBody {
    const FORM: bool = true;
}

/// The same, as it must be.
struct SignUp {
    name: String,
    email: String,
    password: SecretString,
    image: Option<String>,
    wishes: Wishes,
}

impl SignUpBody {
    fn check(self) -> Result<SignUp, Refusal> {
        let mut faults = Faults::default();
        let name = faults.required("name", self.name);
        let email = faults.required("email", self.email);
        if let Some(Err(_)) = email.as_deref().map(EmailAddress::parse) {
            faults.push("email", "Invalid email address");
        }
        let password = faults.required("password", self.password);
        let is_empty = |password: &SecretString| password.expose_secret().is_empty();
        if password.as_ref().is_some_and(is_empty) {
            let reason = "Too small: expected string to have >=1 characters";
            faults.push("password", reason);
        }
        let image = faults.optional("image", self.image);
        let wishes = Wishes {
            callback_url: faults.optional("callbackURL", self.callback),
            remember_me: faults.optional("rememberMe", self.remember_me),
        };
        let required = name.zip(email).zip(password);
        faults.finish(required.map(|((name, email), password)| SignUp {
            name,
            email,
            password,
            image,
            wishes,
        }))
    }
}

impl SignUp {
    fn registration(&self, settings: &Settings) -> Result<Registration, Error> {
        let typed = TypedRegistration {
            email: Some(&self.email),
            password: Some(&self.password),
            name: Some(&self.name),
            image: self.image.as_deref(),
        };
        Registration::check(settings, &typed, error::Faults::default())
    }
}

/// Sign up with a password
///
/// The same fields may come as `application/x-www-form-urlencoded`.
#[utoipa::path(
    post,
    path = "/api/auth/sign-up/email",
    operation_id = "better_auth_sign_up",
    tag = ApiTag::BETTER_AUTH,
    request_body = SignUpBody,
    responses(
        (status = 200, description = "The account, and a session of its owner", body = SignUpAnswer, headers(
            ("Set-Cookie" = String, description = "The cookies of the session and the device"),
            ("set-auth-token" = String, description = "The token"),
        )),
        (status = 422, description = "The address is taken (`USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`)", body = super::refusal::RefusalAnswer),
        PostErrors, TryErrors, ServerErrors,
    ),
)]
pub(super) async fn sign_up(
    State(hallpass): State<Hallpass>,
    caller: Caller,
    parts: Parts,
    Posted(body): Posted<SignUpBody>,
) -> Result<Response, Refusal> {
    let typed = body.required()?.check()?;
    own_site(&parts, &hallpass)?;
    let wishes = typed.wishes.clone();
    let check = move |settings: &Settings| typed.registration(settings);
    let registration = Registration::checked(&hallpass, caller.client, check).await?;
    let session = register(&hallpass, registration, &caller).await?;
    signed_up(&hallpass, session, &wishes)
}

fn own_site(parts: &Parts, hallpass: &Hallpass) -> Result<(), Refusal> {
    origin::check_sign_in(&parts.headers, hallpass.settings())
        .inspect_err(|_| note_foreign_site(parts, hallpass))?;
    Ok(())
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[schema(as = BetterAuthSignIn)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignInBody {
    /// The address of the account, in any letter case.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = "idn-email", max_length = 254, example = "ann@example.com")]
    email: Field<String>,
    /// Its password.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password, max_length = 128, example = "three unrelated words")]
    password: Field<SecretString>,
    /// Where the client is to go on: a path, or a URL of a trusted origin.
    #[serde(default, rename = "callbackURL")]
    #[schema(value_type = String, required = false, rename = "callbackURL")]
    callback: Field<String>,
    /// `false`: the browser forgets the cookie when it is closed.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    remember_me: Field<bool>,
}

impl Fields for SignInBody {
    const FORM: bool = true;
}

/// The same, as it must be.
struct SignIn {
    email: String,
    password: SecretString,
    wishes: Wishes,
}

impl SignInBody {
    fn check(self) -> Result<SignIn, Refusal> {
        let mut faults = Faults::default();
        let email = faults.required("email", self.email);
        let password = faults.required("password", self.password);
        let wishes = Wishes {
            callback_url: faults.optional("callbackURL", self.callback),
            remember_me: faults.optional("rememberMe", self.remember_me),
        };
        faults.finish(email.zip(password).map(|(email, password)| SignIn {
            email,
            password,
            wishes,
        }))
    }
}

/// Sign in with a password
///
/// An unknown address and a wrong password are answered alike. The same fields
/// may come as `application/x-www-form-urlencoded`.
#[utoipa::path(
    post,
    path = "/api/auth/sign-in/email",
    operation_id = "better_auth_sign_in",
    tag = ApiTag::BETTER_AUTH,
    request_body = SignInBody,
    responses(
        (status = 200, description = "A session", body = SignInAnswer, headers(
            ("Set-Cookie" = String, description = "The cookies of the session and the device"),
            ("set-auth-token" = String, description = "The token"),
            ("Location" = String, description = "The `callbackURL`, if there was one"),
        )),
        SessionErrors, PostErrors, TryErrors, ServerErrors,
    ),
)]
pub(super) async fn sign_in(
    State(hallpass): State<Hallpass>,
    caller: Caller,
    parts: Parts,
    Posted(body): Posted<SignInBody>,
) -> Result<Response, Refusal> {
    let typed = body.required()?.check()?;
    own_site(&parts, &hallpass)?;
    let credentials = Credentials::new(&typed.email, &typed.password);
    let credentials = credentials.map_err(Refusal::of_credentials)?;
    let wishes = typed.wishes.resolved(hallpass.settings())?;
    let session = password::sign_in(&hallpass, credentials, &caller).await?;
    signed_in(&hallpass, session, wishes)
}
