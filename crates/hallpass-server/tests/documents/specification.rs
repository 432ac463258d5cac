//! The specification's numbers run on, each is traced to tests that exist, and
//! its figures are the code's.

use hallpass::{
    DisplayName, EmailAddress, HashPolicy, HashQueue, Password, PasswordMinLength, SigningSecret,
    TOKEN_LIFE,
};

use crate::markdown::rows_under;
use crate::{SPECIFICATION, path, text};

const TRACEABILITY: &str = "## 8. Traceability";

fn specification() -> String {
    text(&format!("{SPECIFICATION}/spec.md"))
}

/// The numbers that stand at the head of a requirement or of a row.
fn numbers(page: &str, head: &str) -> Vec<usize> {
    let numbers = page
        .lines()
        .filter_map(|line| line.strip_prefix(head)?.get(..3)?.parse().ok());
    numbers.collect()
}

#[test]
fn requirements_and_criteria_are_numbered_without_a_gap() {
    let page = specification();
    for head in ["- **FR-", "| SC-"] {
        let numbers = numbers(&page, head);
        assert!(
            numbers.len() > 10,
            "{head} is not how they are written any more"
        );
        assert!(
            numbers.iter().copied().eq(1..=numbers.len()),
            "{head}: {numbers:?}"
        );
    }
}

#[test]
fn every_requirement_is_traced() {
    let page = specification();
    let rows = rows_under(&page, TRACEABILITY);
    let mut traced: Vec<usize> = rows.iter().flat_map(|row| ranges(row[1])).collect();
    traced.sort_unstable();
    traced.dedup();
    assert_eq!(traced, numbers(&page, "- **FR-"));
}

/// `FR-001 to FR-003, FR-007`
fn ranges(cell: &str) -> impl Iterator<Item = usize> {
    cell.split(", ").flat_map(move |range| {
        let number = |text: &str| text.trim().trim_start_matches("FR-").parse::<usize>();
        let (first, last) = range.split_once(" to ").unwrap_or((range, range));
        let (Ok(first), Ok(last)) = (number(first), number(last)) else {
            panic!("{range:?} names no requirements");
        };
        first..=last
    })
}

#[test]
fn every_test_that_is_named_exists() {
    let page = specification();
    for row in rows_under(&page, TRACEABILITY) {
        assert!(row[2].contains('`'), "{} is traced to no test", row[0]);
        check_named(&row);
    }
    for row in rows_under(&page, "## 5. Success criteria") {
        check_named(&row);
    }
}

/// The files that a row's last cell names are there and hold code.
fn check_named(row: &[&str]) {
    let (Some(who), Some(files)) = (row.first(), row.last()) else {
        panic!("an empty row");
    };
    for name in files.split('`').skip(1).step_by(2) {
        let in_browser = name.starts_with("e2e/");
        let at_root = ["bench/", "examples/"]
            .iter()
            .any(|root| name.starts_with(root));
        let folder = if at_root || in_browser { "" } else { "crates" };
        let file = path(folder).join(name);
        let source = std::fs::read_to_string(&file).unwrap_or_default();
        let a_test = if in_browser { "test(" } else { "fn " };
        let is_there = file.is_dir() || source.contains(a_test);
        assert!(is_there, "{name}, by which {who} is held, holds nothing");
    }
}

#[test]
fn the_limits_are_the_codes() {
    let page = specification();
    let (HashPolicy::Argon2id { memory_kib, passes }, HashPolicy::Bcrypt { cost }) =
        (HashPolicy::ARGON2ID, HashPolicy::BCRYPT)
    else {
        panic!("the policies have changed places");
    };
    let highest = (0..=1000).rfind(|length| PasswordMinLength::new(*length).is_ok());
    let queue = HashQueue::default();
    let limits = [
        (
            "characters of an e-mail address, at most",
            EmailAddress::MAX_CHARACTERS.to_string(),
        ),
        (
            "code points of a password, at least",
            PasswordMinLength::default().get().to_string(),
        ),
        (
            "code points of a password, at least, highest setting",
            highest.unwrap().to_string(),
        ),
        (
            "code points of a password, at most",
            Password::MAX_CODE_POINTS.to_string(),
        ),
        (
            "code points of a name, at most",
            DisplayName::MAX_CODE_POINTS.to_string(),
        ),
        (
            "bytes of the signing secret, at least",
            SigningSecret::MIN_BYTES.to_string(),
        ),
        ("seconds a token lives", TOKEN_LIFE.as_secs().to_string()),
        ("KiB of one Argon2id hash", memory_kib.to_string()),
        ("passes of one Argon2id hash", passes.to_string()),
        ("bcrypt cost", cost.to_string()),
        (
            "sign-ins that wait for hashing, at most",
            queue.length.to_string(),
        ),
        (
            "milliseconds a sign-in waits for hashing, at most",
            queue.deadline.as_millis().to_string(),
        ),
    ];
    let expected: Vec<Vec<&str>> = limits
        .iter()
        .map(|(limit, figure)| vec![*limit, figure])
        .collect();
    assert_eq!(rows_under(&page, "## 3. Functional requirements"), expected);
}
