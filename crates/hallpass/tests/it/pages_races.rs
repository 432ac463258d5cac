//! Forms that arrive many at once, on two servers over one database.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use crate::rig::{Answer, COOKIE, PASSWORD, Request, TestApp, fresh_client, on_both_engines};

async fn all_at_once(requests: impl IntoIterator<Item = Request>) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for request in requests {
        running.spawn(async move { request.await });
    }
    running.join_all().await
}

fn sign_up(server: &TestApp, email: &str, password: &str, name: &str) -> Request {
    server.post("/signup").for_a_page().form(&[
        ("email", email),
        ("password", password),
        ("name", name),
    ])
}

/// This server and another one, with their connections open.
async fn two_servers(app: &TestApp) -> [TestApp; 2] {
    let servers = [app.clone(), app.another()];
    for width in [4, 8, 12] {
        let ready = servers
            .iter()
            .flat_map(|server| (0..width).map(|_| server.get("/readyz")));
        all_at_once(ready).await;
    }
    servers
}

/// The token that an answer sets, if it sets one.
fn session(answer: &Answer) -> Option<String> {
    let cookies = answer.all("set-cookie").into_iter();
    let mut tokens = cookies.filter_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='));
    let (token, _) = tokens.next()?.split_once(';')?;
    Some(token.to_owned())
}

/// Where they are sent, and how many of them.
fn places(answers: &[Answer]) -> BTreeMap<&str, usize> {
    let mut places = BTreeMap::new();
    for answer in answers {
        assert_eq!(answer.status, 303, "{answer}");
        *places
            .entry(answer.header("location").unwrap())
            .or_default() += 1;
    }
    places
}

on_both_engines! {
    /// Those who cannot show that they sent the first one are refused.
    async fn one_form_sent_twenty_times_at_once_makes_one_account(app) {
        let servers = two_servers(&app).await;
        let spellings = ["ann@example.com", "ANN@example.com", " Ann@Example.Com"];
        let requests = (0..20).map(|at| sign_up(&servers[at % 2], spellings[at % 3], PASSWORD, "Ann"));
        let answers = all_at_once(requests).await;
        assert_eq!(places(&answers), BTreeMap::from([("/dashboard", 1), ("/signup", 19)]));
        assert_eq!(app.database.users().await, 1);
    }

    async fn one_form_sent_again_at_once_opens_the_account_to_its_browser(app) {
        let browser = app.browser();
        let press = || browser.post("/signup", &[("email", "ann@example.com"), ("password", PASSWORD), ("name", "Ann")]);
        press().await;
        let id = app.database.text("select email_key from users").await;
        let answers = all_at_once((0..10).map(|_| press())).await;
        assert_eq!(places(&answers), BTreeMap::from([("/dashboard", 10)]));
        for answer in &answers {
            let shown = app.get("/api/v1/auth/me").cookie(&session(answer).unwrap()).await;
            assert_eq!((shown.status, shown.json()["email"].as_str()), (200, Some(id.as_str())), "{answer}");
            assert_eq!(answer.left_to_say()["saying"], "welcome", "{answer}");
        }
        let page = browser.follow(&answers[0]).await.page();
        assert_eq!(page.notice(), Some("Welcome, Ann!"));
        assert_eq!(app.database.users().await, 1);
    }

    /// Of those who ask for one address with passwords of their own, one has it.
    async fn of_different_passwords_at_once_one_is_let_in(app) {
        let servers = two_servers(&app).await;
        let passwords: Vec<_> = (0..12).map(|at| format!("marble otter {at} quilt")).collect();
        let requests = (0..12).map(|at| {
            sign_up(&servers[at % 2], "ann@example.com", &passwords[at], "").from(&fresh_client())
        });
        let answers = all_at_once(requests).await;
        assert_eq!(places(&answers), BTreeMap::from([("/dashboard", 1), ("/signup", 11)]));
        for answer in &answers {
            let let_in = answer.header("location") == Some("/dashboard");
            assert_eq!(session(answer).is_some(), let_in, "{answer}");
            if !let_in {
                assert_eq!(answer.left_to_say()["saying"], "registration_refused", "{answer}");
                assert_eq!(answer.left_to_say()["typed"]["email"], "ann@example.com");
            }
        }
        assert_eq!(app.database.users().await, 1);
    }

    async fn of_a_hundred_guesses_by_form_at_once_five_are_called_wrong(app) {
        let client = fresh_client();
        app.account("ann@example.com").await;
        let servers = two_servers(&app).await;
        let mut answers = Vec::new();
        for _ in 0..5 {
            let requests = (0..20).map(|at| {
                let guess = [("email", "ann@example.com"), ("password", "not the password 7")];
                servers[at % 2].post("/signin").from(&client).form(&guess)
            });
            answers.extend(all_at_once(requests).await);
        }
        assert_eq!(places(&answers), BTreeMap::from([("/signin", 100)]));
        let wrong = answers.iter().filter(|answer| answer.left_to_say()["saying"] == "invalid_credentials");
        assert_eq!(wrong.count(), 5);
        let late = answers.iter().filter(|answer| answer.left_to_say()["saying"]["too_many_tries"]["minutes"] == 15);
        assert_eq!(late.count(), 95);
    }

    async fn names_saved_at_once_leave_one_of_them(app) {
        let ann = app.account("ann@example.com").await;
        let servers = two_servers(&app).await;
        let requests = (0..20).map(|at| {
            servers[at % 2].post("/dashboard").cookie(&ann.token).form(&[("name", &format!("Ann {at}"))])
        });
        let answers = all_at_once(requests).await;
        assert_eq!(places(&answers), BTreeMap::from([("/dashboard", 20)]));
        let page = app.get("/dashboard").cookie(&ann.token).await.page();
        let name = page.value("name").unwrap();
        assert!(name.starts_with("Ann "), "{name}");
    }
}
