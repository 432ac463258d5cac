//! The whole signature over the very bytes, or nothing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hallpass_verify::Refused;

use crate::forge::{Forge, NOW, all_refused, base64url, good_parts, quoted, verifier};

fn tag() -> Vec<u8> {
    let [_, _, signature] = good_parts();
    URL_SAFE_NO_PAD.decode(signature).unwrap()
}

fn with_signature(signature: &str) -> String {
    let [header, payload, _] = good_parts();
    format!("{header}.{payload}.{signature}")
}

fn with_tag(tag: impl AsRef<[u8]>) -> String {
    with_signature(&base64url(tag))
}

#[test]
fn asvs_v9_1_1_a_shortened_tag_is_refused_at_every_length() {
    let tag = tag();
    all_refused(
        Refused::Signature,
        (0..tag.len()).flat_map(|length| {
            let start = tag.iter().copied().take(length).collect::<Vec<_>>();
            let end = tag
                .iter()
                .copied()
                .skip(tag.len() - length)
                .collect::<Vec<_>>();
            [with_tag(start), with_tag(end)]
        }),
    );
}

#[test]
fn an_extended_tag_is_refused() {
    let tag = tag();
    let extensions: [&[u8]; 6] = [&[0], &[0; 16], &[0; 32], &[0xff; 32], &[0; 33], &[0; 4000]];
    all_refused(
        Refused::Signature,
        extensions.map(|extension| with_tag([&tag, extension].concat())),
    );
    all_refused(
        Refused::Signature,
        [
            with_tag([&*tag, &*tag].concat()),
            with_tag([&[0], &*tag].concat()),
        ],
    );
}

#[test]
fn degenerate_tags_are_refused() {
    let reversed: Vec<u8> = tag().into_iter().rev().collect();
    let inverted: Vec<u8> = tag().into_iter().map(|byte| !byte).collect();
    all_refused(
        Refused::Signature,
        [
            with_tag([0; 32]),
            with_tag([0xff; 32]),
            with_tag(reversed),
            with_tag(inverted),
            with_tag(SHA256_OF_NOTHING),
        ],
    );
}

const SHA256_OF_NOTHING: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

#[test]
fn a_tag_in_another_encoding_is_refused() {
    let tag = tag();
    let hex: Vec<_> = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    let [_, _, signature] = good_parts();
    // 64 characters of hexadecimal are sound base64url of 48 bytes.
    all_refused(Refused::Signature, [with_signature(&hex)]);
    all_refused(
        Refused::Malformed,
        [
            with_signature(&STANDARD.encode(&tag)),
            with_signature(&format!("{signature}=")),
            with_signature(&format!("{signature}==")),
        ],
    );
    all_refused(Refused::Signature, [with_tag(&signature)]);
}

#[test]
fn asvs_v9_1_1_the_signature_of_another_token_is_refused() {
    let [_, _, foreign] = {
        let token = Forge::good().claim("sub", &quoted("somebody-else")).token();
        let mut parts = token.split('.').map(str::to_owned);
        std::array::from_fn(|_| parts.next().unwrap())
    };
    all_refused(Refused::Signature, [with_signature(&foreign)]);
}

#[test]
fn asvs_v9_1_1_an_edited_payload_is_refused() {
    let [header, _, signature] = good_parts();
    let edits = [
        Forge::good().claim("sub", &quoted("admin")),
        Forge::good().claim("email", &quoted("root@example.com")),
        Forge::good().times(NOW, NOW + 3599),
        Forge::good().claim("role", &quoted("admin")),
        Forge::good().claim_without("exp"),
    ];
    all_refused(
        Refused::Signature,
        edits.map(|edit| format!("{header}.{}.{signature}", base64url(edit.payload_json()))),
    );
}

#[test]
fn an_edited_header_is_refused() {
    let [_, payload, signature] = good_parts();
    let edits = [
        Forge::good().header("kid", &quoted("other")),
        Forge::good().header("jku", &quoted("https://evil.example")),
    ];
    all_refused(
        Refused::Signature,
        edits.map(|edit| format!("{}.{payload}.{signature}", base64url(edit.header_json()))),
    );
}

/// The token with one bit of one byte turned, for each that is still text.
fn bit_flips(token: &str) -> Vec<String> {
    let flip = |position: usize, bit: u8| {
        let mut bytes = token.as_bytes().to_vec();
        *bytes.get_mut(position)? ^= 1 << bit;
        String::from_utf8(bytes).ok()
    };
    (0..token.len())
        .flat_map(|position| (0..8).filter_map(move |bit| flip(position, bit)))
        .collect()
}

#[test]
fn asvs_v7_2_1_a_bit_flip_at_any_byte_is_refused() {
    let verifier = verifier();
    let token = Forge::good().token();
    let flips = bit_flips(&token);
    // The eighth bit alone makes no text; the other seven are all here.
    assert_eq!(flips.len(), 7 * token.len());
    for flipped in flips {
        assert!(verifier.verify_at(&flipped, NOW).is_err(), "{flipped}");
    }
    assert!(verifier.verify_at(&token, NOW).is_ok());
}

#[test]
fn every_proper_prefix_and_suffix_is_refused() {
    let verifier = verifier();
    let token = Forge::good().token();
    for (middle, _) in token.char_indices() {
        let (start, end) = token.split_at(middle);
        assert!(verifier.verify_at(start, NOW).is_err(), "{start}");
        assert!(
            middle == 0 || verifier.verify_at(end, NOW).is_err(),
            "{end}"
        );
    }
    assert!(verifier.verify_at(&token, NOW).is_ok());
}

#[test]
fn expired_is_never_said_of_a_token_that_is_not_authentic() {
    let verifier = verifier();
    let token = Forge::good().token();
    let later = NOW + 1_000_000;
    assert_eq!(verifier.verify_at(&token, later), Err(Refused::Expired));
    for flipped in bit_flips(&token) {
        let refused = verifier.verify_at(&flipped, later).unwrap_err();
        assert!(!refused.is_expired(), "{flipped}");
    }
    let foreign = Forge::good()
        .signed_with(crate::forge::OTHER_SECRET)
        .token();
    assert_eq!(verifier.verify_at(&foreign, later), Err(Refused::Signature));
}
