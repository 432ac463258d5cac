//! Bar 5: what the server takes while nobody uses it, and how soon it is there.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::accounts::{ME, enrol};
use super::{Context, Name};
use crate::clock::Moment;
use crate::http::{Connection, Request};
use crate::report::{Limit, Section, Unit};
use crate::server::Launch;
use crate::stats::median;

const NAME: Name = Name::Footprint;
const MOST_MIB: f64 = 25.0;
const MOST_MS: f64 = 200.0;

/// Longer than the hashing pool keeps its memory.
pub(super) const POOL_RESTS: Duration = Duration::from_secs(12);

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    let mut section = Section::new(NAME);
    let launch = Launch::hallpass(&context.hallpass, None);
    idle_memory(context, &launch, &mut section)?;
    start(context, &launch, &mut section)?;
    Ok(section)
}

fn idle_memory(context: &Context<'_>, launch: &Launch<'_>, section: &mut Section) -> Result<()> {
    context.say(NAME, "a fresh server");
    let server = launch.start()?;
    let mut connection = Connection::open(server.address)?;
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        (ME, 401),
        ("/openapi.json", 200),
    ] {
        let answer = connection.send(&Request::get(path, None))?;
        ensure!(
            answer.status == status,
            "{path} was answered {}",
            answer.status
        );
    }
    drop(connection);
    section.bar(
        "Memory of a fresh server",
        Unit::Mebibytes.of(server.memory_now()?),
        Limit::AtMost(MOST_MIB),
    );

    enrol(&server)?;
    section.fact(
        "Memory just after registrations",
        Unit::Mebibytes.of(server.memory_now()?),
    );
    context.say(NAME, "12 s without hashing");
    thread::sleep(POOL_RESTS);
    section.bar(
        "Memory 12 s after registrations",
        Unit::Mebibytes.of(server.memory_now()?),
        Limit::AtMost(MOST_MIB),
    );
    Ok(())
}

fn start(context: &Context<'_>, launch: &Launch<'_>, section: &mut Section) -> Result<()> {
    let home = tempfile::tempdir()?;
    let (mut alive, mut ready) = (Vec::new(), Vec::new());
    // The first one makes the database, and does not count.
    for number in 0..=context.plan.starts {
        context.say(NAME, &format!("start {number} of {}", context.plan.starts));
        let began = Moment::now();
        let mut server = launch.spawn(home.path())?;
        server.wait_for("/healthz")?;
        let until_alive = began.elapsed();
        server.wait_for("/readyz")?;
        if number > 0 {
            alive.push(until_alive.as_secs_f64() * 1e3);
            ready.push(began.elapsed().as_secs_f64() * 1e3);
        }
        server.stop()?;
    }
    section.bar(
        "From start to ready, on an existing database",
        Unit::Milliseconds.of(median(&ready)),
        Limit::AtMost(MOST_MS),
    );
    section.fact("From start to alive", Unit::Milliseconds.of(median(&alive)));
    Ok(())
}
