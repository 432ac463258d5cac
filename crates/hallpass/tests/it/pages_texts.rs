//! Languages: which one is shown, and that no text stands outside a catalogue.

use std::path::{Path, PathBuf};

use crate::rig::{PASSWORD, on_both_engines};

fn templates() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.iter().map(read).collect()
}

/// Without what stands between two marks, the marks included.
fn without(text: &str, open: &str, close: &str, instead: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, from)) = rest.split_once(open) {
        let (_, after) = from
            .split_once(close)
            .unwrap_or_else(|| panic!("{open} without {close}"));
        kept.push_str(before);
        kept.push_str(instead);
        rest = after;
    }
    kept + rest
}

/// A template with each expression as `{}` and no statement or comment.
fn skeleton(template: &str) -> String {
    let text = without(template, "{#", "#}", "");
    let text = without(&text, "{%", "%}", "");
    let text = without(&text, "{{", "}}", "{}");
    without(&text, "<!--", "-->", "")
}

/// Attributes that people see or hear. `value` is what they typed.
const SEEN: [&str; 11] = [
    "alt",
    "aria-description",
    "aria-label",
    "aria-roledescription",
    "aria-valuetext",
    "data-hide",
    "data-hide-label",
    "data-soon",
    "placeholder",
    "title",
    "value",
];

/// What of a template is a text of its own.
fn texts(template: &str) -> Vec<String> {
    let skeleton = skeleton(template);
    let mut texts = Vec::new();
    for attribute in SEEN {
        for part in skeleton.split(&format!(" {attribute}=\"")).skip(1) {
            let (value, _) = part.split_once('"').unwrap();
            texts.push(value.to_owned());
        }
    }
    // Two attributes are written by a macro, outside of the tag.
    let text = without(&skeleton, "<", ">", " ");
    let text = without(&text, " aria-invalid=\"", "\"", "");
    texts.push(without(&text, " aria-describedby=\"", "\"", ""));
    texts.retain(|text| text.chars().any(char::is_alphanumeric));
    texts.extend(literals(template));
    texts
}

