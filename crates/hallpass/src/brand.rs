//! Whose pages they are: a name, a colour, a logo.

use std::fmt;

use crate::settings::InvalidSetting;

/// What people see on the pages in place of Hallpass's own name, colour and
/// logo.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Brand {
    /// Who asks people to sign in.
    pub name: BrandName,
    /// Of buttons, links and the focus.
    pub color: BrandColor,
    /// Shown in place of Hallpass's own.
    pub logo: Option<BrandLogo>,
}

/// A name of 1 to 60 code points without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandName(String);

impl BrandName {
    const MAX_CODE_POINTS: usize = 60;

    /// Trims and takes the name.
    ///
    /// # Errors
    /// [`InvalidSetting`] when it is empty, too long, or holds control characters.
    pub fn new(text: &str) -> Result<Self, InvalidSetting> {
        let name = text.trim();
        let length = name.chars().count();
        if !(1..=Self::MAX_CODE_POINTS).contains(&length) || name.chars().any(char::is_control) {
            return Err(InvalidSetting::new(
                "must be 1 to 60 characters without control characters",
            ));
        }
        Ok(Self(name.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for BrandName {
    fn default() -> Self {
        Self("Hallpass".to_owned())
    }
}

/// A colour of the sRGB space, as `#rrggbb`.
///
/// Any will do: where text stands on it or is written in it, the pages take
/// the nearest shade that has a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BrandColor([u8; 3]);

const WHITE: BrandColor = BrandColor([0xff; 3]);
const BLACK: BrandColor = BrandColor([0; 3]);

/// What text stands on, by the scheme that the person's system asks for: the
/// stylesheet's `--paper` and `--card`.
pub(crate) const LIGHT_SURFACES: [BrandColor; 2] = [
    BrandColor([0xf4, 0xf1, 0xe9]),
    BrandColor([0xff, 0xfd, 0xf8]),
];
pub(crate) const DARK_SURFACES: [BrandColor; 2] = [
    BrandColor([0x13, 0x17, 0x19]),
    BrandColor([0x1c, 0x22, 0x25]),
];

/// The least contrast of text (WCAG 2.2, 1.4.3, level AA), and more than what
/// 1.4.11 asks of the focus and of a control's edge.
const READABLE: f64 = 4.5;

/// In how many steps a colour goes to black or to white.
const STEPS: u16 = 64;

impl BrandColor {
    /// Reads `#rrggbb` or `#rgb`.
    ///
    /// # Errors
    /// [`InvalidSetting`] for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidSetting> {
        let digits = text.trim().strip_prefix('#').unwrap_or_default();
        let nibbles: Option<Vec<u8>> = digits
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|value| value.try_into().ok()))
            .collect();
        match nibbles.as_deref() {
            Some(&[r, g, b]) => Ok(Self([r * 0x11, g * 0x11, b * 0x11])),
            Some(&[r, r2, g, g2, b, b2]) => Ok(Self([r << 4 | r2, g << 4 | g2, b << 4 | b2])),
            _ => Err(InvalidSetting::new("must be a colour like #1e6b52")),
        }
    }

    /// Relative luminance (WCAG 2.2, glossary).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        let [r, g, b] = self.0.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio (WCAG 2.2, glossary): 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This colour, so many of [`STEPS`] on its way to another.
    fn toward(self, other: Self, steps: u16) -> Self {
        let mut mixed = self.0;
        for (channel, target) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*channel) * (STEPS - steps) + u16::from(target) * steps;
            *channel = u8::try_from(sum / STEPS).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// The nearest shade on the way to `end` that can be read on each surface.
    fn readable(self, surfaces: &[Self], end: Self) -> Self {
        let is_readable = |shade: &Self| {
            let mut contrasts = surfaces.iter().map(|surface| shade.contrast(*surface));
            contrasts.all(|contrast| contrast >= READABLE)
        };
        let mut shades = (0..=STEPS).map(|steps| self.toward(end, steps));
        shades.find(is_readable).unwrap_or(end)
    }

    /// Black or white, whichever is read better on this colour: one of them
    /// always has a contrast of 4.5.
    fn text_upon(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) {
            WHITE
        } else {
            BLACK
        }
    }

    /// The colours that the stylesheet takes: what buttons are filled with, the
    /// text upon it, and the shade for links, edges and the focus by scheme.
    pub(crate) fn palette(self) -> Palette {
        let on_fill = self.text_upon();
        // Away from the text, so that the contrast only grows.
        let away = if on_fill == WHITE { BLACK } else { WHITE };
        Palette {
            fill: self,
            fill_hover: self.toward(away, STEPS / 6),
            on_fill,
            accent_light: self.readable(&LIGHT_SURFACES, BLACK),
            accent_dark: self.readable(&DARK_SURFACES, WHITE),
        }
    }
}

