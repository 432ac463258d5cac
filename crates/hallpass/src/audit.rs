//! Security events: one line each, for whoever watches the log (ASVS 16.3).
//!
//! An event holds who, what, whence and how it ended. An address is masked, and
//! a password or token is not among the parameters, so it cannot be here.

use crate::client::Client;
use crate::email::EmailAddress;
use crate::error::{Error, ErrorCode};
use crate::user::UserId;

/// The target under which security events are logged.
pub const TARGET: &str = "hallpass::security";

/// A user did something that was allowed.
pub(crate) fn succeeded(event: &'static str, user: UserId, client: Client) {
    metrics::counter!("hallpass_security_events_total", "event" => event, "outcome" => "success")
        .increment(1);
    let client = client.address();
    tracing::info!(target: TARGET, event, outcome = "success", user_id = %user, %client);
}

/// Somebody was refused, or could not be served.
pub(crate) fn failed(event: &'static str, email: &EmailAddress, client: Client, error: &Error) {
    let reason = error.code().as_str();
    metrics::counter!("hallpass_security_events_total", "event" => event, "outcome" => reason)
        .increment(1);
    let (email, client) = (email.masked(), client.address());
    tracing::warn!(target: TARGET, event, outcome = "failure", reason, email, %client);
}

/// A request was refused before it reached an operation: a bad token, a foreign
/// site, another's row.
pub(crate) fn refused(code: ErrorCode, user: Option<UserId>, client: Option<Client>) {
    let reason = code.as_str();
    metrics::counter!("hallpass_security_events_total", "event" => "refusal", "outcome" => reason)
        .increment(1);
    let user = user.map(tracing::field::display);
    let client = client.map(|client| tracing::field::display(client.address()));
    tracing::warn!(target: TARGET, event = "refusal", outcome = "failure", reason, user_id = user, client);
}
