//! From whom the token is, and for whom.

use hallpass_verify::{Refused, Verifier};

use crate::forge::{Forge, ISSUER, NOW, all_refused, builder, quoted, verifier};

const API: &str = "https://api.example.com";

fn for_api() -> Verifier {
    builder().audience(API).build().unwrap()
}

#[test]
fn another_issuer_is_refused_however_near() {
    let issuers = [
        String::new(),
        " ".to_owned(),
        format!("{ISSUER}/"),
        format!("{ISSUER} "),
        format!(" {ISSUER}"),
        format!("{ISSUER}:443"),
        format!("{ISSUER}.evil.example"),
        format!("{ISSUER}\\u0000"),
        format!("https://evil.example/?{ISSUER}"),
        format!("{ISSUER},https://evil.example"),
        ISSUER.replace("https", "http"),
        ISSUER.replace("https", "HTTPS"),
        ISSUER.to_uppercase(),
        ISSUER.replace("auth.", ""),
        ISSUER.trim_start_matches("https://").to_owned(),
        ISSUER.trim_end_matches('m').to_owned(),
        "https".to_owned(),
        "*".to_owned(),
        "https://evil.example".to_owned(),
        "https://аuth.example.com".to_owned(),
    ];
    all_refused(
        Refused::Issuer,
        issuers.map(|iss| Forge::good().claim("iss", &quoted(&iss)).token()),
    );
}

#[test]
fn the_issuer_that_is_set_is_taken_as_it_stands() {
    let slash = Verifier::shared_secret(crate::forge::SECRET)
        .issuer(format!("{ISSUER}/"))
        .build()
        .unwrap();
    assert_eq!(
        slash.verify_at(&Forge::good().token(), NOW),
        Err(Refused::Issuer)
    );
    let token = Forge::good()
        .claim("iss", &quoted(&format!("{ISSUER}/")))
        .token();
    assert!(slash.verify_at(&token, NOW).is_ok());
}

#[test]
fn asvs_v9_2_3_without_an_audience_a_token_for_one_is_refused() {
    let audiences = [
        quoted(API),
        quoted(""),
        quoted(ISSUER),
        "null".to_owned(),
        "[]".to_owned(),
        format!("[{}]", quoted(API)),
        "7".to_owned(),
        "false".to_owned(),
        "{}".to_owned(),
    ];
    all_refused(
        Refused::Audience,
        audiences
            .iter()
            .map(|json| Forge::good().claim("aud", json).token()),
    );
}

#[test]
fn asvs_v9_2_3_with_an_audience_a_token_for_it_passes() {
    let verifier = for_api();
    let audiences = [
        quoted(API),
        format!("[{}]", quoted(API)),
        format!("[\"https://other.example\",{}]", quoted(API)),
        format!("[{0},{0}]", quoted(API)),
        "\"https:\\/\\/api.example.com\"".to_owned(),
    ];
    for json in audiences {
        let token = Forge::good().claim("aud", &json).token();
        assert!(verifier.verify_at(&token, NOW).is_ok(), "{json}");
    }
}

#[test]
fn asvs_v9_2_3_with_an_audience_every_other_token_is_refused() {
    let verifier = for_api();
    let audiences = [
        quoted(""),
        quoted("*"),
        quoted("https://other.example"),
        quoted(&format!("{API}/")),
        quoted(&format!("{API} ")),
        quoted(&format!("{API} https://other.example")),
        quoted(&format!("{API},https://other.example")),
        quoted(&format!("{API}.evil.example")),
        quoted(&API.to_uppercase()),
        quoted(API.trim_end_matches('m')),
        "null".to_owned(),
        "true".to_owned(),
        "7".to_owned(),
        "[]".to_owned(),
        "[null]".to_owned(),
        "[[\"https://api.example.com\"]]".to_owned(),
        format!("[{},7]", quoted(API)),
        format!("[null,{}]", quoted(API)),
        format!("{{\"aud\":{}}}", quoted(API)),
        format!("{{{}:true}}", quoted(API)),
    ];
    for json in audiences {
        let token = Forge::good().claim("aud", &json).token();
        assert_eq!(
            verifier.verify_at(&token, NOW),
            Err(Refused::Audience),
            "{json}"
        );
    }
    assert_eq!(
        verifier.verify_at(&Forge::good().token(), NOW),
        Err(Refused::Audience)
    );
    let in_the_header = Forge::good().header("aud", &quoted(API)).token();
    assert_eq!(
        verifier.verify_at(&in_the_header, NOW),
        Err(Refused::Audience)
    );
}

#[test]
fn a_verifier_of_one_issuer_does_not_take_the_tokens_of_another_with_the_same_secret() {
    let other = Verifier::shared_secret(crate::forge::SECRET)
        .issuer("https://other.example.com")
        .build()
        .unwrap();
    let token = Forge::good().token();
    assert!(verifier().verify_at(&token, NOW).is_ok());
    assert_eq!(other.verify_at(&token, NOW), Err(Refused::Issuer));
}
