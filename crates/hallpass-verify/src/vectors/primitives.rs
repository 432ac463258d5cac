//! Wycheproof on the three algorithms themselves, with our keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{as_set, hex, read};
use crate::error::Refused;
use crate::key_set::KeySet;
use crate::keys::{Chosen, hmac_key};

/// How many of the cases are right, and how many are wrong.
#[derive(Debug, Default, PartialEq)]
struct Count {
    valid: usize,
    invalid: usize,
}

/// Runs all cases of a file; `verifies` is given the group and the case.
fn run(file: &str, mut verifies: impl FnMut(&Value, &Value) -> bool) -> Count {
    let file = read(&format!("wycheproof/{file}_test.json"));
    let mut count = Count::default();
    for group in file["testGroups"].as_array().unwrap() {
        for case in group["tests"].as_array().unwrap() {
            let is_valid = case["result"] == "valid";
            assert_eq!(verifies(group, case), is_valid, "{case:#} of {group:#}");
            if is_valid {
                count.valid += 1;
            } else {
                count.invalid += 1;
            }
        }
    }
    count
}

fn verify(jwk: &Value, alg: &str, case: &Value) -> Result<(), Refused> {
    let set = KeySet::parse(&as_set(jwk).to_string()).unwrap();
    let key = Chosen::Public(set.find(alg, None)?);
    key.verify(&hex(&case["msg"]), &hex(&case["sig"]))
}

/// The key of a group, which not every group has as a JWK.
fn p_256(group: &Value) -> Value {
    let point = hex(&group["publicKey"]["uncompressed"]);
    let [x, y] = [1..33, 33..65].map(|part| URL_SAFE_NO_PAD.encode(&point[part]));
    serde_json::json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
}

#[test]
fn ed25519_verifies_as_wycheproof_says() {
    let count = run("ed25519", |group, case| {
        verify(&group["publicKeyJwk"], "EdDSA", case).is_ok()
    });
    let expected = Count {
        valid: 88,
        invalid: 63,
    };
    assert_eq!(count, expected);
}

#[test]
fn es256_verifies_as_wycheproof_says() {
    let count = run("ecdsa_secp256r1_sha256_p1363", |group, case| {
        verify(&p_256(group), "ES256", case).is_ok()
    });
    let expected = Count {
        valid: 173,
        invalid: 89,
    };
    assert_eq!(count, expected);
}

/// The key of a group, or nothing where its exponent is too small for us.
fn rsa(group: &Value) -> Option<Value> {
    let exponent = &group["publicKey"]["publicExponent"];
    let [n, e] = ["modulus", "publicExponent"].map(|name| {
        let bytes = hex(&group["publicKey"][name]);
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        URL_SAFE_NO_PAD.encode(&bytes[zeros..])
    });
    let jwk = serde_json::json!({"kty": "RSA", "n": n, "e": e});
    let set = KeySet::parse(&as_set(&jwk).to_string());
    assert_eq!(set.is_ok(), exponent == "010001", "{exponent}");
    set.is_ok().then_some(jwk)
}

/// The one case that is only acceptable (a DER without the NULL) is refused too.
#[test]
fn rs256_verifies_as_wycheproof_says() {
    for (file, valid, invalid) in [
        ("rsa_signature_2048_sha256", 7, 250),
        ("rsa_signature_3072_sha256", 7, 251),
    ] {
        let file = read(&format!("wycheproof/{file}_test.json"));
        let mut count = Count::default();
        let groups = file["testGroups"].as_array().unwrap();
        for (jwk, group) in groups.iter().filter_map(|group| Some((rsa(group)?, group))) {
            for case in group["tests"].as_array().unwrap() {
                let is_valid = case["result"] == "valid";
                let verdict = verify(&jwk, "RS256", case);
                assert_eq!(verdict.is_ok(), is_valid, "{case:#}");
                *if is_valid {
                    &mut count.valid
                } else {
                    &mut count.invalid
                } += 1;
            }
        }
        assert_eq!(count, Count { valid, invalid });
    }
}

/// RFC 7518 section 3.4 has r and s in 32 bytes each, and no DER.
#[test]
fn no_signature_in_der_is_one_for_us() {
    let file = read("wycheproof/ecdsa_secp256r1_sha256_test.json");
    let mut cases = 0;
    for group in file["testGroups"].as_array().unwrap() {
        let jwk = p_256(group);
        for case in group["tests"].as_array().unwrap() {
            let verdict = verify(&jwk, "ES256", case);
            assert_eq!(verdict, Err(Refused::Signature), "{case:#}");
            cases += 1;
        }
    }
    assert_eq!(cases, 484);
}

/// What is right there and refused here are tags of half the length, which JWS
/// does not have, and keys under 32 bytes.
#[test]
fn hmac_verifies_as_wycheproof_says_with_whole_tags_and_long_keys() {
    let file = read("wycheproof/hmac_sha256_test.json");
    let (mut verified, mut halved, mut short, mut wrong) = (0, 0, 0, 0);
    for group in file["testGroups"].as_array().unwrap() {
        for case in group["tests"].as_array().unwrap() {
            let Ok(key) = hmac_key(&hex(&case["key"])) else {
                assert!(group["keySize"].as_u64().unwrap() < 256);
                short += 1;
                continue;
            };
            let keys = [key];
            let verdict = Chosen::Shared(&keys).verify(&hex(&case["msg"]), &hex(&case["tag"]));
            let is_whole = group["tagSize"] == 256;
            let is_valid = case["result"] == "valid";
            assert_eq!(verdict.is_ok(), is_valid && is_whole, "{case:#}");
            match (is_valid, is_whole) {
                (true, true) => verified += 1,
                (true, false) => halved += 1,
                (false, _) => wrong += 1,
            }
        }
    }
    assert_eq!((verified, halved, short, wrong), (30, 30, 6, 108));
}

/// Nothing that we ask of a key is too much for those of Wycheproof.
#[test]
fn every_published_key_is_taken() {
    let mut groups = 0;
    for file in ["ed25519", "ecdsa_secp256r1_sha256_p1363"] {
        let file = read(&format!("wycheproof/{file}_test.json"));
        for group in file["testGroups"].as_array().unwrap() {
            if let Some(jwk) = group.get("publicKeyJwk") {
                let set = KeySet::parse(&as_set(jwk).to_string());
                assert!(set.is_ok(), "{jwk}: {set:?}");
                groups += 1;
            }
        }
    }
    assert_eq!(groups, 78 + 103);
}
