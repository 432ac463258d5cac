//! Which key of a set a token is checked with.

use hallpass_verify::{ConfigError, KeySet, Refused, Verifier};

use crate::forge::{Forge, ISSUER, NOW, SECRET, USER, quoted};
use crate::issuer::{IssuerKey, jwks, verdict_of, verifier_of};

#[test]
fn a_token_by_either_kind_of_key_passes() {
    let keys = [
        IssuerKey::ed25519("ed"),
        IssuerKey::es256("ec"),
        IssuerKey::rs256("rsa"),
    ];
    let set = [&keys[0], &keys[1], &keys[2]];
    for key in &keys {
        let claims = verdict_of(&set, &Forge::by(key)).unwrap();
        assert_eq!(claims.sub, USER);
    }
}

#[test]
fn both_names_of_ed25519_are_the_same_in_sets_and_headers() {
    let mut key = IssuerKey::ed25519("ed");
    for published in ["EdDSA", "Ed25519"] {
        key.alg = published;
        for sent in ["EdDSA", "Ed25519"] {
            let token = Forge::by(&key).header("alg", &quoted(sent));
            assert!(verdict_of(&[&key], &token).is_ok(), "{published}, {sent}");
        }
    }
}

#[test]
fn a_key_without_alg_is_for_the_algorithm_of_its_curve() {
    for key in IssuerKey::of_each_kind("k") {
        let mut jwk = key.jwk();
        jwk.as_object_mut().unwrap().remove("alg");
        let set = KeySet::parse(&serde_json::json!({ "keys": [jwk] }).to_string()).unwrap();
        let verifier = Verifier::key_set(set).issuer(ISSUER).build().unwrap();
        assert!(verifier.verify_at(&Forge::by(&key).token(), NOW).is_ok());
    }
}

#[test]
fn a_name_is_compared_byte_for_byte() {
    let key = IssuerKey::ed25519("Key-1");
    let others = [
        "key-1",
        "KEY-1",
        "Key-1 ",
        " Key-1",
        "Key-",
        "Key-11",
        "Key-1\\u0000",
        "",
        "*",
        "../Key-1",
        "/dev/null",
        "Key-1' OR '1'='1",
        "https://evil.example/jwks.json",
    ];
    for other in others {
        let token = Forge::by(&key).header("kid", &quoted(other));
        assert_eq!(
            verdict_of(&[&key], &token),
            Err(Refused::UnknownKey),
            "{other}"
        );
    }
    let long = Forge::by(&key).header("kid", &quoted(&"k".repeat(4000)));
    assert_eq!(verdict_of(&[&key], &long), Err(Refused::UnknownKey));
    let escaped = Forge::by(&key).header("kid", &quoted("\\u004bey-1"));
    assert!(verdict_of(&[&key], &escaped).is_ok());
}

#[test]
fn the_composed_and_the_decomposed_letter_are_two_names() {
    let key = IssuerKey::ed25519("caf\u{e9}");
    let token = Forge::by(&key).header("kid", &quoted("cafe\u{301}"));
    assert_eq!(verdict_of(&[&key], &token), Err(Refused::UnknownKey));
    assert!(verdict_of(&[&key], &Forge::by(&key)).is_ok());
}

#[test]
fn a_name_that_is_no_string_or_there_twice_is_malformed() {
    let key = IssuerKey::ed25519("1");
    for json in ["1", "null", "true", "[]", "[\"1\"]", "{}"] {
        let token = Forge::by(&key).header("kid", json);
        assert_eq!(
            verdict_of(&[&key], &token),
            Err(Refused::Malformed),
            "{json}"
        );
    }
    for second in ["1", "2"] {
        let token = Forge::by(&key).header_also("kid", &quoted(second));
        assert_eq!(verdict_of(&[&key], &token), Err(Refused::Malformed));
    }
}

#[test]
fn a_token_without_a_name_must_leave_no_choice() {
    let (named, nameless) = (IssuerKey::ed25519("ed"), IssuerKey::ed25519(None));
    let other_kind = IssuerKey::es256("ec");
    let without = |key| Forge::by(key).header_without("kid");
    assert!(verdict_of(&[&named], &without(&named)).is_ok());
    assert!(verdict_of(&[&nameless], &without(&nameless)).is_ok());
    assert!(verdict_of(&[&named, &other_kind], &without(&named)).is_ok());
    assert!(verdict_of(&[&named, &other_kind], &without(&other_kind)).is_ok());
    assert_eq!(
        verdict_of(&[&named, &nameless], &without(&named)),
        Err(Refused::UnknownKey)
    );
    assert_eq!(
        verdict_of(&[&other_kind], &without(&named)),
        Err(Refused::UnknownKey)
    );
}

#[test]
fn a_nameless_key_is_not_found_by_any_name() {
    let key = IssuerKey::ed25519(None);
    for kid in ["", "null", "undefined"] {
        let token = Forge::by(&key).header("kid", &quoted(kid));
        assert_eq!(verdict_of(&[&key], &token), Err(Refused::UnknownKey));
    }
}

#[test]
fn the_type_may_be_missing_only_where_the_verifier_says_so() {
    let key = IssuerKey::ed25519("ed");
    let untyped = Forge::by(&key).header_without("typ").token();
    assert_eq!(
        verifier_of(&[&key]).verify_at(&untyped, NOW),
        Err(Refused::Type)
    );
    let lenient = Verifier::key_set(KeySet::parse(&jwks(&[&key])).unwrap())
        .issuer(ISSUER)
        .accept_missing_typ()
        .build()
        .unwrap();
    assert!(lenient.verify_at(&untyped, NOW).is_ok());
    assert!(lenient.verify_at(&Forge::by(&key).token(), NOW).is_ok());
    for typ in ["", "jwt", "at+jwt", "JOSE", "kb+jwt"] {
        let token = Forge::by(&key).header("typ", &quoted(typ)).token();
        assert_eq!(lenient.verify_at(&token, NOW), Err(Refused::Type), "{typ}");
    }
    let null = Forge::by(&key).header("typ", "null").token();
    assert_eq!(lenient.verify_at(&null, NOW), Err(Refused::Malformed));
}

#[test]
fn a_secret_and_public_keys_do_not_build_together() {
    let set = KeySet::parse(&jwks(&[&IssuerKey::ed25519("ed")])).unwrap();
    let both = Verifier::key_set(set).issuer(ISSUER).also_accept(SECRET);
    assert_eq!(both.build().unwrap_err(), ConfigError::SecretBesideKeySet);
}

#[test]
fn with_a_secret_the_type_stays_required() {
    let built = Verifier::shared_secret(SECRET)
        .issuer(ISSUER)
        .accept_missing_typ();
    assert_eq!(built.build().unwrap_err(), ConfigError::TypRequired);
}

#[test]
fn debug_names_the_keys_and_their_algorithms() {
    let verifier = verifier_of(&[&IssuerKey::ed25519("ed-1"), &IssuerKey::es256(None)]);
    let shown = format!("{verifier:?}");
    assert!(
        shown.contains(r#"{Ed25519 Some("ed-1"), Es256 None}"#),
        "{shown}"
    );
}
