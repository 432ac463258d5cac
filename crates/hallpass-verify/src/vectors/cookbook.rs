//! The examples of RFC 7520, RFC 7797 and RFC 8037.

use serde_json::Value;

use super::{check, public_keys, read, secret};
use crate::error::{KeySetError, Refused};

fn example(path: &str) -> Value {
    read(&format!("jose-cookbook/{path}.json"))
}

/// The token of an example, or what its parts make of it.
fn compact(example: &Value) -> Option<&str> {
    example["output"]["compact"].as_str()
}

#[test]
fn the_example_of_rfc_8037_verifies() {
    let example = example("curve25519/jws");
    let mut key = example["input"]["key"].clone();
    assert_eq!(
        public_keys(&key).err(),
        Some(KeySetError::PrivateKey),
        "as it is printed"
    );
    key.as_object_mut().unwrap().remove("d");
    let keys = public_keys(&key).unwrap();
    let token = compact(&example).unwrap();
    assert_eq!(check(&keys, token), Ok(()));
    let tampered = token.replace("hgyY0il", "hgyY0im");
    assert_eq!(check(&keys, &tampered), Err(Refused::Signature));
}

#[test]
fn the_example_of_rfc_7520_with_hs256_verifies() {
    let example = example("jws/4_4.hmac-sha2_integrity_protection");
    let keys = secret(&example["input"]["key"]).unwrap();
    assert_eq!(check(&keys, compact(&example).unwrap()), Ok(()));
}

#[test]
fn rs256_example_of_rfc_7520_verifies() {
    let example = example("jws/4_1.rsa_v15_signature");
    let keys = public_keys(&public_half(&example["input"]["key"])).unwrap();
    let token = compact(&example).unwrap();
    assert_eq!(check(&keys, token), Ok(()));
    let tampered = token.replace("SXTigJlz", "SXTigJl0");
    assert_eq!(check(&keys, &tampered), Err(Refused::Signature));
}

/// A private RSA key without what is private.
fn public_half(key: &Value) -> Value {
    let mut key = key.clone();
    let members = key.as_object_mut().unwrap();
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        members.remove(name);
    }
    key
}

#[test]
fn the_examples_of_rfc_7520_with_other_algorithms_are_refused() {
    let others = ["jws/4_2.rsa-pss_signature", "jws/4_3.ecdsa_signature"];
    let ed25519 = example("curve25519/jws")["input"]["key"]["x"].clone();
    let ed25519 = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": ed25519});
    for path in others {
        let example = example(path);
        let token = compact(&example).unwrap();
        let key = public_half(&example["input"]["key"]);
        // Of this RSA key its algorithm is not said, so it is taken for RS256.
        let is_rsa = key["kty"] == "RSA";
        let fault = (!is_rsa).then_some(KeySetError::NoUsableKey);
        assert_eq!(public_keys(&key).err(), fault);
        if let Ok(keys) = public_keys(&key) {
            assert_eq!(check(&keys, token), Err(Refused::Algorithm), "{path}");
        }
        let ours = public_keys(&ed25519).unwrap();
        assert_eq!(check(&ours, token), Err(Refused::Algorithm), "{path}");
    }
}

/// A token is compact; the other forms of JWS have no such text, and their parts
/// put together in its form are refused.
#[test]
fn the_forms_of_rfc_7520_that_are_not_compact_are_refused() {
    let forms = [
        "jws/4_6.protecting_specific_header_fields",
        "jws/4_7.protecting_content_only",
        "jws/4_8.multiple_signatures",
        "rfc7797/4.2.hmac-sha2_b64_false",
    ];
    for path in forms {
        let example = example(path);
        assert_eq!(compact(&example), None, "{path}");
        let key = &example["input"]["key"];
        let keys = secret(key.get(2).unwrap_or(key)).unwrap();
        for form in ["json", "json_flat"] {
            let text = example["output"][form].to_string();
            assert!(check(&keys, &text).is_err(), "{path}");
        }
    }
}

#[test]
fn detached_content_does_not_verify_without_the_content() {
    let example = example("jws/4_5.signature_with_detached_content");
    let keys = secret(&example["input"]["key"]).unwrap();
    let token = compact(&example).unwrap();
    assert!(token.contains(".."));
    assert_eq!(check(&keys, token), Err(Refused::Signature));
}

/// RFC 7797: the payload is not in base64, which we do not take, critical or not.
#[test]
fn the_examples_of_rfc_7797_are_refused() {
    let in_compact_form = example("rfc7797/hmac-sha2_b64_false");
    let keys = secret(&in_compact_form["input"]["key"]).unwrap();
    let token = compact(&in_compact_form).unwrap();
    assert_eq!(check(&keys, token), Err(Refused::Critical));
    let as_json = example("rfc7797/4.2.hmac-sha2_b64_false");
    let flat = &as_json["output"]["json_flat"];
    let text = |name: &str| flat[name].as_str().unwrap();
    let token = [text("protected"), "JC4wMg", text("signature")].join(".");
    assert_eq!(check(&keys, &token), Err(Refused::Critical));
}

#[test]
fn the_compressed_example_of_rfc_7520_is_refused() {
    let example = example("jwe/5_9.compressed_content");
    let keys = secret(&serde_json::json!({ "k": "A".repeat(43) })).unwrap();
    assert_eq!(
        check(&keys, compact(&example).unwrap()),
        Err(Refused::Malformed)
    );
    // Its header in the place of a token's.
    let header = example["encrypting_content"]["protected_b64u"].as_str();
    let token = format!("{}.AAAA.AAAA", header.unwrap());
    assert_eq!(check(&keys, &token), Err(Refused::Algorithm));
}

#[test]
fn the_keys_of_rfc_7520_are_none_that_we_take_but_one() {
    let rsa = example("jwk/3_3.rsa_public_key");
    assert!(public_keys(&rsa).is_ok());
    let expected = [
        ("3_1.ec_public_key", KeySetError::NoUsableKey),
        ("3_2.ec_private_key", KeySetError::PrivateKey),
        ("3_4.rsa_private_key", KeySetError::PrivateKey),
        (
            "3_5.symmetric_key_mac_computation",
            KeySetError::NoUsableKey,
        ),
        ("3_6.symmetric_key_encryption", KeySetError::NoUsableKey),
    ];
    for (path, why) in expected {
        let key = example(&format!("jwk/{path}"));
        assert_eq!(public_keys(&key).err(), Some(why), "{path}");
    }
}

/// RFC 7515, appendix A.2, where the header has no `kid`.
#[test]
fn rs256_example_of_rfc_7515_verifies() {
    let key = serde_json::json!({"kty": "RSA", "e": "AQAB", "n":
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx\
         HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs\
         D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSH\
         SXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV\
         MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8\
         NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"});
    let token = "eyJhbGciOiJSUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
        cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\
        AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4\
        BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K\
        0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
        hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB\
        p0igcN_IoypGlUPQGe77Rw";
    let keys = public_keys(&key).unwrap();
    assert_eq!(check(&keys, token), Ok(()));
    let tampered = token.replace("p0igcN", "p0igcM");
    assert_eq!(check(&keys, &tampered), Err(Refused::Signature));
}
