//! The file `.env`, which other programs share. Their lines are passed over,
//! whatever they hold; a broken line of ours is named by its number.
//!
//! docs/operations.md says what each line means.

use std::borrow::Cow;
use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

/// What was read of the file.
#[derive(Debug, Default)]
pub(super) struct DotEnv {
    /// Each assignment that could be read, of any program. The last one counts.
    pub(super) values: BTreeMap<String, SecretString>,
    /// Lines of ours that could not.
    pub(super) broken: Vec<Broken>,
}

/// A line of ours that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) name: String,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) rule: String,
}

/// What the parser asks about names.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// Whether a name is a setting of ours.
    pub(super) is_ours: &'a dyn Fn(&str) -> bool,
    /// The value of a name in the process's environment.
    pub(super) outside: &'a dyn Fn(&str) -> Option<String>,
}

/// A value, or the rule that it breaks.
type Value = Result<String, String>;

/// Reads the content of the file.
pub(super) fn parse(content: &[u8], names: Names<'_>) -> DotEnv {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let lines: Vec<_> = content.split(|byte| *byte == b'\n').map(text).collect();
    let mut parser = Parser {
        lines: &lines,
        next: 0,
        names,
        read: DotEnv::default(),
    };
    while let Some(line) = lines.get(parser.next) {
        parser.next += 1;
        parser.line(line);
    }
    parser.read
}

/// A line without its end. One that is no UTF-8 is owned.
fn text(line: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line))
}

struct Parser<'a> {
    lines: &'a [Cow<'a, str>],
    /// The index of the line after the one that is read.
    next: usize,
    names: Names<'a>,
    read: DotEnv,
}

impl<'a> Parser<'a> {
    /// `next` is this line's number, counted from 1.
    fn line(&mut self, line: &'a str) {
        let number = self.next;
        match Line::of(line) {
            Line::Blank => {}
            Line::Other(word) => {
                if (self.names.is_ours)(word) {
                    let rule = "is not followed by =; write NAME=value";
                    self.broken(word, number, rule.to_owned());
                }
            }
            Line::Assignment(name, value) => match self.value(name, value) {
                Ok(value) => {
                    let value = SecretString::from(value);
                    self.read.values.insert(name.to_owned(), value);
                }
                Err(rule) => self.broken(name, number, rule),
            },
        }
    }

    fn broken(&mut self, name: &str, line: usize, rule: String) {
        // A reference to it must not find the value of a line above.
        self.read.values.remove(name);
        if (self.names.is_ours)(name) {
            let name = name.to_owned();
            self.read.broken.push(Broken { name, line, rule });
        }
    }

    fn value(&mut self, name: &str, text: &'a str) -> Value {
        let first = self.next - 1;
        let quoted = Quote::of(text).map(|quote| self.quoted(name, quote, text));
        let value = match quoted {
            Some(quoted) => quoted?,
            None => unquoted(text),
        };
        let lines = self.lines.get(first..self.next).unwrap_or_default();
        if lines.iter().any(|line| matches!(line, Cow::Owned(_))) {
            return Err("must be valid UTF-8".to_owned());
        }
        let value = match value {
            Raw::Literal(text) => text,
            Raw::Expanded(text) => self.expand(&text)?,
        };
        if value.contains('\0') {
            return Err("must not hold a NUL byte".to_owned());
        }
        Ok(value)
    }

    /// A quoted value may go on over the next lines. Where it has no end, its
    /// line is broken and the next one is a line of its own. None of our values
    /// holds another of our lines: there the closing quote was forgotten.
    fn quoted(&mut self, name: &str, quote: Quote, text: &'a str) -> Result<Raw, String> {
        let opened = text.get(1..).unwrap_or_default();
        if let Some(end) = quote.end_in(opened) {
            let (inside, rest) = opened.split_at_checked(end).unwrap_or((opened, ""));
            return if is_end(rest) {
                Ok(quote.raw(inside.to_owned()))
            } else {
                Err("has text after its closing quote".to_owned())
            };
        }
        let unclosed = || "opens a quote that is never closed".to_owned();
        let mut value = opened.to_owned();
        let is_ours = (self.names.is_ours)(name);
        for (index, line) in self.lines.iter().enumerate().skip(self.next) {
            value.push('\n');
            if is_ours && self.assigns_ours(line) {
                return Err(unclosed());
            }
            let Some(end) = quote.end_in(line) else {
                value.push_str(line);
                continue;
            };
            let (inside, rest) = line.split_at_checked(end).ok_or_else(unclosed)?;
            if !is_end(rest) || opens_a_value(inside) {
                return Err(unclosed());
            }
            value.push_str(inside);
            self.next = index + 1;
            return Ok(quote.raw(value));
        }
        Err(unclosed())
    }

    fn assigns_ours(&self, line: &str) -> bool {
        matches!(Line::of(line), Line::Assignment(name, _) if (self.names.is_ours)(name))
    }

    /// Replaces `$NAME` and `${NAME}`; the environment wins over lines above.
    fn expand(&self, text: &str) -> Value {
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(['$', '\\']) {
            value.push_str(before);
            let escape = rest.as_bytes().get(before.len()) == Some(&b'\\');
            if escape {
                // Kept by `Quote::raw` and `unquoted` before a character that
                // stands for itself.
                let mut characters = after.chars();
                value.extend(characters.next());
                rest = characters.as_str();
            } else {
                let (found, remaining) = self.reference(after)?;
                value.push_str(&found);
                rest = remaining;
            }
        }
        value.push_str(rest);
        Ok(value)
    }