/// Literals within expressions that are more than a name.
fn literals(template: &str) -> Vec<String> {
    let text = without(template, "{#", "#}", "");
    let inside = text.split('{').skip(1);
    let inside = inside.filter_map(|part| part.split('}').next());
    let literals = inside.flat_map(|part| part.split('"').skip(1).step_by(2));
    literals
        .filter(|literal| literal.contains(|c: char| c.is_whitespace() || c.is_uppercase()))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn no_text_stands_in_a_template() {
    let templates = templates();
    assert!(templates.len() >= 7, "{}", templates.len());
    for (name, template) in templates {
        assert_eq!(texts(&template), [""; 0], "{name}");
    }
}

#[test]
fn a_text_in_a_template_is_found() {
    for (template, found) in [
        ("<p>{{ a }} Hello {{ b }}</p>", true),
        ("<p title=\"Hello\">{{ a }}</p>", true),
        ("<img alt=\"{{ a }} x\">", true),
        ("{% if x %}yes{% endif %}", true),
        ("{% call field(form, \"Your name\") %}{% endcall %}", true),
        ("{{ \"Hello\" }}", true),
        (
            "{% call field(form, \"new-password\", \"\") %}{% endcall %}",
            false,
        ),
        (
            "{# why #}<p class=\"x\" data-x>{{ a }} · {{ b }}, \n</p>{% if a < b %}{% endif %}",
            false,
        ),
    ] {
        assert_eq!(!texts(template).is_empty(), found, "{template}");
    }
}

on_both_engines! {
    async fn the_language_is_the_one_liked_best_of_those_there_are(app) {
        for (accepted, lang, heading) in [
            (None, "en", "Sign in"),
            (Some("de"), "de", "Anmeldung"),
            (Some("de-AT, en;q=0.5"), "de", "Anmeldung"),
            (Some("en-GB,en;q=0.9,de;q=0.8"), "en", "Sign in"),
            (Some("fr-CH, fr;q=0.9, de;q=0.7, en;q=0.8"), "en", "Sign in"),
            (Some("fr-CH, fr;q=0.9, de;q=0.7, *;q=0.5"), "de", "Anmeldung"),
            (Some("en;q=0, de;q=0.1"), "de", "Anmeldung"),
            (Some("zh, ja"), "en", "Sign in"),
            (Some("<b>,;q=\u{ff},,"), "en", "Sign in"),
        ] {
            let request = app.get("/signin");
            let answer = match accepted {
                Some(accepted) => request.header("accept-language", accepted).await,
                None => request.await,
            };
            let page = answer.page();
            assert_eq!((page.lang(), page.heading()), (lang, heading), "{accepted:?}");
            assert!(answer.all("vary").contains(&"accept-language"), "{answer}");
        }
        let in_two = app.get("/signin").language("fr").language("de").await.page();
        assert_eq!(in_two.lang(), "de");
    }

    /// `*` is any language that is not named (RFC 9110, section 12.5.4).
    async fn a_language_that_is_refused_by_name_is_not_any(app) {
        for accepted in ["en;q=0, *", "*, en;q=0", "*;q=0.5, en;q=0"] {
            assert_eq!(app.get("/signin").language(accepted).await.page().lang(), "de", "{accepted}");
        }
    }

    async fn a_page_is_wholly_in_its_language(app) {
        let browser = app.browser();
        let fields = [("email", "q@example.com"), ("password", PASSWORD), ("name", "Q")];
        browser.post("/signup", &fields).await;
        let stranger = app.browser();
        for (browser, path, english, german) in [
            (&stranger, "/", "Welcome to Hallpass · Hallpass", "Willkommen bei Hallpass · Hallpass"),
            (&stranger, "/signin", "Sign in · Hallpass", "Anmeldung · Hallpass"),
            (&stranger, "/signup", "Create your account · Hallpass", "Konto anlegen · Hallpass"),
            (&stranger, "/nope", "There is no such page · Hallpass", "Diese Seite gibt es nicht · Hallpass"),
            (&browser, "/dashboard", "Your pass · Hallpass", "Ihr Pass · Hallpass"),
        ] {
            let ask = |language: &str| browser.get(path).language(language).header("x-request-id", "qqq");
            let (en, de) = (ask("en").await.page(), ask("de").await.page());
            assert_eq!((en.title(), de.title()), (english, german));
            assert_eq!((en.lang(), de.lang()), ("en", "de"));
            // Whatever has a text of its own has another one in the other language.
            let same: Vec<_> = en.elements().iter().zip(de.elements())
                .filter(|(en, de)| en.name == de.name && en.text == de.text)
                .map(|(en, _)| en.text.as_str())
                .filter(|text| text.chars().any(char::is_alphabetic))
                .collect();
            let of_no_language = ["Hallpass", "Name", "Q", "q@example.com", "qqq"];
            assert!(same.iter().all(|text| of_no_language.contains(text)), "{path}: {same:?}");
        }
    }

    async fn dates_are_written_as_in_the_language(app) {
        let ann = app.account("ann@example.com").await;
        let english = app.get("/dashboard").cookie(&ann.token).await.page();
        let german = app.get("/dashboard").cookie(&ann.token).language("de").await.page();
        assert_eq!(english.facts()[2..], [("Member since", "15 January 2027"), ("Valid until", "15 January 2027, 09:00 UTC")]);
        assert_eq!(german.facts()[2..], [("Mitglied seit", "15. Januar 2027"), ("Gültig bis", "15. Januar 2027, 09:00 Uhr (UTC)")]);
        // For programs, whatever the language.
        for page in [english, german] {
            let times: Vec<_> = page.values("datetime").collect();
            assert_eq!(times, ["2027-01-15T08:00:00Z", "2027-01-15T09:00:00Z"]);
        }
    }
}
