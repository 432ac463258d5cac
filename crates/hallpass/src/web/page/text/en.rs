//! English.

use super::Texts;
use crate::clock::CivilTime;
use crate::error::Error;
use crate::secret::Password;
use crate::web::error::{
    INVALID_CREDENTIALS, OVERLOADED, REGISTRATION_REFUSED, minutes_to_wait, too_many_tries,
};

pub(super) static TEXTS: Texts = Texts {
    lang: "en",
    skip_to_content: "Skip to content",
    home_step_sign_in: "Sign in with your email address and password.",
    home_step_pass: "You get a pass that every service here accepts.",
    home_step_expires: "After an hour it expires by itself, and you are asked again.",
    for_developers: "For developers:",
    api_documentation: "API documentation",
    sign_in: "Sign in",
    sign_in_title: "Sign in",
    new_here: "New here?",
    create_account: "Create account",
    sign_up_title: "Create your account",
    have_an_account: "Already have an account?",
    sign_out: "Sign out",
    email_label: "Email address",
    password_label: "Password",
    name_label: "Name",
    name_label_optional: "Name (optional)",
    name_hint: "What we should call you.",
    show: "Show",
    show_password: "Show password",
    hide: "Hide",
    hide_password: "Hide password",
    summary_title: "There is a problem",
    invalid_credentials: INVALID_CREDENTIALS,
    registration_refused: REGISTRATION_REFUSED,
    server_busy: OVERLOADED,
    session_expired: "Session expired. Please sign in again.",
    signed_out: "You have signed out.",
    name_saved: "Your name was saved.",
    save_name: "Save name",
    dashboard_title: "Your pass",
    issued_to: "Issued to",
    member_since: "Member since",
    valid_until: "Valid until",
    time_left: "Time left",
    expires_soon: "Your pass expires in less than two minutes. After that you will be asked to sign in again.",
    one_moment: "One moment",
    go_on: "Go on",
    back_to_start: "Back to the start",
    request_id: "If you report this, quote the request ID:",

    home_title: |brand| format!("Welcome to {brand}"),
    home_lead: |brand| format!("One sign-in for everything at {brand}."),
    sign_in_lead: |brand| format!("Welcome back to {brand}."),
    sign_up_lead: |brand| format!("It takes a minute, and opens everything at {brand}."),
    password_hint: |fewest| {
        format!(
            "{fewest} to {} characters. A few unrelated words are easy to remember and hard to guess. \
             Not a common password, and nothing that contains the part of your email address before \
             the @.",
            Password::MAX_CODE_POINTS
        )
    },
    welcome: |name| name.map_or("Welcome!".to_owned(), |name| format!("Welcome, {name}!")),
    too_many_tries,
    date: |at| format!("{} {} {}", at.day, month(at), at.year),
    time: |at| format!("{:02}:{:02} UTC", at.hour, at.minute),
    fault: |broken| broken.to_string(),
    error_title,
    error_text,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(at: CivilTime) -> &'static str {
    super::month_of(&MONTHS, at)
}

fn error_title(error: &Error) -> String {
    match error {
        Error::AccessDenied | Error::CrossSiteRequest => "This is not allowed",
        Error::NotFound => "There is no such page",
        Error::MethodNotAllowed => "This page cannot be reached this way",
        Error::RateLimited { .. } => "Too many attempts",
        Error::Overloaded { .. } => "The server is busy",
        Error::DatabaseUnavailable(_) | Error::Stopping => "We will be back in a moment",
        Error::Internal(_) => "Something went wrong on our side",
        Error::AuthenticationRequired | Error::TokenExpired | Error::InvalidToken => {
            "Please sign in"
        }
        _ => "This could not be read",
    }
    .to_owned()
}

fn error_text(error: &Error) -> String {
    match error {
        Error::AccessDenied => "You are signed in, and this belongs to somebody else.",
        Error::CrossSiteRequest => {
            "The request came from another site and was refused. Nothing was changed. If you were \
             about to sign in, start again from here."
        }
        Error::InvalidHost => "The request does not say for which server it is. Please open the address again.",
        Error::NotFound => "The address is mistyped, or what was here is gone.",
        Error::MethodNotAllowed => "It is the answer to a form. Start again from here.",
        Error::RateLimited { .. } => return too_many_tries(minutes_to_wait(error)),
        Error::Overloaded { .. } => "More people are signing in than we can serve. Please try again in a moment.",
        Error::DatabaseUnavailable(_) | Error::Stopping => {
            "The service is temporarily unavailable. What was saved is safe. Please try again in a moment."
        }
        Error::Internal(_) => "It is not your fault, and it is in our log. Please try again.",
        Error::AuthenticationRequired | Error::TokenExpired | Error::InvalidToken => {
            "This page is for those who have signed in."
        }
        _ => "The form did not arrive as it was sent. Please go back and try again.",
    }
    .to_owned()
}
