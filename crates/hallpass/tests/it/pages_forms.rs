//! What is wrong with a form is said above it and beside its fields, in the
//! reader's language, and what was typed stays typed.

use std::num::NonZeroUsize;
use std::time::Duration;

use hallpass::{BrandName, HashQueue, PasswordMinLength};

use crate::forge::base64url;
use crate::rig::{Answer, Browser, CHEAP_BCRYPT, PASSWORD, Page, TestApp, on_both_engines};

/// The field, or none for the form as a whole; in English; in German.
type Fault = (Option<&'static str>, &'static str, &'static str);

const fn at(field: &'static str, english: &'static str, german: &'static str) -> Fault {
    (Some(field), english, german)
}

const MISSING: (&str, &str) = ("Field required", "Dieses Feld fehlt.");
const NO_ADDRESS: Fault = at(
    "email",
    "The email address is not valid. It must have the form name@example.com.",
    "Das ist keine E-Mail-Adresse. Sie muss die Form name@example.com haben.",
);
const LONG_ADDRESS: Fault = at(
    "email",
    "The email address must have at most 254 characters.",
    "Die E-Mail-Adresse darf höchstens 254 Zeichen haben.",
);
const TAKEN: Fault = at(
    "email",
    "Unable to create account. Please try a different email.",
    "Das Konto kann nicht angelegt werden. Bitte nehmen Sie eine andere E-Mail-Adresse.",
);
const EMPTY_PASSWORD: Fault = at(
    "password",
    "The password must not be empty.",
    "Das Passwort fehlt.",
);
const SHORT_PASSWORD: Fault = at(
    "password",
    "The password must have at least 8 characters.",
    "Das Passwort muss mindestens 8 Zeichen haben.",
);
const LONG_PASSWORD: Fault = at(
    "password",
    "The password must have at most 128 characters.",
    "Das Passwort darf höchstens 128 Zeichen haben.",
);
const COMMON_PASSWORD: Fault = at(
    "password",
    "The password is too common or too easy to guess. Choose another, for example a few unrelated words.",
    "Das Passwort ist zu verbreitet oder zu leicht zu erraten. Wählen Sie ein anderes, zum Beispiel ein \
     paar Wörter ohne Zusammenhang.",
);
const PASSWORD_WITH_ADDRESS: Fault = at(
    "password",
    "The password must not contain the part of the email address before the @.",
    "Das Passwort darf den Teil der E-Mail-Adresse vor dem @ nicht enthalten.",
);
const UNFIT_FOR_BCRYPT: Fault = at(
    "password",
    "The password must have at most 72 bytes, of which letters outside ASCII take two to four, and no \
     NUL character.",
    "Das Passwort darf höchstens 72 Bytes haben, von denen Buchstaben außerhalb von ASCII zwei bis vier \
     brauchen, und kein NUL-Zeichen enthalten.",
);
const LONG_NAME: Fault = at(
    "name",
    "The name must have at most 255 characters.",
    "Der Name darf höchstens 255 Zeichen haben.",
);
const NAME_WITH_CONTROLS: Fault = at(
    "name",
    "The name must not hold control characters.",
    "Der Name darf keine Steuerzeichen enthalten.",
);
const WRONG: Fault = (
    None,
    "Invalid credentials",
    "Die Anmeldedaten sind nicht richtig",
);
const BUSY: Fault = (
    None,
    "The server is busy. Please try again in a moment.",
    "Der Server ist ausgelastet. Bitte versuchen Sie es gleich noch einmal.",
);

/// A form as it was sent, and what comes back.
struct Case<'a> {
    path: &'static str,
    sent: Vec<(&'a str, &'a str)>,
    faults: Vec<Fault>,
}

fn sign_up<'a>(
    email: &'a str,
    password: &'a str,
    name: &'a str,
    faults: impl Into<Vec<Fault>>,
) -> Case<'a> {
    Case {
        path: "/signup",
        sent: vec![("email", email), ("password", password), ("name", name)],
        faults: faults.into(),
    }
}

fn sign_in<'a>(email: &'a str, password: &'a str, faults: impl Into<Vec<Fault>>) -> Case<'a> {
    Case {
        path: "/signin",
        sent: vec![("email", email), ("password", password)],
        faults: faults.into(),
    }
}

