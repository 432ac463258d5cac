//! Bar 3: whether sign-ins come as fast as passwords can be hashed, and the
//! memory that they take meanwhile.

use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result};

use super::accounts::good_credentials;
use super::door::{Door, FEW, MANY};
use super::footprint::POOL_RESTS;
use super::{Context, Name};
use crate::plot::{Row, rows};
use crate::report::{Limit, Plot, Section, Unit};
use crate::stats::{median, to_float};
use crate::wrk::Wrk;

const NAME: Name = Name::SignIn;
const LEAST_PERCENT_OF_RAW: f64 = 90.0;
const LEAST_TIMES_NAIVE: f64 = 2.0;
/// What the server may hold under load besides its hashing memory, and that.
const BASE_MIB: f64 = 40.0;
const HASH_MIB: f64 = 19.0;

/// Per second, one figure for each round.
#[derive(Default)]
struct Rates {
    raw: Vec<f64>,
    few: Vec<f64>,
    many: Vec<f64>,
    refused: Vec<f64>,
    naive_few: Vec<f64>,
    naive_many: Vec<f64>,
    /// Of what was hashed alone just before and after, in percent.
    few_of_raw: Vec<f64>,
    many_of_raw: Vec<f64>,
    to_naive: Vec<f64>,
}

/// What is measured with, and how far it has come.
struct Bench<'a> {
    context: &'a Context<'a>,
    wrk: Wrk,
    ours: Door,
    rates: Rates,
    /// In MiB.
    naive_peak: Vec<f64>,
    step: String,
}

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    context.say(NAME, "making accounts");
    let mut bench = Bench {
        context,
        wrk: Wrk::sign_in(&good_credentials())?,
        ours: Door::hallpass(context)?,
        rates: Rates::default(),
        naive_peak: Vec::new(),
        step: String::new(),
    };
    for round in 1..=context.plan.sign_in_rounds {
        bench.step = format!("round {round} of {}", context.plan.sign_in_rounds);
        bench.round()?;
    }
    // It takes gigabytes and waits for seconds, so once has to be enough.
    if let Some(rate) = bench.naive(MANY)? {
        bench.rates.naive_many.push(rate);
    }
    bench.conclude()
}

impl Bench<'_> {
    fn round(&mut self) -> Result<()> {
        let before = self.raw()?;
        self.say("64 connections");
        let few = self.ours.load(self.context, FEW);
        let few = self.wrk.run(&few)?.rate();
        let between = self.raw()?;
        self.say("256 connections");
        let many = self.ours.load(self.context, MANY);
        let many = self.wrk.run(&many)?;
        let after = self.raw()?;
        if let Some(naive) = self.naive(FEW)? {
            self.rates.naive_few.push(naive);
            self.rates.to_naive.push(few / naive);
        }
        let rates = &mut self.rates;
        rates.raw.extend([before, between, after]);
        rates
            .few_of_raw
            .push(100.0 * few / f64::midpoint(before, between));
        rates
            .many_of_raw
            .push(100.0 * many.rate() / f64::midpoint(between, after));
        rates.few.push(few);
        rates.many.push(many.rate());
        rates.refused.push(many.refusals());
        Ok(())
    }

    fn say(&self, what: &str) {
        self.context.say(NAME, &format!("{}, {what}", self.step));
    }

    fn raw(&self) -> Result<f64> {
        self.say("Argon2 alone");
        raw_rate(self.context)
    }

    /// Sign-ins a second of the naive server. Each time a fresh one, since it
    /// holds on to gigabytes.
    fn naive(&mut self, connections: usize) -> Result<Option<f64>> {
        self.say(&format!("{connections} connections, a blocking task each"));
        let Some(door) = Door::naive(self.context, connections, None)? else {
            return Ok(None);
        };
        let outcome = self.wrk.run(&door.load(self.context, connections))?;
        self.naive_peak.push(door.server.memory_peak()?);
        // It works on all of them at once: those in flight at the end are half
        // done on average, where our pool has not begun with them.
        Ok(Some(outcome.rate_with(connections / 2)))
    }

    fn conclude(self) -> Result<Section> {
        let mut section = Section::new(NAME);
        let rates = &self.rates;
        section.bar(
            "64 connections, of the rate of Argon2 alone",
            Unit::Percent.of(median(&rates.few_of_raw)),
            Limit::AtLeast(LEAST_PERCENT_OF_RAW),
        );
        if !rates.to_naive.is_empty() {
            section.bar(
                "64 connections, to one blocking task for each request",
                Unit::Times.of(median(&rates.to_naive)),
                Limit::AtLeast(LEAST_TIMES_NAIVE),
            );
        }
        if rates.naive_many.is_empty() {
            section.notes.push(Door::no_naive());
        }
        section.bar(
            "Peak memory after 256 connections",
            Unit::Mebibytes.of(self.ours.server.memory_peak()?),
            Limit::AtMost(BASE_MIB + HASH_MIB * to_float(self.context.cores)),
        );
        section.fact(
            "256 connections, of the rate of Argon2 alone",
            Unit::Percent.of(median(&rates.many_of_raw)),
        );
        self.show_rates(&mut section);
        if let Some(peak) = self.naive_peak.iter().copied().reduce(f64::max) {
            section.fact(
                "A blocking task each, peak memory",
                Unit::Mebibytes.of(peak),
            );
        }
        self.context.say(NAME, "12 s without sign-ins");
        thread::sleep(POOL_RESTS);
        section.fact(
            "Memory 12 s after 256 connections",
            Unit::Mebibytes.of(self.ours.server.memory_now()?),
        );
        Ok(section)
    }

    fn show_rates(&self, section: &mut Section) {
        let rates = &self.rates;
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
        let shown = shown.iter().filter(|(_, figures, _)| !figures.is_empty());
        let mut bars = Vec::new();
        for (what, figures, is_ours) in shown {
            let rate = Unit::PerSecond.of(median(figures));
            section.fact(*what, rate);
            bars.push(Row::new(what, rate, *is_ours));
        }
        section.fact(
            "Hallpass, 256 connections, refused with 503",
            Unit::PerSecond.of(median(&rates.refused)),
        );
        section.plots.push(Plot {
            file: "sign-in.svg",
            alt: "Sign-ins a second: Hallpass nears the rate of Argon2 alone",
            svg: rows("Sign-ins a second, Argon2id 19 MiB", &bars),
        });
    }
}

/// Hashes a second of Argon2 alone, on every core.
pub(super) fn raw_rate(context: &Context<'_>) -> Result<f64> {
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
