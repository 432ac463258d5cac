//! Which passwords are taken (NIST SP 800-63B-4, 3.1.1.2; ASVS 5.0, 6.2).
//!
//! Length, a block list and the address itself: no composition rules.

use icu_casemap::CaseMapper;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::hash::fits_bcrypt;
use crate::email::EmailAddress;
use crate::secret::Password;
use crate::settings::{HashPolicy, Settings};

/// Why a password is not taken. Its text is shown to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PasswordRefused {
    #[error("The password must not be empty.")]
    Empty,
    #[error("The password must have at least {0} characters.")]
    TooShort(usize),
    #[error(
        "The password must have at most {} characters.",
        Password::MAX_CODE_POINTS
    )]
    TooLong,
    #[error(
        "The password must have at most 72 bytes, of which letters outside ASCII take two to four, \
         and no NUL character."
    )]
    UnfitForBcrypt,
    #[error("The password must not contain the part of the email address before the @.")]
    ContainsEmail,
    #[error(
        "The password is too common or too easy to guess. Choose another, for example a few unrelated words."
    )]
    Common,
}

impl PasswordRefused {
    /// The stable name of the rule.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Empty | Self::TooShort(_) => "string_too_short",
            Self::TooLong | Self::UnfitForBcrypt => "string_too_long",
            Self::ContainsEmail => "password_contains_email",
            Self::Common => "password_common",
        }
    }
}

/// A password that falls within so many guesses is a common one: as many as
/// the block list of zxcvbn has entries.
const GUESSES_OF_A_COMMON_PASSWORD: u64 = 30_001;

/// How much of a password is weighed, in code points. No listed password is
/// longer, and a longer one that repeats itself repeats itself in here.
const WEIGHED: usize = 24;

/// Local parts shorter than this stand in most passwords by chance.
const SHORTEST_TELLING_LOCAL_PART: usize = 3;

/// Every rule that a new password breaks; none when it is taken.
pub(super) fn check(
    settings: &Settings,
    email: Option<&EmailAddress>,
    password: &Password,
) -> Vec<PasswordRefused> {
    let mut refused: Vec<_> = check_length(settings, password).into_iter().collect();
    if email.is_some_and(|email| contains_local_part(password, email)) {
        refused.push(PasswordRefused::ContainsEmail);
    }
    // One that breaks a rule must be chosen anew, and need not be weighed.
    if refused.is_empty() && is_common(settings, email, password) {
        refused.push(PasswordRefused::Common);
    }
    refused
}

fn check_length(settings: &Settings, password: &Password) -> Option<PasswordRefused> {
    let shortest = settings.password_min_length.get();
    let length = password.code_points();
    let bcrypt = matches!(settings.password_hash, HashPolicy::Bcrypt { .. });
    if length < shortest {
        Some(PasswordRefused::TooShort(shortest))
    } else if length > Password::MAX_CODE_POINTS {
        Some(PasswordRefused::TooLong)
    } else if bcrypt && !fits_bcrypt(password) {
        Some(PasswordRefused::UnfitForBcrypt)
    } else {
        None
    }
}

/// The rules for a password typed to sign in: it may be of an older, laxer
/// time, but not empty, and not longer than any that was ever taken.
pub(super) fn check_typed(password: Password) -> Result<Password, PasswordRefused> {
    match password.code_points() {
        0 => Err(PasswordRefused::Empty),
        1..=Password::MAX_CODE_POINTS => Ok(password),
        _ => Err(PasswordRefused::TooLong),
    }
}

fn contains_local_part(password: &Password, email: &EmailAddress) -> bool {
    let local = email.local_part();
    if local.chars().count() < SHORTEST_TELLING_LOCAL_PART {
        return false;
    }
    // Into several letters too: `strasse` tells of `straße`.
    let fold = |text: &str| -> Zeroizing<String> {
        Zeroizing::new(CaseMapper::new().fold_string(text).nfc().collect())
    };
    fold(password.expose()).contains(fold(local).as_str())
}

fn is_common(settings: &Settings, email: Option<&EmailAddress>, password: &Password) -> bool {
    let weighed: Zeroizing<String> =
        Zeroizing::new(password.expose().chars().take(WEIGHED).collect());
    if leet_readings(&weighed) > MOST_LEET_READINGS {
        return false;
    }
    let address = email.map_or("", |email| email.key().as_str());
    let parts = [address, settings.public_url.origin().as_str(), "hallpass"];
    let words: Vec<&str> = parts
        .iter()
        .flat_map(|part| {
            part.split(|character: char| !character.is_alphanumeric())
                .chain([*part])
                .chain(endings(part))
        })
        .collect();
    zxcvbn::zxcvbn(&weighed, &words).guesses() < GUESSES_OF_A_COMMON_PASSWORD
}

/// What follows each sign in an address: its domain, and the domain that is in.
fn endings(address: &str) -> impl Iterator<Item = &str> {
    let signs = address.match_indices(['@', '/', '.']);
    signs.filter_map(|(at, sign)| address.get(at + sign.len()..))
}