fn rename(name: &str, faults: impl Into<Vec<Fault>>) -> Case<'_> {
    Case {
        path: "/dashboard",
        sent: vec![("name", name)],
        faults: faults.into(),
    }
}

impl Case<'_> {
    /// Sends it, and looks at what is shown in both languages.
    async fn check(&self, browser: &Browser) {
        for german in [false, true] {
            let language = if german { "de" } else { "en" };
            let sent = browser.post(self.path, &self.sent).language(language).await;
            assert_eq!(sent.status, 303, "{sent}");
            assert_eq!(sent.header("location"), Some(self.path), "{sent}");
            assert_eq!(sent.all("set-cookie").len(), 1, "{sent}");
            // The texts are chosen when they are shown.
            let shown = browser.follow(&sent).language(language).await;
            self.is_shown_in(german, &shown);
            let again = browser.get(self.path).language(language).await.page();
            assert_eq!(again.summary(), [""; 0], "{shown}");
            assert_eq!(again.values("aria-invalid").count(), 0, "{shown}");
        }
    }

    fn is_shown_in(&self, german: bool, shown: &Answer) {
        let faults = self.faults.iter().map(|(field, english, german_text)| {
            (*field, if german { *german_text } else { *english })
        });
        let faults: Vec<_> = faults.collect();
        let page = shown.page();
        assert_eq!(page.lang(), if german { "de" } else { "en" });
        has_summary(&page, german, &faults);
        for input in page.all("input") {
            let id = input.attribute("id").unwrap();
            let of_input = faults.iter().filter(|(field, _)| *field == Some(id));
            let texts: Vec<_> = of_input.map(|(_, text)| *text).collect();
            has_problem(&page, id, &texts);
            let typed = self.sent.iter().find(|(name, _)| *name == id);
            let typed = typed.map_or("", |(_, value)| *value);
            match id {
                "password" => assert_eq!(input.attribute("value"), None),
                "email" => assert_eq!(input.attribute("value"), Some(kept(typed, 254).as_str())),
                _ => assert_eq!(input.attribute("value"), Some(kept(typed, 255).as_str())),
            }
        }
    }
}

/// What of a typed text is shown again.
fn kept(typed: &str, most: usize) -> String {
    let shown = typed.chars().filter(|character| !character.is_control());
    shown.take(most).collect()
}

/// A summary takes the focus, and each line of it leads to its field (WCAG 2.2,
/// 3.3.1 and 2.4.3).
fn has_summary(page: &Page, german: bool, faults: &[(Option<&str>, &str)]) {
    let heading = if german {
        "Das hat nicht geklappt"
    } else {
        "There is a problem"
    };
    assert!(page.title().starts_with(&format!("{heading}: ")));
    let summary = page.by_id("summary");
    for (attribute, value) in [
        ("role", "alert"),
        ("tabindex", "-1"),
        ("autofocus", ""),
        ("aria-labelledby", "summary-title"),
    ] {
        assert_eq!(summary.attribute(attribute), Some(value));
    }
    assert_eq!(page.by_id("summary-title").text, heading);
    let lines: Vec<_> = faults.iter().map(|(_, text)| *text).collect();
    assert_eq!(page.summary(), lines);
    let anchors = page.all("a").into_iter();
    let anchors = anchors.filter_map(|link| Some((link.attribute("href")?, link.text.as_str())));
    let anchors = anchors.filter(|(href, _)| href.starts_with('#') && *href != "#main");
    let leads: Vec<_> = anchors
        .map(|(href, text)| (href.to_owned(), text))
        .collect();
    let fields = faults.iter();
    let fields = fields.filter_map(|(field, text)| Some((format!("#{}", (*field)?), *text)));
    assert_eq!(leads, fields.collect::<Vec<_>>());
}

/// A field with a fault says so, and what it is (WCAG 2.2, 3.3.1 and 1.3.1).
fn has_problem(page: &Page, id: &str, texts: &[&str]) {
    let input = page.by_id(id);
    let broken = !texts.is_empty();
    assert_eq!(
        input.attribute("aria-invalid"),
        broken.then_some("true"),
        "{id}"
    );
    let (hint, error) = (format!("{id}-hint"), format!("{id}-error"));
    let mut described = Vec::new();
    described.extend(page.find(&hint).map(|_| hint.as_str()));
    described.extend(broken.then_some(error.as_str()));
    let described = (!described.is_empty()).then(|| described.join(" "));
    assert_eq!(
        input.attribute("aria-describedby"),
        described.as_deref(),
        "{id}"
    );
    let said = page.find(&error).map(|problem| problem.text.as_str());
    assert_eq!(said, broken.then(|| texts.join(" ")).as_deref(), "{id}");
}

