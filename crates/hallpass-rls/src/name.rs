//! Names of tables, columns and roles, written as in SQL.

use std::fmt;
use std::iter::Peekable;
use std::str::{Chars, FromStr};

/// PostgreSQL cuts longer names off (`NAMEDATALEN` - 1), in bytes.
const LONGEST: usize = 63;

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidName {
    /// The text is not a name as SQL writes it.
    #[error(
        "is no name as SQL writes it; one with capitals or special characters needs double quotes"
    )]
    Syntax,
    /// The name would be cut off.
    #[error("is longer than the 63 bytes that PostgreSQL keeps of a name")]
    TooLong,
    /// The role stands for others.
    #[error("is no role of its own: `public` is everybody and `none` is nobody")]
    NoRole,
}

/// One name as the database keeps it: without quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identifier(String);

impl Identifier {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that is known, as a catalogue gives it.
    pub(crate) fn kept(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Reads a name: in double quotes as it stands, else in small letters.
    fn read(text: &mut Peekable<Chars<'_>>) -> Result<Self, InvalidName> {
        let name = if text.next_if_eq(&'"').is_some() {
            quoted(text)?
        } else {
            plain(text)?
        };
        if name.len() > LONGEST {
            return Err(InvalidName::TooLong);
        }
        Ok(Self(name))
    }
}

fn quoted(text: &mut Peekable<Chars<'_>>) -> Result<String, InvalidName> {
    let mut name = String::new();
    loop {
        match text.next() {
            Some('"') if text.next_if_eq(&'"').is_some() => name.push('"'),
            Some('"') if !name.is_empty() => return Ok(name),
            Some('\0' | '"') | None => return Err(InvalidName::Syntax),
            Some(letter) => name.push(letter),
        }
    }
}

/// PostgreSQL folds the letters of ASCII alone in a database in UTF-8.
fn plain(text: &mut Peekable<Chars<'_>>) -> Result<String, InvalidName> {
    let is_letter = |c: &char| c.is_ascii_alphabetic() || *c == '_' || !c.is_ascii();
    let mut name = String::new();
    while let Some(letter) =
        text.next_if(|c| is_letter(c) || (!name.is_empty() && (c.is_ascii_digit() || *c == '$')))
    {
        name.push(letter.to_ascii_lowercase());
    }
    if name.is_empty() {
        return Err(InvalidName::Syntax);
    }
    Ok(name)
}

impl FromStr for Identifier {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let mut text = text.chars().peekable();
        let name = Self::read(&mut text)?;
        match text.next() {
            None => Ok(name),
            Some(_) => Err(InvalidName::Syntax),
        }
    }
}

/// In double quotes, for SQL.
impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

/// A table, with its schema or without.
///
/// ```
/// use hallpass_rls::TableName;
///
/// # fn main() -> Result<(), hallpass_rls::InvalidName> {
/// assert_eq!("Tasks".parse::<TableName>()?.to_string(), r#""tasks""#);
/// assert_eq!(r#"app."Tasks""#.parse::<TableName>()?.to_string(), r#""app"."Tasks""#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    pub(crate) schema: Option<Identifier>,
    pub(crate) table: Identifier,
}

impl FromStr for TableName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let mut text = text.chars().peekable();
        let first = Identifier::read(&mut text)?;
        let name = match text.next_if_eq(&'.') {
            None => Self {
                schema: None,
                table: first,
            },
            Some(_) => Self {
                schema: Some(first),
                table: Identifier::read(&mut text)?,
            },
        };
        match text.next() {
            None => Ok(name),
            Some(_) => Err(InvalidName::Syntax),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        write!(f, "{}", self.table)
    }
}

/// The column that holds a row's owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnName(pub(crate) Identifier);

impl FromStr for ColumnName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The role that an application logs in as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleName(pub(crate) Identifier);

impl FromStr for RoleName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let name: Identifier = text.parse()?;
        // They mean this even in quotes.
        if matches!(name.as_str(), "public" | "none") {
            return Err(InvalidName::NoRole);
        }
        Ok(Self(name))
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// In single quotes, for SQL, whatever `standard_conforming_strings` says.
pub(crate) fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') {
        format!(" E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

/// A block of code between dollar quotes that it does not hold itself.
pub(crate) fn block(code: &str) -> String {
    let mut tag = "$hallpass$".to_owned();
    while code.contains(&tag) {
        tag.insert_str(1, "x_");
    }
    format!("do {tag}\n{code}\n{tag};")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<String, InvalidName> {
        text.parse::<TableName>().map(|name| name.to_string())
    }

    #[test]
    fn names_are_read_as_sql_reads_them() {
        for (text, name) in [
            ("tasks", r#""tasks""#),
            ("Tasks_2$", r#""tasks_2$""#),
            ("app.tasks", r#""app"."tasks""#),
            (
                r#""App"."My ""odd"" table; --""#,
                r#""App"."My ""odd"" table; --""#,
            ),
            (r#"app."a.b""#, r#""app"."a.b""#),
            ("größe", r#""größe""#),
        ] {
            assert_eq!(table(text).as_deref(), Ok(name), "{text}");
        }
        for text in [
            "", ".", "a.", ".a", "a.b.c", "a b", "a;b", "2a", r#"""#, r#""""#, r#""a"#, r#""a"b"#,
            "a-b", "\"a\0b\"",
        ] {
            assert_eq!(table(text), Err(InvalidName::Syntax), "{text}");
        }
        assert_eq!(table(&"a".repeat(64)), Err(InvalidName::TooLong));
    }

    #[test]
    fn everybody_is_no_role() {
        for text in ["public", "PUBLIC", "\"public\"", "none"] {
            assert_eq!(text.parse::<RoleName>(), Err(InvalidName::NoRole), "{text}");
        }
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r" E'a\\''b'");
        assert_eq!(
            block("a $hallpass$ b"),
            "do $x_hallpass$\na $hallpass$ b\n$x_hallpass$;"
        );
    }
}
