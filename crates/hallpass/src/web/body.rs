//! The body of a request, read with a limit of size and of time.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use http_body_util::BodyExt;

use super::content;
use crate::error::Error;

/// The largest body that is read, in bytes.
const LIMIT: usize = 64 * 1024;

/// A body that trickles is a way to hold a server's memory (Slowloris).
const TIME_TO_ARRIVE: Duration = Duration::from_secs(10);

/// The whole body, which must be said to be of this type, and as it is.
pub(super) async fn read(request: Request, expected: &'static str) -> Result<Bytes, Error> {
    content::must_be(request.headers(), expected)?;
    arrive(request.into_body()).await
}

/// The whole body, of whatever type.
pub(crate) async fn arrive(body: Body) -> Result<Bytes, Error> {
    let reading = tokio::time::timeout(TIME_TO_ARRIVE, collect(body));
    reading.await.map_err(|_| Error::RequestTimeout)?
}

/// Copies what arrives into one buffer. The frames themselves, kept, would hold
/// many times the limit when each carries one byte.
async fn collect(mut body: Body) -> Result<Bytes, Error> {
    // What `Content-Length` announces is refused before any of it is read
    // (RFC 9110, section 15.5.14).
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    within_limit(announced)?;
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        // The connection broke off, so the client reads no answer.
        let frame = frame.map_err(|_| Error::MalformedJson)?;
        // What is no data is a trailer, which has no meaning here.
        if let Ok(data) = frame.into_data() {
            within_limit(whole.len().saturating_add(data.len()))?;
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.into())
}

fn within_limit(length: usize) -> Result<(), Error> {
    if length > LIMIT {
        return Err(Error::BodyTooLarge { limit: LIMIT });
    }
    Ok(())
}
