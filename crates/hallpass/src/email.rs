//! E-mail addresses, parsed once and then trusted.

mod local_part;

use std::fmt;

use icu_casemap::CaseMapper;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::characters;

/// A syntactically valid e-mail address (RFC 5321, RFC 6531).
///
/// It keeps two forms: the address as typed, for showing and for mail, and the
/// [`EmailKey`], by which two spellings of one address are the same account.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    key: EmailKey,
    earlier_key: EmailKey,
}

/// An address with letter case folded and its domain in ASCII (RFC 5891), so
/// that `Ann@Bücher.example` and `ann@xn--bcher-kva.example` are one account.
///
/// Case is folded letter by letter: `straße@` and `strasse@` are two accounts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailKey(String);

/// The text is not an e-mail address that Hallpass takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvalidEmail {
    /// More than 254 characters (RFC 5321, section 4.5.3.1.3, erratum 1690).
    #[error("The email address must have at most 254 characters.")]
    TooLong,
    /// As mail is sent to it, with the domain in ASCII, it has more than 254
    /// octets (RFC 5321, section 4.5.3.1.3; RFC 6531, section 3.3).
    #[error(
        "The email address must have at most 254 bytes, of which letters outside ASCII take two to four."
    )]
    TooManyBytes,
    /// More than 64 octets before the `@` (RFC 5321, section 4.5.3.1.1).
    #[error(
        "The part of the email address before the @ must have at most 64 bytes, of which letters outside ASCII take two to four."
    )]
    LocalPartTooLong,
    /// Not the form `name@domain`.
    #[error("The email address is not valid. It must have the form name@example.com.")]
    Syntax,
    /// It holds a character that a reader cannot see: a control character, or
    /// one that Unicode lists as ignorable.
    #[error(
        "The email address contains an invisible character. Type the address instead of pasting it."
    )]
    Invisible,
    /// It holds white space.
    #[error("The email address must not contain spaces.")]
    Space,
    /// The address is within a link or follows a name.
    #[error(
        "Enter the email address alone, without a name, brackets or “mailto:”, in the form name@example.com."
    )]
    NotAlone,
}

impl EmailAddress {
    /// The longest address, in characters.
    pub const MAX_CHARACTERS: usize = 254;

    /// The longest address as mail is sent to it, in octets.
    const MAX_OCTETS: usize = 254;

    /// Trims white space and invisible characters, brings the address to Unicode
    /// normalisation form C and checks the syntax.
    ///
    /// ```
    /// use hallpass::EmailAddress;
    ///
    /// let typed = EmailAddress::parse("  Ann@Example.COM ").unwrap();
    /// let other = EmailAddress::parse("ann@example.com").unwrap();
    /// assert_eq!(typed.as_str(), "Ann@Example.COM");
    /// assert_eq!(typed.key(), other.key());
    /// assert!(EmailAddress::parse("ann@@example.com").is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidEmail`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        // Before normalising, which may not be fed a megabyte.
        let trimmed = characters::trim(text);
        if trimmed.len() > Self::MAX_CHARACTERS * 4 {
            return Err(InvalidEmail::TooLong);
        }
        let typed: String = trimmed.nfc().collect();
        if typed.chars().count() > Self::MAX_CHARACTERS {
            return Err(InvalidEmail::TooLong);
        }
        Self::of(typed)
    }

    fn of(typed: String) -> Result<Self, InvalidEmail> {
        let (local, domain) = split(&typed).ok_or_else(|| fault_of(&typed))?;
        if local.len() > local_part::MAX_OCTETS {
            return Err(InvalidEmail::LocalPartTooLong);
        }
        if local.len() + 1 + domain.len() > Self::MAX_OCTETS {
            return Err(InvalidEmail::TooManyBytes);
        }
        let key = EmailKey::new(&characters::fold_case(local), &domain);
        let folded_into_several: String = CaseMapper::new().fold_string(local).nfc().collect();
        let earlier_key = EmailKey::new(&folded_into_several, &domain);
        Ok(Self {
            typed,
            key,
            earlier_key,
        })
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The form by which addresses are compared.
    #[must_use]
    pub fn key(&self) -> &EmailKey {
        &self.key
    }

    /// The form under which version 0.1 kept the address. It folded some letters
    /// into several, `ß` into `ss`; accounts of that time may still have it.
    pub(crate) fn earlier_key(&self) -> &EmailKey {
        &self.earlier_key
    }

    /// What stands before the `@`, folded.
    pub(crate) fn local_part(&self) -> &str {
        self.key.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The address with all but its first letter and its domain's ending hidden:
    /// enough for an operator to recognise, too little to write to (ASVS 16.2.5).
    pub(crate) fn masked(&self) -> String {
        let first: String = self.key.0.chars().take(1).collect();
        let ending = self.key.0.rsplit_once('.').map_or("", |(_, ending)| ending);
        format!("{first}***@***.{ending}")
    }
}

impl EmailKey {
    /// The folded form as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which a stored account is compared: the stored one, unless
    /// that is the earlier key of the account's address.
    pub(crate) fn of_stored(email: &str, stored: String) -> Self {
        match EmailAddress::parse(email) {
            Ok(address) if address.earlier_key.0 == stored => address.key,
            _ => Self(stored),
        }
    }

    fn new(local: &str, domain: &str) -> Self {
        Self(format!("{local}@{domain}"))
    }
}

/// A valid local part, and the domain in its ASCII form (UTS #46, without
/// transitional mappings).
fn split(typed: &str) -> Option<(&str, String)> {
    let (local, domain) = typed.rsplit_once('@')?;
    // UTS #46 would drop them, and two texts would look like one address. The
    // joiners are left to its own rules.
    let is_dropped = |character: char| {
        characters::is_invisible(character) && !matches!(character, '\u{200c}' | '\u{200d}')
    };
    if !local_part::is_valid(local) || domain.chars().any(is_dropped) {
        return None;
    }
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    // No top-level domain is a number (RFC 3696, section 2): it would be an
    // IPv4 address without its brackets.
    let (_, top) = domain.rsplit_once('.')?;
    let is_number = top.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then_some((local, domain))
}

/// Why a text is no address, as far as a person can act on it.
fn fault_of(typed: &str) -> InvalidEmail {
    let is_hidden = |one: char| one.is_control() || characters::is_invisible(one);
    let is_link = typed
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("mailto:"));
    if typed.chars().any(is_hidden) {
        InvalidEmail::Invisible
    } else if is_link || typed.contains(['<', '>']) {
        InvalidEmail::NotAlone
    } else if typed.chars().any(char::is_whitespace) {
        InvalidEmail::Space
    } else {
        InvalidEmail::Syntax
    }
}

