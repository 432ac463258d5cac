//! `hallpass token`

use std::time::Duration;

use hallpass::{Timestamp, UserId};
use hallpass_verify::{Claims, Refused};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::{input, library, output};
use crate::cli::{JsonArgs, TokenCommand};
use crate::exit::Failure;
use crate::paint::{GOOD, paint};

pub(super) fn run(command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Verify(output) => verify(output),
    }
}

fn verify(output: JsonArgs) -> Result<(), Failure> {
    let checked = library::checked()?;
    if let Some(reason) = checked.secret().why_missing() {
        return Err(Failure::refused(format!(
            "{reason}: no token can have been issued here"
        )));
    }
    let token = input::secret("token")?;
    library::look(checked.look()?, async |hallpass| {
        let explained = hallpass.explain(bare(token.expose_secret())).await?;
        let explained = explained.map_err(Verdict::of);
        match explained.and_then(with_our_subject) {
            Ok(claims) => accept(&claims, hallpass.now(), output),
            Err(refused) => refuse(&refused, output),
        }
    })
}

/// The token as it is verified: people copy it with the header's first word.
fn bare(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => text,
    }
}

/// The server looks one step further than a verifier, which takes any subject.
fn with_our_subject(claims: Claims) -> Result<Claims, Verdict> {
    match UserId::parse(&claims.sub) {
        Some(_) => Ok(claims),
        None => Err(Verdict {
            valid: false,
            rule: "subject",
            message: "the subject is no id of an account".to_owned(),
            meaning: "it is signed with our secret, but not by Hallpass: another program has the same secret",
        }),
    }
}

fn accept(claims: &Claims, now: Timestamp, output: JsonArgs) -> Result<(), Failure> {
    let (issued, expires) = (
        Timestamp::from_unix_seconds(claims.iat),
        Timestamp::from_unix_seconds(claims.exp),
    );
    let left = expires.since(now);
    if output.json {
        let seconds = left.as_secs();
        let accepted = Accepted {
            valid: true,
            claims,
            issued_at: issued,
            expires_at: expires,
            expires_in: seconds,
        };
        return output::print_json(&accepted);
    }
    output::say(paint(GOOD, "The token is authentic and valid."));
    let row =
        |name, value: &str, meaning: &str| output::print_row(name, format!("{value}  ({meaning})"));
    row("sub", &claims.sub, "the id of the account")?;
    row(
        "email",
        &output::harmless(&claims.email),
        "its address when the token was issued",
    )?;
    row(
        "iat",
        &issued.to_string(),
        &format!("issued {} ago", span(now.since(issued))),
    )?;
    row(
        "exp",
        &expires.to_string(),
        &format!("expires in {}", span(left)),
    )?;
    row(
        "iss",
        &output::harmless(&claims.iss),
        "who issued it: BETTER_AUTH_URL",
    )
}

/// A token that is taken, for scripts.
#[derive(Serialize)]
struct Accepted<'a> {
    valid: bool,
    claims: &'a Claims,
    issued_at: Timestamp,
    expires_at: Timestamp,
    /// In seconds.
    expires_in: u64,
}

fn refuse(verdict: &Verdict, output: JsonArgs) -> Result<(), Failure> {
    let Verdict {
        rule,
        message,
        meaning,
        ..
    } = verdict;
    if output.json {
        output::print_json(verdict)?;
    }
    Err(Failure::refused(format!(
        "refused ({rule}): {message} — {meaning}"
    )))
}

/// `42 min`, `59 s`: the two are never both of interest.
fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

/// Why a token is refused, in words for an operator.
#[derive(Serialize)]
struct Verdict {
    valid: bool,
    rule: &'static str,
    message: String,
    meaning: &'static str,
}

impl Verdict {
    fn of(refused: Refused) -> Self {
        Self {
            valid: false,
            rule: refused.code(),
            message: refused.to_string(),
            meaning: meaning(refused),
        }
    }
}

fn meaning(refused: Refused) -> &'static str {
    match refused {
        Refused::TooLong => "no token of Hallpass is nearly as long; was something else copied?",
        Refused::Malformed => {
            "a token is three parts of letters, digits, - and _ with a dot between them; \
             was it cut off, put into quotes, or is it another kind of token?"
        }
        Refused::Algorithm => {
            "our tokens are signed with another algorithm (HALLPASS_SIGNING); another program issued this one, \
             or somebody forged it"
        }
        Refused::Type => "the header must say that it is a JWT; another program issued this one",
        Refused::Critical | Refused::Compressed | Refused::Nested => {
            "Hallpass never issues such a token; another program did, or somebody forged it"
        }
        Refused::UnknownKey => {
            "no live key of ours has its kid: the key was retired, or another server issued it"
        }
        Refused::KeysUnavailable => "the signing keys could not be read from the database",
        Refused::Signature => {
            "it was not signed with a secret or key that we have: is BETTER_AUTH_SECRET the same as where it was \
             issued, and was it changed since?"
        }
        Refused::Claims => {
            "it is signed with our secret, but a claim is missing or of the wrong type: another program has the same secret"
        }
        Refused::Issuer => {
            "it is signed with our secret, but for another public URL: is BETTER_AUTH_URL here the same as where it was \
             issued, with scheme, host and port?"
        }
        Refused::Audience => {
            "it names an audience and ours name none: another program has the same secret"
        }
        Refused::IssuedInFuture => {
            "the clock of this machine is behind the one where it was issued; set both by NTP"
        }
        Refused::LifeTooLong => "our tokens live for an hour: another program has the same secret",
        Refused::NotYetValid => {
            "its time has not come, and ours are valid at once: another program has the same secret"
        }
        Refused::Expired => "it is authentic and its hour is over; its owner must sign in again",
        _ => "see the rules of hallpass-verify",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_that_is_no_account_is_told_from_ours() {
        let claims = |sub: &str| {
            let claims =
                json!({ "sub": sub, "email": "ann@example.com", "iat": 1, "exp": 2, "iss": "x" });
            serde_json::from_value::<Claims>(claims).unwrap()
        };
        let ours = with_our_subject(claims("01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f"));
        assert!(ours.is_ok());
        let rule = |verdict: Verdict| verdict.rule;
        assert_eq!(
            with_our_subject(claims("ann")).map_err(rule),
            Err("subject")
        );
    }

    #[test]
    fn a_token_may_be_pasted_with_its_scheme() {
        assert_eq!(bare("Bearer a.b.c"), "a.b.c");
        assert_eq!(bare("  bearer  a.b.c "), "a.b.c");
        assert_eq!(bare("a.b.c"), "a.b.c");
    }

    #[test]
    fn spans_are_told_in_one_unit() {
        assert_eq!(span(Duration::from_secs(59)), "59 s");
        assert_eq!(span(Duration::from_mins(42)), "42 min");
    }
}
