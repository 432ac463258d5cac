//! Test vectors that others published, through our code. Their payloads are not
//! our claims, so that these tests stop where the payload would be read.

mod cookbook;
mod primitives;
mod wycheproof;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::error::{ConfigError, KeySetError, Refused};
use crate::key_set::KeySet;
use crate::keys::{Keys, hmac_key};
use crate::strict::{Parts, Typ};

fn read(path: &str) -> Value {
    let path = format!("{}/tests/vectors/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let digits = |at| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap();
    (0..text.len()).step_by(2).map(digits).collect()
}

/// Everything that is asked of a token before its payload is read. Published
/// tokens have no `typ`.
fn check(keys: &Keys, token: &str) -> Result<(), Refused> {
    let parts = Parts::of(token)?;
    let chosen = parts.choose(keys, Typ::MayBeMissing)?;
    parts.check_signature(&chosen)?;
    parts.payload().map(|_| ())
}

/// One key or a set of keys, as a set.
fn as_set(keys: &Value) -> Value {
    match keys.get("keys") {
        Some(_) => keys.clone(),
        None => serde_json::json!({ "keys": [keys] }),
    }
}

/// What we make of published keys.
fn public_keys(keys: &Value) -> Result<Keys, KeySetError> {
    KeySet::parse(&as_set(keys).to_string()).map(Keys::Set)
}

/// What a user makes of a key in a file: the bytes of `k` are the secret.
fn secret(jwk: &Value) -> Result<Keys, ConfigError> {
    let k = URL_SAFE_NO_PAD.decode(jwk["k"].as_str().unwrap()).unwrap();
    Ok(Keys::Shared(vec![hmac_key(&k)?]))
}
