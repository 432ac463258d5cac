//! Bodies: their type, their size, and JSON that is none.

use serde_json::json;

use crate::rig::{PASSWORD, on_both_engines};

/// Routes that read a body, with what a right one is.
const ROUTES: [(&str, &str); 5] = [
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/signin"),
    ("POST", "/api/auth/register"),
    ("POST", "/api/auth/signin"),
    ("PATCH", "own account"),
];

/// The same of Better Auth's.
const BETTER_AUTH: [(&str, &str); 5] = [
    ("POST", "/api/auth/sign-in/email"),
    ("POST", "/api/auth/sign-up/email"),
    ("POST", "/api/auth/sign-out"),
    ("POST", "/api/auth/update-user"),
    ("POST", "/api/auth/revoke-session"),
];

const FORMS: [(&str, &str); 3] = [
    ("POST", "/signup"),
    ("POST", "/signin"),
    ("POST", "/dashboard"),
];

const LIMIT: usize = 64 * 1024;

/// Texts that RFC 8259 does not call JSON, one a line, the empty one and white
/// space first.
const MALFORMED: &str = r#"
  
{
}
[
{]
{"email"}
{"email":}
{"email" "a"}
{'email':'a'}
{email:"a"}
{"email":"a",}
{,}
{"email":"a"} x
{"email":"a"}]
{}{}
{} {}
[1
[1,]
[] x
"open
"a" "b"
1 2
01
+1
.5
1.
0x10
nul
nulll
NULL
True
undefined
NaN
Infinity
{"email":NaN}
{"email":-}
{/* comment */}
// {}
email=a&password=b
<xml/>
{"email":"\x41"}
{"email":"\u12"}"#;

fn malformed() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = MALFORMED
        .lines()
        .map(|line| line.as_bytes().to_vec())
        .collect();
    assert_eq!(
        (all[0].as_slice(), all[1].as_slice()),
        (&b""[..], &b"  "[..])
    );
    // A surrogate without its other half stands for no character.
    all.extend(
        [
            "\\ud800",
            "\\udc00",
            "\\ud800\\ud800",
            "\\udead",
            "a\\ud83d!",
        ]
        .map(|half| {
            format!(r#"{{"email":"{half}","password":"{half}","name":"{half}"}}"#).into_bytes()
        }),
    );
    all.extend([
        b"\0".to_vec(),
        "\u{feff}\u{feff}{}".into(),
        "\u{feff}".into(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"\xfe\xff\0{\0}".to_vec(),
        b"{\"email\":\"a\nb\",\"name\":\"a\nb\"}".to_vec(),
        b"{\"email\":\"a\tb\",\"name\":\"a\tb\"}".to_vec(),
        b"{\"email\":\"\xff\"}".to_vec(),
        b"{\"email\":\"\xc3\x28\"}".to_vec(),
        b"{\"name\":\"\xed\xa0\x80\"}".to_vec(),
        b"{\"\xff\":1}".to_vec(),
        // Also where nobody reads it: JSON is UTF-8 as a whole (RFC 8259, section 8.1).
        b"{\"unknown\":\"\xff\"}".to_vec(),
        "{}".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        vec![b'['; 60_000],
        "{\"a\":".repeat(10_000).into_bytes(),
    ]);
    all
}

on_both_engines! {
    async fn a_body_that_is_no_json_is_malformed_wherever_one_is_read(app) {
        let ann = app.account("ann@example.com").await;
        let expected = app.post("/api/v1/auth/signin").raw_json("{").await.bytes();
        let mut wrong = Vec::new();
        for (method, path) in ROUTES {
            let path = if path == "own account" { ann.path() } else { path.to_owned() };
            for body in malformed() {
                let answer = app.request(method, &path).bearer(&ann.token).raw_json(body.clone()).await;
                if answer.bytes() != expected {
                    let start: String = String::from_utf8_lossy(&body).chars().take(40).collect();
                    wrong.push(format!("{method} {path} {start:?}: {:?}", answer.verdict()));
                }
            }
        }
        assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
    }

    async fn a_key_that_is_there_twice_is_as_ambiguous_as_bad_syntax(app) {
        for body in [
            r#"{"email":"ann@example.com","email":"bob@example.com","password":"x"}"#,
            r#"{"email":"ann@example.com","password":"x","password":"x"}"#,
            r#"{"email":"ann@example.com","\u0065mail":"bob@example.com","password":"x"}"#,
            r#"{"email":null,"email":"bob@example.com","password":"x"}"#,
        ] {
            let answer = app.post("/api/v1/auth/signin").raw_json(body).await;
            assert_eq!(answer.verdict(), (400, "malformed_json".to_owned()), "{body}");
        }
    }

    async fn json_that_is_no_object_is_told_so(app) {
        let ann = app.account("ann@example.com").await;
        for body in ["[]", "[{}]", "\"text\"", "1", "-1.5e3", "true", "false", "null", " [ ] ",
                     r#"["ann@example.com","marble otter 9 quilt","Ann"]"#] {
            for (method, path) in ROUTES {
                let path = if path == "own account" { ann.path() } else { path.to_owned() };
                let answer = app.request(method, &path).bearer(&ann.token).raw_json(body).await;
                assert_eq!(answer.faults(), ["body: object_type"], "{method} {path} {body}");
            }
        }
    }

    async fn depth_costs_nothing(app) {
        let deep = format!("{{\"unknown\":{}1{}}}", "[".repeat(30_000), "]".repeat(30_000));
        let answer = app.post("/api/v1/auth/signin").raw_json(deep).await;
        assert!([400, 422].contains(&answer.status), "{answer}");
        let deep = format!("{{\"email\":{}1{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
        let answer = app.post("/api/v1/auth/signin").raw_json(deep).await;
        assert!([400, 422].contains(&answer.status), "{answer}");
        let large = app.post("/api/v1/auth/signin").raw_json("{\"email\":1e999,\"password\":1}").await;
        assert!([400, 422].contains(&large.status), "{large}");
    }

    async fn white_space_and_escapes_mean_what_they_mean(app) {
        app.account("ann@example.com").await;
        let body = "\r\n\t { \"\\u0065mail\" : \"ann\\u0040example.com\" ,\n\"password\":\"marble\\u0020otter 9 quilt\"} \n";
        assert_eq!(app.post("/api/v1/auth/signin").raw_json(body).await.status, 200);
    }

    async fn a_body_of_exactly_64_kib_is_read_and_one_byte_more_is_not(app) {
        let ann = app.account("ann@example.com").await;
        let padded = |length: usize| {
            let body = json!({"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}).to_string();
            format!("{}{body}", " ".repeat(length - body.len()))
        };
        for (method, path) in ROUTES {
            let path = if path == "own account" { ann.path() } else { path.to_owned() };
            let send = |length| app.request(method, &path).bearer(&ann.token).raw_json(padded(length));
            let expected = send(1_000).await;
            assert!([200, 400].contains(&expected.status), "{expected}");
            assert_eq!(send(LIMIT).await.to_string(), expected.to_string());
            assert_eq!(send(LIMIT + 1).await.verdict(), (413, "body_too_large".to_owned()));
            assert_eq!(send(10 * LIMIT).await.verdict(), (413, "body_too_large".to_owned()));
        }
    }

    async fn json_may_be_named_with_parameters_and_in_any_letter_case(app) {
        app.account("ann@example.com").await;
        let body = json!({"email": "ann@example.com", "password": PASSWORD}).to_string();
        for kind in ["application/json", "APPLICATION/JSON", "application/json;charset=utf-8",
                     "application/json ; charset=UTF-8", "application/json; foo=\"bar\""] {
            let request = app.post("/api/v1/auth/signin").header("content-type", kind);
            assert_eq!(request.raw(body.as_str()).await.status, 200, "{kind}");
        }
    }

    /// RFC 8259, section 8.1: a reader may pass over it.
    async fn byte_order_mark_is_passed_over(app) {
        let ann = app.account("ann@example.com").await;
        let body = |body: &serde_json::Value| format!("\u{feff}{body}");
        let person = json!({"email": "ann@example.com", "password": PASSWORD});
        for path in ["/api/v1/auth/signin", "/api/auth/signin", "/api/auth/sign-in/email"] {
            assert_eq!(app.post(path).raw_json(body(&person)).await.status, 200, "{path}");
        }
        let renamed = app.patch(&ann.path()).bearer(&ann.token).raw_json(body(&json!({"name": "Ann"}))).await;
        assert_eq!(renamed.json()["name"], "Ann");
        for path in ["/signin", "/api/auth/sign-in/email"] {
            let form = app.post(path).form(&[("email", "ann@example.com"), ("password", PASSWORD)]);
            let form = form.raw(format!("\u{feff}email=ann%40example.com&password={}", PASSWORD.replace(' ', "+"))).await;
            assert!([200, 303].contains(&form.status) && form.headers.contains_key("set-cookie"), "{path}\n{form}");
            assert_ne!(form.header("location"), Some("/signin"), "{path}");
        }
    }

    /// RFC 9110, section 15.5.16: what would be read is said in the answer.
    async fn compressed_body_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        let body = json!({"email": "ann@example.com", "password": PASSWORD, "name": "Eve"}).to_string();
        for (method, path) in ROUTES.into_iter().chain(BETTER_AUTH).chain(FORMS) {
            let path = if path == "own account" { ann.path() } else { path.to_owned() };
            for coding in [&["gzip"][..], &["GZIP"], &["br"], &["deflate"], &["zstd"], &["x-gzip"], &["identity, gzip"], &["identity", "gzip"], &["nonsense"]] {
                let request = app.request(method, &path).cookie(&ann.token).header("sec-fetch-site", "same-origin").header("origin", "http://localhost:8000");
                let request = if FORMS.contains(&(method, path.as_str())) { request.form(&[("name", "Eve")]) } else { request.raw_json(body.as_str()) };
                let request = coding.iter().fold(request, |request, coding| request.header("content-encoding", coding));
                let answer = request.await;
                assert_eq!(answer.status, 415, "{method} {path} {coding:?}\n{answer}");
                assert_eq!(answer.header("accept-encoding"), Some("identity"), "{method} {path}");
                assert!(answer.text().contains("without Content-Encoding"), "{answer}");
                assert_eq!(answer.code().to_lowercase(), "unsupported_media_type");
            }
        }
        assert_eq!(app.database.dump().await, before);
        for coding in ["identity", "Identity", ""] {
            let request = app.post("/api/v1/auth/signin").header("content-encoding", coding);
            assert_eq!(request.raw_json(body.as_str()).await.status, 200, "{coding:?}");
        }
    }

    async fn body_in_another_charset_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        let body = json!({"email": "ann@example.com", "password": PASSWORD, "name": "Eve"}).to_string();
        for (method, path) in ROUTES.into_iter().chain(BETTER_AUTH).chain(FORMS) {
            let path = if path == "own account" { ann.path() } else { path.to_owned() };
            let kind = if FORMS.contains(&(method, path.as_str())) { "application/x-www-form-urlencoded" } else { "application/json" };
            for charset in ["utf-16", "\"UTF-16LE\"", "iso-8859-1", "us-ascii", "utf-7", "", "utf-8; charset=utf-16"] {
                let request = app.request(method, &path).cookie(&ann.token).header("sec-fetch-site", "same-origin").header("origin", "http://localhost:8000");
                let answer = request.header("content-type", format!("{kind}; charset={charset}")).raw(body.as_str()).await;
                assert_eq!((answer.status, answer.code().to_lowercase().as_str()), (415, "unsupported_media_type"), "{method} {path} {charset}");
                assert!(answer.text().contains("must be UTF-8"), "{answer}");
                assert_eq!(answer.header("accept-encoding"), None);
            }
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn asvs_3_5_2_a_form_of_a_foreign_page_cannot_reach_a_route(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        let body = json!({"email": "eve@example.com", "password": PASSWORD, "name": "Eve"}).to_string();
        let types: [&[&str]; 14] = [
            &[], &[""], &["text/plain"], &["application/x-www-form-urlencoded"], &["multipart/form-data; boundary=x"],
            &["text/json"], &["application/jsonp"], &["application/problem+json"], &["application/json5"],
            &["text/plain; application/json"], &["text/plain, application/json"], &["application/json, text/plain"],
            &["application/json", "application/json"], &["application/json", "text/plain"],
        ];
        for (method, path) in ROUTES {
            let path = if path == "own account" { ann.path() } else { path.to_owned() };
            for kinds in types {
                let mut request = app.request(method, &path).cookie(&ann.token).raw(body.as_str());
                for kind in kinds {
                    request = request.header("content-type", kind);
                }
                let answer = request.await;
                assert_eq!(answer.verdict(), (415, "unsupported_media_type".to_owned()), "{method} {path} {kinds:?}");
            }
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn what_is_wrong_with_the_caller_is_said_before_what_is_wrong_with_the_body(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        let bad = |path: String| app.patch(&path).raw("nonsense");
        assert_eq!(bad(ann.path()).await.status, 401);
        assert_eq!(bad(bob.path()).bearer(&ann.token).await.status, 403);
        assert_eq!(bad(ann.path()).bearer(&ann.token).await.status, 415);
    }
}
