//! An issuer that is away or answers something else.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hallpass_verify::{Claims, Refused, Verifier};
use tokio::task::JoinHandle;

use crate::forge::Forge;
use crate::http::lasting;
use crate::issuer::{IssuerKey, jwks};
use crate::issuer_server::{Answer, IssuerServer, Standstill, advance, outcome, quiet, until};

/// Answers that are no set of keys, although some hold one.
fn no_sets(key: &IssuerKey) -> Vec<(&'static str, Answer)> {
    let good = jwks(&[key]);
    let padded = format!("{good}{}", " ".repeat(64 * 1024));
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{padded}\r\n0\r\n\r\n",
        padded.len()
    );
    let short =
        format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\nconnection: close\r\n\r\n{good}");
    let mut latin = good.clone().into_bytes();
    latin.extend(b"\xe9");
    vec![
        ("201", Answer::new("201 Created", &[], &good)),
        ("203", Answer::new("203 Non-Authoritative", &[], &good)),
        ("204", Answer::new("204 No Content", &[], "")),
        ("206", Answer::new("206 Partial Content", &[], &good)),
        ("304", Answer::new("304 Not Modified", &[], "")),
        ("404", Answer::new("404 Not Found", &[], &good)),
        ("500", Answer::new("500 Internal Server Error", &[], &good)),
        (
            "503",
            Answer::new("503 Service Unavailable", &["retry-after: 1"], &good),
        ),
        (
            "html",
            Answer::new("200 OK", &[], "<!doctype html><title>Hello</title>"),
        ),
        ("empty", Answer::new("200 OK", &[], "")),
        (
            "no key of ours",
            Answer::new("200 OK", &[], r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#),
        ),
        (
            "an error",
            Answer::new("200 OK", &[], r#"{"error":"later"}"#),
        ),
        ("no text", Answer::new("200 OK", &[], latin)),
        ("too large", Answer::new("200 OK", &[], &padded)),
        ("too large in chunks", Answer::unfinished(chunked)),
        ("cut off", Answer::raw(short)),
        ("no HTTP", Answer::raw("SSH-2.0-OpenSSH_9.9\r\n")),
        ("nothing", Answer::raw("")),
    ]
}

fn token(key: &IssuerKey) -> String {
    lasting(Forge::by(key)).token()
}

fn waiting_for_keys(verifier: &Verifier, key: &IssuerKey) -> JoinHandle<Result<Claims, Refused>> {
    let (verifier, token) = (verifier.clone(), token(key));
    tokio::spawn(async move { verifier.verify_fresh(&token).await })
}

#[tokio::test(start_paused = true)]
async fn before_the_first_set_a_token_is_not_called_wrong() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let verifier = issuer.verifier();
    assert_eq!(verifier.verify(&token(&key)), Err(Refused::KeysUnavailable));
    assert!(!Refused::KeysUnavailable.is_expired());
    // What no key could make right is wrong already.
    assert_eq!(verifier.verify("x"), Err(Refused::Malformed));
    assert_eq!(
        verifier.verify(&lasting(Forge::good()).token()),
        Err(Refused::Algorithm)
    );
    until("the first set", || verifier.verify(&token(&key)).is_ok()).await;
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_share_the_first_fetch() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let verifier = issuer.verifier();
    let waiting: Vec<_> = (0..1000)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token(&key));
            tokio::spawn(async move { verifier.current_user_fresh(&token).await })
        })
        .collect();
    for task in waiting {
        assert!(task.await.unwrap().is_ok());
    }
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_good_answer_there_are_no_keys_until_there_is_one() {
    let key = IssuerKey::ed25519("k");
    for (name, answer) in no_sets(&key) {
        let _still = Standstill::begin();
        let issuer = IssuerServer::start(answer).await;
        let verifier = issuer.verifier();
        assert_eq!(
            verifier.verify_fresh(&token(&key)).await,
            Err(Refused::KeysUnavailable),
            "{name}"
        );
        issuer.publishes(&[&key]);
        advance(1).await;
        until(name, || verifier.verify(&token(&key)).is_ok()).await;
        assert_eq!(issuer.requests(), 2, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_good_set_stays_whatever_comes_after_it() {
    let key = IssuerKey::ed25519("k");
    for (name, answer) in no_sets(&key) {
        let _still = Standstill::begin();
        let issuer = IssuerServer::with_keys(&[&key]).await;
        let verifier = issuer.verifier();
        assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
        issuer.answers(answer);
        advance(300).await;
        for request in 2..6 {
            issuer.was_asked(request).await;
            quiet().await;
            assert!(verifier.verify(&token(&key)).is_ok(), "{name}");
            assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
            advance(60).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_issuer_is_away_its_tokens_verify() {
    let _still = Standstill::begin();
    let (key, next) = (IssuerKey::ed25519("k"), IssuerKey::ed25519("next"));
    let mut issuer = IssuerServer::with_keys(&[&key]).await;
    let verifier = issuer.verifier();
    assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
    issuer.goes_away();
    for _ in 0..600 {
        advance(300).await;
        assert!(verifier.verify(&token(&key)).is_ok());
        tokio::task::yield_now().await;
    }
    quiet().await;
    assert_eq!(issuer.requests(), 1, "it was away");
    issuer.publishes(&[&next]);
    issuer.comes_back().await;
    advance(60).await;
    until("the next key", || verifier.verify(&token(&next)).is_ok()).await;
    assert_eq!(verifier.verify(&token(&key)), Err(Refused::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_end_is_given_up_after_5_seconds() {
    let key = IssuerKey::ed25519("k");
    let set = Answer::set(&[&key], &[]);
    let begun = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{}",
        jwks(&[&key])
    );
    for slow in ["", "HTTP/1.1 200 OK\r\n", &begun] {
        let _still = Standstill::begin();
        let issuer = IssuerServer::start(Answer::unfinished(slow)).await;
        let verifier = issuer.verifier();
        issuer.was_asked(1).await;
        quiet().await;
        let waiting = waiting_for_keys(&verifier, &key);
        quiet().await;
        advance(4).await;
        quiet().await;
        assert!(!waiting.is_finished());
        advance(1).await;
        assert_eq!(outcome(waiting).await, Err(Refused::KeysUnavailable));
        issuer.answers(set.clone());
        advance(1).await;
        until("the set", || verifier.verify(&token(&key)).is_ok()).await;
    }
}

/// No time passes, so that only the size can end it.
#[tokio::test(start_paused = true)]
async fn an_answer_that_grows_too_large_is_not_read_to_its_end() {
    let key = IssuerKey::ed25519("k");
    for head in ["content-length: 1000000000", "transfer-encoding: chunked"] {
        let _still = Standstill::begin();
        let begun = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nfffff\r\n");
        let body = [begun.into_bytes(), vec![b' '; 128 * 1024]].concat();
        let issuer = IssuerServer::start(Answer::unfinished(body)).await;
        let verifier = issuer.verifier();
        let waiting = waiting_for_keys(&verifier, &key);
        assert_eq!(outcome(waiting).await, Err(Refused::KeysUnavailable));
        assert_eq!(issuer.requests(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let key = IssuerKey::ed25519("k");
    for status in [
        "301 Moved",
        "302 Found",
        "303 Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let _still = Standstill::begin();
        let elsewhere = IssuerServer::with_keys(&[&key]).await;
        let location = format!("location: {}", elsewhere.url());
        let redirect = Answer::new(status, &[&location], jwks(&[&key]));
        let issuer = IssuerServer::start(redirect).await;
        let verifier = issuer.verifier();
        assert_eq!(
            verifier.verify_fresh(&token(&key)).await,
            Err(Refused::KeysUnavailable),
            "{status}"
        );
        quiet().await;
        assert_eq!(elsewhere.requests(), 0, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_clone_takes_the_task_along() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    quiet().await;
    let before = tasks();
    let verifier = issuer.verifier();
    let clone = verifier.clone();
    assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
    drop(verifier);
    advance(300).await;
    issuer.was_asked(2).await;
    quiet().await;
    assert!(clone.verify(&token(&key)).is_ok());
    drop(clone);
    quiet().await;
    assert_eq!(tasks(), before);
    for _ in 0..10 {
        advance(3600).await;
        quiet().await;
    }
    assert_eq!(issuer.requests(), 2);
}

/// With the runtime its task is gone, and with it nothing that was there.
#[test]
fn what_was_fetched_outlives_the_runtime() {
    let key = IssuerKey::ed25519("k");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let verifier: Verifier = runtime.block_on(async {
        let issuer = IssuerServer::with_keys(&[&key]).await;
        let verifier = issuer.verifier();
        assert!(verifier.verify_fresh(&token(&key)).await.is_ok());
        verifier
    });
    drop(runtime);
    assert!(verifier.verify(&token(&key)).is_ok());
    let unknown = token(&IssuerKey::ed25519("unknown"));
    assert_eq!(verifier.verify(&unknown), Err(Refused::UnknownKey));
    let waiting = pin!(verifier.verify_fresh(&unknown));
    let at_once = waiting.poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(at_once, Poll::Ready(Err(Refused::UnknownKey)));
}