/// Shows the masked form: an address is personal data.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        EmailAddress::parse(text).unwrap().key().as_str().to_owned()
    }

    #[test]
    fn spellings_of_one_address_share_a_key() {
        let groups: &[&[&str]] = &[
            &["ann@example.com", " ANN@EXAMPLE.COM\n", "Ann@Example.Com"],
            &[
                "ann@bücher.example",
                "ann@BÜCHER.example",
                "ann@xn--bcher-kva.example",
            ],
            &["jose\u{301}@example.com", "JOS\u{c9}@example.com"],
            &["οδος@example.com", "ΟΔΟΣ@example.com", "οδοσ@example.com"],
            &["k@example.com", "\u{212a}@example.com"],
            &["straße@example.com", "STRA\u{1e9e}E@example.com"],
        ];
        for group in groups {
            let keys: Vec<_> = group.iter().map(|text| key(text)).collect();
            assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
        }
    }

    #[test]
    fn what_no_mail_server_agrees_about_is_refused() {
        for text in [
            "",
            " ",
            "ann",
            "@",
            "ann@",
            "@example.com",
            "a@b@example.com",
            "ann@localhost",
            "ann@[127.0.0.1]",
            "ann@127.0.0.1",
            "ann@example.123",
            "\"a@b\"@example.com",
            "ann@example.com,bob@example.com",
            "ann(comment)@example.com",
            "ann@example.com.",
            "ann@example..com",
            "ann@-example.com",
            ".ann@example.com",
            "ann.@example.com",
            "a..b@example.com",
            "ann\u{ff20}example.com",
        ] {
            assert_eq!(
                EmailAddress::parse(text),
                Err(InvalidEmail::Syntax),
                "{text:?}"
            );
        }
    }

    #[test]
    fn refusal_names_what_is_wrong() {
        for (text, invalid) in [
            ("\"a b\"@example.com", InvalidEmail::Space),
            ("ann@exam ple.com", InvalidEmail::Space),
            ("ann@example.com, bob@example.com", InvalidEmail::Space),
            ("Ann <ann@example.com>", InvalidEmail::NotAlone),
            ("MailTo:ann@example.com", InvalidEmail::NotAlone),
            ("ann\0@example.com", InvalidEmail::Invisible),
            ("ann@example.com\0", InvalidEmail::Invisible),
            ("ann\r\nBcc: x@example.com", InvalidEmail::Invisible),
            ("ann\u{200b}@example.com", InvalidEmail::Invisible),
            ("ann\u{202e}@example.com", InvalidEmail::Invisible),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(invalid), "{text:?}");
        }
    }

    #[test]
    fn earlier_key_belongs_to_its_address() {
        let key = |email: &str, stored: &str| EmailKey::of_stored(email, stored.to_owned()).0;
        let (sharp, plain) = ("straße@example.com", "strasse@example.com");
        assert_eq!(key(sharp, plain), sharp);
        assert_eq!(key(sharp, sharp), sharp);
        assert_eq!(key(plain, plain), plain);
        // Changed by hand, or under rules that are no longer those of today.
        assert_eq!(key("no address", plain), plain);
        assert_eq!(key("ann@example.com", plain), plain);
    }

    #[test]
    fn bytes_count_with_domain_in_ascii() {
        let label = format!("{}.", "é".repeat(40));
        let domain = format!("{}example", label.repeat(4));
        assert!(EmailAddress::parse(&format!("a@{domain}")).is_ok());
        let local = "あ".repeat(21);
        let outcome = EmailAddress::parse(&format!("{local}@{domain}"));
        assert_eq!(outcome, Err(InvalidEmail::TooManyBytes));
        let outcome = EmailAddress::parse(&format!("{local}あ@example.com"));
        assert_eq!(outcome, Err(InvalidEmail::LocalPartTooLong));
    }

    #[test]
    fn the_length_limit_is_254_characters() {
        let domain = format!(
            "{}.{}.{}.example",
            "a".repeat(60),
            "b".repeat(60),
            "c".repeat(60)
        );
        let local = "l".repeat(254 - domain.len() - 1);
        assert!(EmailAddress::parse(&format!("{local}@{domain}")).is_ok());
        assert_eq!(
            EmailAddress::parse(&format!("{local}l@{domain}")),
            Err(InvalidEmail::TooLong)
        );
        assert_eq!(
            EmailAddress::parse(&"é".repeat(1_000_000)),
            Err(InvalidEmail::TooLong)
        );
    }

    #[test]
    fn logs_see_a_masked_address() {
        let address = EmailAddress::parse("Ann.Smith@mail.example.com").unwrap();
        assert_eq!(format!("{address:?}"), "a***@***.com");
    }
}
