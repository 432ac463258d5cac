//! What goes on, on standard error: one line that changes on a terminal, and a
//! line for each step elsewhere.

use std::io::{IsTerminal, Write};

use crate::clock::Moment;

pub(crate) struct Progress {
    began: Moment,
    watched: bool,
}

impl Progress {
    pub(crate) fn start() -> Self {
        Self {
            began: Moment::now(),
            watched: std::io::stderr().is_terminal(),
        }
    }

    /// Says what is being done now.
    pub(crate) fn say(&self, step: &str) {
        let seconds = self.began.elapsed().as_secs();
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let line = format!("{minutes:>2}:{seconds:02}  {step}");
        if self.watched {
            write(&format!("\r\x1b[2K{line}"));
        } else {
            write(&format!("{line}\n"));
        }
    }

    /// Takes the changing line away.
    pub(crate) fn clear(&self) {
        if self.watched {
            write("\r\x1b[2K");
        }
    }
}

/// Progress is a courtesy: nothing depends on whether it could be shown.
fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    drop(stderr.write_all(text.as_bytes()));
    drop(stderr.flush());
}
