//! `JSONTestSuite`: what is JSON and what is not, as the payload of an authentic
//! token and inside of one.

use std::fs;

use hallpass_verify::Refused;

use crate::forge::{Forge, sign_payload, verdict};

/// Name and content of each file whose name begins so.
fn files(verdict: &str) -> Vec<(String, Vec<u8>)> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/jsontestsuite/test_parsing"
    );
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .filter(|(name, _)| name.starts_with(verdict))
        .collect();
    files.sort();
    files
}

/// A good token with one more claim, which is these bytes.
fn with_claim(json: &[u8]) -> String {
    let good = Forge::good().payload_json();
    let start = good.strip_suffix('}').unwrap();
    sign_payload([start.as_bytes(), b",\"more\":", json, b"}"].concat())
}

#[test]
fn what_is_json_is_taken_as_a_claim_that_nobody_reads() {
    let files = files("y_");
    assert_eq!(files.len(), 95);
    for (name, json) in files {
        assert!(verdict(&with_claim(&json)).is_ok(), "{name}");
    }
}

#[test]
fn what_is_json_is_no_payload_unless_it_has_our_claims() {
    for (name, json) in files("y_") {
        let is_object = json.trim_ascii_start().starts_with(b"{");
        let expected = if is_object {
            Refused::Claims
        } else {
            Refused::Malformed
        };
        assert_eq!(verdict(&sign_payload(&json)), Err(expected), "{name}");
    }
}

#[test]
fn what_is_no_json_is_refused_as_a_payload_and_within_one() {
    let files = files("n_");
    assert_eq!(files.len(), 188);
    for (name, text) in files {
        let expected = if text.len() > 8 * 1024 {
            Refused::TooLong
        } else {
            Refused::Malformed
        };
        assert_eq!(verdict(&sign_payload(&text)), Err(expected), "{name}");
        assert_eq!(verdict(&with_claim(&text)), Err(expected), "{name}");
    }
}

/// Where RFC 8259 leaves the choice. Taken in what nobody reads: numbers of any
/// size, halves of surrogate pairs as escapes, and any depth, since nothing
/// goes down there. Refused: what is not in UTF-8, and a byte order mark.
#[test]
fn what_may_be_either_is_pinned() {
    let files = files("i_");
    assert_eq!(files.len(), 35);
    let taken: Vec<_> = files
        .iter()
        .filter(|(_, json)| verdict(&with_claim(json)).is_ok())
        .map(|(name, _)| name.trim_start_matches("i_").trim_end_matches(".json"))
        .collect();
    let expected = [
        "number_double_huge_neg_exp",
        "number_huge_exp",
        "number_neg_int_huge_exp",
        "number_pos_double_huge_exp",
        "number_real_neg_overflow",
        "number_real_pos_overflow",
        "number_real_underflow",
        "number_too_big_neg_int",
        "number_too_big_pos_int",
        "number_very_big_negative_int",
        "object_key_lone_2nd_surrogate",
        "string_1st_surrogate_but_2nd_missing",
        "string_1st_valid_surrogate_2nd_invalid",
        "string_incomplete_surrogate_and_escape_valid",
        "string_incomplete_surrogate_pair",
        "string_incomplete_surrogates_escape_valid",
        "string_invalid_lonely_surrogate",
        "string_invalid_surrogate",
        "string_inverted_surrogates_U+1D11E",
        "string_lone_second_surrogate",
        "structure_500_nested_arrays",
    ];
    assert_eq!(taken, expected);
}
