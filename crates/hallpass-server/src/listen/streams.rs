//! The tasks of HTTP/2 requests.

use hyper::rt::Executor;
use tokio::time::timeout;

use super::limits::REQUEST_TIME;

/// Runs each HTTP/2 request as a task that has [`REQUEST_TIME`]. A task that
/// is not finished then is dropped, and its stream is reset: one client that
/// sends or reads too slowly costs the others of its connection nothing.
#[derive(Clone, Copy)]
pub(super) struct Streams;

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, request: F) {
        tokio::spawn(timeout(REQUEST_TIME, request));
    }
}
