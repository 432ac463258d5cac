//! What Unicode knows of a character and Rust's `char` does not.

use icu_casemap::CaseMapper;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;

/// Characters that show nothing although Unicode does not list them as
/// ignorable: the empty Braille pattern, an empty note head, the Khitan filler
/// and the controls of interlinear annotations.
const BLANK: [char; 6] = [
    '\u{2800}',
    '\u{1d159}',
    '\u{16fe4}',
    '\u{fff9}',
    '\u{fffa}',
    '\u{fffb}',
];

/// Whether a reader sees nothing where this character stands
/// (`Default_Ignorable_Code_Point`, Unicode 5.21.3). White space is visible.
pub(crate) fn is_invisible(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        || BLANK.contains(&character)
}

/// Whether the character combines with the one before it and is written in
/// words: an accent, a vowel sign, a virama, a tone mark.
pub(crate) fn is_mark(character: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark
    )
}

/// The text without white space and invisible characters around it: what a
/// program added when a person copied it.
///
/// An override of the direction stays. No program adds one, and text with one
/// is there to deceive.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| {
        let is_override = matches!(character, '\u{202d}' | '\u{202e}');
        character.is_whitespace() || (is_invisible(character) && !is_override)
    })
}

/// The text without differences of letter case: the simple case folding of each
/// letter of its canonical decomposition (Unicode 3.13, D145; `CaseFolding.txt`,
/// statuses C and S), in form NFC.
///
/// A letter becomes one letter, so words of different letters stay different:
/// `ß` and `ss`, the ligature `ﬁ` and `fi`. A mark has no letter case. The
/// iota below `ᾳ` is a mark, which the table folds into a letter.
pub(crate) fn fold_case(text: &str) -> String {
    let mapper = CaseMapper::new();
    let fold = |character| {
        if is_mark(character) {
            character
        } else {
            mapper.simple_fold(character)
        }
    };
    text.nfd().map(fold).nfc().collect()
}
