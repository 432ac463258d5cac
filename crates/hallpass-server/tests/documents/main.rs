//! The documents hold what the program does: commands are run as they are
//! written, figures are compared with the code, links lead somewhere.
//!
//! In a Markdown page that is run (the quickstart and the README)
//!
//! * a block ` ```console ` is a session: `$ ` begins a command, `> ` goes on
//!   with it, and so does the line after a `\`; what follows is its output,
//!   where `…` stands for some text, and on a line of its own for some lines;
//! * a block ` ```sh ` holds commands alone, each of which must succeed, and
//!   `curl` with an answer below 400;
//! * a command may only fail when the next one is `echo $?`;
//! * `<!-- not run: why -->` on the line above a block leaves it out, where why
//!   is one of [`transcript::REASONS`];
//! * blocks of other languages are not run.
//!
//! A page says `http://localhost:8000/…`; the test's server listens elsewhere,
//! and its address is put there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its case has failed"
)]

mod api;
mod data_model;
mod links;
mod markdown;
mod pages;
#[expect(
    unreachable_pub,
    reason = "stands in the quickstart as it would in a service"
)]
mod resource_server;
mod server;
mod specification;
mod transcript;

use std::path::{Path, PathBuf};

/// A file of the repository.
fn path(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

/// The text of a file of the repository.
fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Where the specification stands.
const SPECIFICATION: &str = "docs/specs/1-auth-security";
