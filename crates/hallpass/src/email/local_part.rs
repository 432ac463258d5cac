//! The part of an address before the `@`: a dot-atom (RFC 5321, section 4.1.2;
//! RFC 6531, section 3.3).
//!
//! Outside ASCII, RFC 6531 allows every character. Hallpass accepts those that
//! people write words with: letters, marks and digits, as in the identifier
//! class of PRECIS (RFC 8264, section 4.2). A punctuation mark or symbol can be
//! mistaken for one that has a meaning in an address.

use icu_properties::CodePointMapData;
use icu_properties::props::{JoiningType, Script};
use unicode_normalization::char::canonical_combining_class;

use crate::characters::{is_invisible, is_mark};

/// The longest local part, in octets of UTF-8 (RFC 5321, section 4.5.3.1.1).
pub(super) const MAX_OCTETS: usize = 64;

/// Whether this is one: words with single dots between them.
pub(super) fn is_valid(text: &str) -> bool {
    text.split('.').all(is_atom)
}

/// A word that does not begin with a mark, which would join the character
/// before it (RFC 5891, section 4.2.3.2).
fn is_atom(atom: &str) -> bool {
    let characters: Vec<char> = atom.chars().collect();
    let starts_well = characters.first().is_some_and(|first| !is_mark(*first));
    starts_well
        && (0..characters.len()).all(|at| {
            let (before, rest) = characters.split_at(at);
            rest.split_first()
                .is_some_and(|(character, after)| may_stand(before, *character, after))
        })
}

fn may_stand(before: &[char], character: char, after: &[char]) -> bool {
    if character.is_ascii() {
        return is_atext(character);
    }
    is_word(character)
        || joins(before, character, after)
        || is_punctuation_of_words(before, character, after)
}

/// `atext` of RFC 5322, section 3.2.3.
const fn is_atext(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(
            character,
            '!' | '#'..='\'' | '*' | '+' | '-' | '/' | '=' | '?' | '^'..='`' | '{'..='~'
        )
}

fn is_word(character: char) -> bool {
    (character.is_alphanumeric() || is_mark(character)) && !is_invisible(character)
}

/// A joiner where a script needs one (RFC 5892, appendix A.1 and A.2): after a
/// virama, and the non-joiner between letters that would be joined.
fn joins(before: &[char], character: char, after: &[char]) -> bool {
    const VIRAMA: u8 = 9;
    let follows_virama = || before.last().copied().map(canonical_combining_class) == Some(VIRAMA);
    match character {
        '\u{200d}' => follows_virama(),
        '\u{200c}' => follows_virama() || parts_joined_letters(before, after),
        _ => false,
    }
}

fn parts_joined_letters(before: &[char], after: &[char]) -> bool {
    let types = CodePointMapData::<JoiningType>::new();
    let letter = |kind: &JoiningType| *kind != JoiningType::Transparent;
    let left = before.iter().rev().map(|one| types.get(*one)).find(letter);
    let right = after.iter().map(|one| types.get(*one)).find(letter);
    matches!(
        left,
        Some(JoiningType::LeftJoining | JoiningType::DualJoining)
    ) && matches!(
        right,
        Some(JoiningType::RightJoining | JoiningType::DualJoining)
    )
}

/// Signs that are part of words in some scripts (RFC 5892, section 2.6 and
/// appendix A.3 to A.7), where these scripts have them.
fn is_punctuation_of_words(before: &[char], character: char, after: &[char]) -> bool {
    let scripts = CodePointMapData::<Script>::new();
    let is_of = |one: Option<&char>, script| one.map(|one| scripts.get(*one)) == Some(script);
    let is_l = |one: Option<&char>| one.is_some_and(|one| one.eq_ignore_ascii_case(&'l'));
    match character {
        '\u{6fd}' | '\u{6fe}' | '\u{f0b}' => true,
        '\u{b7}' => is_l(before.last()) && is_l(after.first()),
        '\u{375}' => is_of(after.first(), Script::Greek),
        '\u{5f3}' | '\u{5f4}' => is_of(before.last(), Script::Hebrew),
        '\u{30fb}' => before.iter().chain(after).any(|one| {
            let kana_and_han = [Script::Hiragana, Script::Katakana, Script::Han];
            kana_and_han.contains(&scripts.get(*one))
        }),
        _ => false,
    }
}
