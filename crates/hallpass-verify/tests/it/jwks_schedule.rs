//! When the issuer is asked again.

use crate::forge::Forge;
use crate::http::lasting;
use crate::issuer::IssuerKey;
use crate::issuer_server::{Answer, IssuerServer, Standstill, advance, quiet};

/// That exactly this many seconds pass before the next request.
async fn next_request_after(issuer: &IssuerServer, seconds: u64, why: &str) {
    let before = issuer.requests();
    advance(seconds - 1).await;
    quiet().await;
    assert_eq!(issuer.requests(), before, "{why}: too early");
    advance(1).await;
    issuer.was_asked(before + 1).await;
    quiet().await;
    assert_eq!(issuer.requests(), before + 1, "{why}: more than once");
}

#[tokio::test(start_paused = true)]
async fn a_set_is_fresh_for_as_long_as_the_issuer_says_within_bounds() {
    let key = IssuerKey::ed25519("k");
    let cases: [(&[&str], u64); 17] = [
        (&[], 300),
        (&["cache-control: max-age=120"], 120),
        (&["cache-control: public, max-age=61, must-revalidate"], 61),
        (&["cache-control: public", "cache-control: max-age=90"], 90),
        (&["Cache-Control: MAX-AGE=\"90\""], 90),
        (&["cache-control: max-age=60"], 60),
        (&["cache-control: max-age=59"], 60),
        (&["cache-control: max-age=0"], 60),
        (&["cache-control: no-store"], 60),
        (&["cache-control: No-Cache, max-age=900"], 60),
        (&["cache-control: max-age=3600"], 3600),
        (&["cache-control: max-age=3601"], 3600),
        (&["cache-control: max-age=18446744073709551615"], 3600),
        (&["cache-control: max-age=99999999999999999999999"], 300),
        (&["cache-control: max-age=-1"], 300),
        (&["cache-control: max-age=soon, s-maxage=70"], 300),
        (&["cache-control: \u{e9}"], 300),
    ];
    for (headers, seconds) in cases {
        let _still = Standstill::begin();
        let issuer = IssuerServer::start(Answer::set(&[&key], headers)).await;
        let verifier = issuer.verifier();
        let token = lasting(Forge::by(&key)).token();
        assert!(verifier.verify_fresh(&token).await.is_ok());
        quiet().await;
        for _ in 0..2 {
            next_request_after(&issuer, seconds, &format!("{headers:?}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_failures_the_pauses_grow_to_a_minute_and_no_longer() {
    let _still = Standstill::begin();
    let issuer = IssuerServer::start(Answer::new("500 Oops", &[], "")).await;
    let verifier = issuer.verifier();
    issuer.was_asked(1).await;
    quiet().await;
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        next_request_after(&issuer, seconds, "while it fails").await;
    }
    let key = IssuerKey::ed25519("k");
    issuer.publishes(&[&key]);
    next_request_after(&issuer, 60, "before it works").await;
    assert!(verifier.verify(&lasting(Forge::by(&key)).token()).is_ok());
    next_request_after(&issuer, 300, "when it works").await;
    issuer.answers(Answer::new("500 Oops", &[], ""));
    next_request_after(&issuer, 300, "until it fails").await;
    for seconds in [1, 2, 4] {
        next_request_after(&issuer, seconds, "when it fails anew").await;
    }
}
