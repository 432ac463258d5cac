//! What whoever runs the service reads when keys do not come.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::forge::{Forge, quoted};
use crate::http::lasting;
use crate::issuer::IssuerKey;
use crate::issuer_server::{Answer, IssuerServer, Standstill, advance, quiet};

/// Keeps what this crate says, one line each.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 = format!("{} {field}={value:?}", self.0);
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hallpass_verify")
    }

    fn event(&self, event: &Event<'_>) {
        assert_eq!(*event.metadata().level(), Level::WARN);
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_logged_with_its_cause_and_success_is_not() {
    let _still = Standstill::begin();
    let lines = Lines::default();
    // With two, tracing asks each of them whether it listens; with one alone it
    // asks the thread that comes first, which may be another test's.
    let _second = Dispatch::new(Lines::default());
    let _here = tracing::subscriber::set_default(lines.clone());
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let _verifier = issuer.verifier();
    issuer.was_asked(1).await;
    quiet().await;
    assert_eq!(lines.0.lock().unwrap().len(), 0);
    let failures = [
        Answer::new("404 Not Found", &[], "the secret of the issuer"),
        Answer::new("200 OK", &[], "the secret of the issuer"),
        Answer::new("200 OK", &[], " ".repeat(65 * 1024)),
        Answer::raw(""),
    ];
    for (answer, seconds) in failures.into_iter().zip([300, 1, 2, 4]) {
        issuer.answers(answer);
        advance(seconds).await;
        quiet().await;
    }
    let url = issuer.url();
    let expected = [
        ("the status is 404 Not Found and not 200", 1),
        ("a key set must be one JSON object", 2),
        ("the answer is larger than 64 KiB", 4),
        ("no answer came: ", 8),
    ];
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, (cause, next)) in lines.iter().zip(expected) {
        assert!(line.contains(&format!("url={url}")), "{line}");
        assert_eq!(line.matches(&url).count(), 1, "{line}");
        assert!(line.contains(&format!("cause={cause}")), "{line}");
        assert!(
            line.ends_with(&format!("next_try_seconds={next}")),
            "{line}"
        );
        assert!(line.contains(" hint="), "{line}");
        assert!(!line.contains("secret"), "{line}");
    }
}

/// What was logged while this was done.
async fn logged(scene: impl Future<Output = ()>) -> Vec<String> {
    let lines = Lines::default();
    let _second = Dispatch::new(Lines::default());
    let _here = tracing::subscriber::set_default(lines.clone());
    scene.await;
    let lines = lines.0.lock().unwrap();
    lines.clone()
}

#[tokio::test(start_paused = true)]
async fn empty_set_is_logged_once() {
    let _still = Standstill::begin();
    let issuer = IssuerServer::with_keys(&[]).await;
    let lines = logged(async {
        let verifier = issuer.verifier();
        for _ in 0..20 {
            assert!(verifier.verify_fresh(&Forge::good().token()).await.is_err());
            quiet().await;
            advance(300).await;
        }
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("HALLPASS_SIGNING=es256"), "{lines:?}");
    assert!(lines[0].contains(&issuer.url()), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn emptied_set_is_logged_again() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let lines = logged(async {
        let _verifier = issuer.verifier();
        for keys in [&[][..], &[&key], &[]] {
            issuer.was_asked(1).await;
            quiet().await;
            issuer.publishes(keys);
            advance(300).await;
            quiet().await;
        }
    })
    .await;
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn unfitting_settings_are_logged_once() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let foreign = lasting(Forge::by(&key)).claim("iss", &quoted("https://other.example.com"));
    let by_secret = lasting(Forge::good());
    let forged = lasting(foreign.clone()).signed_by(&IssuerKey::ed25519("k"));
    for (token, word) in [
        (foreign, "BETTER_AUTH_URL"),
        (by_secret, "HALLPASS_SIGNING=es256"),
    ] {
        let lines = logged(async {
            let verifier = issuer.verifier();
            assert!(verifier.verify_fresh(&forged.token()).await.is_err());
            for _ in 0..20 {
                assert!(verifier.verify_fresh(&token.token()).await.is_err());
            }
        })
        .await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(word), "{lines:?}");
        assert!(!lines[0].contains("other.example.com"), "{lines:?}");
    }
}
