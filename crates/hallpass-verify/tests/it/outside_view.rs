//! What a refusal says, and to whom.

use std::collections::HashSet;
use std::error::Error;

use hallpass_verify::{ConfigError, Refused};

const ALL: [Refused; 17] = [
    Refused::TooLong,
    Refused::Malformed,
    Refused::Algorithm,
    Refused::Type,
    Refused::Critical,
    Refused::Compressed,
    Refused::Nested,
    Refused::KeysUnavailable,
    Refused::UnknownKey,
    Refused::Signature,
    Refused::Claims,
    Refused::Issuer,
    Refused::Audience,
    Refused::IssuedInFuture,
    Refused::LifeTooLong,
    Refused::NotYetValid,
    Refused::Expired,
];

#[test]
fn only_expired_is_expired() {
    let expired: Vec<_> = ALL.into_iter().filter(|why| why.is_expired()).collect();
    assert_eq!(expired, [Refused::Expired]);
}

#[test]
fn the_codes_do_not_change() {
    let codes = ALL.map(Refused::code);
    assert_eq!(
        codes,
        [
            "too_long",
            "malformed",
            "algorithm",
            "type",
            "critical",
            "compressed",
            "nested",
            "keys_unavailable",
            "unknown_key",
            "signature",
            "claims",
            "issuer",
            "audience",
            "issued_in_future",
            "life_too_long",
            "not_yet_valid",
            "expired",
        ]
    );
    assert_eq!(HashSet::from(codes).len(), ALL.len());
}

#[test]
fn a_refusal_is_an_error_with_a_sentence_and_without_a_cause() {
    for why in ALL {
        let error: Box<dyn Error + Send + Sync> = why.into();
        assert!(error.source().is_none());
        assert!(error.to_string().starts_with("the "), "{error}");
    }
    let sentences: HashSet<_> = ALL.map(|why| why.to_string()).into();
    assert_eq!(sentences.len(), ALL.len());
}

#[test]
fn a_fault_in_the_settings_names_the_rule() {
    assert_eq!(
        ConfigError::SecretTooShort.to_string(),
        "a shared secret must have at least 32 bytes"
    );
    assert_eq!(
        ConfigError::IssuerMissing.to_string(),
        "the issuer must be named"
    );
}