/// The signs that zxcvbn reads as one letter, for each letter with several.
const LEET: [&str; 7] = ["4@", "({[<", "69", "1!|", "1|7", "$5", "+7"];

/// More readings than any listed password has.
const MOST_LEET_READINGS: usize = 32;

/// In how many ways zxcvbn would read the signs of a password as letters. It
/// tries them all, so without a bound a hundred well-chosen signs would keep a
/// thread busy for seconds; nothing that ambiguous is a common password.
fn leet_readings(password: &str) -> usize {
    let signs = |letter: &&str| {
        letter
            .chars()
            .filter(|sign| password.contains(*sign))
            .count()
    };
    LEET.iter().map(signs).map(|signs| signs.max(1)).product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DatabaseUrl;
    use crate::secret::SigningSecret;
    use crate::settings::{PasswordMinLength, PublicUrl};

    fn settings() -> Settings {
        let secret = SigningSecret::new(&SigningSecret::generate().unwrap()).unwrap();
        let url = PublicUrl::parse("https://auth.example.com").unwrap();
        Settings::new(url, secret, DatabaseUrl::sqlite_file("unused.db"))
    }

    fn verdict(settings: &Settings, email: &str, password: &str) -> Vec<PasswordRefused> {
        check(
            settings,
            Some(&EmailAddress::parse(email).unwrap()),
            &Password::from(password),
        )
    }

    #[test]
    fn asvs_6_2_1_length_is_counted_in_code_points() {
        let mut settings = settings();
        assert_eq!(
            verdict(&settings, "ann@example.com", "kq7-vz2"),
            [PasswordRefused::TooShort(8)]
        );
        assert_eq!(verdict(&settings, "ann@example.com", "kq7-vz2p"), []);
        assert_eq!(
            verdict(&settings, "ann@example.com", "密码好长但是不常见"),
            []
        );
        settings.password_min_length = PasswordMinLength::new(15).unwrap();
        assert_eq!(
            verdict(&settings, "ann@example.com", "kq7-vz2p"),
            [PasswordRefused::TooShort(15)]
        );
    }

    #[test]
    fn asvs_6_2_9_long_passwords_are_taken_up_to_the_limit() {
        let settings = settings();
        let long = "kq7 vz2 ".repeat(16);
        assert_eq!(verdict(&settings, "ann@example.com", &long), []);
        assert_eq!(
            verdict(&settings, "ann@example.com", &format!("{long}x")),
            [PasswordRefused::TooLong]
        );
    }

    #[test]
    fn asvs_6_2_4_common_passwords_are_refused() {
        let settings = settings();
        for common in [
            "password",
            "Password1",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "aaaaaaaa",
            "P@ssw0rd",
            "passwordpassword",
        ] {
            assert_eq!(
                verdict(&settings, "ann@example.com", common),
                [PasswordRefused::Common],
                "{common}"
            );
        }
    }

    #[test]
    fn a_password_of_many_leet_signs_is_not_read_in_every_way() {
        let signs = "4@8({[<369&#!1/|0$5+7%2".repeat(5);
        assert!(leet_readings(&signs) > MOST_LEET_READINGS);
        assert_eq!(verdict(&settings(), "ann@example.com", &signs), []);
        assert_eq!(leet_readings("1q2w3e4r5t6y7u8i9o0p!@#$%"), 32);
    }

    #[test]
    fn asvs_6_2_11_context_words_are_refused() {
        let settings = settings();
        assert_eq!(
            verdict(&settings, "ann@example.com", "hallpass1"),
            [PasswordRefused::Common]
        );
        assert_eq!(
            verdict(&settings, "Margarethe@example.com", "xx-mARGAREthe-7-zz"),
            [PasswordRefused::ContainsEmail]
        );
    }

    #[test]
    fn what_stands_behind_the_at_sign_is_refused_too() {
        for password in ["example.com", "Example.COM", "mail.example.com"] {
            assert_eq!(
                verdict(&settings(), "ann@mail.example.com", password),
                [PasswordRefused::Common],
                "{password}"
            );
        }
    }

    #[test]
    fn a_local_part_of_one_or_two_letters_bars_nothing() {
        assert_eq!(
            verdict(&settings(), "a@example.com", "a-kq7-vz2-marble"),
            []
        );
    }

    #[test]
    fn bcrypt_takes_72_bytes_and_never_cuts() {
        let mut settings = settings();
        settings.password_hash = HashPolicy::BCRYPT;
        let longest = "kq7-vz2.".repeat(9);
        assert_eq!(verdict(&settings, "ann@example.com", &longest), []);
        assert_eq!(
            verdict(&settings, "ann@example.com", &format!("{longest}x")),
            [PasswordRefused::UnfitForBcrypt]
        );
        assert_eq!(
            verdict(&settings, "ann@example.com", "kq7\0vz2-marble"),
            [PasswordRefused::UnfitForBcrypt]
        );
    }
}
