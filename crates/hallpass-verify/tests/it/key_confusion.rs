//! A key is for one algorithm, whatever a token says of itself (RFC 8725
//! sections 2.1 and 3.1).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass_verify::Refused;

use crate::forge::{Forge, SECRET, base64url, quoted, verdict};
use crate::issuer::{IssuerKey, jwks, verdict_of, verifier_of};

/// RFC 8410 section 4, RFC 3279 section 2.3.1 and RFC 5480 section 2: what stands
/// before the point, or the RSA key, in a public key in DER.
const ED25519_DER: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const RSA_DER: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];
const P256_DER: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Every form in which a public key lies about and may be taken for a secret.
fn spellings(key: &IssuerKey) -> Vec<Vec<u8>> {
    let (algorithm, prefix): (&'static dyn VerificationAlgorithm, &[u8]) = match key.alg {
        "EdDSA" => (&ED25519, &ED25519_DER),
        "ES256" => (&ECDSA_P256_SHA256_FIXED, &P256_DER),
        _ => (&RSA_PKCS1_2048_8192_SHA256, &RSA_DER),
    };
    let der = [prefix, &key.point].concat();
    assert!(
        ParsedPublicKey::new(algorithm, &der).is_ok(),
        "the DER form is right"
    );
    let base64 = STANDARD.encode(&der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).collect();
    let lines = String::from_utf8(lines.join(&b'\n')).unwrap();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----");
    let jwk = key.jwk();
    let x = jwk["x"].as_str().or(jwk["n"].as_str()).unwrap();
    vec![
        key.point.clone(),
        key.point.iter().rev().copied().collect(),
        der.clone(),
        base64.clone().into_bytes(),
        base64url(&der).into_bytes(),
        pem.clone().into_bytes(),
        format!("{pem}\n").into_bytes(),
        pem.replace('\n', "\r\n").into_bytes(),
        jwk.to_string().into_bytes(),
        serde_json::to_vec_pretty(&jwk).unwrap(),
        jwks(&[key]).into_bytes(),
        x.as_bytes().to_vec(),
        key.kid.unwrap().as_bytes().to_vec(),
        Vec::new(),
    ]
}

#[test]
fn asvs_v9_1_2_a_public_key_is_no_secret_in_any_spelling() {
    for key in IssuerKey::of_each_kind("k") {
        for secret in spellings(&key) {
            let forged = Forge::by(&key).signed_with(&secret);
            let admitted = forged.clone().header("alg", &quoted("HS256"));
            assert_eq!(verdict_of(&[&key], &admitted), Err(Refused::Algorithm));
            // The same with a header that does not admit it.
            assert_eq!(verdict_of(&[&key], &forged), Err(Refused::Signature));
        }
    }
}

#[test]
fn asvs_v9_1_2_a_token_by_a_secret_is_refused_where_keys_are_public() {
    let key = IssuerKey::ed25519("k");
    assert_eq!(verdict_of(&[&key], &Forge::good()), Err(Refused::Algorithm));
    let named = Forge::good()
        .header("kid", &quoted("k"))
        .signed_with(SECRET);
    assert_eq!(verdict_of(&[&key], &named), Err(Refused::Algorithm));
}

#[test]
fn asvs_v9_1_2_a_token_by_a_public_key_is_refused_where_the_key_is_a_secret() {
    for key in IssuerKey::of_each_kind("k") {
        assert_eq!(verdict(&Forge::by(&key).token()), Err(Refused::Algorithm));
        let renamed = Forge::by(&key).header("alg", &quoted("HS256"));
        assert_eq!(verdict(&renamed.token()), Err(Refused::Signature));
    }
}

#[test]
fn asvs_v9_1_2_every_other_algorithm_is_refused_with_the_right_key() {
    let names = [
        "none",
        "None",
        "NONE",
        "",
        "HS256",
        "HS384",
        "HS512",
        "RS384",
        "rs256",
        "PS256",
        "ES384",
        "ES512",
        "ES256K",
        "Ed448",
        "eddsa",
        "EDDSA",
        "ED25519",
        "ed25519",
        "es256",
        "ES256 ",
        "ML-DSA-44",
        "ECDH-ES",
        "dir",
    ];
    for key in IssuerKey::of_each_kind("k") {
        let verifier = verifier_of(&[&key]);
        for name in names {
            let token = Forge::by(&key).header("alg", &quoted(name)).token();
            assert_eq!(
                verifier.verify_at(&token, crate::forge::NOW),
                Err(Refused::Algorithm),
                "{name}"
            );
        }
    }
}

#[test]
fn asvs_v9_1_2_the_algorithm_is_that_of_the_key_which_the_token_names() {
    let (ed, ec) = (IssuerKey::ed25519("ed"), IssuerKey::es256("ec"));
    let set = [&ed, &ec];
    let swapped_name = Forge::by(&ed).header("kid", &quoted("ec"));
    assert_eq!(verdict_of(&set, &swapped_name), Err(Refused::Algorithm));
    let swapped_algorithm = Forge::by(&ed).header("alg", &quoted("ES256"));
    assert_eq!(
        verdict_of(&set, &swapped_algorithm),
        Err(Refused::Algorithm)
    );
    let rsa = IssuerKey::rs256("rsa");
    for key in [&ed, &ec] {
        let set = [key, &rsa];
        let name = Forge::by(key).header("kid", &quoted("rsa"));
        assert_eq!(verdict_of(&set, &name), Err(Refused::Algorithm));
        let both = name.header("alg", &quoted("RS256"));
        assert_eq!(verdict_of(&set, &both), Err(Refused::Signature));
    }
    let swapped_both = swapped_name.header("alg", &quoted("ES256"));
    assert_eq!(verdict_of(&set, &swapped_both), Err(Refused::Signature));
}

#[test]
fn the_name_of_another_key_does_not_lend_it() {
    for (one, two) in [
        (IssuerKey::ed25519("one"), IssuerKey::ed25519("two")),
        (IssuerKey::es256("one"), IssuerKey::es256("two")),
        (IssuerKey::rs256("one"), IssuerKey::rs256("two")),
    ] {
        let token = Forge::by(&one).header("kid", &quoted("two"));
        assert_eq!(verdict_of(&[&one, &two], &token), Err(Refused::Signature));
    }
}

#[test]
fn asvs_v9_1_3_a_key_that_a_token_brings_is_not_used() {
    let (ours, theirs) = (IssuerKey::ed25519("k"), IssuerKey::ed25519("k"));
    let brought = [
        ("jwk", theirs.jwk().to_string()),
        ("jku", quoted("https://evil.example/jwks.json")),
        ("x5u", quoted("https://evil.example/cert.pem")),
        ("x5c", "[\"MIIB\"]".to_owned()),
        ("keys", jwks(&[&theirs])),
    ];
    for (name, json) in brought {
        let forged = Forge::by(&theirs).header(name, &json);
        assert_eq!(
            verdict_of(&[&ours], &forged),
            Err(Refused::Signature),
            "{name}"
        );
        let authentic = Forge::by(&ours).header(name, &json);
        assert!(verdict_of(&[&ours], &authentic).is_ok(), "{name}");
    }
}
