//! What the secrets look like: made up by a person, copied from a document, or
//! in a wrong order.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::fix::Fix;
use super::report::Report;
use super::setup::Setup;

const SECRET: &str = "BETTER_AUTH_SECRET";
const SECRETS: &str = "BETTER_AUTH_SECRETS";

/// Words of documents, in place of which a secret was meant to be put.
const PLACEHOLDERS: [&str; 14] = [
    "changeme",
    "changethis",
    "changeit",
    "changeinproduction",
    "replaceme",
    "replacethis",
    "replacewith",
    "placeholder",
    "yoursecret",
    "yoursuper",
    "secretkeyhere",
    "secrethere",
    "supersecret",
    "betterauthsecret",
];

/// Longest piece whose repetition makes a secret guessable.
const LONGEST_PIECE: usize = 20;

pub(super) fn check(setup: &Setup<'_>, report: &mut Report) {
    let get = |name| setup.environment.text(name);
    if let Some(text) = get(SECRET).filter(|_| setup.knows([SECRET])) {
        check_one(text.expose_secret(), report);
    }
    if let Some(texts) = get(SECRETS).filter(|_| setup.knows([SECRETS])) {
        check_several(&texts, &setup.values.data_dir, report);
    }
}

fn check_one(text: &str, report: &mut Report) {
    if is_made_up(text) {
        report.serious(SECRET, MADE_UP, Fix::set_fresh_secret(SECRET));
    }
}

const MADE_UP: &str = "can be guessed: it stands in a document, repeats itself, or counts up";

fn check_several(texts: &SecretString, data_dir: &Path, report: &mut Report) {
    let texts = texts.expose_secret().split(',').map(str::trim);
    let texts: Vec<&str> = texts.collect();
    for (position, text) in (1..).zip(&texts) {
        check_item(position, text, report);
        let earlier = texts
            .iter()
            .take(position - 1)
            .position(|other| other == text);
        if let Some(earlier) = earlier {
            let finding = format!("item {position} is item {} again", earlier + 1);
            report.warning(SECRETS, finding, Fix::remove_item(position, SECRETS));
        }
    }
    if texts.len() > 1 && texts.first().copied() == own_secret(data_dir).as_deref() {
        let finding = "item 1 signs, and it is the old secret of the data folder: the newest one must be first";
        let fix = Fix::run(format!("move item 1 of {SECRETS} to the end"));
        report.warning(SECRETS, finding, fix);
    }
}

fn check_item(position: usize, text: &str, report: &mut Report) {
    if is_made_up(text) {
        let finding = format!("item {position} {MADE_UP}");
        let fix = if position == 1 {
            Fix::unset(SECRETS)
                .then(Fix::set_fresh_secret(SECRET))
                .remark("all users must sign in again")
        } else {
            Fix::remove_item(position, SECRETS)
        };
        return report.serious(SECRETS, finding, fix);
    }
    if let Some(version) = version(text) {
        let finding = format!(
            "item {position} begins with {version} which Better Auth takes for a version, and Hallpass for a part of the secret"
        );
        let fix = Fix::run(format!(
            "remove {version} from item {position} of {SECRETS}"
        ));
        report.warning(SECRETS, finding, fix);
    }
}

/// `2:` at the beginning.
fn version(text: &str) -> Option<String> {
    let (number, _) = text.split_once(':')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{number}:"))
}

/// The secret in the data folder, which was made before any other was set.
fn own_secret(data_dir: &Path) -> Option<String> {
    let path = data_dir.join("secret");
    let metadata = path.symlink_metadata().ok()?;
    if !metadata.is_file() || metadata.len() > 4096 {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

/// Whether a person or a document made it, as far as one can see.
fn is_made_up(text: &str) -> bool {
    let letters = |c: char| c.is_alphanumeric().then(|| c.to_ascii_lowercase());
    let plain: String = text.chars().filter_map(letters).collect();
    PLACEHOLDERS.iter().any(|word| plain.contains(word))
        || repeats(text.as_bytes())
        || counts(text.as_bytes())
}

/// Whether it is one piece again and again.
fn repeats(text: &[u8]) -> bool {
    let longest = LONGEST_PIECE.min(text.len() / 2);
    (1..=longest).any(|length| {
        text.iter()
            .zip(text.iter().skip(length))
            .all(|(a, b)| a == b)
    })
}

/// Whether most bytes are the one before plus or minus one, or the same: of a
/// random hexadecimal text it is one in six.
fn counts(text: &[u8]) -> bool {
    let pairs = text.iter().zip(text.iter().skip(1));
    let close = pairs
        .filter(|(one, next)| one.abs_diff(**next) <= 1)
        .count();
    close * 4 >= text.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_secrets_are_told_from_random_ones() {
        for text in [
            "change-me-change-me-please-change-me",
            "your-secret-key-must-be-32-bytes-or-more",
            "CHANGE_ME_IN_PRODUCTION_0123456789",
            "replace_with_a_long_random_string!!",
            "super-secret-jwt-token-with-at-least-32-characters-long",
            "BetterAuthSecretForDevelopment2026",
            "0123456789abcdef0123456789abcdef",
            "12345678901234567890123456789012",
            "abcdefghijklmnopqrstuvwxyz012345",
            "deadbeefdeadbeefdeadbeefdeadbeef",
            "correcthorsecorrecthorsecorrecthorse",
        ] {
            assert!(is_made_up(text), "{text}");
        }
        for text in [
            "0f9d2c7b41e86a35d0c2f7981b3e6a54",
            "b7d0c2f7981b3e6a540f9d2c7b41e86a",
            "Kx7v+Q2mZp0sYd8RfJ3tLw9HnBcVgUe1aTiOoXqPr5M=",
            "a process-test secret of 32 bytes or more",
        ] {
            assert!(!is_made_up(text), "{text}");
        }
    }

    #[test]
    fn versions_are_numbers_before_a_colon() {
        assert_eq!(version("2:abc").as_deref(), Some("2:"));
        for text in ["abc:2", ":abc", "abc", "a2:abc"] {
            assert_eq!(version(text), None, "{text}");
        }
    }
}
