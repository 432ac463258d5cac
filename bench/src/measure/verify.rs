//! Bar 1: what being strict costs.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use super::{Context, Name};
use crate::child::Micro;
use crate::report::{Limit, Section, Unit};
use crate::stats::median;

const MOST: f64 = 1.3;

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    let plan = &context.plan;
    let name = Name::Verify;
    context.say(name, "micro benchmarks, in turns");
    let folder = tempfile::tempdir()?;
    let output = Command::new(&context.own)
        .args(["child", "micro"])
        .args(["--rounds", &plan.verify_rounds.to_string()])
        .args(["--millis", &plan.verify.as_millis().to_string()])
        .env_clear()
        .env("CRITERION_HOME", folder.path())
        .stdin(Stdio::null())
        .output()?;
    ensure!(
        output.status.success(),
        "the micro benchmarks failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let rounds = |micro: Micro| -> Result<Vec<f64>> {
        (0..plan.verify_rounds)
            .map(|round| micro.read(folder.path(), round))
            .collect()
    };
    let verify = rounds(Micro::Verify)?;
    let decode = rounds(Micro::Decode)?;
    let ratios: Vec<f64> = verify
        .iter()
        .zip(&decode)
        .map(|(ours, bare)| ours / bare)
        .collect();

    let mut section = Section::new(name);
    section.bar(
        "hallpass-verify, HS256, to jsonwebtoken::decode",
        Unit::Times.of(median(&ratios)),
        Limit::AtMost(MOST),
    );
    let nanoseconds = |figures: &[f64]| Unit::Nanoseconds.of(median(figures));
    section.fact("hallpass-verify, a good token", nanoseconds(&verify));
    section.fact("jsonwebtoken::decode, the same token", nanoseconds(&decode));
    section.fact(
        "hallpass-verify, a token signed by somebody else",
        nanoseconds(&rounds(Micro::Refuse)?),
    );
    let hash = |micro: Micro| {
        Ok::<_, anyhow::Error>(Unit::Milliseconds.of(micro.read(folder.path(), 0)? / 1e6))
    };
    section.fact("Argon2id, memory kept", hash(Micro::HashKept)?);
    section.fact(
        "Argon2id, memory allocated each time",
        hash(Micro::HashFresh)?,
    );
    Ok(section)
}
