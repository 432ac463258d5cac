//! Which claims must be there, and of what type.

use hallpass_verify::{Claims, Refused};

use crate::forge::{Forge, ISSUER, NOW, USER, all_refused, quoted, verdict};

#[test]
fn a_good_token_gives_its_claims() {
    let claims = verdict(&Forge::good().token()).unwrap();
    assert_eq!(claims.sub, USER);
    assert_eq!(claims.email, "ada@example.com");
    assert_eq!(claims.iat, NOW);
    assert_eq!(claims.exp, NOW + 3600);
    assert_eq!(claims.iss, ISSUER);
}

#[test]
fn claims_survive_a_trip_through_json() {
    let claims = verdict(&Forge::good().token()).unwrap();
    let json = serde_json::to_string(&claims).unwrap();
    assert_eq!(json, Forge::good().payload_json());
    assert_eq!(serde_json::from_str::<Claims>(&json).unwrap(), claims);
}

#[test]
fn every_one_of_the_five_claims_is_required() {
    let names = ["sub", "email", "iat", "exp", "iss"];
    all_refused(
        Refused::Claims,
        names.map(|name| Forge::good().claim_without(name).token()),
    );
    all_refused(
        Refused::Claims,
        names.map(|name| Forge::good().claim(name, "null").token()),
    );
    all_refused(
        Refused::Claims,
        names.map(|name| {
            Forge::good()
                .claim_without(name)
                .claim(&name.to_uppercase(), "1800000000")
                .token()
        }),
    );
    all_refused(Refused::Claims, [crate::forge::sign_payload("{}")]);
}

#[test]
fn a_claim_does_not_count_in_the_header() {
    all_refused(
        Refused::Claims,
        [Forge::good()
            .claim_without("sub")
            .header("sub", &quoted(USER))
            .token()],
    );
}

#[test]
fn a_text_of_another_type_is_refused() {
    let values = [
        "null",
        "true",
        "false",
        "0",
        "7",
        "1.5",
        "[]",
        "{}",
        "[\"u\"]",
        "{\"id\":\"u\"}",
    ];
    for name in ["sub", "email", "iss"] {
        all_refused(
            Refused::Claims,
            values.map(|json| Forge::good().claim(name, json).token()),
        );
    }
}

#[test]
fn an_empty_subject_is_refused() {
    all_refused(
        Refused::Claims,
        [Forge::good().claim("sub", "\"\"").token()],
    );
}

#[test]
fn an_issuer_in_a_list_is_refused() {
    all_refused(
        Refused::Claims,
        [
            Forge::good()
                .claim("iss", &format!("[{}]", quoted(ISSUER)))
                .token(),
            Forge::good()
                .claim(
                    "iss",
                    &format!("[{},\"https://evil.example\"]", quoted(ISSUER)),
                )
                .token(),
        ],
    );
}