/// See [`BrandColor::palette`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    pub(crate) fill: BrandColor,
    pub(crate) fill_hover: BrandColor,
    pub(crate) on_fill: BrandColor,
    pub(crate) accent_light: BrandColor,
    pub(crate) accent_dark: BrandColor,
}

/// The green of a chalkboard.
impl Default for BrandColor {
    fn default() -> Self {
        Self([0x1e, 0x6b, 0x52])
    }
}

impl fmt::Display for BrandColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl fmt::Debug for BrandColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An image of at most 12 KiB: SVG, PNG or WebP.
#[derive(Clone, PartialEq, Eq)]
pub struct BrandLogo {
    kind: LogoKind,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogoKind {
    Svg,
    Png,
    Webp,
}

impl LogoKind {
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// By what the file holds, and not by its name.
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Some(Self::Webp);
        }
        let text = std::str::from_utf8(bytes)
            .ok()?
            .trim_start_matches('\u{feff}');
        let is_markup = text.trim_start().starts_with('<');
        (is_markup && text.contains("<svg")).then_some(Self::Svg)
    }
}

impl BrandLogo {
    /// The most bytes of a logo, so that every page stays under 30 KB.
    pub const MAX_BYTES: usize = 12 * 1024;

    /// Takes the content of an image file.
    ///
    /// # Errors
    /// [`InvalidSetting`] when it is too large or of another format.
    pub fn new(bytes: Vec<u8>) -> Result<Self, InvalidSetting> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(InvalidSetting::new("must have at most 12 KiB"));
        }
        let kind = LogoKind::of(&bytes);
        let kind = kind.ok_or(InvalidSetting::new("must be an SVG, PNG or WebP image"))?;
        Ok(Self { kind, bytes })
    }

    pub(crate) const fn kind(&self) -> LogoKind {
        self.kind
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for BrandLogo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrandLogo({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_readable(color: BrandColor) {
        let palette = color.palette();
        for fill in [palette.fill, palette.fill_hover] {
            assert!(
                fill.contrast(palette.on_fill) >= READABLE,
                "{color} {palette:?}"
            );
        }
        for surface in LIGHT_SURFACES {
            assert!(
                palette.accent_light.contrast(surface) >= READABLE,
                "{color}"
            );
        }
        for surface in DARK_SURFACES {
            assert!(palette.accent_dark.contrast(surface) >= READABLE, "{color}");
        }
    }

    proptest! {
        /// WCAG 2.2, 1.4.3.
        #[test]
        fn whatever_the_colour_what_is_written_can_be_read(color: [u8; 3]) {
            assert_readable(BrandColor(color));
        }
    }

    #[test]
    fn greys_and_pure_colours_too() {
        for level in 0..=u8::MAX {
            for color in [
                [level; 3],
                [level, 0, 0],
                [0, level, 0],
                [0, 0, level],
                [level, level, 0],
            ] {
                assert_readable(BrandColor(color));
            }
        }
    }

    #[test]
    fn contrast_is_wcags() {
        assert!((WHITE.contrast(BLACK) - 21.0).abs() < 1e-9);
        let grey = BrandColor([0x76; 3]);
        assert!(
            (4.54..4.55).contains(&grey.contrast(WHITE)),
            "{}",
            grey.contrast(WHITE)
        );
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let palette = BrandColor::default().palette();
        assert_eq!(palette.accent_light, BrandColor::default());
    }

    #[test]
    fn colours_are_read_as_css_writes_them() {
        assert_eq!(BrandColor::parse("#1E6B52").unwrap(), BrandColor::default());
        assert_eq!(BrandColor::parse(" #fa0 ").unwrap().to_string(), "#ffaa00");
        for bad in [
            "", "#", "1e6b52", "#1e6b5", "#1e6b522", "#gggggg", "red", "#é00000", "##123",
        ] {
            assert!(BrandColor::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_can_be_shown_on_one_line() {
        assert_eq!(
            BrandName::new("  Acme & Söhne ").unwrap().as_str(),
            "Acme & Söhne"
        );
        assert!(BrandName::new(&"é".repeat(60)).is_ok());
        for bad in ["", " ", "a\nb", "a\0", &"e".repeat(61)] {
            assert!(BrandName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_logo_is_known_by_what_it_holds() {
        let svg = "\u{feff}<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
        for (bytes, kind) in [
            (svg.as_bytes().to_vec(), Some(LogoKind::Svg)),
            (b"\x89PNG\r\n\x1a\nrest".to_vec(), Some(LogoKind::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), Some(LogoKind::Webp)),
            (b"GIF89a".to_vec(), None),
            (b"<html>".to_vec(), None),
            (b"an <svg".to_vec(), None),
            (Vec::new(), None),
            (vec![b' '; BrandLogo::MAX_BYTES + 1], None),
        ] {
            assert_eq!(BrandLogo::new(bytes).ok().map(|logo| logo.kind()), kind);
        }
    }
}
