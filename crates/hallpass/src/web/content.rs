//! What a request says of its body, before the body is read.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::error::Error;

/// A byte order mark: JSON may begin with one that its reader passes over (RFC
/// 8259, section 8.1), and so do the forms that editors write.
const MARK: &[u8] = b"\xef\xbb\xbf";

pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// That the body is of this type, in UTF-8, and as it is.
pub(super) fn must_be(headers: &HeaderMap, expected: &'static str) -> Result<(), Error> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return Err(Error::UnsupportedMediaType { expected });
    };
    let said = only.to_str().unwrap_or_default();
    if !essence(said).eq_ignore_ascii_case(expected) {
        return Err(Error::UnsupportedMediaType { expected });
    }
    must_be_utf8(said)?;
    must_be_plain(headers)
}

/// The type without its parameters.
pub(crate) fn essence(said: &str) -> &str {
    said.split(';').next().unwrap_or_default().trim()
}

/// That no parameter names another charset: text of one, read as UTF-8, would be
/// another text.
pub(crate) fn must_be_utf8(said: &str) -> Result<(), Error> {
    let mut charsets = parameters(said).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').trim())
    });
    let is_utf8 = |label: &str| {
        // The labels of the Encoding Standard, section 4.2.
        ["utf-8", "utf8"]
            .iter()
            .any(|known| label.eq_ignore_ascii_case(known))
    };
    if charsets.all(is_utf8) {
        Ok(())
    } else {
        Err(Error::UnsupportedCharset)
    }
}

/// What follows the type, cut at each semicolon that is not in quotes.
fn parameters(said: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = said.split(move |sign| {
        let escapes = is_quoted && sign == '\\' && !is_escaped;
        is_quoted ^= sign == '"' && !is_escaped;
        is_escaped = escapes;
        sign == ';' && !is_quoted
    });
    parts.skip(1)
}

/// That the body is not compressed (RFC 9110, section 8.4): a small one may
/// become a large one, and nobody asked for it.
pub(crate) fn must_be_plain(headers: &HeaderMap) -> Result<(), Error> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let is_plain = values.all(|value| {
        let mut codings = value.as_bytes().split(|byte| *byte == b',');
        codings.all(|coding| {
            let coding = coding.trim_ascii();
            coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
        })
    });
    if is_plain {
        Ok(())
    } else {
        Err(Error::UnsupportedEncoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charset_other_than_utf8_is_refused() {
        for (said, is_read) in [
            ("application/json", true),
            ("application/json;", true),
            ("application/json; charset=utf-8", true),
            ("application/json;CHARSET=\"UTF-8\"", true),
            ("application/json; charset = utf8 ", true),
            (
                "application/json; x=\"a;charset=utf-16\"; charset=utf-8",
                true,
            ),
            ("application/json; x=\"a\\\";charset=utf-16\"", true),
            ("application/json; charset", true),
            ("application/json; xcharset=utf-16", true),
            ("application/json; charset=utf-16", false),
            ("application/json; charset=\"utf-16\"", false),
            ("application/json; charset='utf-8'", false),
            ("application/json; charset=iso-8859-1", false),
            ("application/json; charset=us-ascii", false),
            ("application/json; charset=", false),
            ("application/json; charset=utf-8; charset=utf-16", false),
            ("application/json; x=\"a\\\\\";charset=utf-16", false),
            ("application/json;charset=utf-8x", false),
            ("application/json; x=y;charset=utf-7", false),
        ] {
            assert_eq!(must_be_utf8(said).is_ok(), is_read, "{said}");
        }
    }

    #[test]
    fn coding_other_than_identity_is_refused() {
        for (values, is_read) in [
            (&[][..], true),
            (&[""][..], true),
            (&["identity"][..], true),
            (&["Identity, identity"][..], true),
            (&["identity", "identity"][..], true),
            (&["gzip"][..], false),
            (&["GZIP"][..], false),
            (&["x-gzip"][..], false),
            (&["br"][..], false),
            (&["zstd"][..], false),
            (&["deflate"][..], false),
            (&["compress"][..], false),
            (&["aws-chunked"][..], false),
            (&["identity, gzip"][..], false),
            (&["gzip, identity"][..], false),
            (&["identity", "gzip"][..], false),
            (&["identity;q=1"][..], false),
            (&["*"][..], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, value.parse().unwrap());
            }
            assert_eq!(must_be_plain(&headers).is_ok(), is_read, "{values:?}");
        }
    }
}
