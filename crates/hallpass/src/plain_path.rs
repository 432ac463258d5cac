//! Paths that every browser, proxy and server reads alike.

/// `/` and segments that are neither empty nor dots, so that no reading of it
/// begins with two slashes.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let folders = rest.strip_suffix('/').unwrap_or(rest);
    let mut segments = folders.split('/');
    let plain = |segment: &str| !matches!(segment, "" | "." | "..") && is_plain(segment, b"");
    rest.is_empty() || segments.all(plain)
}

/// Characters that mean the same everywhere (RFC 3986, sections 2.2 and 2.3),
/// and escapes of UTF-8 that would need one: not of `/`, `\`, `.`, `%` or of
/// control characters, which another program might decode once more.
pub(crate) fn is_plain(text: &str, also: &[u8]) -> bool {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let read = match byte {
            b'%' => escaped(&mut bytes).filter(|byte| {
                !byte.is_ascii_control() && !matches!(byte, b'/' | b'\\' | b'.' | b'%')
            }),
            _ => Some(byte).filter(|byte| {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=:@".contains(byte)
                    || also.contains(byte)
            }),
        };
        let Some(byte) = read else { return false };
        decoded.push(byte);
    }
    // Lax decoders read overlong forms, such as C0 AF for a slash; and there are
    // more line breaks and slashes than ASCII has.
    let odd =
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{ff0f}' | '\u{ff3c}');
    std::str::from_utf8(&decoded).is_ok_and(|text| !text.contains(odd))
}

/// The byte that two hexadecimal digits stand for.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let mut digit = || char::from(bytes.next()?).to_digit(16);
    let (high, low) = (digit()?, digit()?);
    u8::try_from(high * 16 + low).ok()
}

/// Whether two segments of paths mean the same: a proxy may escape what another
/// one leaves as it is, and in other letter case (RFC 3986, section 6.2.2).
pub(crate) fn is_same_segment(one: &str, other: &str) -> bool {
    unescaped(one) == unescaped(other)
}

/// The bytes that are meant; a broken escape stands for itself.
fn unescaped(segment: &str) -> Vec<u8> {
    let mut bytes = segment.bytes();
    let mut meant = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match escaped(&mut ahead).filter(|_| byte == b'%') {
            Some(escaped) => {
                meant.push(escaped);
                bytes = ahead;
            }
            None => meant.push(byte),
        }
    }
    meant
}
