//! What is measured: one file for each subject. `--only` takes their names.

pub(crate) mod accounts;
mod current_user;
mod door;
mod footprint;
mod halves;
mod overload;
mod plan;
mod sign_in;
mod storm;
mod timing;
mod verify;

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

pub(crate) use self::plan::Plan;
use crate::progress::Progress;
use crate::report::Section;

/// The subjects, in the order in which they are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Name {
    /// `hallpass-verify` against the bare JWT library
    Verify,
    /// Requests a second of `GET /auth/me`
    CurrentUser,
    /// Sign-ins a second
    SignIn,
    /// Verification while 256 people sign in
    Storm,
    /// More sign-ins than can be hashed
    Overload,
    /// Idle memory and time to start
    Footprint,
    /// Whether the time of a sign-in tells who has an account
    Timing,
}

impl Name {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Verify => "Verification, in process",
            Self::CurrentUser => "GET /api/v1/auth/me",
            Self::SignIn => "Sign-in",
            Self::Storm => "Verification during a sign-in storm",
            Self::Overload => "More sign-ins than can be hashed",
            Self::Footprint => "Memory and start",
            Self::Timing => "Unknown address against wrong password",
        }
    }

    pub(crate) fn measure(self, context: &Context<'_>) -> Result<Section> {
        match self {
            Self::Verify => verify::measure(context),
            Self::CurrentUser => current_user::measure(context),
            Self::SignIn => sign_in::measure(context),
            Self::Storm => storm::measure(context),
            Self::Overload => overload::measure(context),
            Self::Footprint => footprint::measure(context),
            Self::Timing => timing::measure(context),
        }
    }
}

/// What every subject works with.
pub(crate) struct Context<'a> {
    pub(crate) plan: Plan,
    pub(crate) progress: &'a Progress,
    /// The server's binary.
    pub(crate) hallpass: PathBuf,
    /// This program, for its hidden modes.
    pub(crate) own: PathBuf,
    /// An admin's URL of a PostgreSQL server.
    pub(crate) postgres: Option<&'a str>,
    pub(crate) cores: usize,
}

impl Context<'_> {
    fn say(&self, name: Name, step: &str) {
        self.progress.say(&format!("{}: {step}", name.title()));
    }
}
