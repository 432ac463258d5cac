//! Known devices: what a stranger does elsewhere does not concern them.

use std::time::Duration;

use serde_json::json;

use crate::rig::{
    Answer, COOKIE, PASSWORD, PUBLIC_URL, Request, TestApp, fresh_client, on_both_engines,
    signing_secret,
};

const DEVICE: &str = "hallpass.device";
const WRONG: &str = "not the password 7";

/// The value of the device's cookie that an answer sets.
fn device(answer: &Answer) -> String {
    let cookies = answer.all("set-cookie");
    let mut devices = cookies
        .iter()
        .filter_map(|line| line.strip_prefix("hallpass.device="));
    let (value, attributes) = devices.next().unwrap().split_once("; ").unwrap();
    assert_eq!(
        attributes, "Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict",
        "{answer}"
    );
    assert!(devices.next().is_none(), "{answer}");
    value.to_owned()
}

fn sign_in(app: &TestApp, password: &str, device: &str) -> Request {
    app.sign_in("ann@example.com", password)
        .from(&fresh_client())
        .header("cookie", format!("{DEVICE}={device}"))
}

fn address(text: &str) -> hallpass::EmailAddress {
    hallpass::EmailAddress::parse(text).unwrap()
}

/// Ann's account, and the device that she registered with.
async fn ann(app: &TestApp) -> String {
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    let registered = app.post("/api/v1/auth/register").json(&body).await;
    assert_eq!(registered.status, 201, "{registered}");
    device(&registered)
}

/// So many wrong guesses from as many clients as that takes.
async fn attack(app: &TestApp, email: &str, failures: usize) {
    for _ in 0..failures.div_ceil(5) {
        let client = fresh_client();
        for _ in 0..5.min(failures) {
            let answer = app.sign_in(email, WRONG).from(&client).await;
            assert_eq!(answer.status, 401, "{answer}");
        }
    }
}

/// Whether sign-ins are counted as those of an unknown device: after an attack
/// such a device waits.
async fn is_known(app: &TestApp, cookie: &str) -> bool {
    let answer = sign_in(app, PASSWORD, cookie).await;
    assert!([200, 429].contains(&answer.status), "{answer}");
    if answer.status == 200 {
        // The success has reset the count.
        attack(app, "ann@example.com", 100).await;
    }
    answer.status == 200
}

