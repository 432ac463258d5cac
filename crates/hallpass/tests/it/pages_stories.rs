//! The five user stories, as somebody at a browser without script lives them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::{CookiePrefix, PublicUrl};
use insta::assert_snapshot;
use serde_json::json;

use crate::rig::{Answer, Browser, COOKIE, PASSWORD, Request, TestApp, on_both_engines};

const MARK: &str = "hallpass.had_session";
const NOTICE: &str = "hallpass.notice";
const ANN: [(&str, &str); 3] = [
    ("email", "ann@example.com"),
    ("password", PASSWORD),
    ("name", "Ann"),
];

/// Somebody who watches all that goes to and fro.
struct Witness {
    browser: Browser,
    heard: Vec<u8>,
}

impl Witness {
    fn of(app: &TestApp) -> Self {
        let browser = app.browser();
        let heard = Vec::new();
        Self { browser, heard }
    }

    async fn hear(&mut self, request: Request) -> Answer {
        let answer = request.may_fail().await;
        self.heard.extend(answer.bytes().into_bytes());
        for cookie in answer.all("set-cookie") {
            let (_, value) = cookie.split_once('=').unwrap();
            let (value, _) = value.split_once(';').unwrap();
            // A notice, or the parts of a token; the mark is neither.
            for part in value.split('.') {
                self.heard
                    .extend(URL_SAFE_NO_PAD.decode(part).unwrap_or_default());
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.hear(self.browser.get(path)).await
    }

    /// Sends a form, and goes where that leads.
    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.hear(self.browser.post(path, fields)).await;
        match answer.status {
            303 => self.hear(self.browser.follow(&answer)).await,
            _ => answer,
        }
    }

    fn has_heard(&self, text: &str) -> bool {
        let heard = &self.heard;
        heard
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }
}

on_both_engines! {
    async fn who_signs_up_is_greeted_once_on_the_dashboard(app) {
        let browser = app.browser();
        let sent = browser.post("/signup", &ANN).await;
        assert_snapshot!(sent, @r#"
        303
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 0
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        cross-origin-resource-policy: same-origin
        location: /dashboard
        referrer-policy: no-referrer
        set-cookie: hallpass.device=<device>; Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.had_session=1; Max-Age=86400; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.notice=eyJwbGFjZSI6ImRhc2hib2FyZCIsInNheWluZyI6IndlbGNvbWUiLCJ0eXBlZCI6eyJlbWFpbCI6IiIsIm5hbWUiOiIifX0; Max-Age=60; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.session_token=<token>; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>
        "#);
        assert_eq!(sent.left_to_say(), json!({
            "place": "dashboard", "saying": "welcome", "typed": {"email": "", "name": ""},
        }));
        assert_eq!(browser.cookies(), [MARK, NOTICE, COOKIE]);

        let greeted = browser.follow(&sent).await;
        assert_eq!(greeted.page().notice(), Some("Welcome, Ann!"));
        let said = "hallpass.notice=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict";
        assert_eq!(greeted.all("set-cookie"), [said]);
        assert_eq!(browser.cookies(), [MARK, COOKIE]);
        let again = browser.get("/dashboard").await;
        assert_eq!((again.status, again.page().notice()), (200, None), "{again}");
        assert_eq!(again.all("set-cookie"), [""; 0]);

        // The account is the one that the API knows.
        let me = browser.request("GET", "/api/v1/auth/me").await.json();
        assert_eq!((&me["email"], &me["name"]), (&json!("ann@example.com"), &json!("Ann")));
    }

    async fn the_dashboard_is_what_an_account_is(app) {
        let browser = app.browser();
        browser.post("/signup", &ANN).await;
        app.advance(60);
        assert_snapshot!(browser.get("/dashboard").await.main(), @r#"
        <main id="main" tabindex="-1">

        <h1>Your pass</h1>




        <dl class="facts">

        <div><dt>Issued to</dt><dd>Ann</dd></div>

        <div><dt>Email address</dt><dd>ann@example.com</dd></div>
        <div><dt>Member since</dt><dd><time datetime="2027-01-15T08:00:00Z"><span data-day>15 January 2027</span></time></dd></div>
        <div><dt>Valid until</dt><dd><time id="expires" datetime="2027-01-15T09:00:00Z"><span data-day>15 January 2027</span>, <span data-time>09:00 UTC</span></time></dd></div>
        </dl>
        <div class="countdown" id="left" data-seconds="3540" data-soon="Your pass expires in less than two minutes. After that you will be asked to sign in again." hidden>
        <p><span>Time left</span> <span id="countdown" role="timer" aria-live="off"></span></p>
        <progress id="share" max="3600" value="3540" aria-hidden="true"></progress>
        <p class="soon" id="soon" role="status"></p>
        </div>
        <form class="tear" method="post" action="/dashboard" novalidate>

        <div class="field">
        <label for="name">Name</label>
        <p class="hint" id="name-hint">What we should call you.</p>

        <div class="row">
        <input id="name" name="name" value="Ann" autocomplete="name" aria-describedby="name-hint">
        <button class="button quiet">Save name</button>
        </div>
        </div>

        </form>
        <form class="tear" method="post" action="/signout">
        <button class="button quiet">Sign out</button>
        </form>

        </main>
        "#);
    }

    async fn a_page_is_this_and_nothing_else(app) {
        assert_snapshot!(app.get("/signin").for_a_page().await.markup(), @r##"
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Sign in · Hallpass</title>
        <link rel="stylesheet" href="/assets/hallpass.<fingerprint>.css">
        <link rel="icon" type="image/svg+xml" href="/assets/hallpass.<fingerprint>.svg">
        <script src="/assets/hallpass.<fingerprint>.js" defer></script>
        </head>
        <body>
        <a class="skip" href="#main">Skip to content</a>
        <div class="pass">
        <header class="stub">
        <span class="hole"></span><span class="notch"></span><span class="notch"></span>
        <a class="brand" href="/"><svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M6 2h20a4 4 0 0 1 4 4v5a4.5 4.5 0 0 0 0 9v6a4 4 0 0 1-4 4H6a4 4 0 0 1-4-4v-6a4.5 4.5 0 0 0 0-9V6a4 4 0 0 1 4-4Z"/><path class="tick" d="m10 16.2 4.2 4.3L22.5 11"/></svg><span>Hallpass</span></a>
        </header>
        <main id="main" tabindex="-1">

        <h1>Sign in</h1>
        <p class="lead">Welcome back to Hallpass.</p>




        <form method="post" action="/signin" novalidate>

        <div class="field">
        <label for="email">Email address</label>

        <input id="email" name="email" type="email" value="" required autocomplete="username" autocapitalize="none" spellcheck="false">
        </div>


        <div class="field">
        <label for="password">Password</label>


        <div class="reveal">
        <input id="password" name="password" type="password" required autocomplete="current-password" autocapitalize="none" spellcheck="false">
        <button type="button" id="reveal" aria-controls="password" aria-label="Show password" data-hide="Hide" data-hide-label="Hide password" hidden>Show</button>
        </div>
        </div>

        <button class="button">Sign in</button>
        </form>
        <p class="aside">New here? <a href="/signup">Create account</a></p>

        </main>
        </div>
        </body>
        </html>
        "##);
    }

    async fn a_page_is_answered_with_these_headers(app) {
        let answer = app.get("/signin").for_a_page().await.to_string();
        let (head, _) = answer.split_once("\n\n").unwrap();
        let head: Vec<_> = head.lines().filter(|line| !line.starts_with("content-length")).collect();
        assert_snapshot!(head.join("\n"), @r#"
        200
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'
        content-type: text/html; charset=utf-8
        cross-origin-opener-policy: same-origin
        cross-origin-resource-policy: same-origin
        referrer-policy: same-origin
        vary: accept-encoding
        vary: accept-language
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>
        "#);
    }

    async fn a_greeting_without_a_name_and_in_german(app) {
        for (email, name, language, greeting) in [
            ("a@example.com", "Ann", "en", "Welcome, Ann!"),
            ("b@example.com", " ", "en", "Welcome!"),
            ("c@example.com", "Änne", "de", "Willkommen, Änne!"),
            ("d@example.com", "", "de", "Willkommen!"),
        ] {
            let browser = app.browser();
            let fields = [("email", email), ("password", PASSWORD), ("name", name)];
            let sent = browser.post("/signup", &fields).language(language).await;
            let page = browser.follow(&sent).language(language).await.page();
            assert_eq!((page.lang(), page.notice()), (language, Some(greeting)));
        }
    }

    /// A form may leave the name out, and hold what nobody asked for.
    async fn the_name_is_optional_and_other_fields_are_nothing(app) {
        let browser = app.browser();
        let fields = [("email", " Ann@Example.com "), ("password", PASSWORD), ("id", "1"), ("x", ""), ("x", "")];
        let sent = browser.post("/signup", &fields).await;
        let page = browser.follow(&sent).await.page();
        assert_eq!(page.value("name"), Some(""));
        // As it was typed, and issued to nobody by name.
        assert_eq!(page.facts(), [
            ("Email address", "Ann@Example.com"),
            ("Member since", "15 January 2027"),
            ("Valid until", "15 January 2027, 09:00 UTC"),
        ]);
    }

    async fn who_comes_back_signs_in_and_is_not_greeted(app) {
        app.account("ann@example.com").await;
        app.advance(90 * 24 * 3600);
        let browser = app.browser();
        let sent = browser.post("/signin", &[("email", "ANN@example.com "), ("password", PASSWORD)]).await;
        assert_snapshot!(sent, @r#"
        303
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 0
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        cross-origin-resource-policy: same-origin
        location: /dashboard
        referrer-policy: no-referrer
        set-cookie: hallpass.device=<device>; Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.had_session=1; Max-Age=86400; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.session_token=<token>; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>
        "#);
        let shown = browser.follow(&sent).await;
        assert_eq!(shown.status, 200, "{shown}");
        assert_eq!(shown.page().notice(), None);
        assert_eq!(shown.all("set-cookie"), [""; 0]);
    }

    async fn wrong_credentials_come_back_with_the_address_and_without_the_password(app) {
        app.account("ann@example.com").await;
        let mut answers = Vec::new();
        for email in ["ann@example.com", "eve@example.com"] {
            let browser = app.browser();
            let sent = browser.post("/signin", &[("email", email), ("password", "not the password 7")]).await;
            assert_eq!(sent.header("location"), Some("/signin"), "{sent}");
            assert_eq!(browser.cookies(), [NOTICE]);
            let shown = browser.follow(&sent).await;
            let page = shown.page();
            assert_eq!(page.summary(), ["Invalid credentials"]);
            assert_eq!((page.value("email"), page.value("password")), (Some(email), None));
            let gone = "hallpass.notice=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict";
            assert_eq!(shown.all("set-cookie"), [gone]);
            let reloaded = browser.get("/signin").await;
            let page = reloaded.page();
            assert_eq!((page.summary(), page.value("email")), (vec![], Some("")));
            answers.push((sent.headers.len(), shown.to_string().replace(email, "<email>")));
        }
        // Nobody learns which half was wrong.
        assert_eq!(answers[0], answers[1]);
    }

    async fn the_dashboard_is_its_users_alone(app) {
        let (ann, bob) = (app.browser(), app.browser());
        ann.post("/signup", &ANN).await;
        bob.post("/signup", &[("email", "bob@example.com"), ("password", PASSWORD), ("name", "Bob")]).await;
        let (anns, bobs) = (ann.get("/dashboard").await, bob.get("/dashboard").await);
        assert!(anns.text().contains("ann@example.com") && !anns.text().contains("bob@"), "{anns}");
        assert!(bobs.text().contains("bob@example.com") && !bobs.text().contains("ann@"), "{bobs}");

        let stranger = app.browser().get("/dashboard").await;
        assert_eq!((stranger.status, stranger.text()), (303, ""), "{stranger}");
        assert_eq!(stranger.header("location"), Some("/signin?next=%2Fdashboard"));
        // Whose name is changed is said by the token alone.
        let fields = [("name", "Anne"), ("email", "bob@example.com"), ("id", "x")];
        ann.post("/dashboard?email=bob@example.com", &fields).await;
        let names = app.database.texts("select name from users order by email_key").await;
        assert_eq!(names, [["Anne"], ["Bob"]]);
    }

    async fn the_name_is_changed_and_taken_away_on_the_dashboard(app) {
        let browser = app.browser();
        let sent = browser.post("/signup", &ANN).await;
        browser.follow(&sent).await;
        for (typed, kept) in [("  Ann Smi\u{301}th ", "Ann Sm\u{ed}th"), ("", ""), (" ", ""), ("Anne", "Anne")] {
            let sent = browser.post("/dashboard", &[("name", typed)]).await;
            assert_eq!(sent.header("location"), Some("/dashboard"), "{sent}");
            let page = browser.follow(&sent).await.page();
            assert_eq!((page.notice(), page.value("name")), (Some("Your name was saved."), Some(kept)));
            let again = browser.get("/dashboard").await.page();
            assert_eq!((again.notice(), again.value("name")), (None, Some(kept)));
            let me = browser.request("GET", "/api/v1/auth/me").await.json();
            assert_eq!(me["name"].as_str().unwrap_or_default(), kept);
        }
        let sent = browser.post("/dashboard", &[("name", "Anne")]).language("de").await;
        let page = browser.follow(&sent).language("de").await.page();
        assert_eq!(page.notice(), Some("Ihr Name ist gespeichert."));
    }

    async fn who_signs_out_is_told_so_once_and_has_to_sign_in_again(app) {
        let browser = app.browser();
        let sent = browser.post("/signup", &ANN).await;
        browser.follow(&sent).await;
        let out = browser.post("/signout", &[]).await;
        assert_snapshot!(out, @r#"
        303
        access-control-allow-credentials: true
        access-control-expose-headers: retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after
        cache-control: no-store
        content-length: 0
        content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        cross-origin-resource-policy: same-origin
        location: /signin
        referrer-policy: no-referrer
        set-cookie: hallpass.had_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.notice=eyJwbGFjZSI6InNpZ25faW4iLCJzYXlpbmciOiJzaWduZWRfb3V0IiwidHlwZWQiOnsiZW1haWwiOiIiLCJuYW1lIjoiIn19; Max-Age=60; Path=/; HttpOnly; SameSite=Strict
        set-cookie: hallpass.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict
        vary: origin
        x-content-type-options: nosniff
        x-request-id: <request-id>
        "#);
        assert_eq!(browser.cookies(), [NOTICE]);
        let told = browser.follow(&out).await;
        assert_eq!(told.page().notice(), Some("You have signed out."));
        assert_eq!(browser.cookies(), [""; 0]);
        assert_eq!(browser.get("/signin").await.page().notice(), None);
        let (paths, shown) = browser.arrive("/dashboard").await;
        assert_eq!(paths, ["/dashboard", "/signin?next=%2Fdashboard"]);
        assert_eq!(shown.page().notice(), None, "an end that was chosen is no expiry");
        browser.post("/signin", &ANN[..2]).await;
        assert_eq!(browser.get("/dashboard").await.status, 200);
        let out = browser.post("/signout", &[]).await;
        let told = browser.follow(&out).language("de-CH").await;
        assert_eq!(told.page().notice(), Some("Sie sind abgemeldet."));
    }

    async fn what_a_page_shows_is_not_kept_by_the_browser(app) {
        let browser = app.browser();
        browser.post("/signup", &ANN).await;
        for path in ["/dashboard", "/signin", "/signup", "/"] {
            for answer in [browser.get(path).await, app.get(path).for_a_page().await] {
                assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}\n{answer}");
            }
        }
    }

    async fn asvs_3_3_1_over_https_every_cookie_is_secure_and_bound_to_its_host(app) {
        let app = app.with(|settings| settings.public_url = PublicUrl::parse("https://auth.example.com").unwrap());
        let browser = app.browser();
        let sent = browser.post("/signup", &ANN).await;
        let token = browser.cookie("__Host-hallpass.session_token").unwrap();
        let notice = browser.cookie("__Host-hallpass.notice").unwrap();
        let secure = "Path=/; HttpOnly; SameSite=Strict; Secure";
        let device = browser.cookie("__Host-hallpass.device").unwrap();
        assert_eq!(sent.all("set-cookie"), [
            format!("__Host-hallpass.session_token={token}; Max-Age=3600; {secure}"),
            format!("__Host-hallpass.device={device}; Max-Age=15552000; {secure}"),
            format!("__Host-hallpass.had_session=1; Max-Age=86400; {secure}"),
            format!("__Host-hallpass.notice={notice}; Max-Age=60; {secure}"),
        ]);
        let greeted = browser.follow(&sent).await;
        assert_eq!(greeted.page().notice(), Some("Welcome, Ann!"));
        assert_eq!(greeted.all("set-cookie"), [format!("__Host-hallpass.notice=; Max-Age=0; {secure}")]);
        let out = browser.post("/signout", &[]).await;
        let notice = browser.cookie("__Host-hallpass.notice").unwrap();
        assert_eq!(out.all("set-cookie"), [
            format!("__Host-hallpass.session_token=; Max-Age=0; {secure}"),
            format!("__Host-hallpass.had_session=; Max-Age=0; {secure}"),
            format!("__Host-hallpass.notice={notice}; Max-Age=60; {secure}"),
        ]);
        // The names without the prefix, which any neighbour can set, are nothing.
        let app = app.another();
        let stranger = app.browser();
        for name in [COOKIE, MARK, NOTICE, "__host-hallpass.session_token", "__Secure-hallpass.session_token"] {
            stranger.plant(name, &token);
        }
        let (paths, shown) = stranger.arrive("/dashboard").await;
        assert_eq!((paths.len(), shown.page().notice()), (2, None));
    }

    async fn the_prefix_of_every_cookies_name_is_a_setting(app) {
        let app = app.with(|settings| settings.cookie_prefix = CookiePrefix::new("better-auth").unwrap());
        let browser = app.browser();
        let sent = browser.post("/signup", &ANN).await;
        let names = ["better-auth.had_session", "better-auth.notice", "better-auth.session_token"];
        assert_eq!(browser.cookies(), names);
        assert_eq!(browser.follow(&sent).await.page().notice(), Some("Welcome, Ann!"));
        let out = browser.post("/signout", &[]).await;
        assert_eq!(browser.follow(&out).await.page().notice(), Some("You have signed out."));
        assert_eq!(browser.cookies(), [""; 0]);
    }

    async fn asvs_14_2_1_no_answer_and_no_cookie_holds_a_password(app) {
        let canaries = ["zq9right marble otter 7", "zq9wrong marble otter 7", "zq9short", "zq9local-part"];
        let [right, wrong, short, local] = canaries;
        let mut witness = Witness::of(&app);
        let ann = ("email", "zq9local-part@example.com");
        witness.send("/signup", &[("email", "nonsense"), ("password", right), ("name", "\u{1}")]).await;
        witness.send("/signup", &[("email", "zq9short@example.com"), ("password", short)]).await;
        witness.send("/signup", &[("password", right)]).await;
        witness.send("/signup", &[("email", "x@example.com"), ("password", right), ("password", wrong)]).await;
        witness.send("/signup", &[("email", "x@example.com"), ("password", &right.repeat(10))]).await;
        witness.send("/signup", &[ann, ("password", right), ("name", "Ann")]).await;
        assert_eq!(witness.get("/dashboard").await.status, 200);
        witness.send("/dashboard", &[("name", "Anne"), ("password", right)]).await;
        witness.send("/signout", &[("password", right)]).await;
        for password in [right, wrong, "", &wrong.repeat(10)] {
            witness.send("/signup", &[ann, ("password", password)]).await;
            witness.send("/signin", &[("email", "nonsense"), ("password", password)]).await;
        }
        for _ in 0..7 {
            witness.send("/signin", &[ann, ("password", wrong)]).await;
        }
        witness.send("/signin", &[ann, ("password", right)]).await;
        let away = app.with(|settings| settings.database = app.database.missing_url());
        witness.browser = away.browser();
        witness.send("/signin", &[ann, ("password", right)]).await;
        witness.send("/signup", &[ann, ("password", right)]).await;
        // What was typed elsewhere was heard, so the rest would have been.
        assert!(witness.has_heard(local) && witness.has_heard("\"invalid_credentials\""));
        for password in [right, wrong] {
            assert!(!witness.has_heard(password));
            assert!(!witness.has_heard(&password[..8]));
        }
    }
}
