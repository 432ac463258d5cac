//! The ways to sign in that are compared.

use anyhow::{Context as _, Result};

use super::Context;
use super::accounts::{SIGN_IN, enrol};
use crate::machine::memory_kib;
use crate::server::{Launch, Server};
use crate::wrk::Load;

pub(super) const FEW: usize = 64;
pub(super) const MANY: usize = 256;

/// What a server with one blocking task for each request was seen to take for
/// a few sign-ins at once, and for many, with as much to spare. Hashes of
/// 19 MiB are freed and not given back.
const NAIVE_FEW_GIB: f64 = 12.0;
const NAIVE_MANY_GIB: f64 = 18.0;

/// A server and its way to sign in.
pub(super) struct Door {
    pub(super) server: Server,
    pub(super) path: &'static str,
    /// Of somebody who is signed in already.
    pub(super) token: String,
}

impl Door {
    /// The real server's.
    pub(super) fn hallpass(context: &Context<'_>) -> Result<Self> {
        Self::open(&Launch::hallpass(&context.hallpass, None), SIGN_IN)
    }

    /// The library's, in an application of somebody else on these processors.
    pub(super) fn embedded(context: &Context<'_>, cpus: Option<&str>) -> Result<Self> {
        let launch = Launch::child(&context.own, "embedded");
        Self::open(&launch.on(cpus), SIGN_IN)
    }

    /// The naive one for [`FEW`] or [`MANY`] sign-ins at once; none where they
    /// do not fit into the memory.
    pub(super) fn naive(
        context: &Context<'_>,
        connections: usize,
        cpus: Option<&str>,
    ) -> Result<Option<Self>> {
        let needed = if connections > FEW {
            NAIVE_MANY_GIB
        } else {
            NAIVE_FEW_GIB
        };
        if memory_kib("MemAvailable")? < needed * 1024.0 * 1024.0 {
            return Ok(None);
        }
        let launch = Launch::child(&context.own, "embedded");
        Self::open(&launch.on(cpus), "/naive/signin").map(Some)
    }

    /// What a section says when there was none.
    pub(super) fn no_naive() -> String {
        format!(
            "One blocking task for each request was not measured everywhere: that takes \
             {NAIVE_FEW_GIB:.0} GiB of free memory for {FEW} connections, {NAIVE_MANY_GIB:.0} for {MANY}."
        )
    }

    fn open(launch: &Launch<'_>, path: &'static str) -> Result<Self> {
        let server = launch.start()?;
        let token = enrol(&server)?.pop().context("there are no accounts")?;
        Ok(Self {
            server,
            path,
            token,
        })
    }

    /// Sign-ins without pause, for as long as the plan says.
    pub(super) fn load<'a>(&'a self, context: &Context<'_>, connections: usize) -> Load<'a> {
        Load {
            server: &self.server,
            path: self.path,
            connections,
            threads: 1,
            duration: context.plan.sign_in,
            cpus: None,
        }
    }
}
