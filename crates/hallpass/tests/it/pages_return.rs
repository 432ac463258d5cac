//! `next`: where a person goes after signing in, and where nobody is sent.

use url::Url;

use crate::rig::{Answer, PASSWORD, PUBLIC_URL, TestApp, fresh_client, on_both_engines};

const ANN: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];

const FOLLOWED: [&str; 12] = [
    "/",
    "/docs",
    "/dashboard?tab=2",
    "/a/b/c/",
    "/a?b=c&d=e",
    "/a?b=/c&next=/d",
    "/%C3%BC",
    "/a%20b",
    "/a:b@c;d=e",
    "/~ann/x,y(z)!*'$",
    "/.well-known/x",
    "/...",
];

/// What somebody might read as another site, as the bytes of the parameter's
/// value. Percent signs in it are part of the value.
const HOSTILE: [&str; 66] = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/dashboard",
    "//evil.example:80",
    "//user@evil.example",
    "//localhost:8000@evil.example",
    "//evil.example\\@localhost:8000",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    "\u{b}//evil.example",
    " //evil.example",
    "/ /evil.example",
    "\u{a0}//evil.example",
    "\u{feff}//evil.example",
    "/\u{ff0f}evil.example",
    "\u{ff0f}\u{ff0f}evil.example",
    "/\u{2044}evil.example",
    "/%2fevil.example",
    "/%2Fevil.example",
    "%2f%2fevil.example",
    "/%5cevil.example",
    "%5c%5cevil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%252fevil.example",
    "/%25252fevil.example",
    "/%c0%afevil.example",
    "/%e0%80%afevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/./evil.example",
    "/a/..//evil.example",
    "/%2e//evil.example",
    "/%2e%2e//evil.example",
    "/a//evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "http://localhost:8000.evil.example",
    "http://localhost:8000@evil.example",
    "http://localhost:8000/dashboard",
    "ftp://evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "\u{1}javascript:alert(1)",
    "data:text/html,<b>x</b>",
    "vbscript:x",
    "blob:http://localhost:8000/x",
    "/dashboard\r\nSet-Cookie: a=b",
    "/dashboard%0d%0aSet-Cookie:%20a=b",
    "/dashboard\u{0}",
    "/dashboard#//evil.example",
    "/a?b=\\c",
    "evil.example",
    "dashboard",
];

fn encoded(page: &str, next: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    format!("{page}?{}", query.append_pair("next", next).finish())
}

/// The place an answer leads to: a path of ours, by every reading of it.
fn place(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer}");
    let location = answer.header("location").unwrap();
    let own = Url::parse(PUBLIC_URL).unwrap();
    let target = own.join("/signin").unwrap().join(location).unwrap();
    assert_eq!(target.origin(), own.origin(), "{answer}");
    assert!(
        location.starts_with('/') && !location[1..].starts_with(['/', '\\']),
        "{answer}"
    );
    location.to_owned()
}

/// All links and forms of a page lead to us, and none to where it was asked to.
fn leads_to_us(answer: &Answer) {
    let page = answer.page();
    let links = page
        .values("href")
        .chain(page.values("action"))
        .chain(page.values("src"));
    for link in links {
        assert!(
            link.starts_with('#') || link.starts_with('/') && !link[1..].starts_with(['/', '\\']),
            "{link}"
        );
    }
    assert!(!answer.text().contains("evil"), "{answer}");
}

async fn without_limit(app: &TestApp) -> TestApp {
    let app = app.with(|settings| settings.rate_limit = false);
    app.account("ann@example.com").await;
    app.advance(60);
    app
}

