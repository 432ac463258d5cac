//! `hallpass keys`

use std::time::Duration;

use hallpass::{Hallpass, SigningKey, SigningKeyState, Timestamp};
use serde::Serialize;

use super::library::Secret;
use super::{input, library, output};
use crate::cli::{JsonArgs, KeysCommand};
use crate::exit::Failure;
use crate::paint::{BAD, DIM, GOOD, NAME, WARN, paint};

pub(super) fn run(command: KeysCommand) -> Result<(), Failure> {
    library::ready(Secret::Needed, async |hallpass| match command {
        KeysCommand::List(output) => list(hallpass, output).await,
        KeysCommand::Rotate { after, output } => {
            rotate(hallpass, Duration::from_secs(after), output).await
        }
        KeysCommand::Retire { id, yes } => retire(hallpass, &id, yes).await,
    })
}

async fn list(hallpass: &Hallpass, output: JsonArgs) -> Result<(), Failure> {
    let keys = hallpass.signing_keys().await?;
    if output.json {
        let keys: Vec<_> = keys.iter().map(KeyJson::from).collect();
        return output::print_json(&keys);
    }
    if keys.is_empty() {
        let algorithm = hallpass.settings().signing.name();
        output::say(format!(
            "There is no signing key. Tokens are signed with {algorithm}; a key of EdDSA, ES256 or RS256 is made at the first start with it."
        ));
        return Ok(());
    }
    let heading = format!(
        "{:<43}  ALG    STATE      SIGNS FROM            VERIFIES UNTIL",
        "KEY"
    );
    output::print(paint(DIM, heading))?;
    keys.iter().try_for_each(print)
}

fn print(key: &SigningKey) -> Result<(), Failure> {
    let (style, word) = match key.state {
        _ if !key.readable => (BAD, "sealed"),
        SigningKeyState::Signing => (GOOD, "signing"),
        SigningKeyState::Upcoming => (NAME, "upcoming"),
        SigningKeyState::Idle => (WARN, "idle"),
        _ => (DIM, "verifying"),
    };
    let word = paint(style, format!("{word:<9}"));
    let (from, until) = (to_the_second(key.signs_from), key.verifies_until);
    let until = until.map_or_else(|| "-".to_owned(), to_the_second);
    let (id, algorithm) = (paint(NAME, &key.id), key.algorithm);
    output::print(format!("{id}  {algorithm}  {word}  {from}  {until}"))
}

fn to_the_second(at: Timestamp) -> String {
    Timestamp::from_unix_seconds(at.unix_seconds()).to_string()
}

async fn rotate(hallpass: &Hallpass, after: Duration, output: JsonArgs) -> Result<(), Failure> {
    let key = hallpass.rotate_signing_key(after).await?;
    if output.json {
        return output::print_json(&KeyJson::from(&key));
    }
    let (id, from) = (paint(NAME, &key.id), to_the_second(key.signs_from));
    output::say(format!(
        "Made the key {id}. It is published now and signs from {from}."
    ));
    if after < hallpass::ROTATION_LEAD {
        output::say(
            "A verifier that has not fetched the keys by then refuses the first tokens, until it fetches them.",
        );
    }
    Ok(())
}

async fn retire(hallpass: &Hallpass, id: &str, yes: bool) -> Result<(), Failure> {
    let keys = hallpass.signing_keys().await?;
    // What cannot be done is said before somebody confirms it.
    if !yes && keys.iter().any(|key| key.id == id) {
        if !input::is_terminal() {
            return Err(Failure::refused(format!(
                "{id} was not retired: without a terminal, confirm it by --yes"
            )));
        }
        output::say("Whoever holds a token that this key signed must sign in again.");
        let typed = input::visible("Type the first six characters of its id to confirm")?;
        if typed.len() < 6 || !id.starts_with(typed.as_str()) {
            return Err(Failure::refused("that is another key: nothing was retired"));
        }
    }
    hallpass.retire_signing_key(id).await?;
    output::say(format!(
        "The key {} is retired. Servers that run refuse its tokens within a minute of requests, verifiers elsewhere once they fetch the keys anew.",
        paint(NAME, id)
    ));
    Ok(())
}

/// A key, for scripts.
#[derive(Serialize)]
struct KeyJson<'a> {
    id: &'a str,
    algorithm: &'a str,
    state: &'a str,
    created_at: Timestamp,
    signs_from: Timestamp,
    verifies_until: Option<Timestamp>,
    readable: bool,
}

impl<'a> From<&'a SigningKey> for KeyJson<'a> {
    fn from(key: &'a SigningKey) -> Self {
        Self {
            id: &key.id,
            algorithm: key.algorithm,
            state: match key.state {
                SigningKeyState::Signing => "signing",
                SigningKeyState::Upcoming => "upcoming",
                SigningKeyState::Idle => "idle",
                _ => "verifying",
            },
            created_at: key.created_at,
            signs_from: key.signs_from,
            verifies_until: key.verifies_until,
            readable: key.readable,
        }
    }
}
