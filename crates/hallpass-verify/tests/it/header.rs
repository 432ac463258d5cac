//! The rest of the header: the type, and what asks for more than we do.

use hallpass_verify::Refused;

use crate::forge::{
    Forge, NOW, OTHER_SECRET, all_refused, base64url, quoted, sign_header, verdict,
};
use crate::issuer::{IssuerKey, verdict_of};

/// JSON of every kind; the presence of a member is what counts.
const ANYTHING: [&str; 10] = [
    "null",
    "true",
    "false",
    "0",
    "\"\"",
    "\"JWT\"",
    "[]",
    r#"["b64"]"#,
    r#"["exp"]"#,
    "{}",
];

#[test]
fn asvs_v9_2_2_a_token_of_another_type_is_refused() {
    let types = [
        "",
        "jwt",
        "Jwt",
        "JWT ",
        " JWT",
        "JWS",
        "JOSE",
        "JOSE+JSON",
        "JWE",
        "at+jwt",
        "application/jwt",
        "application/at+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "logout+jwt",
        "kb+jwt",
        "refresh+jwt",
        "JWT\\u0000",
    ];
    all_refused(
        Refused::Type,
        types.map(|typ| Forge::good().header("typ", &quoted(typ)).token()),
    );
}

#[test]
fn a_missing_type_is_refused() {
    all_refused(
        Refused::Type,
        [
            Forge::good().header_without("typ").token(),
            Forge::good()
                .header_without("typ")
                .header("TYP", &quoted("JWT"))
                .token(),
            Forge::good()
                .header_without("typ")
                .claim("typ", &quoted("JWT"))
                .token(),
        ],
    );
}

#[test]
fn a_type_that_is_no_string_is_refused() {
    let values = ["null", "true", "1", "[]", "{}", r#"["JWT"]"#];
    all_refused(
        Refused::Malformed,
        values.map(|json| Forge::good().header("typ", json).token()),
    );
}

/// JSON of every type but one.
fn all_but(fitting: char) -> Vec<&'static str> {
    let values = [
        "null", "true", "false", "0", "1.5", "\"\"", "[]", r#"["k"]"#, "[7]", "{}",
    ];
    let differs = |json: &&str| !json.starts_with(fitting);
    values.into_iter().filter(differs).collect()
}

/// RFC 7515 sections 4.1.2 to 4.1.8: strings, one array of strings, one object.
fn mistyped() -> Vec<(&'static str, &'static str)> {
    let texts = ["kid", "jku", "x5u", "x5t", "x5t#S256"];
    let of_texts = texts
        .into_iter()
        .flat_map(|name| all_but('"').into_iter().map(move |json| (name, json)));
    let of_keys = all_but('{').into_iter().map(|json| ("jwk", json));
    let of_chains = all_but('[').into_iter().map(|json| ("x5c", json));
    of_texts
        .chain(of_keys)
        .chain(of_chains)
        .chain([("x5c", "[7]"), ("x5c", "[null]")])
        .collect()
}

#[test]
fn mistyped_header_member_is_refused() {
    all_refused(
        Refused::Malformed,
        mistyped()
            .iter()
            .map(|(name, json)| Forge::good().header(name, json).token()),
    );
}

#[test]
fn keys_refuse_mistyped_header_members() {
    for key in IssuerKey::of_each_kind("k") {
        for (name, json) in mistyped() {
            let token = Forge::by(&key).header(name, json);
            assert_eq!(
                verdict_of(&[&key], &token),
                Err(Refused::Malformed),
                "{name} {json}"
            );
        }
    }
}

#[test]
fn second_secret_refuses_mistyped_kid() {
    let verifier = crate::forge::builder()
        .also_accept(OTHER_SECRET)
        .build()
        .unwrap();
    for json in all_but('"') {
        let token = Forge::good()
            .header("kid", json)
            .signed_with(OTHER_SECRET)
            .token();
        assert_eq!(
            verifier.verify_at(&token, NOW),
            Err(Refused::Malformed),
            "{json}"
        );
    }
}

#[test]
fn a_critical_extension_is_refused_whatever_it_is() {
    all_refused(
        Refused::Critical,
        ANYTHING.map(|json| Forge::good().header("crit", json).token()),
    );
    let known_but_not_critical = Forge::good()
        .header("crit", r#"["exp","kid","alg"]"#)
        .header("exp", "1");
    all_refused(Refused::Critical, [known_but_not_critical.token()]);
}

#[test]
fn an_unencoded_payload_is_refused_with_and_without_crit() {
    all_refused(
        Refused::Critical,
        ANYTHING.map(|json| Forge::good().header("b64", json).token()),
    );
    let as_in_rfc_7797 = Forge::good()
        .header("b64", "false")
        .header("crit", r#"["b64"]"#);
    all_refused(Refused::Critical, [as_in_rfc_7797.token()]);
    let header = base64url(as_in_rfc_7797.header_json());
    let payload = as_in_rfc_7797.payload_json();
    // The dots of the e-mail address and the issuer make it more than three parts.
    all_refused(
        Refused::Malformed,
        [crate::forge::sign_parts(&header, &payload)],
    );
}

#[test]
fn compression_is_refused_whatever_it_is() {
    all_refused(
        Refused::Compressed,
        ANYTHING
            .into_iter()
            .chain(["\"DEF\"", "\"GZ\""])
            .map(|json| Forge::good().header("zip", json).token()),
    );
}

#[test]
fn a_token_within_a_token_is_refused() {
    all_refused(
        Refused::Nested,
        ANYTHING.map(|json| Forge::good().header("cty", json).token()),
    );
    let inner = Forge::good().token();
    all_refused(
        Refused::Malformed,
        [
            crate::forge::sign_payload(&inner),
            crate::forge::sign_payload(quoted(&inner)),
        ],
    );
}

#[test]
fn a_member_that_we_read_is_refused_when_it_is_there_twice() {
    let twice = [
        "typ", "crit", "b64", "zip", "cty", "kid", "jku", "x5u", "x5t", "x5t#S256",
    ];
    all_refused(
        Refused::Malformed,
        twice.map(|name| {
            Forge::good()
                .header(name, &quoted("JWT"))
                .header_also(name, &quoted("JWT"))
                .token()
        }),
    );
}

#[test]
fn unknown_members_are_ignored() {
    let token = Forge::good()
        .header("kid", &quoted("2026-08"))
        .header("nonce", "[1,2,{\"a\":null}]")
        .header("exp", "1")
        .header("enc", &quoted("A256GCM"))
        .token();
    assert!(verdict(&token).is_ok());
}

#[test]
fn the_order_and_the_white_space_of_the_header_do_not_matter() {
    let headers = [
        r#"{"typ":"JWT","alg":"HS256"}"#,
        "{ \"alg\" :\t\"HS256\" ,\r\n \"typ\": \"JWT\" }",
        "\n {\"alg\":\"HS256\",\"typ\":\"JWT\"} \n",
    ];
    for header in headers {
        assert!(verdict(&sign_header(header)).is_ok(), "{header}");
    }
}