on_both_engines! {
    async fn a_path_of_ours_is_gone_to_after_signing_in_and_up(app) {
        let app = without_limit(&app).await;
        for next in FOLLOWED {
            let sent = app.post(&encoded("/signin", next)).form(&ANN).await;
            assert_eq!(place(&sent), next);
            let email = format!("{}@example.com", fresh_client());
            let fields = [("email", email.as_str()), ("password", PASSWORD)];
            let sent = app.post(&encoded("/signup", next)).form(&fields).await;
            assert_eq!(place(&sent), next);
        }
        // Also written as a person would, without escapes.
        let sent = app.post("/signin?next=/a/b?c=d").form(&ANN).await;
        assert_eq!(place(&sent), "/a/b?c=d");
    }

    async fn the_path_is_carried_from_page_to_page(app) {
        for next in FOLLOWED {
            let browser = app.browser();
            let (sign_in, sign_up) = (encoded("/signin", next), encoded("/signup", next));
            for (here, there, button) in [(&sign_in, &sign_up, "Create account"), (&sign_up, &sign_in, "Sign in")] {
                let page = browser.get(here).await.page();
                assert_eq!(page.the("form").attribute("action"), Some(here.as_str()));
                let link = page.all("a").into_iter().find(|link| link.text == button).unwrap();
                assert_eq!(link.attribute("href"), Some(there.as_str()));
                // Also when the form comes back.
                let sent = browser.post(here, &[("email", "nonsense"), ("password", "x")]).await;
                assert_eq!(place(&sent), *here);
                let again = browser.follow(&sent).await.page();
                assert!(!again.summary().is_empty());
                assert_eq!(again.the("form").attribute("action"), Some(here.as_str()));
            }
        }
    }

    async fn what_is_understood_is_not_written(app) {
        for path in ["/signin", "/signin?next=%2Fdashboard", "/signin?next=", "/signin?next", "/signin?x=y"] {
            let page = app.get(path).await.page();
            assert_eq!(page.the("form").attribute("action"), Some("/signin"), "{path}");
            assert!(page.values("href").any(|href| href == "/signup"), "{path}");
        }
    }

    async fn nobody_is_sent_to_another_site(app) {
        let app = without_limit(&app).await;
        let token = app.sign_in("ann@example.com", PASSWORD).await.token();
        for next in HOSTILE {
            for page in ["/signin", "/signup"] {
                let path = encoded(page, next);
                leads_to_us(&app.get(&path).await);
                let shown = app.get(&path).await.page();
                assert_eq!(shown.the("form").attribute("action"), Some(page), "{next:?}");
                let led_on = app.get(&path).cookie(&token).await;
                assert_eq!(place(&led_on), "/dashboard", "{next:?}");
                let refused = app.post(&path).form(&[("email", "x")]).await;
                assert_eq!(place(&refused), page, "{next:?}");
            }
            let sent = app.post(&encoded("/signin", next)).form(&ANN).await;
            assert_eq!(place(&sent), "/dashboard", "{next:?}");
        }
    }

    /// As it stands in the URL, escaped by nobody, or twice.
    async fn nobody_is_sent_there_by_another_way_to_write_it(app) {
        let app = without_limit(&app).await;
        let long = format!("/signin?next=/{}", "a".repeat(2000));
        for path in [
            "/signin?next=//evil.example",
            "/signin?next=/\\evil.example",
            "/signin?next=\\\\evil.example",
            "/signin?next=https://evil.example",
            "/signin?next=%2F%2Fevil.example",
            "/signin?next=%252F%252Fevil.example",
            "/signin?next=%5C%5Cevil.example",
            "/signin?next=/%2Fevil.example",
            "/signin?next=/%09/evil.example",
            "/signin?next=+//evil.example",
            "/signin?next=/+/evil.example",
            "/signin?next=/docs&next=//evil.example",
            "/signin?next=//evil.example&next=/docs",
            "/signin?next=/docs&next=/docs",
            "/signin?next[]=//evil.example",
            "/signin?NEXT=//evil.example",
            "/signin?next=%FF%FE",
            "/signin?return=//evil.example&redirect_uri=https://evil.example&continue=//evil.example",
            &long,
        ] {
            leads_to_us(&app.get(path).await);
            let sent = app.post(path).form(&ANN).await;
            assert_eq!(place(&sent), "/dashboard", "{path}");
        }
        // What a form holds, or a header says, is no `next`.
        let fields = [ANN[0], ANN[1], ("next", "/docs")];
        let sent = app.post("/signin").form(&fields).header("referer", "http://localhost:8000/docs").await;
        assert_eq!(place(&sent), "/dashboard");
        let sent = app.post("/signin").form(&ANN).header("host", "evil.example").header("x-forwarded-host", "evil.example").await;
        assert_eq!(place(&sent), "/dashboard");
    }

    async fn who_is_turned_away_comes_back_to_the_dashboard_alone(app) {
        for (path, location) in [
            ("/dashboard", "/signin?next=%2Fdashboard"),
            ("/dashboard?a=b&c=/d", "/signin?next=%2Fdashboard%3Fa%3Db%26c%3D%2Fd"),
            ("/dashboard?next=//evil.example", "/signin?next=%2Fdashboard%3Fnext%3D%2F%2Fevil.example"),
            ("/dashboard?a=%0d%0ab", "/signin?next=%2Fdashboard"),
            ("/dashboard?a=\\b", "/signin?next=%2Fdashboard"),
            ("/dashboard?", "/signin?next=%2Fdashboard%3F"),
        ] {
            let sent = app.get(path).await;
            assert_eq!(place(&sent), location, "{path}");
        }
        let long = format!("/dashboard?{}", "a".repeat(2000));
        assert_eq!(place(&app.get(&long).await), "/signin?next=%2Fdashboard");
    }
}
