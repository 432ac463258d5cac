//! Three parts between two dots, and no other form of a token.

use hallpass_verify::Refused;

use crate::forge::{Forge, all_refused, base64url, good_parts, quoted, sign_parts};

#[test]
fn any_number_of_parts_but_three_is_refused() {
    let [header, payload, signature] = good_parts();
    let token = Forge::good().token();
    all_refused(
        Refused::Malformed,
        [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            "...".to_owned(),
            "....".to_owned(),
            header.clone(),
            format!("{header}.{payload}"),
            format!(".{token}"),
            format!("{token}."),
            format!("{token}.{signature}"),
            format!("{header}..{payload}.{signature}"),
            format!("{header}.{payload}..{signature}"),
            format!("{token}{token}"),
            sign_parts(&header, &format!("{payload}.{payload}")),
        ],
    );
}

#[test]
fn an_empty_part_is_refused() {
    let [header, payload, signature] = good_parts();
    all_refused(
        Refused::Malformed,
        [
            format!(".{payload}.{signature}"),
            sign_parts("", &payload),
            sign_parts(&header, ""),
        ],
    );
    all_refused(
        Refused::Signature,
        [
            format!("{header}..{signature}"),
            format!("{header}.{payload}."),
        ],
    );
}

#[test]
fn an_encrypted_token_is_refused() {
    let header = base64url(r#"{"alg":"dir","enc":"A256GCM","typ":"JWT"}"#);
    let ours = base64url(r#"{"alg":"HS256","enc":"A256GCM","typ":"JWT"}"#);
    let [_, payload, signature] = good_parts();
    all_refused(
        Refused::Malformed,
        [
            format!("{header}..AAAA.BBBB.CCCC"),
            format!("{header}.AAAA.BBBB.CCCC.DDDD"),
            format!("{ours}.{payload}.{signature}.AAAA.BBBB"),
        ],
    );
    all_refused(Refused::Algorithm, [sign_parts(&header, &payload)]);
}

#[test]
fn the_json_forms_are_refused() {
    let [header, payload, signature] = good_parts();
    let flattened =
        format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#);
    let general = format!(
        r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
    );
    let token = Forge::good().token();
    // Read as compact by what splits at dots, as JSON by what looks for a brace.
    let mixed = format!(r#"{{"protected":".{header}.{payload}.{signature}"}}"#);
    all_refused(
        Refused::Malformed,
        [
            flattened,
            general,
            mixed,
            quoted(&token),
            format!(r#"{{"  {token}":1}}"#),
            format!("[{token}]"),
        ],
    );
}

#[test]
fn a_token_above_8_kib_is_refused_before_anything_else() {
    let padded = |length: usize| {
        let token = |filler: usize| {
            Forge::good()
                .claim("filler", &quoted(&"x".repeat(filler)))
                .token()
        };
        (5900..6000).map(token).find(|token| token.len() == length)
    };
    let (longest, too_long) = (
        (8185..=8192).rev().find_map(padded),
        (8193..8196).find_map(padded),
    );
    assert!(crate::forge::verdict(&longest.unwrap()).is_ok());
    all_refused(
        Refused::TooLong,
        [
            too_long.unwrap(),
            format!("{}{}", Forge::good().token(), " ".repeat(8192)),
            "x".repeat(8193),
            "\u{0}".repeat(1_000_000),
        ],
    );
}

#[test]
fn a_million_dots_are_refused_at_once() {
    all_refused(Refused::TooLong, [".".repeat(1_000_000)]);
    all_refused(
        Refused::Malformed,
        [".".repeat(8192), format!("{}{}", "eyJ9.".repeat(1600), "e")],
    );
}
