//! Load from `wrk`.
//!
//! It runs niced: it needs processor time on the machine that it measures, and
//! a server that is busy is more important than another request for it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tempfile::TempDir;

use crate::server::Server;
use crate::stats::to_float;

const LOAD: &str = include_str!("load.lua");
const GET: &str = include_str!("get.lua");
const SIGN_IN: &str = include_str!("sign_in.lua");

/// What to send: the script that wrk is given and the lines that it reads.
pub(crate) struct Wrk {
    folder: TempDir,
}

/// What to load a server with.
pub(crate) struct Load<'a> {
    pub(crate) server: &'a Server,
    pub(crate) path: &'a str,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    pub(crate) duration: Duration,
    pub(crate) cpus: Option<&'a str>,
}

/// What came back.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    micros: usize,
    /// Whatever their status.
    answers: usize,
    /// Those with a status above 399.
    refused: usize,
    /// Connections that failed, and answers that did not come.
    broken: usize,
}

impl Outcome {
    /// Successful answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.rate_with(0)
    }

    /// As [`rate`](Self::rate), with so many more that count.
    pub(crate) fn rate_with(&self, more: usize) -> f64 {
        self.per_second(self.answers.saturating_sub(self.refused) + more)
    }

    /// Refusals a second.
    pub(crate) fn refusals(&self) -> f64 {
        self.per_second(self.refused)
    }

    fn per_second(&self, count: usize) -> f64 {
        to_float(count) / (to_float(self.micros) / 1e6)
    }
}

/// A load that goes on until it is finished.
pub(crate) struct Running(Child);

impl Wrk {
    /// GETs with one token after the other, or without any.
    pub(crate) fn get(tokens: &[String]) -> Result<Self> {
        Self::new(GET, tokens)
    }

    /// POSTs of one sign-in after the other.
    pub(crate) fn sign_in(bodies: &[serde_json::Value]) -> Result<Self> {
        let bodies: Vec<String> = bodies.iter().map(ToString::to_string).collect();
        Self::new(SIGN_IN, &bodies)
    }

    fn new(script: &str, lines: &[String]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("script.lua"), [script, LOAD].concat())?;
        fs::write(folder.path().join("lines"), lines.join("\n"))?;
        Ok(Self { folder })
    }

    /// Loads the server for the whole duration.
    pub(crate) fn run(&self, load: &Load<'_>) -> Result<Outcome> {
        self.start(load)?.finish()
    }

    /// As [`run`](Self::run), beside what the caller does meanwhile.
    pub(crate) fn start(&self, load: &Load<'_>) -> Result<Running> {
        let mut command = Command::new("nice");
        command.args(["-n", "19"]);
        if let Some(cpus) = load.cpus {
            command.args(["taskset", "-c", cpus]);
        }
        command
            .args(["wrk", "--timeout", "60s"])
            .args(["--threads", &load.threads.to_string()])
            .args(["--connections", &load.connections.to_string()])
            .args([
                "--duration",
                &format!("{}s", load.duration.as_secs().max(1)),
            ])
            .arg("--script")
            .arg(self.file("script.lua"))
            .arg(format!("http://{}{}", load.server.address, load.path))
            .arg("--")
            .arg(self.file("lines"));
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("could not start wrk")?;
        Ok(Running(child))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Running {
    pub(crate) fn finish(self) -> Result<Outcome> {
        let output = self.0.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().rfind(|line| line.starts_with('{'));
        let line = line.with_context(|| {
            format!(
                "wrk failed: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        let outcome: Outcome = serde_json::from_str(line)?;
        ensure!(
            outcome.broken == 0,
            "{} of {} answers did not come",
            outcome.broken,
            outcome.answers
        );
        Ok(outcome)
    }
}