    /// What a `$` and the text after it stand for, and what comes then.
    fn reference<'t>(&self, after: &'t str) -> Result<(String, &'t str), String> {
        if let Some(braced) = after.strip_prefix('{') {
            let unread = || {
                "holds ${…} that cannot be read; put the value in single quotes to keep it as it is"
                    .to_owned()
            };
            let (inside, rest) = braced.split_once('}').ok_or_else(unread)?;
            let (name, default) = split_default(inside);
            if !is_name(name) {
                return Err(unread());
            }
            return Ok((self.lookup(name, default)?, rest));
        }
        let length = after
            .find(|c: char| !is_name_part(c))
            .unwrap_or(after.len());
        let (name, rest) = after.split_at_checked(length).unwrap_or(("", after));
        if is_name(name) {
            Ok((self.lookup(name, None)?, rest))
        } else {
            Ok(("$".to_owned(), after))
        }
    }

    fn lookup(&self, name: &str, default: Option<Fallback<'_>>) -> Value {
        let above = || self.read.values.get(name).map(ExposeSecret::expose_secret);
        let found = (self.names.outside)(name).or_else(|| above().map(str::to_owned));
        match (found, default) {
            (Some(found), Some(default)) if default.for_empty && found.is_empty() => {
                Ok(default.text.to_owned())
            }
            (Some(found), _) => Ok(found),
            (None, Some(default)) => Ok(default.text.to_owned()),
            (None, None) => Err(format!(
                "refers to ${name}, which is not set; put the value in single quotes to keep the $"
            )),
        }
    }
}

/// What a line is, before its value is read.
enum Line<'a> {
    Blank,
    /// Not an assignment: its first word.
    Other(&'a str),
    Assignment(&'a str, &'a str),
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            return Self::Blank;
        }
        let line = without_export(line);
        if let Some((name, value)) = line.split_once('=')
            && is_name(name.trim_end())
        {
            return Self::Assignment(name.trim_end(), without_comment(value));
        }
        let end = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | '\0');
        Self::Other(line.split(end).next().unwrap_or_default())
    }
}

/// `NAME=#value` has a value, and `NAME= # comment` has none.
fn without_comment(value: &str) -> &str {
    let trimmed = value.trim_start();
    if trimmed.starts_with('#') && trimmed.len() < value.len() {
        ""
    } else {
        trimmed
    }
}

fn without_export(line: &str) -> &str {
    let rest = line.strip_prefix("export").unwrap_or(line);
    let name = rest.trim_start();
    if name.len() < rest.len() && !name.starts_with('=') {
        name
    } else {
        line
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .chars()
            .all(|c| is_name_part(c) || matches!(c, '.' | '-'))
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A quote at the beginning of a value; anywhere else it is a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Single,
    Double,
}

impl Quote {
    fn of(value: &str) -> Option<Self> {
        match value.chars().next()? {
            '\'' => Some(Self::Single),
            '"' => Some(Self::Double),
            _ => None,
        }
    }

    /// Where the closing quote is.
    fn end_in(self, text: &str) -> Option<usize> {
        if self == Self::Single {
            return text.find('\'');
        }
        let mut escaped = false;
        for (index, byte) in text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return Some(index),
                _ => {}
            }
        }
        None
    }

    fn raw(self, inside: String) -> Raw {
        match self {
            Self::Single => Raw::Literal(inside),
            Self::Double => Raw::Expanded(unescaped(&inside, |c| match c {
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                '"' | '\'' | '\\' | '$' | ' ' => Some(c),
                _ => None,
            })),
        }
    }
}

/// A value before `$` is looked at.
enum Raw {
    Literal(String),
    Expanded(String),
}

/// Up to a `#` after a space, without the spaces at the end.
fn unquoted(text: &str) -> Raw {
    let comment = text
        .char_indices()
        .zip(text.chars().skip(1))
        .find(|((_, before), c)| before.is_whitespace() && *c == '#');
    let value = match comment {
        Some(((index, _), _)) => text.get(..index).unwrap_or(text),
        None => text,
    };
    let plain = |c: char| matches!(c, '"' | '\'' | '\\' | '$' | ' ' | '#').then_some(c);
    Raw::Expanded(unescaped(value.trim_end(), plain))
}

/// Replaces escapes that `meaning` knows. `$` and `\` that stand for themselves
/// keep a backslash, for `Parser::expand`.
fn unescaped(text: &str, meaning: impl Fn(char) -> Option<char>) -> String {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        let next = characters.clone().next();
        match next.and_then(&meaning) {
            Some(meant) => {
                characters.next();
                if matches!(meant, '$' | '\\') {
                    value.push('\\');
                }
                value.push(meant);
            }
            None => value.push_str("\\\\"),
        }
    }
    value
}

/// Nothing but a comment may follow a closing quote.
fn is_end(rest: &str) -> bool {
    let after = rest.get(1..).unwrap_or_default();
    let trimmed = after.trim_start();
    trimmed.is_empty() || trimmed.starts_with('#') && trimmed.len() < after.len()
}

/// Whether a quote after this text opens a value, and so does not close one.
fn opens_a_value(before: &str) -> bool {
    matches!(Line::of(before), Line::Assignment(_, value) if value.is_empty())
}

/// What `${NAME:-text}` and `${NAME-text}` stand for without a value.
#[derive(Clone, Copy)]
struct Fallback<'a> {
    text: &'a str,
    for_empty: bool,
}

fn split_default(inside: &str) -> (&str, Option<Fallback<'_>>) {
    let length = inside
        .find(|c: char| !is_name_part(c))
        .unwrap_or(inside.len());
    let (name, rest) = inside.split_at_checked(length).unwrap_or((inside, ""));
    let for_empty = rest.starts_with(":-");
    let text = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
    match text {
        Some(text) => (name, Some(Fallback { text, for_empty })),
        None if rest.is_empty() => (name, None),
        None => (inside, None),
    }
}

#[cfg(test)]
mod tests;
