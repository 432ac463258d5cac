//! Tokens that others made.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_verify::{Refused, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};

use crate::forge::{Forge, ISSUER, NOW, SECRET, USER, verdict};

/// Made with the `hmac` and `base64` modules of Python's standard library.
const FROM_PYTHON: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
    eyJzdWIiOiIwMTkwYTZmNC03YzNlLTdkMDAtOGEwMC0wMDAwMDAwMDAwMDEiLCJlbWFpbCI6\
    ImFkYUBleGFtcGxlLmNvbSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAzNjAwLCJp\
    c3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20ifQ.\
    sFEvDJP4oyes1x4YxvC4khhyS2qOADQk4VG4YsEfK3E";

#[test]
fn a_token_made_in_python_is_the_same_and_passes() {
    assert_eq!(Forge::good().token(), FROM_PYTHON);
    assert_eq!(verdict(FROM_PYTHON).unwrap().sub, USER);
}

#[test]
fn a_token_made_by_jsonwebtoken_passes() {
    let claims = verdict(FROM_PYTHON).unwrap();
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap();
    assert_eq!(verdict(&token).unwrap(), claims);
}

#[test]
fn what_passes_here_passes_jsonwebtoken() {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_issuer(&[ISSUER]);
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let theirs =
        jsonwebtoken::decode::<hallpass_verify::Claims>(FROM_PYTHON, &key, &validation).unwrap();
    assert_eq!(theirs.claims, verdict(FROM_PYTHON).unwrap());
}

/// Its claims are not ours, and that this is what it is refused for shows that
/// the header and the signature are right.
#[test]
fn the_example_of_rfc_7515_appendix_a_1_has_a_right_signature() {
    let key =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let joe = Verifier::shared_secret(URL_SAFE_NO_PAD.decode(key).unwrap())
        .issuer("joe")
        .max_life(Duration::MAX)
        .build()
        .unwrap();
    assert_eq!(joe.verify_at(token, 1_300_819_379), Err(Refused::Claims));
    let tampered = token.replace("dBjf", "dBjg");
    assert_eq!(
        joe.verify_at(&tampered, 1_300_819_379),
        Err(Refused::Signature)
    );
}

#[test]
fn what_jsonwebtoken_lets_pass_is_refused_here() {
    let lenient = [
        (Forge::good().header("crit", "[\"x\"]"), Refused::Critical),
        (Forge::good().header("b64", "false"), Refused::Critical),
        (Forge::good().header("typ", "\"at+jwt\""), Refused::Type),
        (Forge::good().header("cty", "\"JWT\""), Refused::Nested),
        (Forge::good().header("zip", "\"DEF\""), Refused::Compressed),
        (
            Forge::good().times(NOW, 9_999_999_999),
            Refused::LifeTooLong,
        ),
        (
            Forge::good().times(NOW + 60, NOW + 3600),
            Refused::IssuedInFuture,
        ),
    ];
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    for (forge, why) in lenient {
        let token = forge.token();
        assert!(
            jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation).is_ok(),
            "no longer lenient: {why}"
        );
        assert_eq!(verdict(&token), Err(why));
    }
}
