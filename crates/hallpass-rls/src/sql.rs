//! SQL that names its owner, or does not compile.

/// One statement on a user's rows. Its `$1` is the owner, who is bound by
/// [`Scope::query`](crate::Scope::query) and by nobody else; values of your own
/// begin at `$2`.
///
/// ```
/// use hallpass_rls::OwnedSql;
///
/// const LIST: OwnedSql = OwnedSql::new("select id, title from tasks where owner = $1 order by id");
/// const ADD: OwnedSql = OwnedSql::new("insert into tasks (owner, id, title) values ($1, $2, $3)");
/// ```
///
/// A statement without its owner is refused while it is compiled:
///
/// ```compile_fail
/// # use hallpass_rls::OwnedSql;
/// const LIST: OwnedSql = OwnedSql::new("select id, title from tasks");
/// ```
///
/// That `$1` is there is all that a compiler can see. That it is compared with
/// the right column is what row-level security is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnedSql {
    text: &'static str,
    parameters: usize,
}

const NO_OWNER: &str = "the SQL does not name $1, the owner, outside of square brackets: add `owner = $1` to its condition, or $1 to the values that it inserts";
const NOT_ONE: &str = "the SQL holds a `;`: give one statement, without a semicolon";
const COMMENT: &str =
    "the SQL holds a comment (`--` or `/*`), which could hide a condition: write it in Rust";
const BACKSLASH: &str =
    "the SQL holds a backslash, which the two engines read differently: bind the value";
const DOLLAR: &str = "the SQL holds a `$` that begins no parameter: parameters are $1, $2, …";
const QUESTION: &str = "the SQL holds a `?`: number the parameters, from $1, which is the owner";
const BACKQUOTE: &str =
    "the SQL holds a backquote, which begins a name on SQLite: quote names with \"";
const BRACKET: &str = "the SQL holds a `]` within quotes within square brackets, which SQLite takes for a name: bind the value";
const ESCAPES: &str =
    "the SQL holds U&, by which a quoted text can spell anything: write it as it is";
const UNCLOSED: &str = "the SQL holds a quote that is not closed";
const VERB: &str = "the SQL must begin with select, insert, update, delete or with";
const RESERVED: &str =
    "the SQL names set_config or hallpass.user_id: the scope alone says who the user is";

impl OwnedSql {
    /// Takes a statement that names `$1`; call this in a `const`, so that the
    /// compiler refuses the others.
    ///
    /// Refused: a text without `$1` (`$10` is not `$1`, nor is one in a string
    /// or in square brackets, which quote a name on SQLite); more than one
    /// statement; comments, backslashes, backquotes and dollar quotes, in which
    /// `$1` could hide; `U&` before a quote; `?`; what is neither select,
    /// insert, update, delete nor with; what names `set_config` or the setting
    /// of the policies.
    ///
    /// # Panics
    ///
    /// On a text that is refused. In a `const` this is an error of the compiler.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "this is how a constant says that it is wrong")]
    pub const fn new(text: &'static str) -> Self {
        match parameters(text.as_bytes()) {
            Ok(parameters) => Self { text, parameters },
            Err(fault) => panic!("{}", fault),
        }
    }

    /// The statement as it was written.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Whether it may answer with rows.
    pub(crate) const fn answers(&self) -> bool {
        let text = past_space(self.text.as_bytes());
        begins(text, b"select") || begins(text, b"with") || holds(text, b"returning")
    }

    /// The highest parameter that it names.
    pub(crate) const fn parameters(&self) -> usize {
        self.parameters
    }
}

/// The highest parameter that a statement names, or why it is refused.
const fn parameters(text: &[u8]) -> Result<usize, &'static str> {
    if !begins_with_verb(text) {
        return Err(VERB);
    }
    if holds(text, b"set_config") || holds(text, b"hallpass.user_id") {
        return Err(RESERVED);
    }
    let (mut rest, mut in_word) = (text, false);
    // To PostgreSQL they nest. To SQLite the first `]` ends a name, so that
    // whatever is in one of its names is in brackets here too.
    let mut brackets = 0_usize;
    let (mut names_owner, mut highest) = (false, 0);
    while let [byte, after @ ..] = rest {
        rest = after;
        match (*byte, after) {
            (b';', _) => return Err(NOT_ONE),
            (b'\\', _) => return Err(BACKSLASH),
            (b'?', _) => return Err(QUESTION),
            (b'-', [b'-', ..]) | (b'/', [b'*', ..]) => return Err(COMMENT),
            (b'`', _) => return Err(BACKQUOTE),
            (b'u' | b'U', [b'&', b'\'' | b'"', ..]) => return Err(ESCAPES),
            (b'[', _) => brackets += 1,
            (b']', _) => brackets = brackets.saturating_sub(1),
            (quote @ (b'\'' | b'"'), _) => match past_quote(after, quote, brackets > 0) {
                Ok(after) => rest = after,
                Err(fault) => return Err(fault),
            },
            // `a$1` is a name to PostgreSQL.
            (b'$', _) if in_word => return Err(DOLLAR),
            (b'$', _) => {
                let (number, after) = number(after);
                if number == 0 {
                    return Err(DOLLAR);
                }
                rest = after;
                names_owner = names_owner || (number == 1 && brackets == 0);
                highest = if number > highest { number } else { highest };
            }
            _ => {}
        }
        in_word = is_of_word(*byte);
    }
    if names_owner {
        Ok(highest)
    } else {
        Err(NO_OWNER)
    }
}

