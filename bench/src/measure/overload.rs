//! Bar 7: what happens when more people sign in than passwords can be hashed.
//!
//! A burst is served in turn. Load beyond that is refused at once, first that of
//! the client that asks for most. Client and server share the processors.

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};

use super::accounts::{SIGN_IN, enrol, good_credentials};
use super::sign_in::raw_rate;
use super::{Context, Name};
use crate::clock::Moment;
use crate::crowd::{Sample, Visitor, visit, with_status};
use crate::http::Request;
use crate::report::{Limit, Section, Unit};
use crate::server::{Launch, Server};
use crate::stats::{Sorted, to_float};

const NAME: Name = Name::Overload;

/// Sign-ins at the same moment.
const BURST: u32 = 1000;

/// Connections of the storm, from as many networks as [`NETWORKS`].
const STORM: u32 = 2000;
const NETWORKS: u32 = 40;

/// What the storm asks for, in multiples of what can be hashed.
const STORM_TIMES: f64 = 10.0;

/// Connections of the client that sends without pause, and the clients that sign
/// in once in ten seconds each.
const GREEDY: u32 = 256;
const POLITE: u32 = 100;
const POLITE_EVERY: Duration = Duration::from_secs(10);

const LEAST_PERCENT_OF_CAPACITY: f64 = 95.0;
const MOST_MILLIS_TO_REFUSE: f64 = 50.0;
const MOST_GROWTH: f64 = 1.1;

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    context.say(NAME, "making accounts");
    let server = Launch::hallpass(&context.hallpass, None)
        .with("TRUSTED_PROXIES", "127.0.0.1")
        .start()?;
    enrol(&server)?;
    let mut section = Section::new(NAME);
    burst(context, &server, &mut section)?;
    storm(context, &server, &mut section)?;
    greedy(context, &server, &mut section)?;
    Ok(section)
}

/// A sign-in from a network of this number.
fn sign_in_from(network: u32, person: u32) -> Result<Request> {
    let bodies = good_credentials();
    let person = usize::try_from(person)? % bodies.len();
    let body = bodies.get(person).context("there are no accounts")?;
    let [_, _, high, low] = network.to_be_bytes();
    Ok(Request::post_from(
        SIGN_IN,
        body,
        &format!("10.{high}.{low}.1"),
    ))
}

/// `count` clients that sign in once in `every`, spread evenly over that time.
fn crowd(count: u32, networks: u32, every: Duration, until: Duration) -> Result<Vec<Visitor>> {
    let visitors = (0..count).map(|person| {
        Ok(Visitor {
            request: sign_in_from(person % networks, person)?,
            first: every * person / count,
            every,
            until,
        })
    });
    visitors.collect()
}

fn burst(context: &Context<'_>, server: &Server, section: &mut Section) -> Result<()> {
    let what = format!("{BURST} at once");
    context.say(NAME, &what);
    let visitors: Result<Vec<_>> = (0..BURST)
        .map(|person| {
            Ok(Visitor {
                request: sign_in_from(0, person)?,
                first: Duration::ZERO,
                every: context.plan.overload,
                until: context.plan.overload,
            })
        })
        .collect();
    let visited = visit(server, &visitors?)?;
    show(section, &what, &visited);
    Ok(())
}

fn storm(context: &Context<'_>, server: &Server, section: &mut Section) -> Result<()> {
    let before = raw_rate(context)?;
    let what = format!("{STORM_TIMES} times the capacity");
    context.say(NAME, &what);
    let every = Duration::from_secs_f64(f64::from(STORM) / (STORM_TIMES * before));
    let visitors = crowd(STORM, NETWORKS, every, context.plan.overload)?;
    let began = Moment::now();
    let (early, visited) = thread::scope(|scope| {
        let visiting = scope.spawn(|| visit(server, &visitors));
        thread::sleep(context.plan.overload / 4);
        (server.memory_now(), visiting.join())
    });
    let visited = visited.map_err(|_| anyhow!("the load panicked"))??;
    let seconds = began.elapsed().as_secs_f64();
    let late = server.memory_now()?;
    let after = raw_rate(context)?;
    let capacity = f64::midpoint(before, after);
    let (good, refused) = show(section, &what, &visited);
    let offered = to_float(good.values().len() + refused.values().len()) / seconds;
    section.fact(format!("{what}, asked"), Unit::PerSecond.of(offered));
    section.bar(
        format!("{what}, served of the rate of Argon2 alone"),
        Unit::Percent.of(100.0 * to_float(good.values().len()) / seconds / capacity),
        Limit::AtLeast(LEAST_PERCENT_OF_CAPACITY),
    );
    section.bar(
        format!("{what}, 99th percentile of a refusal"),
        Unit::Milliseconds.of(refused.percentile(99.0)),
        Limit::AtMost(MOST_MILLIS_TO_REFUSE),
    );
    section.bar(
        format!("{what}, memory at the end to after a quarter"),
        Unit::Times.of(late / early?),
        Limit::AtMost(MOST_GROWTH),
    );
    section.fact(format!("{what}, memory"), Unit::Mebibytes.of(late));
    Ok(())
}

fn greedy(context: &Context<'_>, server: &Server, section: &mut Section) -> Result<()> {
    let what = format!("{POLITE} clients beside a greedy one");
    context.say(NAME, &what);
    let until = context.plan.overload;
    let mut visitors = crowd(POLITE, POLITE, POLITE_EVERY, until)?;
    for person in 0..GREEDY {
        visitors.push(Visitor {
            request: sign_in_from(POLITE, person)?,
            first: Duration::ZERO,
            every: Duration::ZERO,
            until,
        });
    }
    let mut polite = visit(server, &visitors)?;
    let greedy = polite.split_off(usize::try_from(POLITE)?);
    show(section, &what, &polite);
    let refused = with_status(&polite, 503);
    section.bar(
        format!("{what}, refused of theirs"),
        Unit::Count.of(to_float(refused.values().len())),
        Limit::AtMost(0.0),
    );
    show(section, "The greedy client", &greedy);
    Ok(())
}

/// Shows how many were served and refused, and when.
fn show(section: &mut Section, what: &str, samples: &[Vec<Sample>]) -> (Sorted, Sorted) {
    let outcomes = [("served", 200), ("refused", 503)];
    let [served, refused] = outcomes.map(|(outcome, status)| {
        let times = with_status(samples, status);
        let count = times.values().len();
        section.fact(
            format!("{what}, {outcome}"),
            Unit::Count.of(to_float(count)),
        );
        for percent in [50.0, 99.0].iter().filter(|_| count > 0) {
            section.fact(
                format!("{what}, {outcome}, {percent:.0}th percentile"),
                Unit::Milliseconds.of(times.percentile(*percent)),
            );
        }
        times
    });
    (served, refused)
}
