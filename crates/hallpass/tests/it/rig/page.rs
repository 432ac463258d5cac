//! A page as a browser reads it: elements, and texts without escapes. What is
//! not well-formed fails the test, so that nothing typed can have become markup.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Answer;

/// Elements without content (HTML, section 13.1.2).
const VOID: [&str; 4] = ["img", "input", "link", "meta"];

pub(crate) struct Page {
    elements: Vec<Element>,
}

pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// Of all that is inside, with white space as it is shown.
    pub(crate) text: String,
}

impl Answer {
    /// The page's markup, but for the names that follow what the assets hold.
    pub(crate) fn markup(&self) -> String {
        let text = self.to_string();
        let (_, text) = text.split_once("\n\n").unwrap();
        let mut parts = text.split("/assets/hallpass.");
        let mut markup = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (fingerprint, after) = part.split_at(16);
            assert!(
                fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{self}"
            );
            markup.push_str("/assets/hallpass.<fingerprint>");
            markup.push_str(after);
        }
        markup
    }

    /// What of it stands in `<main>`.
    pub(crate) fn main(&self) -> String {
        let markup = self.markup();
        let (_, main) = markup.split_once("<main").unwrap();
        let (main, _) = main.split_once("</main>").unwrap();
        format!("<main{main}</main>")
    }

    /// What a page after this answer is to say.
    pub(crate) fn left_to_say(&self) -> Value {
        let cookies = self.all("set-cookie").into_iter();
        let mut notices = cookies.filter_map(|cookie| cookie.split_once(".notice="));
        let (_, cookie) = notices
            .next()
            .unwrap_or_else(|| panic!("no notice\n{self}"));
        let (value, _) = cookie.split_once(';').unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).unwrap()).unwrap()
    }

    /// What is shown.
    pub(crate) fn page(&self) -> Page {
        let kind = self.header("content-type");
        assert_eq!(kind, Some("text/html; charset=utf-8"), "{self}");
        assert!(self.is_of_the_pages(), "{self}");
        Page::of(self.text())
    }
}

impl Page {
    pub(crate) fn of(html: &str) -> Self {
        let mut reader = Reader::default();
        let mut rest = html.strip_prefix("<!doctype html>").unwrap();
        while let Some((text, markup)) = rest.split_once('<') {
            reader.text(text);
            let end = end_of_tag(markup);
            reader.tag(&markup[..end]);
            rest = &markup[end + 1..];
        }
        assert_eq!((rest.trim(), reader.open.as_slice()), ("", &[][..]));
        for element in &mut reader.elements {
            let words: Vec<_> = element.text.split_whitespace().collect();
            element.text = words.join(" ");
        }
        let page = Self {
            elements: reader.elements,
        };
        page.names_what_is_there();
        page
    }

