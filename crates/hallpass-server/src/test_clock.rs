//! A clock that tests move by hand: it stands where it was at start, and goes on
//! by what is written to standard input.
//!
//! ```text
//! > advance 3600
//! < clock 2027-01-15T09:00:00Z
//! ```

use std::io::{BufRead, Write};
use std::time::Duration;

use hallpass::{Clock, ManualClock};

#[cfg(not(debug_assertions))]
compile_error!(
    "whoever moves the clock revives expired tokens: the feature `test-clock` is for tests, never for a release"
);

/// The clock, and the thread that reads what is written.
pub(crate) fn start() -> Clock {
    let clock = ManualClock::at(Clock::system().now());
    let moved = clock.clone();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if obey(&moved, &line).is_err() {
                break;
            }
        }
    });
    Clock::from(clock)
}

fn obey(clock: &ManualClock, line: &str) -> std::io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    let seconds = line
        .strip_prefix("advance ")
        .and_then(|text| text.parse().ok());
    match seconds {
        Some(seconds) => {
            clock.advance(Duration::from_secs(seconds));
            writeln!(stdout, "clock {}", clock.now())?;
        }
        None => writeln!(stdout, "what is read here is: advance SECONDS")?,
    }
    stdout.flush()
}
