//! Accounts to sign in with.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::http::{Connection, Request};
use crate::server::Server;

/// Of every account.
pub(crate) const PASSWORD: &str = "seven quiet lanterns drift";

pub(super) const SIGN_IN: &str = "/api/v1/auth/signin";
pub(super) const ME: &str = "/api/v1/auth/me";

/// Enough that no row is in every request.
const ACCOUNTS: usize = 64;

pub(super) fn addresses(who: &str) -> impl Iterator<Item = String> {
    (0..ACCOUNTS).map(move |number| format!("{who}-{number:04}@example.com"))
}

/// The body of a sign-in.
pub(super) fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// Good credentials, one for each account.
pub(super) fn good_credentials() -> Vec<Value> {
    addresses("person")
        .map(|email| credentials(&email, PASSWORD))
        .collect()
}

/// Makes the accounts, and gives back a token of each.
pub(super) fn enrol(server: &Server) -> Result<Vec<String>> {
    let mut connection = Connection::open(server.address)?;
    good_credentials()
        .iter()
        .map(|body| granted(&mut connection, "/api/v1/auth/register", body))
        .collect()
}

fn granted(connection: &mut Connection, path: &str, body: &Value) -> Result<String> {
    let answer = connection.send(&Request::post(path, body))?;
    ensure!(
        matches!(answer.status, 200 | 201),
        "{path} was answered {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    let body: Value = serde_json::from_slice(&answer.body)?;
    let token = body.pointer("/access_token").and_then(Value::as_str);
    Ok(token.context("no token was granted")?.to_owned())
}
