//! Every field of every route, with every kind of value.

use serde_json::{Value, json};

use crate::rig::{Answer, PASSWORD, TestApp, fresh_client, on_both_engines};

/// What a field may hold, and the rule that is named when it does not.
type Case = (Value, Option<&'static str>);

fn not_text() -> Vec<Case> {
    let values = [
        json!(5),
        json!(-1.5),
        json!(u64::MAX),
        json!(true),
        json!(false),
        json!([]),
        json!(["x"]),
        json!({}),
        json!({"a": 1}),
    ];
    values
        .into_iter()
        .map(|value| (value, Some("string_type")))
        .collect()
}

/// An address of so many characters, none of which stands in a password here.
fn address(length: usize) -> String {
    let domain = format!(
        "{}.{}.{}.zzz",
        "z".repeat(62),
        "z".repeat(62),
        "z".repeat(62)
    );
    format!("{}@{domain}", "z".repeat(length - domain.len() - 1))
}

fn emails() -> Vec<Case> {
    let mut cases = not_text();
    cases.push((Value::Null, Some("string_type")));
    let broken = [
        "",
        " ",
        "a",
        "@",
        "a@",
        "@b.co",
        "a@b",
        "a@@b.co",
        "a b@b.co",
        "a@b.co\u{0}",
        "a@b..co",
        "a@b.co,c@d.co",
        "a\r\nBcc: c@d.co",
        "A <a@b.co>",
        "\"a b\"@b.co",
        "a@[127.0.0.1]",
        "\u{200b}@b.co",
    ];
    cases.extend(broken.map(|text| (json!(text), Some("value_error"))));
    cases.push((json!(address(255)), Some("value_error")));
    cases.push((json!("x".repeat(10_000)), Some("value_error")));
    cases.extend(
        [
            json!("a@b.co"),
            json!(address(254)),
            json!("\u{fc}@b\u{fc}cher.example"),
        ]
        .map(|value| (value, None)),
    );
    cases
}

fn new_passwords() -> Vec<Case> {
    let mut cases = not_text();
    cases.push((Value::Null, Some("string_type")));
    for (text, rule) in [
        (String::new(), "string_too_short"),
        ("q".to_owned(), "string_too_short"),
        ("kq7-vz2".to_owned(), "string_too_short"),
        ("kq7-v\u{1f600}\u{1f601}".to_owned(), "string_too_short"),
        ("kq7 vz2 ".repeat(16) + "x", "string_too_long"),
        ("kq7 vz2 ".repeat(1000), "string_too_long"),
        ("password".to_owned(), "password_common"),
    ] {
        cases.push((json!(text), Some(rule)));
    }
    let good = [
        "kq7-vz2p",
        "kq7-v\u{1f600}\u{1f601}\u{1f602}",
        "       k q7 v z2    ",
        "marble otter 9 quilt",
    ];
    cases.extend(good.map(|text| (json!(text), None)));
    cases.push((json!("kq7 vz2 ".repeat(8)), None));
    cases.push((json!("kq7 vz2 ".repeat(16)), None));
    cases
}

fn names() -> Vec<Case> {
    let mut cases = not_text();
    for broken in ["a\nb", "a\u{0}b", "a\u{7f}b", "a\u{85}b", "\u{1b}[31m"] {
        cases.push((json!(broken), Some("value_error")));
    }
    cases.push((json!("x".repeat(256)), Some("string_too_long")));
    cases.push((json!("\u{1f600}".repeat(256)), Some("string_too_long")));
    let good = [
        json!(null),
        json!(""),
        json!(" "),
        json!("x"),
        json!("x".repeat(255)),
        json!("\u{1f600}".repeat(255)),
        json!("<img src=x onerror=alert(1)>"),
        json!("O'Brien; drop table users --"),
        json!("\u{5d0}\u{5d1}"),
    ];
    cases.extend(good.map(|value| (value, None)));
    cases
}

fn typed_passwords() -> Vec<Case> {
    let mut cases = not_text();
    cases.push((Value::Null, Some("string_type")));
    cases.push((json!(""), Some("string_too_short")));
    cases.push((json!("q".repeat(129)), Some("string_too_long")));
    cases.push((json!("q".repeat(60_000)), Some("string_too_long")));
    cases.extend(
        [
            json!("q"),
            json!("q".repeat(128)),
            json!("\u{1f600}".repeat(128)),
            json!("\u{0}"),
        ]
        .map(|value| (value, None)),
    );
    cases
}

/// The answer names this field and rule, or is what a right request gets.
fn expect(answer: &Answer, field: &str, case: &Case, accepted: u16) {
    let start: String = case.0.to_string().chars().take(60).collect();
    match case.1 {
        Some(rule) => assert_eq!(
            answer.faults(),
            [format!("body.{field}: {rule}")],
            "{start}"
        ),
        None => assert_eq!(answer.status, accepted, "{field} = {start}\n{answer}"),
    }
}

async fn send(app: &TestApp, path: &str, body: &Value) -> Answer {
    app.post(path).from(&fresh_client()).json(body).await
}

on_both_engines! {
    async fn asvs_2_2_1_registration_holds_each_field_to_its_rule(app) {
        let right = json!({"email": "unused@zzz.example", "password": PASSWORD});
        for (field, cases) in [("email", emails()), ("password", new_passwords()), ("name", names())] {
            for case in &cases {
                let mut body = right.clone();
                body[field] = case.0.clone();
                let answer = send(&app, "/api/v1/auth/register", &body).await;
                expect(&answer, field, case, 201);
                app.database.execute("delete from users").await;
            }
        }
    }

    async fn asvs_2_2_1_sign_in_holds_each_field_to_its_rule(app) {
        let right = json!({"email": "nobody@zzz.example", "password": PASSWORD});
        for (field, cases) in [("email", emails()), ("password", typed_passwords())] {
            for case in &cases {
                let mut body = right.clone();
                body[field] = case.0.clone();
                let answer = send(&app, "/api/v1/auth/signin", &body).await;
                expect(&answer, field, case, 401);
                app.database.execute("delete from throttle").await;
            }
        }
    }

    async fn asvs_2_2_1_a_change_of_name_holds_it_to_its_rule(app) {
        let ann = app.account("ann@example.com").await;
        for case in names() {
            let body = json!({"name": case.0});
            let answer = app.patch(&ann.path()).bearer(&ann.token).json(&body).await;
            expect(&answer, "name", &case, 200);
        }
    }

    async fn what_is_missing_is_named(app) {
        for path in ["/api/v1/auth/register", "/api/v1/auth/signin"] {
            let faults = send(&app, path, &json!({})).await.faults();
            assert_eq!(faults, ["body.email: missing", "body.password: missing"]);
            let faults = send(&app, path, &json!({"email": "a@b.co"})).await.faults();
            assert_eq!(faults, ["body.password: missing"]);
            let faults = send(&app, path, &json!({"password": PASSWORD})).await.faults();
            assert_eq!(faults, ["body.email: missing"]);
            // A key is its exact name.
            let faults = send(&app, path, &json!({"Email": "a@b.co", "passwort": PASSWORD})).await.faults();
            assert_eq!(faults, ["body.email: missing", "body.password: missing"]);
        }
    }

    async fn all_faults_of_a_request_come_at_once(app) {
        let mut wrong = Vec::new();
        for (email, email_rule) in [(json!(5), "string_type"), (json!("ann"), "value_error")] {
            for (password, password_rule) in [(json!([]), "string_type"), (json!("short"), "string_too_short")] {
                for (name, name_rule) in [(json!(true), "string_type"), (json!("a\nb"), "value_error")] {
                    let body = json!({"email": email, "password": password, "name": name});
                    let mut faults = send(&app, "/api/v1/auth/register", &body).await.faults();
                    faults.sort();
                    let expected = [
                        format!("body.email: {email_rule}"),
                        format!("body.name: {name_rule}"),
                        format!("body.password: {password_rule}"),
                    ];
                    if faults != expected {
                        wrong.push(format!("{body}: {faults:?}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        let both = send(&app, "/api/v1/auth/signin", &json!({"email": "ann", "password": ""})).await;
        assert_eq!(both.faults(), ["body.email: value_error", "body.password: string_too_short"]);
    }

    /// Who mends one fault should not meet the next one.
    async fn a_password_that_breaks_two_rules_is_told_both(app) {
        let body = json!({"email": "lukas@example.com", "password": "lukas7!"});
        let faults = send(&app, "/api/v1/auth/register", &body).await.faults();
        assert_eq!(faults, ["body.password: string_too_short", "body.password: password_contains_email"]);
    }

    async fn the_shortest_password_is_a_setting(app) {
        let app = app.with(|settings| {
            settings.password_min_length = hallpass::PasswordMinLength::new(15).unwrap();
        });
        let body = |password: &str| json!({"email": "ann@example.com", "password": password});
        let short = send(&app, "/api/v1/auth/register", &body("kq7-vz2-marbl3")).await;
        assert_eq!(short.json()["detail"][0]["msg"], "The password must have at least 15 characters.");
        let long_enough = send(&app, "/api/v1/auth/register", &body("kq7-vz2-marbl3s")).await;
        assert_eq!(long_enough.status, 201, "{long_enough}");
    }

    async fn a_refused_request_leaves_nothing_behind(app) {
        let before = app.database.dump().await;
        for body in [json!({}), json!({"email": "ann", "password": "short"}), json!([])] {
            for path in ["/api/v1/auth/register", "/api/v1/auth/signin"] {
                send(&app, path, &body).await;
            }
        }
        assert_eq!(app.database.dump().await, before);
    }
}
