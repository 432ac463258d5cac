//! Bar 3: whether sign-ins come as fast as passwords can be hashed, and the
//! memory that they take meanwhile.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::accounts::{SIGN_IN, enrol, good_credentials};
use super::{Context, Name};
use crate::machine::memory_kib;
use crate::plot::{Row, rows};
use crate::report::{Limit, Plot, Section, Unit};
use crate::server::{Launch, Server};
use crate::stats::{median, to_float};
use crate::wrk::{Kind, Load, Outcome, Wrk};

const NAME: Name = Name::SignIn;
const LEAST_PERCENT_OF_RAW: f64 = 90.0;
const LEAST_TIMES_NAIVE: f64 = 2.0;
/// What the server may hold under load besides its hashing memory, and that.
const BASE_MIB: f64 = 40.0;
const HASH_MIB: f64 = 19.0;

const FEW: usize = 64;
pub(super) const MANY: usize = 256;

/// A server and its way to sign in.
pub(super) struct Door {
    pub(super) server: Server,
    pub(super) path: &'static str,
    /// Of somebody who is signed in already.
    pub(super) token: String,
}

/// Per second, one figure for each round.
#[derive(Default)]
struct Rates {
    raw: Vec<f64>,
    few: Vec<f64>,
    many: Vec<f64>,
    refused: Vec<f64>,
    naive_few: Vec<f64>,
    naive_many: Vec<f64>,
    /// Of what was hashed raw just before and after, in percent.
    few_of_raw: Vec<f64>,
    many_of_raw: Vec<f64>,
    to_naive: Vec<f64>,
}

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    context.say(NAME, "making accounts");
    let ours = Door::hallpass(context)?;
    let naive = Door::naive(context)?;
    let wrk = Wrk::new(&good_credentials())?;
    let mut rates = Rates::default();
    for round in 1..=context.plan.sign_in_rounds {
        let of = context.plan.sign_in_rounds;
        let say = |what: &str| context.say(NAME, &format!("round {round} of {of}, {what}"));
        one_round(context, &wrk, (&ours, &naive), &mut rates, say)?;
    }
    conclude(context, &rates, &ours, &naive)
}

fn one_round(
    context: &Context<'_>,
    wrk: &Wrk,
    (ours, naive): (&Door, &Door),
    rates: &mut Rates,
    say: impl Fn(&str),
) -> Result<()> {
    let raw = || {
        say("Argon2 alone");
        raw_rate(context)
    };
    let storm = |door: &Door, connections: usize| {
        say(&format!("{connections} connections, {}", door.path));
        door.storm(context, wrk, connections)
    };
    let before = raw()?;
    let few = storm(ours, FEW)?.rate();
    let between = raw()?;
    let many = storm(ours, MANY)?;
    let after = raw()?;
    let naive_few = storm(naive, FEW)?.rate();
    if naive_fits()? {
        rates.naive_many.push(storm(naive, MANY)?.rate());
    }
    rates.raw.extend([before, between, after]);
    rates
        .few_of_raw
        .push(100.0 * few / f64::midpoint(before, between));
    rates
        .many_of_raw
        .push(100.0 * many.rate() / f64::midpoint(between, after));
    rates.to_naive.push(few / naive_few);
    rates.few.push(few);
    rates.many.push(many.rate());
    rates.refused.push(many.refusals());
    rates.naive_few.push(naive_few);
    Ok(())
}

impl Door {
    pub(super) fn hallpass(context: &Context<'_>) -> Result<Self> {
        Self::open(&Launch::hallpass(&context.hallpass, None), SIGN_IN)
    }

    pub(super) fn embedded(context: &Context<'_>) -> Result<Self> {
        Self::open(&Launch::child(&context.own, "embedded"), SIGN_IN)
    }

    pub(super) fn naive(context: &Context<'_>) -> Result<Self> {
        Self::open(&Launch::child(&context.own, "embedded"), "/naive/signin")
    }

    fn open(launch: &Launch<'_>, path: &'static str) -> Result<Self> {
        let server = launch.start()?;
        let token = enrol(&server)?;
        Ok(Self {
            server,
            path,
            token,
        })
    }

    pub(super) fn load<'a>(&'a self, context: &Context<'_>, connections: usize) -> Load<'a> {
        Load {
            server: &self.server,
            path: self.path,
            connections,
            duration: context.plan.sign_in,
            kind: Kind::SignIn,
            cpus: None,
        }
    }

    fn storm(&self, context: &Context<'_>, wrk: &Wrk, connections: usize) -> Result<Outcome> {
        wrk.run(&self.load(context, connections))
    }
}

/// Hashes a second of Argon2 alone.
fn raw_rate(context: &Context<'_>) -> Result<f64> {
    let millis = context.plan.raw_hashing.as_millis();
    let output = Command::new(&context.own)
        .args(["child", "hash", "--millis", &millis.to_string()])
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    let rate = String::from_utf8_lossy(&output.stdout);
    rate.trim().parse().with_context(|| {
        let fault = String::from_utf8_lossy(&output.stderr);
        format!("hashing alone failed: {rate}{fault}")
    })
}

/// Whether this machine can hold as many hashes at once as the naive server
/// then makes, twice over.
pub(super) fn naive_fits() -> Result<bool> {
    let mebibytes = memory_kib("MemAvailable")? / 1024.0;
    Ok(mebibytes > 2.0 * HASH_MIB * to_float(MANY))
}

fn conclude(context: &Context<'_>, rates: &Rates, ours: &Door, naive: &Door) -> Result<Section> {
    let mut section = Section::new(NAME);
    section.bar(
        "64 connections, of the rate of Argon2 alone",
        Unit::Percent.of(median(&rates.few_of_raw)),
        Limit::AtLeast(LEAST_PERCENT_OF_RAW),
    );
    section.bar(
        "64 connections, to one blocking task for each request",
        Unit::Times.of(median(&rates.to_naive)),
        Limit::AtLeast(LEAST_TIMES_NAIVE),
    );
    section.bar(
        "Peak memory after 256 connections",
        Unit::Mebibytes.of(ours.server.memory_peak()?),
        Limit::AtMost(BASE_MIB + HASH_MIB * to_float(context.cores)),
    );
    section.fact(
        "256 connections, of the rate of Argon2 alone",
        Unit::Percent.of(median(&rates.many_of_raw)),
    );
    let shown = [
        ("Argon2 alone, every core", &rates.raw, false),
        ("Hallpass, 64 connections", &rates.few, true),
        ("Hallpass, 256 connections", &rates.many, true),
        (
            "A blocking task each, 64 connections",
            &rates.naive_few,
            false,
        ),
        (
            "A blocking task each, 256 connections",
            &rates.naive_many,
            false,
        ),
    ];
    let mut bars = Vec::new();
    for (what, figures, is_ours) in shown.iter().filter(|(_, figures, _)| !figures.is_empty()) {
        let rate = Unit::PerSecond.of(median(figures));
        section.fact(*what, rate);
        bars.push(Row::new(what, rate, *is_ours));
    }
    section.fact(
        "Hallpass, 256 connections, refused with 503",
        Unit::PerSecond.of(median(&rates.refused)),
    );
    section.fact(
        "A blocking task each, peak memory",
        Unit::Mebibytes.of(naive.server.memory_peak()?),
    );
    section.plots.push(Plot {
        file: "sign-in.svg",
        alt: "Sign-ins a second: Hallpass nears the rate of Argon2 alone",
        svg: rows("Sign-ins a second, Argon2id 19 MiB", &bars),
    });
    Ok(section)
}
