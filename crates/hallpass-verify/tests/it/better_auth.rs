//! Tokens that a Better Auth 1.7 server issued, by its JWT plugin as it comes.

use hallpass_verify::{Builder, KeySet, Refused, Verifier};
use serde_json::Value;

use crate::forge::Forge;
use crate::issuer_server::{Answer, IssuerServer, Standstill};

const URL: &str = "http://localhost:3000";
const ISSUED: i64 = 1_795_166_478;
const EXPIRES: i64 = ISSUED + 15 * 60;

fn recorded() -> Value {
    let path = "/tests/vectors/better-auth/tokens.json";
    let text = std::fs::read_to_string(format!("{}{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn tokens() -> Vec<String> {
    let tokens = recorded()["tokens"].clone();
    let tokens: Vec<String> = serde_json::from_value(tokens).unwrap();
    assert_eq!(tokens.len(), 3);
    tokens
}

fn keys() -> KeySet {
    KeySet::parse(&recorded()["jwks"].to_string()).unwrap()
}

fn builder() -> Builder {
    Verifier::key_set(keys())
        .issuer(URL)
        .audience(URL)
        .accept_missing_typ()
}

/// All three are refused for this reason by this verifier, at this time.
fn all_refused(builder: Builder, now: i64, why: Refused) {
    let verifier = builder.build().unwrap();
    for token in tokens() {
        assert_eq!(verifier.verify_at(&token, now), Err(why));
    }
}

#[test]
fn they_verify_for_a_quarter_of_an_hour() {
    let verifier = builder().build().unwrap();
    for now in [ISSUED, ISSUED + 1, EXPIRES - 1] {
        let users = tokens().into_iter().map(|token| {
            let user = verifier.current_user_at(&token, now).unwrap();
            (user.sub.clone(), user.email.clone())
        });
        let expected = [
            ("I47CzSlkTXFIFDyhXtrBipCU4uDrZxkK", "alice@example.com"),
            ("5AaqtMWt1qZk1NJ5nB09JNkXCMIQxKKr", "bob@example.com"),
            ("NQSAf8SlRCDXaBiUwoR2XhtzTa7bSbCH", "carol@example.com"),
        ]
        .map(|(sub, email)| (sub.to_owned(), email.to_owned()));
        assert_eq!(users.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn in_the_second_of_their_exp_they_have_expired() {
    all_refused(builder(), EXPIRES, Refused::Expired);
    all_refused(builder(), EXPIRES + 1, Refused::Expired);
}

#[test]
fn for_another_audience_or_from_another_issuer_they_are_refused() {
    let other = "http://localhost:3001";
    all_refused(builder().audience(other), ISSUED, Refused::Audience);
    all_refused(builder().issuer(other), ISSUED, Refused::Issuer);
    all_refused(builder().issuer(format!("{URL}/")), ISSUED, Refused::Issuer);
    let no_audience = Verifier::key_set(keys()).issuer(URL).accept_missing_typ();
    all_refused(no_audience, ISSUED, Refused::Audience);
}

#[test]
fn without_the_word_for_it_the_missing_type_is_refused() {
    let strict = Verifier::key_set(keys()).issuer(URL).audience(URL);
    all_refused(strict, ISSUED, Refused::Type);
}

#[test]
fn asvs_v9_1_1_a_changed_byte_is_a_wrong_signature() {
    let verifier = builder().build().unwrap();
    for token in tokens() {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        // Another e-mail address of the same length, and another signature.
        let middle = payload.len() / 2;
        let other = if payload.as_bytes()[middle] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut edited = payload.to_owned();
        edited.replace_range(middle..=middle, other);
        let mut resigned = signature.to_owned();
        let other = if signature.starts_with('A') { "B" } else { "A" };
        resigned.replace_range(0..1, other);
        for tampered in [
            format!("{header}.{edited}.{signature}"),
            format!("{header}.{payload}.{resigned}"),
        ] {
            assert_eq!(
                verifier.verify_at(&tampered, ISSUED),
                Err(Refused::Signature)
            );
        }
    }
}

#[test]
fn other_keys_do_not_verify_them() {
    let other = crate::issuer::IssuerKey::ed25519("NmmZqsl5uc14aEMhq4T1586UQ9nr8yoO");
    let set = KeySet::parse(&crate::issuer::jwks(&[&other])).unwrap();
    let verifier = Verifier::key_set(set)
        .issuer(URL)
        .audience(URL)
        .accept_missing_typ();
    all_refused(verifier, ISSUED, Refused::Signature);
    let secret = Verifier::shared_secret("test-secret-of-at-least-32-bytes-length")
        .issuer(URL)
        .audience(URL);
    all_refused(secret, ISSUED, Refused::Algorithm);
    // And with their keys nothing of Hallpass' own.
    let verifier = builder().build().unwrap();
    assert_eq!(
        verifier.verify_at(&Forge::good().token(), ISSUED),
        Err(Refused::Algorithm)
    );
}

/// Better Auth writes no `use` and sends no `Cache-Control`.
#[tokio::test(start_paused = true)]
async fn its_set_of_keys_is_fetched_as_it_is() {
    let _still = Standstill::begin();
    let body = recorded()["jwks"].to_string();
    let issuer = IssuerServer::start(Answer::new("200 OK", &[], body)).await;
    let verifier = Verifier::jwks(issuer.url())
        .issuer(URL)
        .audience(URL)
        .accept_missing_typ()
        .build()
        .unwrap();
    let waited = verifier.verify_fresh(&tokens()[0]).await;
    // Its quarter of an hour is over by the clock of the machine, or, by one
    // that is far behind, has not begun.
    assert!(matches!(
        waited,
        Err(Refused::Expired | Refused::IssuedInFuture)
    ));
    assert!(verifier.verify_at(&tokens()[0], ISSUED).is_ok());
}
