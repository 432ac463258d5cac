//! The body of a request, read with a limit of size and of time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use http_body_util::{BodyExt, LengthLimitError, Limited};

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

async fn collect(body: Body) -> Result<Bytes, Error> {
    match Limited::new(body, LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::BodyTooLarge { limit: LIMIT }),
        // The connection broke off, so nobody reads the answer.
        Err(_) => Err(Error::MalformedJson),
    }
}
