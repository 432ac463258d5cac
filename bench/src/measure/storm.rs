//! Bar 4: whether those who are signed in notice that 256 others sign in.
//!
//! A probe sends a request every other millisecond or so on one connection,
//! first alone and then during the storm: to a route that only verifies the
//! token, and to `GET /auth/me`, which also reads the database. The server has
//! one half of the processors; the probe and the storm come from the other.

use std::thread;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::accounts::{ME, good_credentials};
use super::door::{Door, MANY};
use super::halves::Halves;
use super::{Context, Name};
use crate::clock::Moment;
use crate::http::{Connection, Request};
use crate::plot::{Curve, percentiles};
use crate::report::{Limit, Plot, Section, Unit};
use crate::stats::{Sorted, median};
use crate::wrk::{Load, Wrk};

const NAME: Name = Name::Storm;
const MOST: f64 = 1.5;
const MOST_MILLIS: f64 = 5.0;

/// Between two requests of the probe: the server is to be asked, not loaded.
const PAUSE: Duration = Duration::from_millis(2);

/// Until the storm is at its height: its queue is full within a second.
const RISE: Duration = Duration::from_secs(2);

/// Milliseconds, of all rounds.
#[derive(Default)]
struct Samples {
    verify: Vec<f64>,
    me: Vec<f64>,
    /// Answers to `GET /auth/me` that were 503.
    refused: usize,
}

/// What was found of one route.
#[derive(Default)]
struct Route {
    idle: Vec<f64>,
    stormy: Vec<f64>,
    /// Of the 99th percentiles, one for each round.
    ratios: Vec<f64>,
}

impl Route {
    fn add(&mut self, idle: Vec<f64>, stormy: Vec<f64>) {
        let p99 = |samples: &[f64]| Sorted::new(samples.to_vec()).percentile(99.0);
        self.ratios.push(p99(&stormy) / p99(&idle));
        self.idle.extend(idle);
        self.stormy.extend(stormy);
    }
}

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    context.say(NAME, "making accounts");
    let wrk = Wrk::sign_in(&good_credentials())?;
    let halves = Halves::of_processors()?;
    let ours = Door::embedded(context, halves.server.as_deref())?;
    let (mut verify, mut me) = (Route::default(), Route::default());
    for round in 1..=context.plan.storm_rounds {
        let of = context.plan.storm_rounds;
        let say = |what: &str| context.say(NAME, &format!("round {round} of {of}, {what}"));
        say("calm");
        let calm = halves.beside(|| probe(context, &ours))?;
        say("256 sign-ins at once");
        let stormy = during_storm(context, &halves, (&wrk, &ours))?;
        ensure!(
            calm.refused + stormy.refused == 0,
            "Hallpass refused GET /auth/me"
        );
        verify.add(calm.verify, stormy.verify);
        me.add(calm.me, stormy.me);
    }
    context.say(NAME, "256 sign-ins at once, a blocking task for each");
    let naive = Door::naive(context, MANY, halves.server.as_deref())?;
    let naive = naive.map(|door| during_storm(context, &halves, (&wrk, &door)));
    let naive = naive.transpose()?.map(|samples| samples.verify);
    Ok(conclude(verify, me, naive))
}

fn during_storm(
    context: &Context<'_>,
    halves: &Halves,
    (wrk, door): (&Wrk, &Door),
) -> Result<Samples> {
    let storm = wrk.start(&Load {
        duration: RISE + context.plan.storm + RISE,
        cpus: halves.load.as_deref(),
        ..door.load(context, MANY)
    })?;
    thread::sleep(RISE);
    let samples = halves.beside(|| probe(context, door));
    let outcome = storm.finish()?;
    ensure!(outcome.rate() > 0.0, "nobody could sign in");
    samples
}

fn probe(context: &Context<'_>, door: &Door) -> Result<Samples> {
    let verify = Request::get("/verify", Some(&door.token));
    let me = Request::get(ME, Some(&door.token));
    let mut connection = Connection::open(door.server.address)?;
    let mut samples = Samples::default();
    let began = Moment::now();
    while began.elapsed() < context.plan.storm {
        samples.verify.push(connection.time(&verify, 200)?);
        thread::sleep(PAUSE);
        match connection.timed(&me)? {
            (200, took) => samples.me.push(took),
            (503, _) => samples.refused += 1,
            (status, _) => bail!("GET /auth/me was answered {status}"),
        }
        thread::sleep(PAUSE);
    }
    Ok(samples)
}

fn conclude(verify: Route, me: Route, naive: Option<Vec<f64>>) -> Section {
    let mut section = Section::new(NAME);
    section.bar(
        "99th percentile of verification, storm to calm",
        Unit::Times.of(median(&verify.ratios)),
        Limit::AtMost(MOST),
    );
    section.bar(
        "99.9th percentile of verification in the storm",
        Unit::Milliseconds.of(Sorted::new(verify.stormy.clone()).percentile(99.9)),
        Limit::AtMost(MOST_MILLIS),
    );
    section.fact(
        "99th percentile of GET /auth/me, storm to calm",
        Unit::Times.of(median(&me.ratios)),
    );
    let mut curves = vec![
        Curve::new("/auth/me, calm", me.idle, "c0"),
        Curve::new("/auth/me, storm", me.stormy, "c1"),
        Curve::new("verification, calm", verify.idle, "c2"),
        Curve::new("verification, storm", verify.stormy, "c3"),
    ];
    curves.extend(
        naive.map(|samples| Curve::new("verification, a blocking task each", samples, "c4")),
    );
    for curve in &curves {
        for percent in [50.0, 99.0] {
            section.fact(
                format!("{}, {percent:.0}th percentile", curve.label),
                Unit::Milliseconds.of(curve.samples.percentile(percent)),
            );
        }
    }
    if curves.len() < 5 {
        section.notes.push(Door::no_naive());
    }
    section.plots.push(Plot {
        file: "storm.svg",
        alt: "Latency of verification by percentile: the same with 256 sign-ins at once",
        svg: percentiles("Milliseconds while 256 people sign in", &curves),
    });
    section
}
