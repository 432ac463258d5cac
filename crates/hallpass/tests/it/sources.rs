//! The library's own sources, as tests read them.

use std::path::Path;

use syn::buffer::Cursor;
use syn::parse::{Parse, ParseStream};

/// A file of `src/`.
pub(crate) struct Source {
    /// From `src/`, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let inside = path.strip_prefix(&root).unwrap();
                let path = inside.to_str().unwrap().replace('\\', "/");
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The tokens of a source one after the other: words, single punctuation
/// characters, brackets, and literals as they are written. Documentation and
/// what is compiled for unit tests alone are left out.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let Tokens(all) = syn::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    all
}

struct Tokens(Vec<String>);

impl Parse for Tokens {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.step(|cursor| {
            let mut tokens = Vec::new();
            let end = walk(*cursor, &mut tokens);
            Ok((Self(tokens), end))
        })
    }
}

fn walk<'a>(mut cursor: Cursor<'a>, tokens: &mut Vec<String>) -> Cursor<'a> {
    while !cursor.eof() {
        if let Some((attribute, after)) = attribute(cursor) {
            cursor = match attribute.first().map(String::as_str) {
                Some("doc") => after,
                Some("cfg") if attribute.join(" ") == "cfg ( test )" => past_the_item(after),
                _ => {
                    tokens.extend(attribute);
                    after
                }
            };
        } else if let Some((inside, delimiter, _, after)) = cursor.any_group() {
            let (open, close) = match format!("{delimiter:?}").as_str() {
                "Parenthesis" => ("(", ")"),
                "Bracket" => ("[", "]"),
                _ => ("{", "}"),
            };
            tokens.push(open.to_owned());
            walk(inside, tokens);
            tokens.push(close.to_owned());
            cursor = after;
        } else if let Some((word, after)) = cursor.ident() {
            tokens.push(word.to_string());
            cursor = after;
        } else if let Some((literal, after)) = cursor.literal() {
            tokens.push(literal.to_string());
            cursor = after;
        } else if let Some((lifetime, after)) = cursor.lifetime() {
            tokens.push(lifetime.to_string());
            cursor = after;
        } else if let Some((mark, after)) = cursor.punct() {
            tokens.push(mark.as_char().to_string());
            cursor = after;
        } else {
            panic!("a token of an unknown kind");
        }
    }
    cursor
}

/// What stands in `#[…]` or `#![…]`, where that comes next.
fn attribute(cursor: Cursor<'_>) -> Option<(Vec<String>, Cursor<'_>)> {
    let (hash, mut after) = cursor.punct()?;
    if hash.as_char() != '#' {
        return None;
    }
    if let Some((mark, behind)) = after.punct() {
        if mark.as_char() != '!' {
            return None;
        }
        after = behind;
    }
    let (inside, _, _, after) = after.any_group()?;
    let mut tokens = Vec::new();
    walk(inside, &mut tokens);
    Some((tokens, after))
}

/// Behind the item that comes next, which ends with `{…}` or `;`.
fn past_the_item(mut cursor: Cursor<'_>) -> Cursor<'_> {
    while let Some((_, after)) = attribute(cursor) {
        cursor = after;
    }
    loop {
        if let Some((_, delimiter, _, after)) = cursor.any_group() {
            if format!("{delimiter:?}") == "Brace" {
                return after;
            }
            cursor = after;
        } else if let Some((mark, after)) = cursor.punct() {
            if mark.as_char() == ';' {
                return after;
            }
            cursor = after;
        } else if let Some((_, after)) = cursor.token_tree() {
            cursor = after;
        } else {
            return cursor;
        }
    }
}

#[test]
fn tokens_are_those_of_the_code_alone() {
    let text = r##"
        //! Says sqlx.
        /// Says axum.
        #[derive(sqlx::FromRow)]
        struct Row<'a> { id: &'a str }
        fn f() { log!("store", x = y); let z = r#"raw store"#; }
        #[cfg(test)]
        #[expect(dead_code)]
        mod tests { use axum::Router; }
        #[cfg(test)]
        use axum::Json;
        fn g(a: [u8; 3]) -> u8 { a[0] }
    "##;
    let joined = tokens(text).join(" ");
    assert_eq!(
        joined,
        "derive ( sqlx : : FromRow ) struct Row < 'a > { id : & 'a str } \
         fn f ( ) { log ! ( \"store\" , x = y ) ; let z = r#\"raw store\"# ; } \
         fn g ( a : [ u8 ; 3 ] ) - > u8 { a [ 0 ] }"
    );
}
