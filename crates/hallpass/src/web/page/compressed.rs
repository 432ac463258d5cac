//! Bodies as small as the browser takes them.
//!
//! Compression tells an eavesdropper how much of a page repeats itself, which
//! gives away a secret that stands beside what an attacker put there (BREACH).
//! No page of ours holds one: the token is in a cookie, and what a person typed
//! comes back only to that person, since the cookies are `SameSite=Strict`.

use std::io::Write;

use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::negotiation::takes_gzip;

/// The body as it is, or by gzip where the browser takes that.
pub(super) fn negotiated(
    request: &HeaderMap,
    plain: Bytes,
    gzip: impl FnOnce() -> Option<Bytes>,
) -> Response {
    let compressed = takes_gzip(request).then(gzip).flatten();
    let encoding = compressed
        .is_some()
        .then_some([(CONTENT_ENCODING, "gzip")])
        .map(AppendHeaders);
    let body = compressed.unwrap_or(plain);
    let length = [(CONTENT_LENGTH, HeaderValue::from(body.len()))];
    (
        length,
        AppendHeaders([(VARY, "accept-encoding")]),
        encoding,
        body,
    )
        .into_response()
}

/// As small as gzip makes it; writing to memory does not fail.
pub(super) fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}
