//! The layer that lets nobody in without a token.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::response::{IntoResponse, Response};
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::rejection::{AuthRejection, Why};
use crate::{CurrentUser, Verifier};

/// A layer that answers 401 itself unless the token of the request is good,
/// and else puts the [`CurrentUser`] into the extensions of the request.
///
/// With `Router::route_layer` an unknown path stays a 404; with
/// `Router::layer` it is a 401 as well. Put CORS outside of it, since browsers
/// ask `OPTIONS` without a token.
#[derive(Clone, Debug)]
pub struct RequireUser {
    verifier: Verifier,
}

impl RequireUser {
    /// Lets in whose token this verifier takes.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier }
    }

    async fn user_of(&self, headers: &http::HeaderMap) -> Result<CurrentUser, AuthRejection> {
        super::authenticate(headers, &self.verifier)
            .await?
            .ok_or(AuthRejection(Why::NoToken))
    }
}

impl<S> Layer<S> for RequireUser {
    type Service = RequireUserService<S>;

    fn layer(&self, inner: S) -> RequireUserService<S> {
        RequireUserService {
            require: self.clone(),
            inner,
        }
    }
}

/// What [`RequireUser`] makes of the service behind it.
#[derive(Clone, Debug)]
pub struct RequireUserService<S> {
    require: RequireUser,
    inner: S,
}

impl<S, B> Service<Request<B>> for RequireUserService<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let require = self.require.clone();
        // The one that was made ready is the one to call; the clone is not yet.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        Box::pin(async move {
            match require.user_of(request.headers()).await {
                Ok(user) => request.extensions_mut().insert(user),
                Err(rejection) => return Ok(rejection.into_response()),
            };
            inner.call(request).await.map(IntoResponse::into_response)
        })
    }
}
