//! Which sets of keys are read, and what of them is taken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hallpass_verify::{KeySet, KeySetError, Refused, Verifier};
use serde_json::{Value, json};

use crate::forge::{Forge, ISSUER, NOW, base64url};
use crate::issuer::{IssuerKey, jwks};

fn set_of(keys: &[Value]) -> Result<KeySet, KeySetError> {
    KeySet::parse(&json!({ "keys": keys }).to_string())
}

fn fault(keys: &[Value]) -> KeySetError {
    set_of(keys).unwrap_err()
}

/// This key with one member set.
fn with(key: &IssuerKey, name: &str, value: Value) -> Value {
    let mut jwk = key.jwk();
    jwk[name] = value;
    jwk
}

fn without(key: &IssuerKey, name: &str) -> Value {
    let mut jwk = key.jwk();
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

/// Keys of kinds that we do not take; what else stands in them is not looked at.
fn foreign_keys() -> Vec<Value> {
    let ec = IssuerKey::es256(None);
    vec![
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RS512", "kid": "k"}),
        json!({"kty": "RSA", "n": 7, "e": null, "x": [], "y": {}, "alg": "PS256"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RSA-OAEP-256"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "enc"}),
        json!({"kty": "oct", "k": base64url([7; 32]), "alg": "HS256", "kid": "k"}),
        json!({"kty": "oct", "k": base64url([7; 32])}),
        json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "alg": "ES384"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
        json!({"kty": "OKP", "crv": "Ed448", "x": "AA", "alg": "EdDSA2"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
        json!({"kty": "ec", "crv": "P-256", "x": "AA", "y": "AA"}),
        with(&ec, "use", "enc".into()),
        with(&ec, "use", "SIG".into()),
        with(&ec, "use", "".into()),
        with(&ec, "key_ops", json!([])),
        with(&ec, "key_ops", json!(["deriveKey", "encrypt"])),
        with(&ec, "alg", "ECDH-ES".into()),
        with(&ec, "alg", "ECDH-ES+A256KW".into()),
    ]
}

#[test]
fn keys_that_we_do_not_know_are_passed_over() {
    let ours = IssuerKey::ed25519("k");
    let keys = [foreign_keys(), vec![ours.jwk()], foreign_keys()].concat();
    let set = set_of(&keys).unwrap();
    assert_eq!(format!("{set:?}"), r#"{Ed25519 Some("k")}"#);
    let verifier = Verifier::key_set(set).issuer(ISSUER).build().unwrap();
    assert!(verifier.verify_at(&Forge::by(&ours).token(), NOW).is_ok());
}

#[test]
fn a_set_without_a_key_that_we_take_is_a_fault() {
    assert_eq!(fault(&[]), KeySetError::NoUsableKey);
    assert_eq!(fault(&foreign_keys()), KeySetError::NoUsableKey);
    for key in foreign_keys() {
        assert_eq!(fault(&[key]), KeySetError::NoUsableKey);
    }
}

#[test]
fn what_a_key_may_say_beside_is_taken() {
    for key in IssuerKey::of_each_kind("k") {
        let mut jwk = key.jwk();
        jwk["use"] = "sig".into();
        jwk["key_ops"] = json!(["verify"]);
        jwk["x5c"] = json!(["MIIB"]);
        jwk["x5u"] = "https://evil.example/cert.pem".into();
        jwk["exp"] = 1.into();
        assert!(set_of(&[jwk]).is_ok());
        assert!(set_of(&[with(&key, "key_ops", json!(["sign", "verify"]))]).is_ok());
    }
}

#[test]
fn what_is_no_set_of_keys_is_malformed() {
    let key = IssuerKey::ed25519("k").jwk().to_string();
    let texts = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        format!("[{key}]"),
        key.clone(),
        format!(r#"{{"keys":{key}}}"#),
        format!(r#"{{"keys":{{"k":{key}}}}}"#),
        r#"{"keys":null}"#.to_owned(),
        r#"{"keys":[null]}"#.to_owned(),
        r#"{"keys":["OKP"]}"#.to_owned(),
        r#"{"keys":[["OKP","sig",["verify"],"EdDSA","k","Ed25519","AA"]]}"#.to_owned(),
        r#"{"Keys":[]}"#.to_owned(),
        format!(r#"{{"keys":[{key}]}}x"#),
        format!(r#"{{"keys":[{key},]}}"#),
        format!(r#"{{"keys":[{key}],"keys":[{key}]}}"#),
        format!("\u{feff}{{\"keys\":[{key}]}}"),
        "<!doctype html><title>Sign in</title>".to_owned(),
    ];
    for text in texts {
        assert_eq!(
            KeySet::parse(&text).unwrap_err(),
            KeySetError::Malformed,
            "{text}"
        );
    }
    assert!(KeySet::parse(&format!(" {{\"keys\" : [ {key} ], \"more\": 1 }}\n")).is_ok());
}

#[test]
fn a_member_of_the_wrong_type_is_malformed() {
    let wrong = [Value::Null, json!(1), json!(["sig"]), json!({})];
    for key in [IssuerKey::ed25519("k"), IssuerKey::es256("k")] {
        for name in ["kty", "use", "alg", "kid", "crv"] {
            for value in &wrong {
                let jwk = with(&key, name, value.clone());
                assert_eq!(fault(&[jwk]), KeySetError::Malformed, "{name} {value}");
            }
        }
        for value in [
            Value::Null,
            json!("verify"),
            json!([1]),
            json!([["verify"]]),
        ] {
            let jwk = with(&key, "key_ops", value);
            assert_eq!(fault(&[jwk]), KeySetError::Malformed);
        }
        for name in ["kty", "crv"] {
            assert_eq!(fault(&[without(&key, name)]), KeySetError::Malformed);
        }
    }
}

#[test]
fn a_member_that_is_there_twice_is_malformed() {
    for key in IssuerKey::of_each_kind("k") {
        for (name, value) in key.jwk().as_object().unwrap() {
            let text = key.jwk().to_string();
            let twice = text.replacen('{', &format!("{{\"{name}\":{value},"), 1);
            assert_eq!(
                KeySet::parse(&format!(r#"{{"keys":[{twice}]}}"#)).unwrap_err(),
                KeySetError::Malformed,
                "{name}"
            );
        }
    }
}

#[test]
fn asvs_v9_1_2_an_algorithm_that_does_not_fit_the_kind_is_a_fault() {
    let ed = IssuerKey::ed25519("k");
    for alg in ["ES256", "HS256", "RS256", "none", "", "Ed448", "EdDSA "] {
        let jwk = with(&ed, "alg", alg.into());
        assert_eq!(fault(&[jwk]), KeySetError::Contradiction, "{alg}");
    }
    let ec = IssuerKey::es256("k");
    for alg in ["EdDSA", "Ed25519", "HS256", "ES384", "ES512", "es256"] {
        let jwk = with(&ec, "alg", alg.into());
        assert_eq!(fault(&[jwk]), KeySetError::Contradiction, "{alg}");
    }
    for (kty, crv) in [
        ("EC", "P-384"),
        ("OKP", "P-256"),
        ("RSA", "P-256"),
        ("oct", "P-256"),
    ] {
        let mut jwk = with(&ec, "kty", kty.into());
        jwk["crv"] = crv.into();
        assert_eq!(fault(&[jwk]), KeySetError::Contradiction, "{kty} {crv}");
    }
}

#[test]
fn a_private_key_in_a_published_set_is_a_fault() {
    for key in IssuerKey::of_each_kind("k") {
        for d in [json!(base64url([1; 32])), json!(""), Value::Null] {
            assert_eq!(fault(&[with(&key, "d", d)]), KeySetError::PrivateKey);
        }
    }
    let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"});
    let ours = IssuerKey::ed25519("k").jwk();
    assert_eq!(fault(&[ours, rsa]), KeySetError::PrivateKey);
}

#[test]
fn a_coordinate_that_is_not_32_bytes_of_base64url_is_a_fault() {
    let (ed, ec) = (IssuerKey::ed25519("k"), IssuerKey::es256("k"));
    for (key, name) in [(&ed, "x"), (&ec, "x"), (&ec, "y")] {
        let good = key.jwk()[name].as_str().unwrap().to_owned();
        let spoilt = [
            json!(""),
            json!("AA"),
            json!(base64url([4; 31])),
            json!(base64url([4; 33])),
            json!(format!("{good}=")),
            json!(format!(" {good}")),
            json!(good.replace(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'], "+")),
            Value::Null,
            json!(7),
            json!([good]),
        ];
        for value in spoilt {
            if value != json!(good) {
                let jwk = with(key, name, value.clone());
                assert_eq!(fault(&[jwk]), KeySetError::Point, "{name} {value}");
            }
        }
        assert_eq!(fault(&[without(key, name)]), KeySetError::Point);
    }
}

#[test]
fn a_point_that_is_not_on_p_256_is_a_fault() {
    let (ec, other) = (IssuerKey::es256("k"), IssuerKey::es256("k"));
    let foreign_y = with(&ec, "y", other.jwk()["y"].clone());
    let swapped = {
        let mut jwk = with(&ec, "x", ec.jwk()["y"].clone());
        jwk["y"] = ec.jwk()["x"].clone();
        jwk
    };
    for jwk in [
        foreign_y,
        swapped,
        with(&ec, "x", base64url([0; 32]).into()),
        with(&ec, "y", base64url([0; 32]).into()),
        with(&ec, "x", base64url([0xff; 32]).into()),
    ] {
        assert_eq!(fault(&[jwk]), KeySetError::Point);
    }
}

/// Under these anybody can sign: with the point of order 1, R = S·B is right
/// for every message.
#[test]
fn a_point_of_small_order_of_ed25519_is_a_fault() {
    let ed = IssuerKey::ed25519("k");
    let order_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    let mut of_order_8 = [0; 32];
    for (byte, hex) in of_order_8.iter_mut().zip(order_8.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
    }
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    for mut point in [[0; 32], one, minus_one, of_order_8] {
        for sign in [0, 0x80] {
            point[31] ^= sign;
            let jwk = with(&ed, "x", base64url(point).into());
            assert_eq!(fault(&[jwk]), KeySetError::Point, "{point:x?}");
        }
    }
}

/// y = 2 has no x. The library finds that when it checks a signature.
#[test]
fn under_a_point_that_is_not_on_ed25519_nothing_verifies() {
    let ed = IssuerKey::ed25519("k");
    let mut point = [0; 32];
    point[0] = 2;
    let set = set_of(&[with(&ed, "x", base64url(point).into())]).unwrap();
    let verifier = Verifier::key_set(set).issuer(ISSUER).build().unwrap();
    assert_eq!(
        verifier.verify_at(&Forge::by(&ed).token(), NOW),
        Err(Refused::Signature)
    );
}

#[test]
fn two_keys_with_one_name_are_a_fault() {
    let (ed, ec) = (IssuerKey::ed25519("k"), IssuerKey::es256("k"));
    assert_eq!(fault(&[ed.jwk(), ec.jwk()]), KeySetError::DuplicateId);
    assert_eq!(fault(&[ed.jwk(), ed.jwk()]), KeySetError::DuplicateId);
    let empty = [IssuerKey::ed25519(""), IssuerKey::es256("")];
    assert_eq!(
        KeySet::parse(&jwks(&[&empty[0], &empty[1]])).unwrap_err(),
        KeySetError::DuplicateId
    );
    let nameless = [IssuerKey::ed25519(None), IssuerKey::ed25519(None)];
    assert!(KeySet::parse(&jwks(&[&nameless[0], &nameless[1]])).is_ok());
}

#[test]
fn a_set_is_bounded_in_bytes_and_in_keys() {
    let ours = IssuerKey::ed25519("k").jwk();
    let text = json!({ "keys": [ours] }).to_string();
    let padded = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(KeySet::parse(&padded(64 * 1024)).is_ok());
    assert_eq!(
        KeySet::parse(&padded(64 * 1024 + 1)).unwrap_err(),
        KeySetError::TooLarge
    );
    let foreign = json!({"kty": "oct"});
    let keys = |count: usize| [vec![foreign.clone(); count - 1], vec![ours.clone()]].concat();
    assert!(set_of(&keys(100)).is_ok());
    assert_eq!(fault(&keys(101)), KeySetError::TooManyKeys);
}

#[test]
fn the_order_of_keys_and_members_does_not_matter() {
    let (ed, ec) = (IssuerKey::ed25519("ed"), IssuerKey::es256("ec"));
    for keys in [[&ed, &ec], [&ec, &ed]] {
        assert!(crate::issuer::verdict_of(&keys, &Forge::by(&ed)).is_ok());
        assert!(crate::issuer::verdict_of(&keys, &Forge::by(&ec)).is_ok());
    }
}

#[test]
fn a_fault_in_a_set_names_the_rule() {
    assert_eq!(
        KeySetError::DuplicateId.to_string(),
        "two keys must not have the same kid"
    );
    assert_eq!(
        KeySetError::PrivateKey.to_string(),
        "a key set must not hold a private key: whoever reads it could issue tokens"
    );
}

/// RFC 7518 sections 3.3 and 6.3.1, FIPS 186-5 section 5.4.
#[test]
fn unsound_rsa_key_spoils_set() {
    let key = IssuerKey::rs256("k");
    let modulus = key.modulus();
    let of_bits = |bits: usize| {
        let mut bytes = vec![0xa5; bits.div_ceil(8)];
        bytes[0] = 0x80 >> ((8 - bits % 8) % 8);
        base64url(bytes)
    };
    for bits in [512, 1024, 2040, 2047, 8193, 8200, 16384] {
        let jwk = with(&key, "n", of_bits(bits).into());
        assert_eq!(fault(&[jwk]), KeySetError::RsaKey, "{bits}");
    }
    for bits in [2048, 2049, 3072, 4096, 8192] {
        assert!(
            set_of(&[with(&key, "n", of_bits(bits).into())]).is_ok(),
            "{bits}"
        );
    }
    let mut even = modulus.to_vec();
    even[255] &= 0xfe;
    let mut moduli: Vec<Value> = [
        base64url([&[0], modulus].concat()),
        base64url(even),
        format!("{}=", base64url(modulus)),
        STANDARD_NO_PAD.encode([&[0xfb, 0xff], modulus, &[1]].concat()),
        base64url([0; 256]),
        String::new(),
    ]
    .map(Value::from)
    .into();
    moduli.extend([Value::Null, json!(7), json!([]), json!({})]);
    for n in moduli {
        assert_eq!(
            fault(&[with(&key, "n", n.clone())]),
            KeySetError::RsaKey,
            "{n}"
        );
    }
    let (even, small) = (base64url([1, 0, 0]), base64url([1]));
    let (large, huge) = (base64url([2, 0, 0, 0, 1]), base64url([1; 9]));
    for e in [
        &small, "Aw", "EQ", "AP__", &even, &large, &huge, "AAEAAQ", "", "AQAB=",
    ] {
        assert_eq!(
            fault(&[with(&key, "e", e.into())]),
            KeySetError::RsaKey,
            "{e}"
        );
    }
    for name in ["n", "e"] {
        assert_eq!(fault(&[without(&key, name)]), KeySetError::RsaKey, "{name}");
    }
    assert!(set_of(&[with(&key, "e", base64url([1, 0, 3]).into())]).is_ok());
}

#[test]
fn rsa_key_with_factor_is_private() {
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        let key = IssuerKey::rs256("k");
        let jwk = with(&key, name, "AQAB".into());
        assert_eq!(fault(&[jwk]), KeySetError::PrivateKey, "{name}");
    }
}