on_both_engines! {
    async fn every_sign_in_sets_device_cookie(app) {
        let json = json!({"email": "ann@example.com", "password": PASSWORD});
        let named = json!({"email": "bob@example.com", "password": PASSWORD, "name": "Bob"});
        let form = [("email", "cat@example.com"), ("password", PASSWORD)];
        for request in [
            app.post("/api/v1/auth/register").json(&json),
            app.post("/api/v1/auth/signin").json(&json),
            app.post("/api/auth/signin").json(&json),
            app.post("/api/auth/sign-up/email").header("origin", PUBLIC_URL).json(&named),
            app.post("/api/auth/sign-in/email").header("origin", PUBLIC_URL).json(&json),
            app.post("/signup").form(&form),
            app.post("/signin").form(&form),
        ] {
            device(&request.await);
        }
    }

    async fn refusals_set_no_device_cookie(app) {
        ann(&app).await;
        let taken = json!({"email": "ann@example.com", "password": PASSWORD, "name": "Ann"});
        let wrong = json!({"email": "ann@example.com", "password": WRONG});
        for request in [
            app.post("/api/v1/auth/register").json(&taken),
            app.post("/api/auth/sign-up/email").header("origin", PUBLIC_URL).json(&taken),
            app.post("/api/v1/auth/signin").json(&wrong),
            app.post("/api/auth/sign-in/email").header("origin", PUBLIC_URL).json(&wrong),
            app.post("/signin").form(&[("email", "ann@example.com"), ("password", WRONG)]),
            app.post("/signup").form(&[("email", "ann@example.com"), ("password", PASSWORD)]),
        ] {
            let answer = request.await;
            let cookies = answer.all("set-cookie");
            assert!(!cookies.iter().any(|cookie| cookie.contains("device")), "{answer}");
        }
    }

    async fn https_device_cookie_is_host_bound(app) {
        let app = app.with(|settings| {
            settings.public_url = hallpass::PublicUrl::parse("https://auth.example.com").unwrap();
        });
        let body = json!({"email": "ann@example.com", "password": PASSWORD});
        let registered = app.post("/api/v1/auth/register").json(&body).await;
        let cookie = registered.all("set-cookie")[1];
        assert!(cookie.starts_with("__Host-hallpass.device="), "{cookie}");
        assert!(cookie.ends_with("; Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    }

    async fn known_device_signs_in_during_attack(app) {
        let cookie = ann(&app).await;
        attack(&app, "ann@example.com", 100).await;
        for _ in 0..50 {
            app.sign_in("ann@example.com", WRONG).from(&fresh_client()).await;
        }
        let unknown = app.sign_in("ann@example.com", PASSWORD).from(&fresh_client()).await;
        assert_eq!(unknown.status, 429, "{unknown}");
        assert_eq!(sign_in(&app, PASSWORD, &cookie).await.status, 200);
        assert_eq!(sign_in(&app.another(), PASSWORD, &cookie).await.status, 200);
    }

    /// A stranger in the same network has used up what it has.
    async fn known_device_signs_in_from_attacked_network(app) {
        let cookie = ann(&app).await;
        for at in 0..50 {
            let email = format!("a{}@example.com", at / 5);
            assert_eq!(app.sign_in(&email, WRONG).from("203.0.113.66").await.status, 401);
        }
        let unknown = app.sign_in("ann@example.com", PASSWORD).from("203.0.113.66").await;
        assert_eq!(unknown.status, 429, "{unknown}");
        let known = sign_in(&app, PASSWORD, &cookie).from("203.0.113.66").await;
        assert_eq!(known.status, 200, "{known}");
    }

    async fn known_device_has_five_failures(app) {
        let cookie = ann(&app).await;
        for _ in 0..5 {
            assert_eq!(sign_in(&app, WRONG, &cookie).await.status, 401);
        }
        let refused = sign_in(&app, PASSWORD, &cookie).await;
        assert_eq!(refused.verdict(), (429, "rate_limited".to_owned()), "{refused}");
        assert_eq!(refused.header("retry-after"), Some("900"));
        // Its failures are its own: another device, known or not, does not wait.
        let elsewhere = app.sign_in("ann@example.com", PASSWORD).from(&fresh_client()).await;
        assert_eq!(elsewhere.status, 200, "{elsewhere}");
        assert_eq!(sign_in(&app, PASSWORD, &device(&elsewhere)).await.status, 200);
        assert_eq!(sign_in(&app, PASSWORD, &cookie).await.status, 429);
        app.advance(900);
        assert_eq!(sign_in(&app, PASSWORD, &cookie).await.status, 200);
    }

    /// A cookie of before the sign-in is the same device: it has the same count.
    async fn device_keeps_its_count_across_sign_ins(app) {
        let first = ann(&app).await;
        let second = device(&sign_in(&app, PASSWORD, &first).await);
        for at in 0..5 {
            let cookie = if at % 2 == 0 { &first } else { &second };
            assert_eq!(sign_in(&app, WRONG, cookie).await.status, 401);
        }
        assert_eq!(sign_in(&app, PASSWORD, &first).await.status, 429);
        assert_eq!(sign_in(&app, PASSWORD, &second).await.status, 429);
    }

    async fn other_accounts_device_is_unknown(app) {
        ann(&app).await;
        let body = json!({"email": "eve@example.com", "password": PASSWORD});
        let eve = device(&app.post("/api/v1/auth/register").json(&body).await);
        attack(&app, "ann@example.com", 100).await;
        assert!(!is_known(&app, &eve).await);
    }

    async fn device_of_deleted_account_is_unknown(app) {
        let cookie = ann(&app).await;
        let user = app.hallpass.find_user_by_email(&address("ann@example.com")).await.unwrap();
        app.hallpass.delete_user(user.unwrap().id).await.unwrap();
        let again = ann(&app).await;
        attack(&app, "ann@example.com", 100).await;
        assert!(!is_known(&app, &cookie).await);
        assert!(is_known(&app, &again).await);
    }

    async fn tampered_device_is_unknown(app) {
        let cookie = ann(&app).await;
        attack(&app, "ann@example.com", 100).await;
        let shorter = &cookie[..cookie.len() - 2];
        let swapped = format!("{}A{}", &cookie[..10], &cookie[11..]);
        for bad in [shorter, &swapped, "", ".", "x", &format!("{cookie}AAAA"), &cookie.to_uppercase()] {
            assert!(!is_known(&app, bad).await, "{bad}");
        }
        assert!(is_known(&app, &cookie).await);
    }

    async fn two_device_cookies_are_none(app) {
        let cookie = ann(&app).await;
        attack(&app, "ann@example.com", 100).await;
        assert!(!is_known(&app, &format!("{cookie}; {DEVICE}={cookie}")).await);
        assert!(!is_known(&app, &format!("x; {DEVICE}={cookie}")).await);
        assert!(is_known(&app, &format!("{cookie}; other.device=x")).await);
    }

    async fn device_is_known_for_180_days(app) {
        let cookie = ann(&app).await;
        app.advance(180 * 86_400 - 1);
        attack(&app, "ann@example.com", 100).await;
        assert!(is_known(&app, &cookie).await);
        // The attack after the success was 100 failures, and the next attempt waits a second.
        app.clock.advance(Duration::from_micros(999_999));
        assert!(is_known(&app, &cookie).await);
        app.clock.advance(Duration::from_micros(1));
        assert!(!is_known(&app, &cookie).await);
    }

    async fn device_of_the_future_is_unknown(app) {
        app.advance(86_400);
        let cookie = ann(&app).await;
        app.clock.set(hallpass::Timestamp::from_unix_seconds(crate::rig::START));
        attack(&app, "ann@example.com", 100).await;
        assert!(!is_known(&app, &cookie).await);
    }

    async fn previous_secret_still_knows_device(app) {
        let cookie = ann(&app).await;
        let newer = "another integration-test secret of 32 bytes";
        let with = |previous: bool| app.with(|settings| {
            let old = std::mem::replace(&mut settings.signing_secret, signing_secret(newer));
            settings.previous_secrets = previous.then_some(old).into_iter().collect();
        });
        let (both, new) = (with(true), with(false));
        attack(&both, "ann@example.com", 100).await;
        assert!(!is_known(&new, &cookie).await);
        let again = sign_in(&both, PASSWORD, &cookie).await;
        assert_eq!(again.status, 200, "{again}");
        attack(&both, "ann@example.com", 100).await;
        assert!(is_known(&new, &device(&again)).await, "the newest signs");
    }

    async fn family_shares_one_browser(app) {
        let browser = app.browser();
        let family: Vec<_> = (0..8).map(|at| format!("a{at}@example.com")).collect();
        for email in &family {
            let sent = browser.post("/signup", &[("email", email), ("password", PASSWORD)]).await;
            assert_eq!(sent.header("location"), Some("/dashboard"), "{sent}");
            browser.post("/signout", &[]).await;
        }
        for email in &family {
            attack(&app, email, 100).await;
        }
        for email in &family {
            let sent = browser.post("/signin", &[("email", email), ("password", PASSWORD)]).await;
            assert_eq!(sent.header("location"), Some("/dashboard"), "{email}: {sent}");
        }
        assert!(browser.cookie(DEVICE).unwrap().len() < 640);
    }

    async fn sign_out_leaves_device_known(app) {
        let browser = app.browser();
        browser.post("/signup", &[("email", "ann@example.com"), ("password", PASSWORD)]).await;
        let kept = browser.cookie(DEVICE);
        browser.post("/signout", &[]).await;
        assert_eq!((browser.cookie(COOKIE), browser.cookie(DEVICE)), (None, kept));
    }

    /// A password that is set anew ends what the old one gave.
    async fn new_password_forgets_devices(app) {
        let cookie = ann(&app).await;
        app.clock.advance(Duration::from_micros(1));
        let user = app.hallpass.find_user_by_email(&address("ann@example.com")).await.unwrap();
        app.hallpass.set_password(&user.unwrap(), PASSWORD.into()).await.unwrap();
        attack(&app, "ann@example.com", 100).await;
        assert!(!is_known(&app, &cookie).await);
    }

    /// An attempt with another account's device answers like one without.
    async fn device_cookie_tells_nothing_of_accounts(app) {
        ann(&app).await;
        let body = json!({"email": "eve@example.com", "password": PASSWORD});
        let eve = device(&app.post("/api/v1/auth/register").json(&body).await);
        let mut seen = Vec::new();
        for email in ["ann@example.com", "nobody@example.com"] {
            let client = fresh_client();
            let mut answers = Vec::new();
            for _ in 0..7 {
                let sent = app.sign_in(email, WRONG).from(&client).header("cookie", format!("{DEVICE}={eve}"));
                answers.push(sent.await.bytes());
            }
            seen.push(answers);
        }
        assert_eq!(seen[0], seen[1]);
    }

    async fn parallel_guesses_of_device_are_five(app) {
        let cookie = ann(&app).await;
        let servers = [app.clone(), app.another()];
        let mut running = tokio::task::JoinSet::new();
        for at in 0..40 {
            let request = sign_in(&servers[at % 2], WRONG, &cookie);
            running.spawn(async move { request.await.status });
        }
        let statuses = running.join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    }
}
