//! Wycheproof on tokens: signatures, keys, and what is no signature at all.

use serde_json::Value;

use super::{as_set, check, public_keys, read, secret};
use crate::error::KeySetError;
use crate::keys::Keys;

/// Marked wrong by mistake: 367 and 370 are byte for byte the case 357, which
/// is marked right; 372 and 373 are marked right and have a `?` in a part, which
/// base64url has not (RFC 4648 section 5).
const WRONG_VERDICTS: [u64; 4] = [367, 370, 372, 373];

/// A case with the keys of its group.
struct Case {
    group: Value,
    id: u64,
    token: Option<String>,
    is_valid: bool,
}

fn cases(file: &str) -> Vec<Case> {
    let file = read(&format!("wycheproof/{file}_test.json"));
    let mut cases = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        for case in group["tests"].as_array().unwrap() {
            // One case is the JSON form of a token, which is no text at all.
            let token = case.get("jws").or_else(|| case.get("jwe")).unwrap();
            cases.push(Case {
                group: group.clone(),
                id: case["tcId"].as_u64().unwrap(),
                token: token.as_str().map(str::to_owned),
                is_valid: case["result"] == "valid",
            });
        }
    }
    cases
}

impl Case {
    /// Whether it is of an algorithm that we have, by the keys of its group.
    fn concerns_us(&self) -> bool {
        let keys = as_set(self.keys());
        let all = keys["keys"].as_array().unwrap();
        all.iter().all(|key| {
            let kind = key["crv"].as_str().or(key["kty"].as_str());
            let alg = key["alg"].as_str();
            matches!(
                (kind, alg),
                (Some("P-256"), Some("ES256") | None)
                    | (Some("oct"), Some("HS256"))
                    | (Some("RSA"), Some("RS256"))
            )
        })
    }

    /// What is published where there is something to publish, and else the secret.
    fn keys(&self) -> &Value {
        self.group.get("public").unwrap_or(&self.group["private"])
    }

    /// Whether some verifier that a user can build of these keys takes the token:
    /// one with the set as it is, or one with its only key as the secret.
    fn verifies(&self) -> bool {
        let keys = self.keys();
        let built = [public_keys(keys).ok(), only_secret(keys)];
        let text = self.token.clone().unwrap_or_else(|| "{}".to_owned());
        built
            .iter()
            .flatten()
            .any(|keys| check(keys, &text).is_ok())
    }
}

/// The one HS256 key, by what it says of itself, if it is long enough.
fn only_secret(keys: &Value) -> Option<Keys> {
    let set = as_set(keys);
    match set["keys"].as_array().unwrap().as_slice() {
        [key] if key["kty"] == "oct" && key["use"] == "sig" && key["alg"] == "HS256" => {
            secret(key).ok()
        }
        _ => None,
    }
}

/// Which cases verify, and which are marked valid and do not.
fn verdicts(all: &[Case]) -> (Vec<u64>, Vec<u64>) {
    let (mut verified, mut left) = (Vec::new(), Vec::new());
    for case in all {
        match (case.verifies(), case.is_valid) {
            (true, true) => verified.push(case.id),
            (false, true) => left.push(case.id),
            (takes_it, false) => assert!(!takes_it, "{}", case.id),
        }
    }
    (verified, left)
}

#[test]
fn signatures_are_judged_as_wycheproof_does_but_for_four_mistakes() {
    let (mut ours, mut others, mut disagreed) = (0, 0, Vec::new());
    for case in cases("json_web_signature") {
        if case.concerns_us() {
            ours += 1;
            if case.verifies() != case.is_valid {
                disagreed.push(case.id);
            }
        } else {
            others += 1;
            assert!(!case.verifies(), "{}", case.id);
        }
    }
    assert_eq!(disagreed, WRONG_VERDICTS);
    assert_eq!((ours, others), (314, 87));
}

#[test]
fn the_four_mistakes_are_what_we_say_they_are() {
    let all = cases("json_web_signature");
    let token = |id: u64| {
        let case = all.iter().find(|case| case.id == id).unwrap();
        (case.token.clone().unwrap(), case.is_valid)
    };
    let (sound, is_valid) = token(357);
    assert!(is_valid);
    for id in [367, 370] {
        assert_eq!(token(id), (sound.clone(), false));
    }
    for id in [372, 373] {
        let (text, is_valid) = token(id);
        assert!(is_valid && text.contains('?'));
    }
}

/// What is left is a set of two secrets (2), which we never take from a set,
/// and algorithms that we do not have: HS384 (14) and HS512 (15). Among what is
/// refused is a key of a weak chip (7).
#[test]
fn keys_are_judged_as_wycheproof_does() {
    let all = cases("json_web_key");
    assert_eq!(all.len(), 26);
    assert_eq!(verdicts(&all), (vec![5, 13], vec![2, 14, 15]));
}

/// What is left is a set of two secrets (48) and encryption (50, 67).
#[test]
fn tokens_of_every_kind_are_judged_as_wycheproof_does() {
    let all = cases("json_web_crypto");
    assert_eq!(all.len(), 83);
    assert_eq!(verdicts(&all), (vec![1, 18, 33], vec![48, 50, 67]));
}

#[test]
fn no_encrypted_token_is_one_for_us() {
    let all = cases("json_web_encryption");
    assert_eq!(all.len(), 139);
    let other = secret(&serde_json::json!({ "k": "A".repeat(43) })).unwrap();
    for case in all {
        assert!(!case.verifies(), "{}", case.id);
        assert!(check(&other, &case.token.unwrap()).is_err());
    }
}

/// Which rule of ours the broken keys of Wycheproof meet.
#[test]
fn broken_keys_are_refused_by_the_rule_that_they_break() {
    let rules: Vec<_> = cases("json_web_key")
        .iter()
        .filter(|case| case.group.get("public").is_some())
        .map(|case| (case.id, public_keys(case.keys()).err()))
        .collect();
    let expected = [
        (19, KeySetError::Contradiction),
        (20, KeySetError::Contradiction),
        (21, KeySetError::NoUsableKey),
        (22, KeySetError::Point),
        (23, KeySetError::Contradiction),
        (24, KeySetError::Contradiction),
    ];
    for (id, rule) in expected {
        assert!(rules.contains(&(id, Some(rule))), "{id} {rule:?} {rules:?}");
    }
}
