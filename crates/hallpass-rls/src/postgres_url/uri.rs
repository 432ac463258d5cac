//! The form of the text: a connection URI as libpq reads it (PostgreSQL
//! documentation, section 34.1.1.2).
//!
//! What is refused here may be a piece of a password, since an unescaped `@`,
//! `/`, `?` or `#` ends the password early. So no fault repeats a part of it.

use super::InvalidPostgresUrl as Fault;

/// Keywords and their values, in the order in which they stand. A later value
/// takes the place of an earlier one.
pub(super) type Keywords = Vec<(String, String)>;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// What follows the scheme, which may be in any letter case (RFC 3986, section
/// 3.1).
fn after_scheme(text: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

pub(super) fn has_scheme(text: &str) -> bool {
    after_scheme(text).is_some()
}

pub(super) fn keywords(text: &str) -> Result<Keywords, Fault> {
    let rest = after_scheme(text).ok_or(Fault::Syntax)?;
    if rest.contains('#') {
        return Err(Fault::Special);
    }
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = before.split_once('/').unwrap_or((before, ""));
    if path.contains('@') || has_stray_at(query) {
        return Err(Fault::Special);
    }
    let mut keywords = Keywords::new();
    let server = match authority.split_once('@') {
        Some((_, server)) if server.contains('@') => return Err(Fault::Special),
        Some((person, server)) => {
            login(person, &mut keywords)?;
            server
        }
        None => authority,
    };
    address(server, &mut keywords)?;
    push("dbname", path.trim_start_matches('/'), &mut keywords)?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(Fault::Pair)?;
        keywords.push((decoded(name)?, decoded(value)?));
    }
    Ok(keywords)
}

/// An `@` where none stands in a parameter's value: what comes before it may be
/// the rest of a password.
fn has_stray_at(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        name.contains('@')
    })
}

fn login(person: &str, keywords: &mut Keywords) -> Result<(), Fault> {
    let (user, password) = person.split_once(':').unwrap_or((person, ""));
    push("user", user, keywords)?;
    push("password", password, keywords)
}

fn address(server: &str, keywords: &mut Keywords) -> Result<(), Fault> {
    if server.contains(',') {
        return Err(Fault::SeveralHosts);
    }
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(Fault::Host)?;
            if !port.is_empty() && !port.starts_with(':') {
                return Err(Fault::Host);
            }
            (host, port.trim_start_matches(':'))
        }
        None => server.split_once(':').unwrap_or((server, "")),
    };
    push("host", host, keywords)?;
    push("port", port, keywords)
}

/// An empty part is one that is not there.
fn push(name: &str, value: &str, keywords: &mut Keywords) -> Result<(), Fault> {
    if !value.is_empty() {
        keywords.push((name.to_owned(), decoded(value)?));
    }
    Ok(())
}

/// As libpq does it: a `+` is a plus sign.
fn decoded(text: &str) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else {
            return Err(Fault::Escape);
        };
        bytes.push(digit(*high)? * 16 + digit(*low)?);
        rest = after;
    }
    let text = String::from_utf8(bytes).map_err(|_| Fault::Escape)?;
    if text.chars().any(char::is_control) {
        return Err(Fault::Special);
    }
    Ok(text)
}

fn digit(byte: u8) -> Result<u8, Fault> {
    let digit = char::from(byte).to_digit(16).ok_or(Fault::Escape)?;
    u8::try_from(digit).map_err(|_| Fault::Escape)
}
