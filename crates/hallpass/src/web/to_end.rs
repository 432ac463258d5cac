//! A request that has begun runs to its end, whether or not its client waits.

use std::task::{Context, Poll};

use tower::{Layer, Service};

use crate::to_end::ToEnd;

/// Wraps the answer to each request in a [`ToEnd`].
#[derive(Clone, Copy, Debug)]
pub(super) struct ToEndLayer;

/// See [`ToEndLayer`].
#[derive(Clone, Debug)]
pub(super) struct ToEndService<S>(S);

impl<S> Layer<S> for ToEndLayer {
    type Service = ToEndService<S>;

    fn layer(&self, inner: S) -> ToEndService<S> {
        ToEndService(inner)
    }
}

impl<S, R> Service<R> for ToEndService<S>
where
    S: Service<R, Future: Send + Unpin + 'static, Response: Send, Error: Send>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ToEnd<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        ToEnd::new(self.0.call(request))
    }
}
