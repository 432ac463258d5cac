//! A token that names a key which is not in the set: new, or made up.

use hallpass_verify::Refused;

use crate::forge::{Forge, quoted};
use crate::http::lasting;
use crate::issuer::IssuerKey;
use crate::issuer_server::{Answer, IssuerServer, Standstill, advance, quiet, until};

fn token(key: &IssuerKey) -> String {
    lasting(Forge::by(key)).token()
}

/// An authentic-looking token with a name that nobody ever had.
fn made_up(key: &IssuerKey, number: usize) -> String {
    lasting(Forge::by(key))
        .header("kid", &quoted(&format!("made-up-{number}")))
        .token()
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_taken_at_once_by_who_waits() {
    let _still = Standstill::begin();
    let (old, new) = (IssuerKey::ed25519("old"), IssuerKey::es256("new"));
    let issuer = IssuerServer::with_keys(&[&old]).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&old)).await.is_ok());
    quiet().await;
    issuer.publishes(&[&new, &old]);
    assert!(verifier.verify_fresh(&token(&new)).await.is_ok());
    assert!(verifier.verify(&token(&old)).is_ok());
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_taken_soon_by_who_does_not_wait() {
    let _still = Standstill::begin();
    let (old, new) = (IssuerKey::ed25519("old"), IssuerKey::ed25519("new"));
    let issuer = IssuerServer::with_keys(&[&old]).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&old)).await.is_ok());
    quiet().await;
    issuer.publishes(&[&new]);
    assert_eq!(verifier.verify(&token(&new)), Err(Refused::UnknownKey));
    until("the new key", || verifier.verify(&token(&new)).is_ok()).await;
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_taken_back_is_refused_after_the_next_fetch() {
    let _still = Standstill::begin();
    let (old, new) = (IssuerKey::ed25519("old"), IssuerKey::ed25519("new"));
    let issuer = IssuerServer::with_keys(&[&old, &new]).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&old)).await.is_ok());
    quiet().await;
    issuer.publishes(&[&new]);
    advance(300).await;
    until("the smaller set", || {
        verifier.verify(&token(&old)) == Err(Refused::UnknownKey)
    })
    .await;
    assert!(verifier.verify(&token(&new)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_issuer_can_take_back_its_last_key() {
    let _still = Standstill::begin();
    let old = IssuerKey::ed25519("old");
    let issuer = IssuerServer::with_keys(&[&old]).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&old)).await.is_ok());
    quiet().await;
    issuer.publishes(&[]);
    advance(300).await;
    until("the empty set", || {
        verifier.verify(&token(&old)) == Err(Refused::KeysUnavailable)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_made_up_names_ask_the_issuer_once_a_minute() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    // Fresh for so long that nothing else asks meanwhile.
    let set = Answer::set(&[&key], &["cache-control: max-age=3600"]);
    let issuer = IssuerServer::start(set).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
    quiet().await;
    let template = made_up(&key, 0);
    for minute in 1..4 {
        let waiting: Vec<_> = (0..10_000)
            .map(|number| {
                let verifier = verifier.clone();
                let token = match number {
                    0..100 => made_up(&key, number),
                    _ => template.clone(),
                };
                tokio::spawn(async move {
                    (verifier.verify(&token), verifier.verify_fresh(&token).await)
                })
            })
            .collect();
        for task in waiting {
            let (now, fresh) = task.await.unwrap();
            assert_eq!(now, Err(Refused::UnknownKey));
            assert_eq!(fresh, Err(Refused::UnknownKey));
        }
        quiet().await;
        assert_eq!(issuer.requests(), 1 + minute);
        advance(59).await;
        assert_eq!(
            verifier.verify_fresh(&template).await,
            Err(Refused::UnknownKey)
        );
        quiet().await;
        assert_eq!(issuer.requests(), 1 + minute, "within the minute");
        advance(1).await;
    }
    assert!(verifier.verify(&token(&key)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn made_up_names_ask_no_more_often_while_the_issuer_fails() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
    quiet().await;
    issuer.answers(Answer::new("500 Oops", &[], ""));
    for number in 0..1000 {
        assert_eq!(
            verifier.verify_fresh(&made_up(&key, number)).await,
            Err(Refused::UnknownKey)
        );
    }
    assert_eq!(issuer.requests(), 2);
    assert!(verifier.verify(&token(&key)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_another_reason_asks_nobody() {
    let _still = Standstill::begin();
    let (key, other) = (IssuerKey::ed25519("k"), IssuerKey::ed25519("k"));
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
    quiet().await;
    let unknown = Forge::by(&key).header("kid", &quoted("unknown"));
    let tokens = [
        "x".to_owned(),
        token(&other),
        unknown.clone().header("alg", &quoted("HS256")).token(),
        unknown.clone().header("typ", &quoted("at+jwt")).token(),
        unknown.clone().header("crit", "[]").token(),
        unknown.header("kid", "7").token(),
        Forge::by(&key).times(0, 3600).token(),
    ];
    for token in tokens {
        assert!(verifier.verify(&token).is_err());
        assert!(verifier.verify_fresh(&token).await.is_err());
    }
    quiet().await;
    assert_eq!(issuer.requests(), 1);
}
