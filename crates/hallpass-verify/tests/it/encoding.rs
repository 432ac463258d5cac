//! base64url with one spelling for each value. All tokens here are signed over
//! the bytes as they stand, so that the spelling is all that is wrong.

use hallpass_verify::Refused;

use crate::forge::{Forge, all_refused, base64url, good_parts, sign_parts};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The part, changed, in each of the two signed places.
fn in_header_and_payload(change: impl Fn(&str) -> String) -> [String; 2] {
    let [header, payload, _] = good_parts();
    [
        sign_parts(&change(&header), &payload),
        sign_parts(&header, &change(&payload)),
    ]
}

fn in_signature(change: impl Fn(&str) -> String) -> String {
    let [header, payload, signature] = good_parts();
    format!("{header}.{payload}.{}", change(&signature))
}

const FOREIGN: [&str; 16] = [
    " ", "\t", "\n", "\r\n", "\0", "=", "==", "+", "/", "%", "%3D", ",", "\u{a0}", "\u{feff}",
    "\u{200b}", "ａ",
];

#[test]
fn a_foreign_character_is_refused_in_every_part_and_place() {
    for foreign in FOREIGN {
        let at_the_start = |part: &str| format!("{foreign}{part}");
        let at_the_end = |part: &str| format!("{part}{foreign}");
        let inside = |part: &str| {
            let (start, end) = part.split_at(4);
            format!("{start}{foreign}{end}")
        };
        all_refused(Refused::Malformed, in_header_and_payload(at_the_start));
        all_refused(Refused::Malformed, in_header_and_payload(at_the_end));
        all_refused(Refused::Malformed, in_header_and_payload(inside));
        all_refused(
            Refused::Malformed,
            [
                in_signature(at_the_start),
                in_signature(at_the_end),
                in_signature(inside),
            ],
        );
    }
}

#[test]
fn the_token_is_not_trimmed() {
    let token = Forge::good().token();
    all_refused(
        Refused::Malformed,
        [
            format!(" {token}"),
            format!("{token} "),
            format!("{token}\n"),
            format!("{token}\r\n"),
            format!("\u{feff}{token}"),
            format!("Bearer {token}"),
            format!("{token}\0"),
            format!("{token},{token}"),
            token.replace('.', ". "),
            token.replace('.', "%2E"),
            token.replace('.', "\u{3002}"),
        ],
    );
}

#[test]
fn padding_is_refused_even_where_it_is_right() {
    // One and two characters of padding belong to lengths of 2 and 1 modulo 3.
    let paddings = ["", " ", "  "].map(|space| {
        let json = format!("{}{space}", Forge::good().payload_json());
        let padding = "=".repeat((3 - json.len() % 3) % 3);
        (base64url(json), padding)
    });
    let [header, ..] = good_parts();
    for (payload, padding) in paddings {
        if padding.is_empty() {
            continue;
        }
        all_refused(
            Refused::Malformed,
            [sign_parts(&header, &format!("{payload}{padding}"))],
        );
    }
}

#[test]
fn the_alphabet_of_plain_base64_is_refused() {
    let [header, ..] = good_parts();
    let payload = base64url(
        Forge::good()
            .claim("x", "\"???>>>~~~???>>>~~~???>>>\"")
            .payload_json(),
    );
    assert!(payload.contains('-') && payload.contains('_'));
    let plain = payload.replace('-', "+").replace('_', "/");
    all_refused(Refused::Malformed, [sign_parts(&header, &plain)]);
}

/// The same value with other left-over bits in its last character.
fn respelled(part: &str) -> Vec<String> {
    let unused_bits = match part.len() % 4 {
        2 => 4,
        3 => 2,
        _ => 0,
    };
    let start = part.strip_suffix(|_: char| true).unwrap();
    let last = ALPHABET.find(part.chars().next_back().unwrap()).unwrap();
    ALPHABET
        .char_indices()
        .filter(|(index, _)| *index != last && index >> unused_bits == last >> unused_bits)
        .map(|(_, character)| format!("{start}{character}"))
        .collect()
}

#[test]
fn left_over_bits_are_refused_in_the_signature() {
    let [header, payload, signature] = good_parts();
    let spellings = respelled(&signature);
    assert_eq!(spellings.len(), 3);
    all_refused(
        Refused::Malformed,
        spellings
            .iter()
            .map(|signature| format!("{header}.{payload}.{signature}")),
    );
}

#[test]
fn left_over_bits_are_refused_in_header_and_payload() {
    let [header, payload, _] = good_parts();
    let spaced = |json: String| ["", " ", "  "].map(|space| base64url(format!("{json}{space}")));
    let headers = spaced(Forge::good().header_json());
    let payloads = spaced(Forge::good().payload_json());
    let headers: Vec<_> = headers.iter().flat_map(|part| respelled(part)).collect();
    let payloads: Vec<_> = payloads.iter().flat_map(|part| respelled(part)).collect();
    assert_eq!((headers.len(), payloads.len()), (18, 18));
    all_refused(
        Refused::Malformed,
        headers.iter().map(|header| sign_parts(header, &payload)),
    );
    all_refused(
        Refused::Malformed,
        payloads.iter().map(|payload| sign_parts(&header, payload)),
    );
}

#[test]
fn a_length_that_no_bytes_have_is_refused() {
    let one_too_many = |part: &str| {
        let whole = part.len() - part.len() % 4;
        format!("{}A", part.split_at(whole).0)
    };
    all_refused(Refused::Malformed, in_header_and_payload(one_too_many));
    all_refused(
        Refused::Malformed,
        [in_signature(one_too_many), in_signature(|_| "A".to_owned())],
    );
}
