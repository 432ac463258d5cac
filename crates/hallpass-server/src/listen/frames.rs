//! The frames that an HTTP/2 client sends.

use super::limits::TRAILER_BYTES;

/// The length of the connection preface (RFC 9113, section 3.4).
const PREFACE: usize = 24;

/// The type of HEADERS, and its flag `END_HEADERS` (RFC 9113, section 6.2).
const HEADERS: u8 = 1;
const END_HEADERS: u8 = 4;

/// Follows the frames of a connection, to find trailers that are too large.
///
/// Compressed, a field of trailers is one byte. Decoded it takes a hundred bytes
/// of memory, which are held until the request's body is read; and hyper has no
/// limit for it.
pub(super) struct Frames {
    /// Bytes that belong to no frame's head.
    skip: usize,
    head: [u8; 9],
    filled: usize,
    /// The highest stream that was opened. A client opens them in ascending
    /// order (RFC 9113, section 5.1.1).
    newest: u32,
}

impl Frames {
    /// Nothing was received yet.
    pub(super) const fn new() -> Self {
        Self {
            skip: PREFACE,
            head: [0; 9],
            filled: 0,
            newest: 0,
        }
    }

    /// Whether these bytes, the next ones, begin no trailers that are too large.
    pub(super) fn allow(&mut self, mut bytes: &[u8]) -> bool {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            let Some((byte, rest)) = bytes.get(skipped..).and_then(<[u8]>::split_first) else {
                return true;
            };
            bytes = rest;
            if let Some(free) = self.head.get_mut(self.filled) {
                *free = *byte;
                self.filled += 1;
            }
            if self.filled == self.head.len() && !self.allow_frame() {
                return false;
            }
        }
    }

    /// Takes the head of a frame, which is complete.
    fn allow_frame(&mut self) -> bool {
        let [high, middle, low, kind, flags, stream @ ..] = self.head;
        let length = u32::from_be_bytes([0, high, middle, low]);
        let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
        self.filled = 0;
        self.skip = usize::try_from(length).unwrap_or(usize::MAX);
        if kind != HEADERS {
            return true;
        }
        let is_opened = stream > self.newest;
        self.newest = self.newest.max(stream);
        is_opened || (length <= TRAILER_BYTES && flags & END_HEADERS != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(stream: u8, flags: u8, length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, HEADERS, flags, 0, 0, 0, stream];
        frame.extend(vec![0xbe; usize::from(length)]);
        frame
    }

    /// However the bytes are cut into pieces.
    fn allows(frames: &[Vec<u8>]) -> bool {
        let bytes = [vec![b'x'; PREFACE], frames.concat()].concat();
        let outcomes = [1, 2, 7, 10, 1000].map(|length| {
            let mut frames = Frames::new();
            bytes.chunks(length).all(|piece| frames.allow(piece))
        });
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
        outcomes[0]
    }

    #[test]
    fn heads_have_any_length() {
        assert!(allows(&[headers(1, 5, 255), headers(3, 0, 255)]));
    }

    #[test]
    fn large_trailers_are_found() {
        let (head, limit) = (headers(1, 4, 255), u8::try_from(TRAILER_BYTES).unwrap());
        let other = headers(3, 4, 255);
        for (trailers, is_allowed) in [
            (headers(1, 5, limit), true),
            (headers(1, 5, limit + 1), false),
            // The rest follows in CONTINUATION.
            (headers(1, 1, 1), false),
        ] {
            let frames = [head.clone(), other.clone(), trailers];
            assert_eq!(allows(&frames), is_allowed);
        }
    }
}
