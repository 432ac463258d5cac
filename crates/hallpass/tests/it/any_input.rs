//! Whatever is sent is answered, and never with a fault of ours. The rig fails a
//! test whose answer is a 5xx.

use proptest::collection::{hash_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};

use crate::rig::{
    Account, Engine, PASSWORD, TestApp, block_on, enter, finish, fresh_client, percent_encoded,
    start,
};

/// The same inputs in each run: a failure here is no accident.
fn for_all<S: Strategy>(
    cases: u32,
    inputs: S,
    mut check: impl FnMut(&TestApp, &Account, S::Value),
) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let _within = enter();
        let app = block_on(start(engine)).with(|settings| {
            settings.rate_limit = false;
            settings.trusted_proxies = vec!["0.0.0.0/0".parse().unwrap()];
        });
        let ann = block_on(app.account("ann@example.com"));
        let config = Config {
            cases,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(7),
            ..Config::default()
        };
        let check = std::cell::RefCell::new(&mut check);
        let outcome = TestRunner::new(config).run(&inputs, |input| {
            (check.borrow_mut())(&app, &ann, input);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("on {engine:?}: {error}"));
        block_on(finish(&app));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            hash_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Near an address, and further and further away from one.
fn nearly_an_email() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}@[a-z]{1,8}\\.(com|example)",
        "\\PC{1,10}@\\PC{1,10}\\.\\PC{1,4}",
        "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\u{e4}\u{df}\u{130}\u{131}\u{17f}\u{212a}-]{1,20}@(\u{e4}\u{df}\u{130}|xn--[a-z0-9]{1,8}|[a-z\u{430}]{2,8})\\.[a-z]{2,5}",
        any::<String>(),
    ]
}

/// What may stand in a header: no control character but the tab.
fn any_header() -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![Just(b'\t'), 0x20..=0x7e_u8, 0x80..=0xff_u8],
        0..80,
    )
}

fn sent(app: &TestApp, method: &str, path: &str, token: &str, body: Vec<u8>) -> u16 {
    let request = app
        .request(method, path)
        .from(&fresh_client())
        .bearer(token);
    block_on(request.raw_json(body).into_future()).status
}

#[test]
fn any_bytes_as_a_body() {
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..200),
        any_json().prop_map(|json| json.to_string().into_bytes())
    ];
    for_all(150, bytes, |app, ann, body| {
        for path in ["/api/v1/auth/register", "/api/v1/auth/signin"] {
            let status = sent(app, "POST", path, &ann.token, body.clone());
            assert!([400, 422].contains(&status), "{path} answers {status}");
        }
        for path in BETTER_AUTHS {
            let status = sent(app, "POST", path, &ann.token, body.clone());
            let refused = [200, 400, 422].contains(&status);
            assert!(refused, "{path} answers {status}");
        }
        let status = sent(app, "PATCH", &ann.path(), &ann.token, body);
        assert!([200, 400, 422].contains(&status), "{status}");
    });
}

/// What reads a body on Better Auth's wire.
const BETTER_AUTHS: [&str; 4] = [
    "/api/auth/sign-up/email",
    "/api/auth/sign-in/email",
    "/api/auth/sign-out",
    "/api/auth/update-user",
];

#[test]
fn any_value_in_any_field() {
    for_all(
        150,
        (any_json(), any_json(), any_json()),
        |app, ann, (email, password, name)| {
            let body = json!({"email": email, "password": password, "name": name})
                .to_string()
                .into_bytes();
            let registered = sent(
                app,
                "POST",
                "/api/v1/auth/register",
                &ann.token,
                body.clone(),
            );
            assert!([201, 400, 422].contains(&registered), "{registered}");
            let signed_in = sent(app, "POST", "/api/v1/auth/signin", &ann.token, body.clone());
            assert!([200, 401, 422].contains(&signed_in), "{signed_in}");
            for path in BETTER_AUTHS {
                let status = sent(app, "POST", path, &ann.token, body.clone());
                let answered = [200, 400, 401, 422].contains(&status);
                assert!(answered, "{path} answers {status}");
            }
            let renamed = sent(app, "PATCH", &ann.path(), &ann.token, body);
            assert!([200, 422].contains(&renamed), "{renamed}");
        },
    );
}

/// The property behind ASVS 6.2.5 and the fold of an address: what was taken at
/// one door is known at the other.
#[test]
fn whoever_can_register_can_sign_in() {
    let inputs = (
        nearly_an_email(),
        prop_oneof!["\\PC{8,40}", any::<String>(), Just(PASSWORD.to_owned())],
    );
    let mut registered = 0;
    for_all(250, inputs, |app, _, (email, password)| {
        let body = json!({"email": email, "password": password});
        let register = app
            .post("/api/v1/auth/register")
            .from(&fresh_client())
            .json(&body);
        let answer = block_on(register.into_future());
        if answer.status != 201 {
            assert!([400, 422].contains(&answer.status), "{answer}");
            return;
        }
        registered += 1;
        let kept = answer.json()["user"]["email"].as_str().unwrap().to_owned();
        let mut spellings = vec![email, kept.clone()];
        if kept.is_ascii() {
            spellings.extend([kept.to_uppercase(), kept.to_lowercase()]);
        }
        for spelling in spellings {
            let signed_in = block_on(app.sign_in(&spelling, &password).into_future());
            assert_eq!(signed_in.status, 200, "{spelling}\n{signed_in}");
        }
        let me = block_on(app.me(&answer.token()));
        assert_eq!(me.json(), answer.json()["user"]);
    });
    assert!(registered > 60, "only {registered} of 500 were taken");
}

#[test]
fn anything_in_any_header() {
    let names = [
        "authorization",
        "cookie",
        "origin",
        "sec-fetch-site",
        "x-request-id",
        "x-forwarded-for",
        "content-type",
        "accept",
    ];
    let name = proptest::sample::select(names.to_vec());
    for_all(200, vec((name, any_header()), 1..4), |app, ann, headers| {
        for (method, path) in [
            ("GET", "/api/v1/auth/me"),
            ("POST", "/api/v1/auth/signin"),
            ("POST", "/api/v1/auth/signout"),
            ("GET", "/api/auth/get-session"),
            ("POST", "/api/auth/sign-in/email"),
            ("POST", "/api/auth/sign-out"),
        ] {
            let request = app.request(method, path).cookie(&ann.token).raw("{}");
            let request = headers.iter().fold(request, |request, (name, value)| {
                request.header(name, value)
            });
            let status = block_on(request.into_future()).status;
            assert!(
                [200, 400, 401, 403, 415, 422].contains(&status),
                "{path} answers {status}"
            );
        }
    });
}

#[test]
fn any_path() {
    let encoded = vec(any::<u8>(), 0..24).prop_map(|bytes| percent_encoded(&bytes));
    let plain = "[a-zA-Z0-9._~!$&'()*+,;=:@/-]{0,24}";
    for_all(
        200,
        prop_oneof![encoded, plain.prop_map(String::from)],
        |app, ann, rest| {
            for folder in ["/", "/api/v1/users/", "/api/v1/", "/api/auth/", "/docs/"] {
                let request = app.get(&format!("{folder}{rest}")).bearer(&ann.token);
                let status = block_on(request.into_future()).status;
                assert!(
                    [200, 303, 403, 404, 405].contains(&status),
                    "{folder}{rest} answers {status}"
                );
            }
        },
    );
}