async fn check_all(browser: &Browser, cases: impl IntoIterator<Item = Case<'_>>) {
    for case in cases {
        case.check(browser).await;
    }
}

/// Without a limit, so that one client may try all of them.
fn patient(app: &TestApp) -> TestApp {
    app.with(|settings| settings.rate_limit = false)
}

/// An address of so many characters.
fn address(length: usize) -> String {
    let domain = format!("{0}.{0}.{0}.zzz", "z".repeat(62));
    format!("{}@{domain}", "z".repeat(length - domain.len() - 1))
}

const HOSTILE: [&str; 9] = [
    "<img src=x onerror=1>",
    "\"><img src=x onerror=1>",
    "\" autofocus onfocus=\"alert(1)",
    "' onfocus='1",
    "</title></h1></main><img src=x>",
    "<!--",
    "&lt;b&gt; & &amp;amp; &#60;",
    "{{ brand }} {% raw %} ${x} `x`",
    "\\u003cb\\u003e %3Cb%3E",
];

on_both_engines! {
    async fn each_fault_of_a_sign_up_is_shown_beside_its_field(app) {
        let app = patient(&app);
        app.account("taken@example.com").await;
        app.advance(60);
        let (email, long_email, long_name) = ("margarethe@example.com", address(255), "n".repeat(256));
        let emoji_name = "\u{1f600}".repeat(256);
        let long_password = "kq7 vz2 ".repeat(16) + "x";
        check_all(&app.browser(), [
            sign_up("", PASSWORD, "Ann", [NO_ADDRESS]),
            sign_up("margarethe", PASSWORD, "Ann", [NO_ADDRESS]),
            sign_up("a@b@c.example", PASSWORD, "", [NO_ADDRESS]),
            sign_up(&long_email, PASSWORD, "Ann", [LONG_ADDRESS]),
            sign_up("TAKEN@example.com", PASSWORD, "Ann", [TAKEN]),
            sign_up(email, "", "Ann", [SHORT_PASSWORD]),
            sign_up(email, "kq7-vz2", "Ann", [SHORT_PASSWORD]),
            sign_up(email, &long_password, "Ann", [LONG_PASSWORD]),
            sign_up(email, "password1!", "Ann", [COMMON_PASSWORD]),
            sign_up(email, "xx-MARGARETHE-7", "Ann", [PASSWORD_WITH_ADDRESS]),
            sign_up(email, PASSWORD, &long_name, [LONG_NAME]),
            sign_up(email, PASSWORD, &emoji_name, [LONG_NAME]),
            sign_up(email, PASSWORD, "A\nnn\u{7f}", [NAME_WITH_CONTROLS]),
        ]).await;
        assert_eq!(app.database.users().await, 1);
    }

    async fn all_faults_of_a_sign_up_are_shown_at_once(app) {
        let app = patient(&app);
        let (long_email, long_name) = (address(255), "n".repeat(256));
        check_all(&app.browser(), [
            sign_up("", "", "\u{0}", [NO_ADDRESS, SHORT_PASSWORD, NAME_WITH_CONTROLS]),
            sign_up(&long_email, "password", &long_name, [LONG_ADDRESS, COMMON_PASSWORD, LONG_NAME]),
            // Two of one field.
            sign_up("qzx@example.com", "qzx7", "", [SHORT_PASSWORD, PASSWORD_WITH_ADDRESS]),
        ]).await;
        assert_eq!(app.database.users().await, 0);
    }

    async fn a_field_that_a_form_leaves_out_is_asked_for(app) {
        let app = patient(&app);
        let missing = |field| at(field, MISSING.0, MISSING.1);
        let browser = app.browser();
        for path in ["/signup", "/signin"] {
            let case = |sent: Vec<(&'static str, &'static str)>, faults: Vec<Fault>| Case { path, sent, faults };
            check_all(&browser, [
                case(vec![], vec![missing("email"), missing("password")]),
                case(vec![("email", "ann@example.com")], vec![missing("password")]),
                case(vec![("password", PASSWORD), ("Email", "ann@example.com")], vec![missing("email")]),
            ]).await;
        }
        // The name need not be there; and without it nothing changes.
        browser.post("/signup", &[("email", "ann@example.com"), ("password", PASSWORD), ("name", "Ann")]).await;
        assert_eq!(browser.post("/dashboard", &[]).await.header("location"), Some("/dashboard"));
        let page = browser.get("/dashboard").await.page();
        assert_eq!((page.summary(), page.value("name")), (vec![], Some("Ann")));
    }

    async fn a_password_that_bcrypt_cannot_hash_is_refused_with_the_reason(app) {
        let app = patient(&app).with(|settings| settings.password_hash = CHEAP_BCRYPT);
        let seventy_two = "kq7 vz2 ".repeat(9);
        check_all(&app.browser(), [
            sign_up("ann@example.com", &format!("{seventy_two}x"), "Ann", [UNFIT_FOR_BCRYPT]),
            sign_up("ann@example.com", "kq7\0 vz2 p", "Ann", [UNFIT_FOR_BCRYPT]),
        ]).await;
        let fields = [("email", "ann@example.com"), ("password", seventy_two.as_str())];
        assert_eq!(app.browser().post("/signup", &fields).await.header("location"), Some("/dashboard"));
    }

    async fn the_fewest_characters_of_a_password_are_stated_before_it_is_typed(app) {
        for fewest in [8, 15, 64] {
            let app = app.with(|settings| settings.password_min_length = PasswordMinLength::new(fewest).unwrap());
            let browser = app.browser();
            let page = browser.get("/signup").await.page();
            let hint = &page.by_id("password-hint").text;
            assert!(hint.starts_with(&format!("{fewest} to 128 characters. ")), "{hint}");
            let page = browser.get("/signup").language("de").await.page();
            let hint = &page.by_id("password-hint").text;
            assert!(hint.starts_with(&format!("{fewest} bis 128 Zeichen. ")), "{hint}");
            let sent = browser.post("/signup", &[("email", "ann@example.com"), ("password", "kq7-vz2")]).await;
            let page = browser.follow(&sent).await.page();
            assert_eq!(page.summary(), [format!("The password must have at least {fewest} characters.")]);
        }
        // Who signs in needs no rules: the password may be of an older time.
        assert!(app.browser().get("/signin").await.page().find("password-hint").is_none());
    }

    async fn each_fault_of_a_sign_in_is_shown(app) {
        let app = patient(&app);
        app.account("ann@example.com").await;
        let (long_email, long_password) = (address(255), "kq7 vz2 ".repeat(16) + "x");
        check_all(&app.browser(), [
            sign_in("", PASSWORD, [NO_ADDRESS]),
            sign_in("ann", PASSWORD, [NO_ADDRESS]),
            sign_in(&long_email, PASSWORD, [LONG_ADDRESS]),
            sign_in("ann@example.com", "", [EMPTY_PASSWORD]),
            sign_in("ann@example.com", &long_password, [LONG_PASSWORD]),
            sign_in("", "", [NO_ADDRESS, EMPTY_PASSWORD]),
            sign_in("ann@example.com", "x", [WRONG]),
            sign_in("nobody@example.com", PASSWORD, [WRONG]),
        ]).await;
    }

    async fn each_fault_of_a_name_is_shown_on_the_dashboard(app) {
        let app = patient(&app);
        let browser = app.browser();
        browser.post("/signup", &[("email", "ann@example.com"), ("password", PASSWORD), ("name", "Ann")]).await;
        browser.get("/dashboard").await;
        let (long, longest) = ("n".repeat(256), "\u{1f600}".repeat(255));
        for case in [rename(&long, [LONG_NAME]), rename("A\u{1b}nn", [NAME_WITH_CONTROLS])] {
            for german in [false, true] {
                let language = if german { "de" } else { "en" };
                let sent = browser.post("/dashboard", &case.sent).await;
                let shown = browser.follow(&sent).language(language).await;
                case.is_shown_in(german, &shown);
                // Nothing was changed, and nothing is called saved.
                let page = shown.page();
                assert_eq!((page.facts()[0].1, page.notice()), ("Ann", None));
                assert_eq!(browser.get("/dashboard").await.page().value("name"), Some("Ann"));
            }
        }
        let sent = browser.post("/dashboard", &[("name", &longest)]).await;
        assert_eq!(browser.follow(&sent).await.page().facts()[0].1, longest);
    }

    async fn a_full_hashing_queue_is_said_above_the_form(app) {
        let app = app.with(|settings| {
            settings.hash_threads = NonZeroUsize::MIN;
            settings.hash_queue = HashQueue { length: 0, deadline: Duration::from_secs(2) };
        });
        check_all(&app.browser(), [
            sign_in("ann@example.com", PASSWORD, [BUSY]),
            sign_up("ann@example.com", PASSWORD, "Ann", [BUSY]),
        ]).await;
        assert_eq!(app.database.users().await, 0);
    }

    /// Over a cookie's 4096 bytes a browser throws it away, and says nothing.
    async fn asvs_3_3_5_what_was_typed_always_fits_a_cookie(app) {
        let app = patient(&app);
        let browser = app.browser();
        for character in ["n", "\u{1f600}", "\"", "\\", "\u{0}", "\u{1f}", "\u{7f}", "a\u{2028}b", "\u{fffd}", "<", "%"] {
            let text = character.repeat(600);
            for password in ["", "qzx7"] {
                let fields = [("email", text.as_str()), ("password", password), ("name", &text)];
                let sent = browser.post("/signup", &fields).await;
                let cookie = sent.header("set-cookie").unwrap();
                assert!(cookie.len() <= 4096, "{character:?}: {}", cookie.len());
                let page = browser.follow(&sent).await.page();
                assert_eq!(page.value("email"), Some(kept(&text, 254).as_str()));
                assert_eq!(page.value("name"), Some(kept(&text, 255).as_str()));
                assert_eq!(page.summary().len(), 3, "{character:?}");
            }
        }
    }

    async fn asvs_1_2_1_what_was_typed_is_shown_as_text(app) {
        let app = patient(&app);
        let plain = shown_with(&app, "plain").await;
        for hostile in HOSTILE {
            let shown = shown_with(&app, hostile).await;
            for (page, plain) in shown.iter().zip(&plain) {
                let names = |page: &Page| -> Vec<String> {
                    page.elements().iter().map(|element| element.name.clone()).collect()
                };
                assert_eq!(names(page), names(plain), "{hostile}");
            }
            let [sign_up, sign_in, dashboard, greeted] = &shown[..] else { panic!() };
            assert_eq!((sign_up.value("email"), sign_up.value("name")), (Some(hostile), Some(hostile)));
            assert_eq!(sign_in.value("email"), Some(hostile));
            assert_eq!((dashboard.facts()[0].1, dashboard.value("name")), (hostile, Some(hostile)));
            assert_eq!(greeted.notice(), Some(format!("Welcome, {hostile}!").as_str()));
        }
    }

    async fn asvs_1_2_1_an_address_of_odd_but_right_characters_is_shown_as_text(app) {
        let email = "o'brien&sons#1/{x}|`y`=$z?!%41+^~*@example.com";
        let browser = app.browser();
        let sent = browser.post("/signup", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(sent.header("location"), Some("/dashboard"));
        let page = browser.follow(&sent).await.page();
        assert_eq!(page.facts()[0], ("Email address", email));
    }

    async fn asvs_1_2_1_a_brand_with_markup_is_shown_as_text(app) {
        for hostile in ["<img src=x onerror=1>", "\"><b>&amp;", "' & </title><b>", "Häuser & Söhne"] {
            let app = app.with(|settings| settings.brand.name = BrandName::new(hostile).unwrap());
            let home = app.get("/").for_a_page().await.page();
            assert_eq!(home.heading(), format!("Welcome to {hostile}"));
            assert_eq!(home.title(), format!("Welcome to {hostile} · {hostile}"));
            assert_eq!(home.the("header").text, hostile);
            for (path, title) in [("/signup", "Create your account"), ("/signin", "Sign in"), ("/nope", "There is no such page")] {
                let page = app.get(path).for_a_page().await.page();
                assert_eq!(page.title(), format!("{title} · {hostile}"));
                assert!(page.all("img").is_empty() && page.all("b").is_empty());
                assert_eq!(page.heading(), title);
            }
        }
    }

    /// Anybody can write a cookie of their own; a sibling domain can write yours.
    async fn a_notice_that_is_none_says_nothing(app) {
        let notice = |json: &str| base64url(json);
        for cookie in [
            String::new(), "x".to_owned(), "%".to_owned(), notice(""), notice("{}"), notice("[]"), notice("null"),
            notice(r#"{"place":"sign_in","saying":"<b>","typed":{"email":"a","name":""}}"#),
            notice(r#"{"place":"sign_in","saying":{"text":"You won"},"typed":{"email":"a","name":""}}"#),
            notice(r#"{"place":"sign_in","saying":{"faults":[{"field":"x","broken":"missing"}]},"typed":{"email":"a","name":""}}"#),
            notice(r#"{"place":"sign_up","saying":"invalid_credentials","typed":{"email":"a","name":""}}"#),
            notice(r#"{"place":"sign_in","saying":"invalid_credentials"}"#),
            base64url(b"\xff\xfe"),
        ] {
            let browser = app.browser();
            browser.plant("hallpass.notice", &cookie);
            let shown = browser.get("/signin").await;
            let page = shown.page();
            assert_eq!((page.summary(), page.notice(), page.value("email")), (vec![], None, Some("")), "{cookie}");
        }
        // Two of them: which one is meant cannot be told.
        let good = notice(r#"{"place":"sign_in","saying":"invalid_credentials","typed":{"email":"a","name":""}}"#);
        let browser = app.browser();
        browser.plant("hallpass.notice", &good);
        assert_eq!(browser.get("/signin").await.page().value("email"), Some("a"), "one is shown");
        browser.plant("hallpass.notice", &good);
        let two = browser.get("/signin").header("cookie", format!("hallpass.notice={good}")).await;
        assert_eq!(two.page().value("email"), Some(""));
    }

    async fn forms_are_what_password_managers_and_keyboards_expect(app) {
        let browser = app.browser();
        browser.post("/signup", &[("email", "ann@example.com"), ("password", PASSWORD)]).await;
        let stranger = app.browser();
        for (page, inputs) in [
            (stranger.get("/signup").await.page(), &[
                ("email", "email", "username", true), ("password", "password", "new-password", true),
                ("name", "text", "name", false),
            ][..]),
            (stranger.get("/signin").await.page(), &[
                ("email", "email", "username", true), ("password", "password", "current-password", true),
            ]),
            (browser.get("/dashboard").await.page(), &[("name", "text", "name", false)]),
        ] {
            let found: Vec<_> = page.all("input").into_iter().map(|input| (
                input.attribute("name").unwrap(),
                input.attribute("type").unwrap_or("text"),
                input.attribute("autocomplete").unwrap(),
                input.attribute("required").is_some(),
            )).collect();
            assert_eq!(found, inputs);
            for input in page.all("input") {
                let id = input.attribute("id");
                assert_eq!(id, input.attribute("name"));
                let labels = page.all("label").into_iter().filter(|label| label.attribute("for") == id);
                assert_eq!(labels.count(), 1);
                // Nothing keeps a paste away or cuts it.
                for attribute in ["onpaste", "maxlength", "pattern", "readonly"] {
                    assert_eq!(input.attribute(attribute), None);
                }
            }
            for form in page.all("form") {
                assert_eq!(form.attribute("method"), Some("post"));
            }
        }
    }
}

/// Pages that show this text: a refused sign-up, a refused sign-in, the
/// dashboard, and the dashboard that greets.
async fn shown_with(app: &TestApp, text: &str) -> Vec<Page> {
    let stranger = app.browser();
    let mut shown = Vec::new();
    let sign_up = [("email", text), ("password", "kq7-vz2"), ("name", text)];
    let sign_in = [("email", text), ("password", PASSWORD)];
    for (path, fields) in [("/signup", &sign_up[..]), ("/signin", &sign_in)] {
        let sent = stranger.post(path, fields).await;
        shown.push(stranger.follow(&sent).await.page());
    }
    let email = format!("a{}@example.com", app.database.users().await);
    let ann = app.browser();
    let sent = [
        ("email", email.as_str()),
        ("password", PASSWORD),
        ("name", text),
    ];
    let greeted = ann.post("/signup", &sent).await;
    let greeted = ann.follow(&greeted).await.page();
    shown.push(ann.get("/dashboard").await.page());
    shown.push(greeted);
    shown
}
