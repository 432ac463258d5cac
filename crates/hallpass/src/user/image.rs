//! Where a picture of a user is.

use serde::{Deserialize, Serialize};
use url::Url;

/// The address of a picture: an `https` or `http` URL, or a path on the site
/// that shows it, of at most 2048 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUrl(String);

/// Why a text is not an [`ImageUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvalidImage {
    /// More than 2048 bytes, as when the picture itself is in it.
    #[error("The address of the image must have at most 2048 bytes.")]
    TooLong,
    /// Neither a URL of the web nor a path.
    #[error("The image must be an https or http URL, or a path that begins with /.")]
    Syntax,
}

impl InvalidImage {
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::TooLong => "string_too_long",
            Self::Syntax => "value_error",
        }
    }
}

impl ImageUrl {
    /// The longest, in bytes.
    pub const MAX_BYTES: usize = 2048;

    /// Takes a URL or a path as it stands. An empty text is no picture: `None`.
    ///
    /// ```
    /// use hallpass::ImageUrl;
    ///
    /// assert!(ImageUrl::parse("https://images.example.com/ann.png").unwrap().is_some());
    /// assert!(ImageUrl::parse("/avatars/ann.png").unwrap().is_some());
    /// assert!(ImageUrl::parse("").unwrap().is_none());
    /// assert!(ImageUrl::parse("javascript:alert(1)").is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidImage`] says which rule is broken. A URL of another scheme is
    /// refused, since a page that makes a link of it would run what it holds
    /// (CWE-79).
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidImage> {
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidImage::TooLong);
        }
        // What a URL parser would drop or turn around is not taken.
        let plain = !text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
        if plain && (is_path(text) || is_of_the_web(text)) {
            Ok(Some(Self(text.to_owned())))
        } else {
            Err(InvalidImage::Syntax)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//")
}

fn is_of_the_web(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_may_point_at_is_taken_and_nothing_else() {
        for taken in [
            "https://images.example.com/ann.png?size=96#face",
            "http://localhost:3000/ann.png",
            "/avatars/ann.png",
        ] {
            let image = ImageUrl::parse(taken).unwrap().unwrap();
            assert_eq!(image.as_str(), taken);
        }
        for refused in [
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            " javascript:alert(1)",
            "data:image/svg+xml,<svg onload=alert(1)>",
            "//evil.example.com/ann.png",
            "/\\evil.example.com/ann.png",
            "\\\\evil.example.com",
            "ann.png",
            "https://",
            "/a b",
            "/a\0",
        ] {
            assert_eq!(
                ImageUrl::parse(refused),
                Err(InvalidImage::Syntax),
                "{refused:?}"
            );
        }
        let longest = format!("/{}", "a".repeat(ImageUrl::MAX_BYTES - 1));
        assert!(ImageUrl::parse(&longest).is_ok());
        assert_eq!(
            ImageUrl::parse(&format!("{longest}a")),
            Err(InvalidImage::TooLong)
        );
    }
}
