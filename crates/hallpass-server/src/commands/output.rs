//! Standard output, for people and for scripts.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::exit::Failure;
use crate::paint::{DIM, paint};

/// Prints text and a line break. A reader that has seen enough (`| head`) is no
/// fault, though `println!` would panic.
pub(super) fn print(text: impl Display) -> Result<(), Failure> {
    match writeln!(anstream::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::refused(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(serde_json::to_string_pretty(value).map_err(Failure::refused)?)
}

/// Prints a label and what belongs to it.
pub(super) fn print_row(label: &str, value: impl Display) -> Result<(), Failure> {
    print(format!("{} {value}", paint(DIM, format!("{label:<9}"))))
}

/// Says something to whoever sits there.
pub(super) fn say(text: impl Display) {
    // Nobody to hear it is no fault of the command.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Text that somebody else wrote, without what moves a cursor or turns the
/// direction of writing: a name may not pass for another line.
pub(super) fn harmless(text: &str) -> String {
    text.chars()
        .map(|character| {
            if is_harmful(character) {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

fn is_harmful(character: char) -> bool {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(
            harmless("Ann\u{1b}[2J\r\u{202e}Bob"),
            "Ann\u{fffd}[2J\u{fffd}\u{fffd}Bob"
        );
        assert_eq!(harmless("Jos\u{e9} 李"), "Jos\u{e9} 李");
    }
}
