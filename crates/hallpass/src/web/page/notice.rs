//! What a page says once, after a redirect.
//!
//! A form is never answered by a page of its own, or the browser's back button
//! and reload would ask to send it again (post, redirect, get). So what is to be
//! said travels in a cookie that lives for a minute and that the page takes
//! away: what somebody typed, but for the password, and names of texts, never
//! the texts.

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::text::Texts;
use crate::email::EmailAddress;
use crate::error::{Broken, Error, FieldFault};
use crate::settings::Settings;
use crate::user::DisplayName;
use crate::web::cookie::Cookie;
use crate::web::error::minutes_to_wait;

/// The page that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    SignUp,
    SignIn,
    Dashboard,
}

/// What is said.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Saying {
    Welcome,
    NameSaved,
    SignedOut,
    Faults(Vec<Fault>),
    InvalidCredentials,
    RegistrationRefused,
    TooManyTries { minutes: u64 },
    ServerBusy,
}

/// A broken rule, and the field it is shown beside.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    field: Option<Input>,
    broken: Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Input {
    Email,
    Password,
    Name,
}

impl Input {
    const ALL: [Self; 3] = [Self::Email, Self::Password, Self::Name];

    /// The name and the id of the input.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Password => "password",
            Self::Name => "name",
        }
    }
}

/// What somebody typed and need not type again.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typed {
    pub(crate) email: String,
    pub(crate) name: String,
}

impl Typed {
    /// A cookie has room for 4096 bytes (RFC 6265bis, section 5.6). What is
    /// longer than an input may be is cut, and control characters, which JSON
    /// writes with six, are left out: both must be mended anyway.
    fn cut(&self) -> Self {
        let cut = |text: &str, most: usize| {
            let shown = text.chars().filter(|character| !character.is_control());
            shown.take(most).collect()
        };
        Self {
            email: cut(&self.email, EmailAddress::MAX_CHARACTERS),
            name: cut(&self.name, DisplayName::MAX_CODE_POINTS),
        }
    }
}

/// Something to say, where, and what was typed there.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    place: Place,
    pub(crate) saying: Saying,
    pub(crate) typed: Typed,
}

/// Time enough for a redirect, also on a slow line.
const LIFE: u64 = 60;

impl Notice {
    pub(crate) fn new(place: Place, saying: Saying) -> Self {
        Self {
            place,
            saying,
            typed: Typed::default(),
        }
    }

    /// Why a form is shown again; an error that its sender cannot mend by
    /// changing it comes back as it is.
    pub(crate) fn of_refused(place: Place, typed: &Typed, error: Error) -> Result<Self, Error> {
        let saying = match &error {
            Error::Invalid(faults) => Saying::Faults(faults.iter().map(Fault::from).collect()),
            Error::InvalidCredentials => Saying::InvalidCredentials,
            Error::RegistrationRefused => Saying::RegistrationRefused,
            Error::Overloaded { .. } => Saying::ServerBusy,
            // Another address may be signed in with meanwhile.
            Error::RateLimited { .. } if place == Place::SignIn => Saying::TooManyTries {
                minutes: minutes_to_wait(&error),
            },
            _ => return Err(error),
        };
        Ok(Self {
            place,
            saying,
            typed: typed.cut(),
        })
    }

    pub(crate) fn set(&self, settings: &Settings) -> Result<HeaderValue, Error> {
        let json = serde_json::to_vec(self).map_err(Error::internal)?;
        Cookie::Notice.set(settings, &URL_SAFE_NO_PAD.encode(json), LIFE)
    }

    /// What was sent, if it is for this page. Anybody can write a cookie of
    /// their own: one that cannot be read says nothing.
    pub(crate) fn sent(headers: &HeaderMap, settings: &Settings, place: Place) -> Option<Self> {
        let sent = Cookie::Notice.sent(headers, settings).ok()??;
        let json = URL_SAFE_NO_PAD.decode(sent).ok()?;
        let notice: Self = serde_json::from_slice(&json).ok()?;
        (notice.place == place).then_some(notice)
    }
}

impl From<&FieldFault> for Fault {
    fn from(fault: &FieldFault) -> Self {
        let mut inputs = Input::ALL.into_iter();
        Self {
            field: inputs.find(|input| fault.field == Some(input.id())),
            broken: fault.broken,
        }
    }
}

/// One line of the summary above a form, and beside its input.
pub(crate) struct Problem {
    pub(crate) input: Option<Input>,
    pub(crate) text: String,
}

impl Saying {
    /// What went wrong, for the summary; nothing when all is well.
    pub(crate) fn problems(&self, texts: &Texts) -> Vec<Problem> {
        let whole = |text: String| vec![Problem { input: None, text }];
        match self {
            Self::Faults(faults) => faults.iter().map(|fault| fault.problem(texts)).collect(),
            Self::InvalidCredentials => whole(texts.invalid_credentials.to_owned()),
            Self::RegistrationRefused => vec![Problem {
                input: Some(Input::Email),
                text: texts.registration_refused.to_owned(),
            }],
            Self::TooManyTries { minutes } => whole((texts.too_many_tries)(*minutes)),
            Self::ServerBusy => whole(texts.server_busy.to_owned()),
            Self::Welcome | Self::NameSaved | Self::SignedOut => Vec::new(),
        }
    }
}

impl Fault {
    fn problem(&self, texts: &Texts) -> Problem {
        Problem {
            input: self.field,
            text: (texts.fault)(self.broken),
        }
    }
}