    /// Each id is there once, and each reference leads to one (WCAG 2.2, 4.1.2).
    fn names_what_is_there(&self) {
        let ids: Vec<_> = self.values("id").collect();
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
        }
        let references = [
            "for",
            "aria-describedby",
            "aria-labelledby",
            "aria-controls",
        ];
        let lists = references.into_iter().flat_map(|name| self.values(name));
        let anchors = self
            .values("href")
            .filter_map(|href| href.strip_prefix('#'));
        for id in lists.flat_map(str::split_whitespace).chain(anchors) {
            assert!(ids.contains(&id), "{id} is not there");
        }
    }

    /// The values of an attribute, wherever it is.
    pub(crate) fn values(&self, attribute: &str) -> impl Iterator<Item = &str> {
        let elements = self.elements.iter();
        elements.filter_map(move |element| element.attribute(attribute))
    }

    pub(crate) fn elements(&self) -> &[Element] {
        &self.elements
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&Element> {
        let elements = self.elements.iter();
        elements.filter(|element| element.name == name).collect()
    }

    /// The only element of this name.
    pub(crate) fn the(&self, name: &str) -> &Element {
        let all = self.all(name);
        let [only] = all[..] else {
            panic!("{} elements {name}", all.len())
        };
        only
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Element> {
        let mut elements = self.elements.iter();
        elements.find(|element| element.attribute("id") == Some(id))
    }

    pub(crate) fn by_id(&self, id: &str) -> &Element {
        self.find(id).unwrap_or_else(|| panic!("no {id}"))
    }

    pub(crate) fn stylesheet(&self) -> &str {
        let links = self.all("link").into_iter();
        let mut styles = links.filter(|link| link.attribute("rel") == Some("stylesheet"));
        styles
            .next()
            .and_then(|link| link.attribute("href"))
            .unwrap()
    }

    pub(crate) fn title(&self) -> &str {
        &self.the("title").text
    }

    pub(crate) fn heading(&self) -> &str {
        &self.the("h1").text
    }

    pub(crate) fn lang(&self) -> &str {
        self.the("html").attribute("lang").unwrap()
    }

    /// What is said once: a greeting, or that a session has ended.
    pub(crate) fn notice(&self) -> Option<&str> {
        self.find("notice").map(|notice| notice.text.as_str())
    }

    /// The lines of the summary above a form, if there is one.
    pub(crate) fn summary(&self) -> Vec<&str> {
        if self.find("summary").is_none() {
            return Vec::new();
        }
        let lines = self.all("li").into_iter();
        lines.map(|line| line.text.as_str()).collect()
    }

    /// What the dashboard says of the account.
    pub(crate) fn facts(&self) -> Vec<(&str, &str)> {
        let (terms, facts) = (self.all("dt"), self.all("dd"));
        assert_eq!(terms.len(), facts.len());
        let pairs = terms.into_iter().zip(facts);
        pairs
            .map(|(term, fact)| (term.text.as_str(), fact.text.as_str()))
            .collect()
    }

    pub(crate) fn value(&self, input: &str) -> Option<&str> {
        self.by_id(input).attribute("value")
    }
}

impl Element {
    /// An attribute without a value is empty.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let (_, value) = attributes.find(|(own, _)| own == name)?;
        Some(value)
    }
}

/// A `>` within quotes does not end a tag.
fn end_of_tag(markup: &str) -> usize {
    let mut quoted = false;
    let end = markup.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.unwrap_or_else(|| panic!("no end: {markup}"))
}

#[derive(Default)]
struct Reader {
    elements: Vec<Element>,
    /// Which of them are not closed yet.
    open: Vec<usize>,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let text = unescaped(text);
        for at in &self.open {
            self.elements[*at].text.push_str(&text);
        }
    }

    fn tag(&mut self, tag: &str) {
        if let Some(name) = tag.strip_prefix('/') {
            let last = self.open.pop().unwrap();
            assert_eq!(self.elements[last].name, name);
            return;
        }
        let closed = tag.strip_suffix('/');
        let tag = closed.unwrap_or(tag);
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(
            name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "<{tag}>"
        );
        if closed.is_none() && !VOID.contains(&name) {
            self.open.push(self.elements.len());
        }
        self.elements.push(Element {
            name: name.to_owned(),
            attributes: read_attributes(attributes),
            text: String::new(),
        });
    }
}

/// `name="value"` or `name`, with one space between them.
fn read_attributes(text: &str) -> Vec<(String, String)> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        assert!(!name.is_empty() && name.bytes().all(plain), "{text}");
        assert!(
            attributes.iter().all(|(other, _)| other != name),
            "{name} twice: {text}"
        );
        let quoted = after
            .strip_prefix("=\"")
            .map(|value| value.split_once('"').unwrap());
        let (value, after) = quoted.unwrap_or(("", after));
        assert!(!after.starts_with('='), "a value without quotes: {text}");
        attributes.push((name.to_owned(), unescaped(value)));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    attributes
}

/// With each reference replaced by the character that is meant.
fn unescaped(text: &str) -> String {
    assert!(!text.contains(['<', '>']), "not escaped: {text}");
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, after) = part.split_once(';').unwrap_or_else(|| panic!("&{part}"));
        let number = reference
            .strip_prefix('#')
            .and_then(|text| text.parse().ok());
        let character = number.and_then(char::from_u32);
        plain.push(character.unwrap_or_else(|| panic!("&{reference};")));
        plain.push_str(after);
    }
    plain
}
