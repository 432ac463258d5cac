//! The session cookie: its exact string, and how it is read back.

use hallpass::{CookiePrefix, PublicUrl};

use crate::rig::{COOKIE, PASSWORD, TestApp, on_both_engines};

fn https(app: &TestApp) -> TestApp {
    app.with(|settings| settings.public_url = PublicUrl::parse("https://auth.example.com").unwrap())
}

on_both_engines! {
    async fn over_http_the_cookie_has_these_attributes_and_no_others(app) {
        app.account("ann@example.com").await;
        let answer = app.sign_in("ann@example.com", PASSWORD).await;
        let expected = format!(
            "hallpass.session_token={}; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict",
            answer.token()
        );
        assert_eq!(answer.cookies(), [expected]);
        let out = app.post("/api/v1/auth/signout").bearer(&answer.token()).await;
        let expected = "hallpass.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict";
        assert_eq!(out.all("set-cookie"), [expected]);
    }

    async fn asvs_3_3_1_over_https_the_cookie_is_secure_and_bound_to_its_host(app) {
        let app = https(&app);
        app.account("ann@example.com").await;
        let answer = app.sign_in("ann@example.com", PASSWORD).await;
        let expected = format!(
            "__Host-hallpass.session_token={}; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict; Secure",
            answer.token()
        );
        assert_eq!(answer.cookies(), [expected]);
        let out = app.post("/api/v1/auth/signout").bearer(&answer.token()).await;
        let expected = "__Host-hallpass.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(out.all("set-cookie"), [expected]);
    }

    async fn each_public_url_reads_the_cookie_by_its_own_name_alone(app) {
        let secure = https(&app);
        let plain = app.account("ann@example.com").await.token;
        let token = secure.account("bob@example.com").await.token;
        let get = |app: &TestApp, name: &str, token: &str| {
            app.get("/api/v1/auth/me").header("cookie", format!("{name}={token}"))
        };
        assert_eq!(get(&app, COOKIE, &plain).await.status, 200);
        assert_eq!(get(&secure, "__Host-hallpass.session_token", &token).await.status, 200);
        for (app, name, token) in [
            (&app, "__Host-hallpass.session_token", &plain),
            (&secure, COOKIE, &token),
            (&secure, "__Secure-hallpass.session_token", &token),
            (&secure, "__host-hallpass.session_token", &token),
        ] {
            let answer = get(app, name, token).await;
            assert_eq!(answer.verdict(), (401, "authentication_required".to_owned()), "{name}");
        }
    }

    async fn the_prefix_of_the_name_is_a_setting(app) {
        let app = app.with(|settings| settings.cookie_prefix = CookiePrefix::new("better-auth").unwrap());
        app.account("ann@example.com").await;
        let answer = app.sign_in("ann@example.com", PASSWORD).await;
        let pair = format!("better-auth.session_token={}", answer.token());
        assert!(answer.cookies()[0].starts_with(&format!("{pair}; ")), "{answer}");
        assert_eq!(app.get("/api/v1/auth/me").header("cookie", &pair).await.status, 200);
        let by_default = app.get("/api/v1/auth/me").cookie(&answer.token()).await;
        assert_eq!(by_default.status, 401, "{by_default}");
    }

    async fn asvs_3_3_5_the_longest_address_still_fits_a_cookie(app) {
        let domain = format!("{}.{}.{}.example", "a".repeat(60), "b".repeat(60), "c".repeat(58));
        let email = format!("{}@{domain}", "l".repeat(64));
        let answer = app.account(&email).await;
        let sent = app.sign_in(&email, PASSWORD).await;
        let cookie = sent.cookies()[0];
        assert!(cookie.len() <= 4096, "{}", cookie.len());
        assert_eq!(app.get("/api/v1/auth/me").cookie(&answer.token).await.status, 200);
    }

    async fn two_cookies_of_our_name_are_refused(app) {
        let ann = app.account("ann@example.com").await.token;
        let bob = app.account("bob@example.com").await.token;
        let refused = app.me("nonsense").await.bytes();
        for (first, second) in [(&ann, &bob), (&ann, &ann)] {
            let both = format!("{COOKIE}={first}; {COOKIE}={second}");
            let in_one = app.get("/api/v1/auth/me").header("cookie", both).await;
            assert_eq!(in_one.bytes(), refused);
            let in_two = app.get("/api/v1/auth/me").cookie(first).cookie(second).await;
            assert_eq!(in_two.bytes(), refused);
        }
        let beside_nonsense = app.get("/api/v1/auth/me").cookie(&ann).cookie("nonsense").await;
        assert_eq!(beside_nonsense.bytes(), refused);
    }

    async fn the_cookie_is_found_among_those_of_others(app) {
        let ann = app.account("ann@example.com").await;
        let ours = format!("{COOKIE}={}", ann.token);
        for cookies in [
            format!("theme=dark; {ours}"),
            format!("{ours}; theme=dark"),
            format!("theme=dark;{ours};lang=en"),
            format!("a=b=c; {ours}; flag; =; ;"),
            format!("x{ours}; {ours}"),
            format!("Hallpass.session_token=x; {ours}"),
            format!("quoted=\"a; {ours}"),
        ] {
            let answer = app.get("/api/v1/auth/me").header("cookie", &cookies).await;
            assert_eq!(answer.status, 200, "{cookies}");
        }
        let apart = app.get("/api/v1/auth/me").header("cookie", "theme=dark").header("cookie", &ours).await;
        assert_eq!(apart.status, 200, "{apart}");
    }

    /// Browsers send the raw bytes of a cookie that a script has set (RFC 6265bis,
    /// section 5.8.3), and such a neighbour must not sign anybody out.
    async fn a_neighbour_that_is_not_ascii_does_not_hide_the_cookie(app) {
        let ann = app.account("ann@example.com").await;
        let cookies = format!("theme=d\u{fc}ster; {COOKIE}={}", ann.token);
        let answer = app.get("/api/v1/auth/me").header("cookie", cookies).await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    async fn an_empty_or_garbled_cookie_opens_nothing(app) {
        let ann = app.account("ann@example.com").await.token;
        for value in [String::new(), "x".to_owned(), format!("\"{ann}\""), format!("Bearer {ann}"), format!("{ann},")] {
            let answer = app.get("/api/v1/auth/me").cookie(&value).await;
            assert_eq!(answer.status, 401, "{value}");
        }
    }
}
