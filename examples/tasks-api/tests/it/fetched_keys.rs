//! The service with keys that it fetches, as `HALLPASS_JWKS_URL` makes it do.

use std::net::SocketAddr;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hallpass_verify::Verifier;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tasks_api::{App, router};
use tokio::net::TcpListener;

use crate::rig::{Engine, ISSUER, Person, Rig, ask};

const KEY_ID: &str = "first";
const TASKS: &str = "/api/v1/tasks";

/// A key that Hallpass signs by, under the same id each time.
struct Key {
    pair: Ed25519KeyPair,
    private: EncodingKey,
}

impl Key {
    fn generate() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let private = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
        Self { pair, private }
    }

    fn published(&self) -> Value {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.pair.public_key());
        json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": x},
        ]})
    }

    fn person(&self, number: u128) -> Person {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(KEY_ID.to_owned());
        Person::signed(number, &header, &self.private)
    }
}

/// A server on this machine that publishes a set, until the test ends.
async fn publish(set: Value) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/.well-known/jwks.json", get(async move || Json(set)));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// The service over the rows of a rig, with the keys of that server.
fn service(rig: &Rig, keys: SocketAddr, path: &str) -> Router {
    let verifier = Verifier::jwks(format!("http://{keys}{path}")).issuer(ISSUER);
    router(App {
        rows: rig.rows.clone(),
        verifier: verifier.build().unwrap(),
    })
}

#[tokio::test]
async fn tokens_are_verified_by_keys_that_are_fetched() {
    let rig = Rig::new(Engine::Sqlite).await;
    let key = Key::generate();
    let keys = publish(key.published()).await;
    let service = service(&rig, keys, "/.well-known/jwks.json");
    let (ann, bob) = (key.person(1), key.person(2));

    let body = json!({"title": "Water the plants"});
    let added = ask(&service, Some(&ann), "POST", TASKS, Some(&body)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let listed = ask(&service, Some(&ann), "GET", TASKS, None).await;
    assert_eq!(listed.json(), json!([added.json()]));
    let listed = ask(&service, Some(&bob), "GET", TASKS, None).await;
    assert_eq!(listed.json(), json!([]));
    assert_eq!(rig.dump().await.first().unwrap().1, ann.id);

    // Signed by another key of the same name, or by a secret.
    for forged in [Key::generate().person(1), Person::number(1)] {
        let refused = ask(&service, Some(&forged), "GET", TASKS, None).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{refused:?}");
        assert_eq!(refused.json()["code"], "invalid_token");
    }
    rig.remove().await;
}

#[tokio::test]
async fn without_keys_nobody_is_let_in_and_no_token_called_wrong() {
    let rig = Rig::new(Engine::Sqlite).await;
    let key = Key::generate();
    let keys = publish(key.published()).await;
    let service = service(&rig, keys, "/elsewhere");
    let refused = ask(&service, Some(&key.person(1)), "GET", TASKS, None).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.json()["code"], "keys_unavailable");
    rig.remove().await;
}
