//! One algorithm for one key, fixed by us (RFC 8725 sections 3.1 and 3.2).

use hallpass_verify::Refused;
use jsonwebtoken::Algorithm;

use crate::forge::{Forge, all_refused, base64url, good_parts, quoted, sign_header, verdict};

const NONES: [&str; 10] = [
    "none",
    "None",
    "NONE",
    "nOnE",
    "noNe",
    "none ",
    " none",
    "n\\u006fne",
    "null",
    "",
];

#[test]
fn asvs_v9_1_2_none_is_refused_in_every_spelling() {
    all_refused(
        Refused::Algorithm,
        NONES.map(|none| Forge::good().header("alg", &quoted(none)).token()),
    );
}

#[test]
fn asvs_v9_1_2_none_is_refused_without_a_signature() {
    let [_, payload, signature] = good_parts();
    let headers = NONES.map(|none| format!(r#"{{"alg":"{none}","typ":"JWT"}}"#));
    all_refused(
        Refused::Algorithm,
        headers.iter().flat_map(|header| {
            let header = base64url(header);
            ["", "AA", &signature].map(|signature| format!("{header}.{payload}.{signature}"))
        }),
    );
}

#[test]
fn other_spellings_of_our_algorithm_are_refused() {
    let spellings = [
        "hs256",
        "Hs256",
        "HS256 ",
        " HS256",
        "HS-256",
        "HS2560",
        "HS25",
        "HS256,none",
        "HMAC",
        "SHA256",
        "HmacSHA256",
        "HS256\\u0000",
        "HS256\\n",
        "ΗS256",
    ];
    all_refused(
        Refused::Algorithm,
        spellings.map(|alg| Forge::good().header("alg", &quoted(alg)).token()),
    );
}

#[test]
fn asvs_v9_1_2_every_other_algorithm_is_refused_with_the_right_secret() {
    let names = [
        "HS384",
        "HS512",
        "HS1",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES256K",
        "ES384",
        "ES512",
        "EdDSA",
        "Ed25519",
        "ML-DSA-44",
        "dir",
        "A256KW",
        "RSA-OAEP",
        "RSA1_5",
        "ECDH-ES",
        "PBES2-HS256+A128KW",
    ];
    all_refused(
        Refused::Algorithm,
        names.map(|alg| Forge::good().header("alg", &quoted(alg)).token()),
    );
}

#[test]
fn a_wrong_hash_is_refused_whether_the_header_admits_it_or_not() {
    let hashes = [(Algorithm::HS384, "HS384"), (Algorithm::HS512, "HS512")];
    all_refused(
        Refused::Algorithm,
        hashes.map(|(hash, name)| {
            Forge::good()
                .header("alg", &quoted(name))
                .hashed_by(hash)
                .token()
        }),
    );
    all_refused(
        Refused::Signature,
        hashes.map(|(hash, _)| Forge::good().hashed_by(hash).token()),
    );
}

#[test]
fn a_missing_algorithm_is_refused() {
    all_refused(
        Refused::Algorithm,
        [
            Forge::good().header_without("alg").token(),
            Forge::good()
                .header_without("alg")
                .header("Alg", &quoted("HS256"))
                .token(),
            Forge::good()
                .header_without("alg")
                .header("ALG", &quoted("HS256"))
                .token(),
            Forge::good()
                .header_without("alg")
                .claim("alg", &quoted("HS256"))
                .token(),
        ],
    );
}

#[test]
fn an_algorithm_that_is_no_string_is_refused() {
    let values = [
        "null",
        "true",
        "256",
        "[]",
        "{}",
        r#"["HS256"]"#,
        r#"{"HS256":true}"#,
    ];
    all_refused(
        Refused::Malformed,
        values.map(|json| Forge::good().header("alg", json).token()),
    );
}

#[test]
fn an_algorithm_that_is_there_twice_is_refused() {
    all_refused(
        Refused::Malformed,
        ["HS256", "none"].map(|second| Forge::good().header_also("alg", &quoted(second)).token()),
    );
    all_refused(
        Refused::Malformed,
        [
            sign_header(r#"{"alg":"none","alg":"HS256","typ":"JWT"}"#),
            sign_header(r#"{"alg":"HS256","typ":"JWT","\u0061lg":"HS256"}"#),
        ],
    );
}

#[test]
fn the_json_string_counts_and_not_how_it_is_escaped() {
    let token = sign_header(r#"{"\u0061lg":"\u0048S256","typ":"J\u0057T"}"#);
    assert!(verdict(&token).is_ok());
}

#[test]
fn a_huge_count_of_key_derivations_costs_nothing() {
    let token = Forge::good()
        .header("alg", &quoted("PBES2-HS512+A256KW"))
        .header("enc", &quoted("A256GCM"))
        .header("p2c", "2147483647")
        .header("p2s", &quoted("c2FsdA"))
        .token();
    all_refused(Refused::Algorithm, [token]);
}
