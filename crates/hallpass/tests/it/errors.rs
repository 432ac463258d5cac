//! `docs/errors.md` lists every code there is, as it is answered.

use hallpass::ErrorCode;

use crate::rig::{document, on_both_engines};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md"));

/// The rows whose first cell is a code: code, status, and the cells after them.
fn rows(text: &str) -> Vec<(String, u16, Vec<String>)> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let row = |line: &str| {
        let cells = cells(line);
        let code = cells
            .first()?
            .strip_prefix('`')?
            .strip_suffix('`')?
            .to_owned();
        let status = cells.get(1)?.parse().ok()?;
        Some((code, status, cells[2..].to_vec()))
    };
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| row(line).unwrap_or_else(|| panic!("{line}")))
        .collect()
}

/// What the document says wrongly.
fn faults(text: &str) -> Vec<String> {
    let rows = rows(text);
    let mut faults = Vec::new();
    for code in ErrorCode::ALL {
        let (name, status) = (code.as_str(), code.http_status());
        match rows
            .iter()
            .filter(|(row, ..)| row == name)
            .collect::<Vec<_>>()[..]
        {
            [] => faults.push(format!("{name} is missing")),
            [(_, written, cells)] => {
                if *written != status {
                    faults.push(format!("{name} is answered with {status}"));
                }
                if cells.len() != 2 || cells.iter().any(String::is_empty) {
                    faults.push(format!("{name} does not say who sees it and what to do"));
                }
            }
            _ => faults.push(format!("{name} is there twice")),
        }
    }
    for (name, ..) in &rows {
        if !ErrorCode::ALL.iter().any(|code| code.as_str() == name) {
            faults.push(format!("{name} is no code"));
        }
    }
    let order: Vec<_> = rows.iter().map(|(name, ..)| name.as_str()).collect();
    let expected: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    if faults.is_empty() && order != expected {
        faults.push("the order is another".to_owned());
    }
    faults
}

#[test]
fn the_document_lists_every_code_as_it_is_answered() {
    assert_eq!(faults(DOCUMENT), [""; 0]);
}

#[test]
fn a_document_that_is_wrong_is_noticed() {
    let line = "| `invalid_token` | 401 |";
    assert!(DOCUMENT.contains(line));
    for (wrong, fault) in [
        (
            DOCUMENT.replace(line, "| `invalid_token` | 403 |"),
            "invalid_token is answered with 401",
        ),
        (
            DOCUMENT.replace(line, "| `invalid_tokens` | 401 |"),
            "invalid_tokens is no code",
        ),
        (
            DOCUMENT.replace(line, "| invalid_token | 401 |"),
            "invalid_token is missing",
        ),
        (
            format!("{DOCUMENT}\n| `rate_limited` | 429 | Somebody | Wait |"),
            "rate_limited is there twice",
        ),
        (
            format!("{DOCUMENT}\n| `gone` | 410 | Nobody | Nothing |"),
            "gone is no code",
        ),
    ] {
        assert!(
            faults(&wrong).iter().any(|found| found == fault),
            "{fault}: {:?}",
            faults(&wrong)
        );
    }
}

#[test]
fn a_code_is_stable_snake_case_and_there_once() {
    let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    for name in &names {
        assert!(
            name.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            "{name}"
        );
        assert!(
            !name.starts_with('_') && !name.ends_with('_') && !name.contains("__"),
            "{name}"
        );
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ErrorCode::ALL.len());
    for code in ErrorCode::ALL {
        assert_eq!(code.to_string(), code.as_str());
        assert!((400..=599).contains(&code.http_status()));
    }
}

on_both_engines! {
    /// A status that no route is described with is one that no client expects.
    async fn every_status_of_a_code_is_described_for_some_route(app) {
        let described: Vec<u16> = document()["paths"].as_object().unwrap().values()
            .flat_map(|item| item.as_object().unwrap().values())
            .flat_map(|operation| operation["responses"].as_object().unwrap().keys())
            .map(|status| status.parse().unwrap())
            .collect();
        for code in ErrorCode::ALL {
            // These two belong to no route.
            let of_no_route = matches!(code, ErrorCode::NotFound | ErrorCode::MethodNotAllowed);
            assert!(of_no_route || described.contains(&code.http_status()), "{code}");
        }
        drop(app);
    }
}
