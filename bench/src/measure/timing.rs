//! Bar 6: whether the time of a refused sign-in tells if the address has an
//! account.
//!
//! Three classes are asked in random order on one connection, by one half of
//! the processors while the server has the other: an unknown
//! address, a wrong password, and a wrong password again. The last two must not
//! be told apart (the null control), and a delay of 0.3 ms added to one of them
//! must be (the positive control), or the method proves nothing.

use anyhow::Result;

use super::accounts::{SIGN_IN, addresses, credentials, enrol};
use super::halves::Halves;
use super::{Context, Name};
use crate::http::{Connection, Request};
use crate::plot::{Curve, shares};
use crate::report::{Limit, Plot, Section, Unit};
use crate::server::{Launch, Server};
use crate::stats::{Shuffler, Sorted, auc};

const NAME: Name = Name::Timing;
/// The AUC of a guesser who learns nothing is 0.5.
const AUC: (f64, f64) = (0.45, 0.55);
const MOST_MS: f64 = 0.5;
const CONTROL_MS: f64 = 0.3;
const WRONG: &str = "seven quiet lanterns drifted";

/// Requests before the first that counts.
const WARM_UP: usize = 100;

/// A kind of refused sign-in, and how long each took in milliseconds.
struct Class {
    requests: Vec<Request>,
    samples: Vec<f64>,
}

impl Class {
    fn of(who: &str) -> Self {
        let requests = addresses(who)
            .map(|email| Request::post(SIGN_IN, &credentials(&email, WRONG)))
            .collect();
        Self {
            requests,
            samples: Vec::new(),
        }
    }
}

pub(super) fn measure(context: &Context<'_>) -> Result<Section> {
    context.say(NAME, "making accounts");
    let halves = Halves::of_processors()?;
    let launch = Launch::hallpass(&context.hallpass, None);
    let server = launch.on(halves.server.as_deref()).start()?;
    enrol(&server)?;
    // Names of one length: the classes differ in nothing but the accounts.
    let mut classes = ["person", "person", "nobody"].map(Class::of);
    halves.beside(|| sample(context, &server, &mut classes))?;
    let [wrong, again, unknown] = classes.map(|class| Sorted::new(class.samples));
    Ok(conclude(&wrong, &again, &unknown))
}

fn sample(context: &Context<'_>, server: &Server, classes: &mut [Class]) -> Result<()> {
    let each = context.plan.timing_samples;
    let mut order: Vec<usize> = (0..classes.len() * each)
        .map(|turn| turn % classes.len())
        .collect();
    Shuffler::new().shuffle(&mut order);
    let warm_up: Vec<usize> = order.iter().copied().take(WARM_UP).collect();
    let mut connection = Connection::open(server.address)?;
    for (turn, index) in warm_up.into_iter().chain(order).enumerate() {
        if turn % 200 == 0 {
            let of = classes.len() * each + WARM_UP;
            context.say(NAME, &format!("sign-in {turn} of {of}"));
        }
        let Some(class) = classes.get_mut(index) else {
            continue;
        };
        let request = class.requests.get(turn % class.requests.len().max(1));
        if let Some(request) = request {
            let took = connection.time(request, 401)?;
            if turn >= WARM_UP {
                class.samples.push(took);
            }
        }
    }
    Ok(())
}

fn conclude(wrong: &Sorted, again: &Sorted, unknown: &Sorted) -> Section {
    let mut section = Section::new(NAME);
    let within = Limit::Within(AUC.0, AUC.1);
    section.bar(
        "Telling an unknown address from a wrong password (AUC)",
        Unit::Probability.of(auc(wrong, unknown)),
        within,
    );
    section.bar(
        "Between their medians",
        Unit::Milliseconds.of((unknown.median() - wrong.median()).abs()),
        Limit::AtMost(MOST_MS),
    );
    section.bar(
        "Null control: two wrong passwords (AUC)",
        Unit::Probability.of(auc(wrong, again)),
        within,
    );
    let delayed = again
        .values()
        .iter()
        .map(|took| took + CONTROL_MS)
        .collect();
    section.bar(
        "Positive control: 0.3 ms more is told (AUC)",
        Unit::Probability.of(auc(wrong, &Sorted::new(delayed))),
        Limit::AtLeast(AUC.1),
    );
    section.fact(
        "Wrong password, median",
        Unit::Milliseconds.of(wrong.median()),
    );
    section.fact(
        "Unknown address, median",
        Unit::Milliseconds.of(unknown.median()),
    );
    let curves = [
        Curve::new("wrong password", wrong.values().to_vec(), "c1"),
        Curve::new("unknown address", unknown.values().to_vec(), "c2"),
    ];
    section.plots.push(Plot {
        file: "timing.svg",
        alt: "Share of answers by time: an unknown address and a wrong password are one curve",
        svg: shares(
            "Share of refused sign-ins answered by then, in milliseconds",
            &curves,
        ),
    });
    section
}
