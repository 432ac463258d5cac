//! The log: whether its filter lets through what an operator must see.

use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use super::fix::Fix;
use super::report::Report;
use super::setup::Setup;

const FILTER: &str = "RUST_LOG";

pub(super) fn check(setup: &Setup<'_>, report: &mut Report) {
    if setup.knows([FILTER]) {
        check_filter(&setup.values.log.filter, report);
    }
}

fn check_filter(filter: &str, report: &mut Report) {
    let Ok(parsed) = EnvFilter::try_new(filter) else {
        return;
    };
    let missing = tracing::subscriber::with_default(Registry::default().with(parsed), missing);
    if !missing.is_empty() {
        let finding = format!("leaves {} out of the log", missing.join(", "));
        report.warning(FILTER, finding, Fix::unset(FILTER));
    }
}

/// What the present subscriber drops; docs/operations.md, "Log".
fn missing() -> Vec<&'static str> {
    let kept = [
        (
            tracing::enabled!(target: "hallpass::web::error", Level::ERROR),
            "faults of the server",
        ),
        (
            tracing::enabled!(target: "hallpass::doctor", Level::WARN),
            "serious findings at start",
        ),
        (
            tracing::enabled!(target: "hallpass::security", Level::INFO),
            "sign-ins and refusals",
        ),
    ];
    let dropped = kept.into_iter().filter(|(is_kept, _)| !is_kept);
    dropped.map(|(_, what)| what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_drop_too_much_are_found() {
        for (filter, complaints) in [
            ("info", 0),
            ("debug", 0),
            ("warn,hallpass=info", 0),
            ("warn", 1),
            ("off", 1),
            // A misspelt level is the name of a target.
            ("inof", 1),
            ("info,hallpass::security=off", 1),
        ] {
            let mut report = Report::default();
            check_filter(filter, &mut report);
            assert_eq!(report.complaints().len(), complaints, "{filter}");
        }
    }
}