const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Behind the closing quote. A doubled quote closes and opens again. SQLite
/// knows no quotes in square brackets: there, none may hold what ends them.
const fn past_quote(text: &[u8], quote: u8, in_brackets: bool) -> Result<&[u8], &'static str> {
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == quote {
            return Ok(rest);
        }
        match *byte {
            b'\\' => return Err(BACKSLASH),
            b']' if in_brackets => return Err(BRACKET),
            _ => {}
        }
    }
    Err(UNCLOSED)
}

/// The number that a text begins with, and what is behind it; 0 where there is
/// none, and where it is more than any statement has parameters.
const fn number(text: &[u8]) -> (usize, &[u8]) {
    let (mut rest, mut number) = (text, 0_usize);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        number = number * 10 + (*digit - b'0') as usize;
        if number > MOST_PARAMETERS || number == 0 {
            return (0, rest);
        }
        rest = after;
    }
    (number, rest)
}

/// What PostgreSQL's protocol can count to.
const MOST_PARAMETERS: usize = 65_535;

const fn past_space(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let [b' ' | b'\n' | b'\r' | b'\t', after @ ..] = rest {
        rest = after;
    }
    rest
}

const fn begins_with_verb(text: &[u8]) -> bool {
    let rest = past_space(text);
    begins(rest, b"select")
        || begins(rest, b"insert")
        || begins(rest, b"update")
        || begins(rest, b"delete")
        || begins(rest, b"with")
}

const fn begins(text: &[u8], word: &[u8]) -> bool {
    let (mut text, mut word) = (text, word);
    while let ([byte, behind @ ..], [letter, left @ ..]) = (text, word) {
        if !byte.eq_ignore_ascii_case(letter) {
            return false;
        }
        (text, word) = (behind, left);
    }
    word.is_empty()
}

const fn holds(text: &[u8], part: &[u8]) -> bool {
    let mut rest = text;
    while let [_, after @ ..] = rest {
        if begins(rest, part) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_name_their_owner_are_taken() {
        for (text, highest) in [
            ("select 1 from tasks where owner = $1", 1),
            ("SELECT 1 FROM tasks WHERE owner=$1", 1),
            (
                "\n  with mine as (select id from tasks where owner = $1) select id from mine",
                1,
            ),
            ("insert into tasks (owner, a, b) values ($1, $2, $3)", 3),
            ("update tasks set a = $2 where owner = $1 and id = $12", 12),
            ("delete from tasks where id = $2 and ($1) = owner", 2),
            (
                "select 'it''s; -- $2 ?', \"odd;name\" from tasks where owner = $1",
                1,
            ),
            ("select a - -1, a / 2 from tasks where owner=$1::uuid", 1),
            ("select b[$2] from tasks where owner = $1", 2),
            (
                "select 1 from tasks where a = any(array['x', 'y[']) and owner = $1",
                1,
            ),
            ("select c[d[$3]] from tasks where id = $2 and owner = $1", 3),
        ] {
            assert_eq!(parameters(text.as_bytes()), Ok(highest), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, fault) in [
            ("", VERB),
            ("truncate tasks", VERB),
            ("begin", VERB),
            ("selec", VERB),
            ("select 1 from tasks", NO_OWNER),
            ("select 1 from tasks where owner = $2", NO_OWNER),
            ("select 1 from tasks where owner = $10", NO_OWNER),
            ("select '$1' from tasks", NO_OWNER),
            ("select \"$1\" from tasks", NO_OWNER),
            ("select '''$1''' from tasks", NO_OWNER),
            ("select 1 from tasks where owner = $1;", NOT_ONE),
            (
                "select 1 from tasks where owner = $1; drop table tasks",
                NOT_ONE,
            ),
            ("select 1 from tasks -- where owner = $1", COMMENT),
            ("select 1 from tasks /* where owner = $1 */", COMMENT),
            ("select e'\\' $1' from tasks", BACKSLASH),
            ("select \\ from tasks where owner = $1", BACKSLASH),
            ("select a$1 from tasks", DOLLAR),
            ("select é$1 from tasks", DOLLAR),
            ("select $$ $1 $$ from tasks", DOLLAR),
            ("select $a$ $1 $a$ from tasks", DOLLAR),
            ("select $01 from tasks where owner = $1", DOLLAR),
            (
                "select $99999999999999999999 from tasks where owner = $1",
                DOLLAR,
            ),
            ("select ? from tasks where owner = $1", QUESTION),
            ("select `$1` from tasks", BACKQUOTE),
            ("select a from tasks where owner = $1 or `a` = 1", BACKQUOTE),
            ("select [$1] from tasks", NO_OWNER),
            ("select 1 as [a $1] from tasks", NO_OWNER),
            ("select 1 as [a [ $1] from tasks", NO_OWNER),
            ("select [a[b] $1] from tasks", NO_OWNER),
            ("select ['], $1, '] from tasks", BRACKET),
            ("select ['] , $1 , 'x' from tasks", BRACKET),
            ("select [\"], $1 from tasks", BRACKET),
            (
                "select U&\"set!005fconfig\" uescape '!' ('a', $2, true) from tasks where owner = $1",
                ESCAPES,
            ),
            ("select u&'a' from tasks where owner = $1", ESCAPES),
            ("select 1u&'a' from tasks where owner = $1", ESCAPES),
            ("select 'open from tasks where owner = $1", UNCLOSED),
            ("select \"open from tasks where owner = $1", UNCLOSED),
            (
                "select Set_Config('a', $2, true) from tasks where owner = $1",
                RESERVED,
            ),
            ("select current_setting('hallpass.user_id'), $1", RESERVED),
        ] {
            assert_eq!(parameters(text.as_bytes()), Err(fault), "{text}");
        }
    }
}
