//! E-mail addresses, parsed once and then trusted.

use std::fmt;

use email_address::{EmailAddress as Syntax, Options};
use icu_casemap::CaseMapper;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A syntactically valid e-mail address (RFC 5321, RFC 6531).
///
/// It keeps two forms: the address as typed, for showing and for mail, and the
/// [`EmailKey`], by which two spellings of one address are the same account.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    key: EmailKey,
}

/// An address with letter case folded and its domain in ASCII (RFC 5891), so
/// that `Ann@Bücher.example` and `ann@xn--bcher-kva.example` are one account.
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
    /// Not the form `name@domain`.
    #[error("The email address is not valid. It must have the form name@example.com.")]
    Syntax,
}

impl EmailAddress {
    /// The longest address, in characters.
    pub const MAX_CHARACTERS: usize = 254;

    /// Trims, brings to Unicode normalisation form C and checks the syntax.
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
        let trimmed = text.trim();
        if trimmed.len() > Self::MAX_CHARACTERS * 4 {
            return Err(InvalidEmail::TooLong);
        }
        let typed: String = trimmed.nfc().collect();
        if typed.chars().count() > Self::MAX_CHARACTERS {
            return Err(InvalidEmail::TooLong);
        }
        let key = EmailKey::of(&typed).ok_or(InvalidEmail::Syntax)?;
        if key.0.chars().count() > Self::MAX_CHARACTERS {
            return Err(InvalidEmail::TooLong);
        }
        Ok(Self { typed, key })
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

    fn of(typed: &str) -> Option<Self> {
        let syntax = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        let address = Syntax::parse_with_options(typed, syntax).ok()?;
        if !address.local_part().chars().all(is_plain) {
            return None;
        }
        let local: String = CaseMapper::new()
            .fold_string(address.local_part())
            .nfc()
            .collect();
        let domain = idna::domain_to_ascii_strict(address.domain()).ok()?;
        // No top-level domain is a number (RFC 3696, section 2): it would be an
        // IPv4 address without its brackets.
        let (_, top) = domain.rsplit_once('.')?;
        if top.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self(format!("{local}@{domain}")))
    }
}

/// No white space, no quoting, no control or invisible character: what mail
/// programs disagree about is how one person receives another's mail
/// (OWASP Input Validation, "Email Address Validation").
fn is_plain(character: char) -> bool {
    let invisible = matches!(character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}');
    !(character.is_whitespace()
        || character.is_control()
        || invisible
        || character == '"'
        || character == '\\')
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
            "\"a b\"@example.com",
            "\"a@b\"@example.com",
            "Ann <ann@example.com>",
            "ann@example.com, bob@example.com",
            "ann@example..com",
            "ann@-example.com",
            ".ann@example.com",
            "ann.@example.com",
            "a..b@example.com",
            "ann@exam ple.com",
            "ann\0@example.com",
            "ann\r\nBcc: x@example.com",
            "ann\u{200b}@example.com",
            "ann\u{202e}@example.com",
            "ann@example.com\0",
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
