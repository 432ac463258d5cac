//! What a command is told besides its arguments: secrets never stand in an
//! argument, where every user of the machine can read them.

use std::io::{self, BufRead, IsTerminal, Write};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::exit::Failure;

/// The longest line that is read. A token has at most 8 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// Whether somebody sits at the keyboard.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// A secret: typed unseen at a terminal, else the first line of standard input.
pub(super) fn secret(what: &str) -> Result<SecretString, Failure> {
    let secret = if is_terminal() {
        hidden(what)?
    } else {
        line(io::stdin().lock(), what)?
    };
    if secret.expose_secret().is_empty() {
        return Err(Failure::refused(format!(
            "there is no {what}: standard input is empty"
        )));
    }
    Ok(secret)
}

/// A password that is about to be set: at a terminal asked for twice, since
/// nobody sees a slip.
pub(super) fn new_password() -> Result<SecretString, Failure> {
    let password = secret("password")?;
    if is_terminal() {
        let again = hidden("password again")?;
        if again.expose_secret() != password.expose_secret() {
            return Err(Failure::refused(
                "the two passwords differ; nothing was changed",
            ));
        }
    }
    Ok(password)
}

/// What somebody types, in plain sight.
pub(super) fn visible(prompt: &str) -> Result<String, Failure> {
    let mut terminal = anstream::stderr().lock();
    let prompted = write!(terminal, "{prompt}: ").and_then(|()| terminal.flush());
    prompted.map_err(Failure::refused)?;
    let typed = line(io::stdin().lock(), "answer")?;
    Ok(typed.expose_secret().trim().to_owned())
}

fn hidden(what: &str) -> Result<SecretString, Failure> {
    let mut label = what.to_owned();
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let typed = rpassword::prompt_password(format!("{label}: "));
    let cannot = |error: io::Error| {
        Failure::refused(format!("cannot read the {what} from the terminal: {error}"))
    };
    typed.map(SecretString::from).map_err(cannot)
}

/// The first line, without its line break. All room is reserved at once, so
/// that no copy of a secret stays behind where the buffer grew.
fn line(input: impl BufRead, what: &str) -> Result<SecretString, Failure> {
    let cannot =
        |why: &str| Failure::refused(format!("cannot read the {what} from standard input: {why}"));
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let read = input.take(limit).read_until(b'\n', &mut bytes);
    let read = read.map_err(|error| cannot(&error.to_string()))?;
    if read == MAX_BYTES {
        return Err(cannot("it has more than 64 KiB"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| cannot("it is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(SecretString::from(text.strip_suffix('\r').unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        let line = line(bytes, "password").map_err(|failure| failure.to_string());
        line.map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn one_line_break_is_taken_off_and_nothing_else() {
        assert_eq!(read(b"  three words \n").unwrap(), "  three words ");
        assert_eq!(read(b"three words\r\nmore\n").unwrap(), "three words");
        assert_eq!(read(b"three words").unwrap(), "three words");
        assert_eq!(read(b"").unwrap(), "");
        assert_eq!(read(b"\n\n").unwrap(), "");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        assert!(read(b"\xff\xfe").unwrap_err().contains("not UTF-8"));
        assert!(read(&vec![b'x'; MAX_BYTES]).unwrap_err().contains("64 KiB"));
    }
}
