//! Whatever comes, the answer is a verdict.

use hallpass_verify::{KeySet, Refused, Verifier};
use proptest::prelude::*;

use crate::forge::{Forge, ISSUER, NOW, base64url, quoted, sign_parts, sign_payload, verifier};
use crate::issuer::{IssuerKey, verifier_of};

/// JSON of any shape, not only of the right one.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<u64>().prop_map(|value| value.to_string()),
        any::<f64>().prop_map(|value| value.to_string()),
        "[a-zA-Z0-9:/. ]{0,20}".prop_map(|text| quoted(&text)),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, json)| format!("\"{name}\":{json}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn claim_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["sub", "email", "iat", "exp", "iss", "nbf", "aud"])
}

fn header_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "alg", "typ", "crit", "b64", "zip", "cty", "kid", "jwk",
    ])
}

proptest! {
    #[test]
    fn any_text_is_refused(token in "\\PC{0,300}", now in any::<i64>()) {
        prop_assert!(verifier().verify_at(&token, now).is_err());
    }

    #[test]
    fn any_three_parts_are_refused(
        token in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}",
    ) {
        prop_assert!(verifier().verify_at(&token, NOW).is_err());
    }

    #[test]
    fn any_bytes_that_are_authentic_are_judged(
        header in prop::collection::vec(any::<u8>(), 0..200),
        payload in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let token = sign_parts(&base64url(header), &base64url(&payload));
        prop_assert!(verifier().verify_at(&token, NOW).is_err());
        prop_assert!(verifier().verify_at(&sign_payload(payload), NOW).is_err());
    }

    #[test]
    fn any_parts_that_are_authentic_are_judged(header in "\\PC{0,100}", payload in "\\PC{0,100}") {
        prop_assert!(verifier().verify_at(&sign_parts(&header, &payload), NOW).is_err());
    }

    #[test]
    fn any_text_as_a_set_of_keys_is_judged(text in "\\PC{0,300}") {
        prop_assert!(KeySet::parse(&text).is_err());
    }

    #[test]
    fn any_json_in_place_of_any_member_of_a_key_is_judged(
        member in prop::sample::select(vec![
            "kty", "crv", "x", "y", "d", "alg", "use", "key_ops", "kid", "n", "e",
        ]),
        json in json(), is_ed25519 in any::<bool>(),
    ) {
        let key = if is_ed25519 { IssuerKey::ed25519("k") } else { IssuerKey::es256("k") };
        let mut jwk = key.jwk();
        jwk[member] = serde_json::from_str(&json).unwrap();
        if let Ok(set) = KeySet::parse(&serde_json::json!({ "keys": [jwk] }).to_string()) {
            let verifier = Verifier::key_set(set).issuer(ISSUER).build().unwrap();
            let _ = verifier.verify_at(&Forge::by(&key).token(), NOW);
        }
    }

    #[test]
    fn any_header_and_any_signature_is_judged_with_public_keys(
        member in header_name(), headed in json(),
        signature in prop::collection::vec(any::<u8>(), 0..80),
        is_ed25519 in any::<bool>(),
    ) {
        let key = if is_ed25519 { IssuerKey::ed25519("k") } else { IssuerKey::es256("k") };
        let verifier = verifier_of(&[&key]);
        let token = Forge::by(&key).header(member, &headed).token();
        let (signed, _) = token.rsplit_once('.').unwrap();
        let _ = verifier.verify_at(&token, NOW);
        let forged = format!("{signed}.{}", base64url(signature));
        prop_assert!(verifier.verify_at(&forged, NOW).is_err());
    }

    #[test]
    fn any_json_in_place_of_any_member_is_judged(
        claim in claim_name(), claimed in json(),
        member in header_name(), headed in json(),
        now in any::<i64>(),
    ) {
        let token = Forge::good().claim(claim, &claimed).header(member, &headed).token();
        let _ = verifier().verify_at(&token, now);
        let _ = verifier().verify_at(&Forge::good().claim(claim, &claimed).token(), NOW);
    }

    #[test]
    fn any_times_are_judged_by_the_rules(
        iat in 0..i64::MAX, exp in 0..i64::MAX, now in any::<i64>(),
    ) {
        let token = Forge::good().times(iat, exp).token();
        let life = i128::from(exp) - i128::from(iat);
        let good = (1..=3600).contains(&life)
            && i128::from(iat) <= i128::from(now) + 5
            && now < exp;
        prop_assert_eq!(verifier().verify_at(&token, now).is_ok(), good);
    }

    #[test]
    fn times_near_now_are_judged_by_the_rules(
        age in -20..4000_i64, life in -20..4000_i64,
    ) {
        let iat = NOW - age;
        let token = Forge::good().times(iat, iat + life).token();
        let expected = if age < -5 {
            Some(Refused::IssuedInFuture)
        } else if !(1..=3600).contains(&life) {
            Some(Refused::LifeTooLong)
        } else if age >= life {
            Some(Refused::Expired)
        } else {
            None
        };
        prop_assert_eq!(verifier().verify_at(&token, NOW).err(), expected);
    }

    #[test]
    fn any_other_character_anywhere_is_refused(
        place in any::<prop::sample::Index>(), other in any::<char>(),
    ) {
        let token = Forge::good().token();
        let place = place.index(token.len());
        let changed: String = token
            .char_indices()
            .map(|(index, old)| if index == place { other } else { old })
            .collect();
        prop_assert_eq!(verifier().verify_at(&changed, NOW).is_ok(), changed == token);
    }

    #[test]
    fn any_insertion_is_refused(place in any::<prop::sample::Index>(), text in "\\PC{1,8}") {
        let token = Forge::good().token();
        let (start, end) = token.split_at(place.index(token.len() + 1));
        let changed = format!("{start}{text}{end}");
        prop_assert!(verifier().verify_at(&changed, NOW).is_err());
    }
}
