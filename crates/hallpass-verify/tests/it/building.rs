//! Which verifiers can be built, and what they let out.

use std::time::Duration;

use hallpass_verify::{Builder, ConfigError, Refused, Verifier};

use crate::forge::{Forge, ISSUER, NOW, OTHER_SECRET, SECRET, builder};

fn fault(builder: Builder) -> ConfigError {
    builder.build().unwrap_err()
}

#[test]
fn asvs_v11_2_3_a_secret_under_32_bytes_does_not_build() {
    for length in 0..32 {
        let built = Verifier::shared_secret(vec![b'x'; length]).issuer(ISSUER);
        assert_eq!(fault(built), ConfigError::SecretTooShort, "{length}");
    }
    for length in [32, 33, 64, 65, 4096] {
        let built = Verifier::shared_secret(vec![b'x'; length]).issuer(ISSUER);
        assert!(built.build().is_ok(), "{length}");
    }
}

#[test]
fn a_secret_is_counted_in_bytes() {
    assert!(
        Verifier::shared_secret("é".repeat(16))
            .issuer(ISSUER)
            .build()
            .is_ok()
    );
}

#[test]
fn secrets_of_every_length_verify_what_they_signed() {
    for length in [32, 63, 64, 65, 128, 1000] {
        let secret = vec![b'k'; length];
        let verifier = Verifier::shared_secret(&secret)
            .issuer(ISSUER)
            .build()
            .unwrap();
        let token = Forge::good().signed_with(secret).token();
        assert!(verifier.verify_at(&token, NOW).is_ok(), "{length}");
    }
}

#[test]
fn an_issuer_is_required() {
    assert_eq!(
        fault(Verifier::shared_secret(SECRET)),
        ConfigError::IssuerMissing
    );
    assert_eq!(fault(builder().issuer("")), ConfigError::IssuerMissing);
}

#[test]
fn an_empty_audience_does_not_build() {
    assert_eq!(fault(builder().audience("")), ConfigError::AudienceEmpty);
}

#[test]
fn a_life_under_a_second_does_not_build() {
    for life in [Duration::ZERO, Duration::from_millis(999)] {
        assert_eq!(fault(builder().max_life(life)), ConfigError::NoLife);
    }
}

#[test]
fn while_one_secret_takes_over_from_another_both_verify() {
    let verifier = builder().also_accept(OTHER_SECRET).build().unwrap();
    let third = "a third secret that nobody was told of";
    let signed = |secret: &str| Forge::good().signed_with(secret).token();
    assert!(verifier.verify_at(&signed(SECRET), NOW).is_ok());
    assert!(verifier.verify_at(&signed(OTHER_SECRET), NOW).is_ok());
    assert_eq!(
        verifier.verify_at(&signed(third), NOW),
        Err(Refused::Signature)
    );
    let after = Verifier::shared_secret(OTHER_SECRET)
        .issuer(ISSUER)
        .build()
        .unwrap();
    assert_eq!(
        after.verify_at(&signed(SECRET), NOW),
        Err(Refused::Signature)
    );
}

#[test]
fn a_weak_secret_does_not_build_beside_a_strong_one() {
    assert_eq!(
        fault(builder().also_accept("short")),
        ConfigError::SecretTooShort
    );
    let weak_first = Verifier::shared_secret("")
        .also_accept(SECRET)
        .issuer(ISSUER);
    assert_eq!(fault(weak_first), ConfigError::SecretTooShort);
}

#[test]
fn debug_shows_the_settings_and_never_a_secret() {
    let builder = builder().also_accept(OTHER_SECRET).audience("our-api");
    let verifier = builder.clone().build().unwrap();
    let shown = format!("{builder:?} {builder:#?} {verifier:?} {verifier:#?}");
    assert!(shown.contains(ISSUER) && shown.contains("our-api"));
    assert!(shown.contains("HS256 x 2"));
    for secret in [SECRET, OTHER_SECRET] {
        let as_bytes = format!("{:?}", secret.as_bytes());
        assert!(!shown.contains(secret));
        assert!(!shown.contains(as_bytes.trim_matches(['[', ']'])));
    }
}

#[test]
fn a_verifier_is_shared_between_threads() {
    fn assert_shareable<T: Clone + Send + Sync + 'static>() {}
    assert_shareable::<Verifier>();
    assert_shareable::<Builder>();
    let verifier = builder().build().unwrap();
    let token = Forge::good().token();
    let (verifier, token) = (&verifier, &token);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                for _ in 0..100 {
                    assert!(verifier.clone().verify_at(token, NOW).is_ok());
                }
            });
        }
    });
}

#[test]
fn a_secret_may_be_text_or_bytes_owned_or_borrowed() {
    let (text, bytes) = (SECRET.to_owned(), SECRET.as_bytes().to_vec());
    let verifiers = [
        Verifier::shared_secret(SECRET),
        Verifier::shared_secret(SECRET.as_bytes()),
        Verifier::shared_secret(&text),
        Verifier::shared_secret(text),
        Verifier::shared_secret(&bytes),
        Verifier::shared_secret(bytes),
    ];
    for builder in verifiers {
        let verifier = builder.issuer(ISSUER).build().unwrap();
        assert!(verifier.verify_at(&Forge::good().token(), NOW).is_ok());
    }
}
