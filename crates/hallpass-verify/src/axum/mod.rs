//! The user of a request in axum, with the feature `axum`.
//!
//! A handler that takes a [`CurrentUser`] runs for nobody else. The verifier is
//! in the router's state:
//!
//! ```
//! use axum::{Router, routing::get};
//! use hallpass_verify::{CurrentUser, Verifier};
//!
//! async fn greet(user: CurrentUser) -> String {
//!     format!("Hello {}", user.email)
//! }
//!
//! fn app(verifier: Verifier) -> Router {
//!     Router::new().route("/greet", get(greet)).with_state(verifier)
//! }
//! ```
//!
//! With a state of your own, implement `FromRef` (from axum) for [`Verifier`].
//! `Option<CurrentUser>` is `None` where no token was sent; a token that is
//! refused is refused there too.
//!
//! Whole routers are closed by the layer [`RequireUser`], so that no handler
//! can be forgotten:
//!
//! ```
//! use axum::{Router, routing::get};
//! use hallpass_verify::axum::RequireUser;
//! use hallpass_verify::{CurrentUser, Verifier};
//!
//! async fn greet(user: CurrentUser) -> String {
//!     format!("Hello {}", user.email)
//! }
//!
//! fn app(verifier: Verifier) -> Router {
//!     Router::new()
//!         .route("/greet", get(greet))
//!         .route_layer(RequireUser::new(verifier))
//! }
//! ```
//!
//! Behind the layer the token is not verified again, and a router without a
//! state needs none. Where the state holds no verifier, take axum's
//! `Extension<CurrentUser>`.
//!
//! # Where the token is looked for
//!
//! In `Authorization: Bearer <token>` and nowhere else (RFC 6750 section 2.1).
//! Cookies are not read: a browser adds them by itself, also when a foreign
//! site makes it send the request, so that whoever takes them must refuse
//! foreign sites too. Tokens in a query would end up in logs.
//!
//! | sent | answer |
//! |---|---|
//! | no `Authorization`, or another scheme | 401 `authentication_required` |
//! | two `Authorization`, an empty token, one that is refused | 401 `invalid_token` |
//! | a token that is right in all but its age | 401 `token_expired` |
//! | a token, while the public keys of the issuer could not be fetched yet | 503 `keys_unavailable` |
//!
//! The body is `{"detail": "…", "code": "…"}`, the same bytes for every reason
//! behind one code. The reason itself is in an [`AuthRejection`] in the
//! extensions of the response, for a layer of yours that logs.

mod header;
mod layer;
mod rejection;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::HeaderMap;
use http::request::Parts;

use crate::{CurrentUser, Verifier};

pub use layer::{RequireUser, RequireUserService};
pub use rejection::AuthRejection;

use rejection::Why;

/// A router's state, which has a verifier unless it is empty.
///
/// Implemented for every state that a [`Verifier`] can be had from by
/// `FromRef`, and for `()`: with [`RequireUser`] no state is needed. You do not
/// implement it.
#[diagnostic::on_unimplemented(
    message = "no `Verifier` can be had from the state `{Self}`",
    note = "implement axum's `FromRef<{Self}>` for `Verifier`, or add the layer `RequireUser` and take `Extension<CurrentUser>`"
)]
pub trait MaybeVerifier {
    /// The verifier of this state, if it has one.
    fn verifier(&self) -> Option<Verifier>;
}

impl<S> MaybeVerifier for S
where
    Verifier: FromRef<S>,
{
    fn verifier(&self) -> Option<Verifier> {
        Some(Verifier::from_ref(self))
    }
}

impl MaybeVerifier for () {
    fn verifier(&self) -> Option<Verifier> {
        None
    }
}

impl<S> FromRequestParts<S> for CurrentUser
where
    S: MaybeVerifier + Send + Sync,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthRejection> {
        find_user(parts, state)
            .await?
            .ok_or(AuthRejection(Why::NoToken))
    }
}

impl<S> OptionalFromRequestParts<S> for CurrentUser
where
    S: MaybeVerifier + Send + Sync,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, AuthRejection> {
        find_user(parts, state).await
    }
}

/// Who passed the layer, or whose token this is.
async fn find_user<S>(parts: &Parts, state: &S) -> Result<Option<CurrentUser>, AuthRejection>
where
    S: MaybeVerifier + Sync,
{
    if let Some(user) = parts.extensions.get::<CurrentUser>() {
        return Ok(Some(user.clone()));
    }
    let verifier = state.verifier().ok_or(AuthRejection(Why::NoVerifier))?;
    authenticate(&parts.headers, &verifier).await
}

/// The user whose token was sent, if one was. What is asked beyond the token
/// itself, once there is more to ask, belongs here: layer and extractor both
/// come through.
async fn authenticate(
    headers: &HeaderMap,
    verifier: &Verifier,
) -> Result<Option<CurrentUser>, AuthRejection> {
    let Some(token) = header::sent_token(headers)? else {
        return Ok(None);
    };
    match verify(verifier, token).await {
        Ok(user) => Ok(Some(user)),
        Err(refused) => {
            verifier.hint_for_secret(refused);
            Err(AuthRejection(Why::Refused(refused)))
        }
    }
}

/// With keys that are fetched this may wait for them.
#[cfg(feature = "jwks")]
async fn verify(verifier: &Verifier, token: &str) -> Result<CurrentUser, crate::Refused> {
    verifier.current_user_fresh(token).await
}

#[cfg(not(feature = "jwks"))]
fn verify(
    verifier: &Verifier,
    token: &str,
) -> std::future::Ready<Result<CurrentUser, crate::Refused>> {
    std::future::ready(verifier.current_user(token))
}
