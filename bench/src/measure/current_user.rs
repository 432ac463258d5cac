//! Bar 2: what a request with a token costs, beside a route of axum that does
//! nothing. Every user takes turns, so that no account is asked for more often
//! than it would be.

use anyhow::Result;

use super::accounts::{ME, enrol};
use super::halves::Halves;
use super::{Context, Name};
use crate::plot::{Row, rows};
use crate::postgres::Database;
use crate::report::{Limit, Plot, Section, Unit};
use crate::server::{Launch, Server};
use crate::stats::median;
use crate::wrk::{Load, Wrk};

const NAME: Name = Name::CurrentUser;
const LEAST_PERCENT: f64 = 25.0;
const CONNECTIONS_PER_THREAD: usize = 64;

/// A server in the comparison.
struct Contender {
    what: &'static str,
    path: &'static str,
    server: Server,
    wrk: Wrk,
    /// Requests a second, one for each round.
    rates: Vec<f64>,
}

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    let halves = Halves::of_processors()?;
    let database = context.postgres.map(Database::create).transpose()?;
    context.say(NAME, "starting the servers");
    let mut contenders = vec![bare(context, &halves)?, ours(context, &halves, None)?];
    if let Some(database) = &database {
        contenders.push(ours(context, &halves, Some(&database.url))?);
    }

    for round in 1..=context.plan.current_user_rounds {
        for contender in &mut contenders {
            let of = context.plan.current_user_rounds;
            context.say(NAME, &format!("round {round} of {of}, {}", contender.what));
            let outcome = contender.wrk.run(&Load {
                server: &contender.server,
                path: contender.path,
                connections: halves.threads * CONNECTIONS_PER_THREAD,
                threads: halves.threads,
                duration: context.plan.current_user,
                cpus: halves.load.as_deref(),
            })?;
            contender.rates.push(outcome.rate());
        }
    }
    let mut section = conclude(&contenders);
    if database.is_none() {
        let note = "PostgreSQL was not measured: HALLPASS_TEST_POSTGRES is not set.";
        section.notes.push(note.to_owned());
    }
    Ok(section)
}

fn bare(context: &Context<'_>, halves: &Halves) -> Result<Contender> {
    let launch = Launch::child(&context.own, "bare");
    Ok(Contender {
        what: "bare axum route",
        path: "/bare",
        server: launch.on(halves.server.as_deref()).start()?,
        wrk: Wrk::get(&[])?,
        rates: Vec::new(),
    })
}

fn ours(context: &Context<'_>, halves: &Halves, database: Option<&str>) -> Result<Contender> {
    let launch = Launch::hallpass(&context.hallpass, database);
    let server = launch.on(halves.server.as_deref()).start()?;
    let wrk = Wrk::get(&enrol(&server)?)?;
    Ok(Contender {
        what: if database.is_some() {
            "Hallpass, PostgreSQL"
        } else {
            "Hallpass, SQLite"
        },
        path: ME,
        server,
        wrk,
        rates: Vec::new(),
    })
}

fn conclude(contenders: &[Contender]) -> Section {
    let mut section = Section::new(NAME);
    let Some((bare, ours)) = contenders.split_first() else {
        return section;
    };
    for contender in ours {
        let pairs = contender.rates.iter().zip(&bare.rates);
        let percents: Vec<f64> = pairs.map(|(ours, bare)| 100.0 * ours / bare).collect();
        let share = Unit::Percent.of(median(&percents));
        let what = format!("{}, of the bare axum route's throughput", contender.what);
        if contender.what.ends_with("SQLite") {
            section.bar(what, share, Limit::AtLeast(LEAST_PERCENT));
        } else {
            section.fact(what, share);
        }
    }
    let rate = |contender: &Contender| Unit::PerSecond.of(median(&contender.rates));
    for contender in contenders {
        section.fact(contender.what, rate(contender));
    }
    let shown: Vec<Row> = contenders
        .iter()
        .map(|contender| Row::new(contender.what, rate(contender), contender.path == ME))
        .collect();
    section.plots.push(Plot {
        file: "current-user.svg",
        alt: "Requests a second of GET /api/v1/auth/me beside a bare axum route",
        svg: rows("Requests a second, GET /api/v1/auth/me", &shown),
    });
    section
}
