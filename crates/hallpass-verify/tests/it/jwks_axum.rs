//! Keys that are fetched, behind the extractor and the layer.

use axum::Router;
use axum::routing::get;
use hallpass_verify::CurrentUser;
use hallpass_verify::axum::RequireUser;

use crate::forge::Forge;
use crate::http::{INVALID, answer_to, lasting};
use crate::issuer::IssuerKey;
use crate::issuer_server::{Answer, IssuerServer, Standstill, advance, quiet};

const NO_KEYS: &str = "\
503 Service Unavailable
cache-control: no-store
content-type: application/json
retry-after: 5
x-content-type-options: nosniff

{\"detail\":\"The service is temporarily unavailable. Please try again in a moment.\",\"code\":\"keys_unavailable\"}";

async fn greet(user: CurrentUser) -> String {
    user.email.clone()
}

fn apps(issuer: &IssuerServer) -> [Router; 2] {
    [
        Router::new()
            .route("/", get(greet))
            .with_state(issuer.verifier()),
        Router::new()
            .route("/", get(greet))
            .route_layer(RequireUser::new(issuer.verifier())),
    ]
}

fn token(key: &IssuerKey) -> String {
    lasting(Forge::by(key)).token()
}

#[tokio::test(start_paused = true)]
async fn the_first_request_waits_for_the_keys() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    for app in apps(&issuer) {
        assert!(answer_to(&app, &token(&key)).await.starts_with("200 OK"));
    }
}

#[tokio::test(start_paused = true)]
async fn without_keys_the_service_is_unavailable_and_the_token_not_called_wrong() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::start(Answer::new("500 Oops", &[], "")).await;
    for app in apps(&issuer) {
        assert_eq!(answer_to(&app, &token(&key)).await, NO_KEYS);
        assert_eq!(answer_to(&app, "x").await, INVALID);
    }
}

/// As with a Hallpass that signs with its secret, which is its default.
#[tokio::test(start_paused = true)]
async fn empty_set_makes_service_unavailable() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[]).await;
    for app in apps(&issuer) {
        for token in [token(&key), lasting(Forge::good()).token()] {
            assert_eq!(answer_to(&app, &token).await, NO_KEYS);
        }
        assert_eq!(answer_to(&app, "x").await, INVALID);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_after_empty_set_are_taken() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    for app in 0..2 {
        let issuer = IssuerServer::with_keys(&[]).await;
        let app = &apps(&issuer)[app];
        assert_eq!(answer_to(app, &token(&key)).await, NO_KEYS);
        quiet().await;
        issuer.publishes(&[&key]);
        advance(60).await;
        quiet().await;
        assert!(answer_to(app, &token(&key)).await.starts_with("200 OK"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_taken_within_the_request() {
    let _still = Standstill::begin();
    let (old, new) = (IssuerKey::ed25519("old"), IssuerKey::ed25519("new"));
    let issuer = IssuerServer::with_keys(&[&old]).await;
    for app in apps(&issuer) {
        issuer.publishes(&[&old]);
        assert!(answer_to(&app, &token(&old)).await.starts_with("200 OK"));
        quiet().await;
        assert_eq!(
            answer_to(&app, &token(&IssuerKey::ed25519("old"))).await,
            INVALID
        );
        issuer.publishes(&[&old, &new]);
        assert!(answer_to(&app, &token(&new)).await.starts_with("200 OK"));
        assert!(answer_to(&app, &token(&old)).await.starts_with("200 OK"));
    }
}
