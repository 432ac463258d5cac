//! The order in which Better Auth looks at a request: route, body, origin,
//! fields, session, and only then what is asked for.

use hallpass::Signing;
use serde_json::json;

use crate::better_auth::verdict;
use crate::rig::{FRONT_END, PASSWORD, PUBLIC_URL, Request, TestApp, on_both_engines};

const FOREIGN: &str = "https://evil.example.com";

/// A POST by somebody who is signed in.
fn by_cookie(app: &TestApp, path: &str, token: &str) -> Request {
    app.post(path).cookie(token)
}

on_both_engines! {
    async fn what_is_no_route_is_nothing(app) {
        let ann = app.account("ann@example.com").await;
        for (method, path) in [
            ("GET", "/api/auth/nope"), ("POST", "/api/auth/nope"), ("GET", "/api/auth/me"), ("GET", "/api/auth"), ("POST", "/api/auth/"),
            ("POST", "/api/auth/sign-in/email/"), ("POST", "/api/auth/sign-in"), ("GET", "/api/auth/ok/"),
            ("GET", "/api/auth//ok"), ("GET", "/api/auth/OK"), ("GET", "/api/auth/o%6b"), ("POST", "/api/auth/forget-password"),
            ("POST", "/api/auth/change-password"), ("POST", "/api/auth/sign-in/social"), ("GET", "/api/auth/list-accounts"),
            // Another method is another route.
            ("GET", "/api/auth/sign-in/email"), ("PUT", "/api/auth/sign-in/email"), ("GET", "/api/auth/sign-up/email"),
            ("GET", "/api/auth/sign-out"), ("GET", "/api/auth/update-user"), ("POST", "/api/auth/token"), ("POST", "/api/auth/jwks"),
            ("POST", "/api/auth/list-sessions"), ("POST", "/api/auth/ok"), ("DELETE", "/api/auth/get-session"), ("POST", "/api/auth/error"),
        ] {
            let answer = app.request(method, path).bearer(&ann.token).header("origin", FOREIGN).await;
            assert_eq!((answer.status, answer.text(), answer.header("content-type")), (404, "", None), "{method} {path}");
        }
        let preflight = app.request("OPTIONS", "/api/auth/nope").await;
        assert_eq!((preflight.status, preflight.text()), (404, ""));
    }

    async fn a_body_is_read_before_anything_else(app) {
        for path in ["sign-up/email", "sign-in/email", "sign-out", "update-user", "revoke-session", "get-session"] {
            let path = format!("/api/auth/{path}");
            let post = || app.post(&path).header("origin", FOREIGN).cookie("garbage");
            for text in ["{", "", "{\"a\":1} x", "\u{feff}", "\u{feff}\u{feff}{}", "{\"a\":\"\\ud800\"}x", "nul", "{'a':1}"] {
                let answer = post().raw_json(text).await;
                let expected = if text.is_empty() { (403, "INVALID_ORIGIN") } else { (400, "BAD_REQUEST") };
                assert_eq!(verdict(&answer), expected, "{path} {text}");
            }
            let not_utf8 = post().raw_json(b"{\"name\":\"\xff\"}").await;
            assert_eq!(verdict(&not_utf8), (400, "BAD_REQUEST"), "{path}");
            let forms = path.ends_with("/email");
            for kind in ["text/plain", "multipart/form-data", "application/jsonx", "application/x-www-form-urlencoded"] {
                let answer = post().header("content-type", kind).raw("{}").await;
                if forms && kind.ends_with("urlencoded") {
                    assert_eq!(verdict(&answer), (403, "INVALID_ORIGIN"), "{path} {kind}");
                    continue;
                }
                assert_eq!(verdict(&answer), (415, "UNSUPPORTED_MEDIA_TYPE"), "{path} {kind}");
                let allowed = if forms { "application/x-www-form-urlencoded, application/json" } else { "application/json" };
                let said = format!("Content-Type \"{kind}\" is not allowed. Allowed types: {allowed}");
                assert_eq!(answer.json()["message"], said);
            }
            for first in ["application/json", "application/json; charset=utf-8"] {
                let two = post().header("content-type", first).header("content-type", "text/plain");
                assert_eq!(two.raw("{}").await.status, 415, "{path} {first}");
            }
            // What is not there is of no type.
            let empty = post().header("content-type", "text/plain").await;
            assert_eq!(verdict(&empty), (403, "INVALID_ORIGIN"), "{path}");
            let large = post().raw_json("x".repeat(65 * 1024)).await;
            assert_eq!(verdict(&large), (413, "BODY_TOO_LARGE"), "{path}");
        }
    }

    async fn a_foreign_site_is_refused_before_fields_are_looked_at(app) {
        let ann = app.account("ann@example.com").await;
        let before = app.database.dump().await;
        for path in ["sign-up/email", "sign-in/email", "sign-out", "update-user", "revoke-session", "get-session"] {
            let path = format!("/api/auth/{path}");
            let post = || by_cookie(&app, &path, &ann.token).raw_json("[]");
            assert_eq!(verdict(&post().await), (403, "MISSING_OR_NULL_ORIGIN"), "{path}");
            assert_eq!(verdict(&post().header("origin", "null").await), (403, "MISSING_OR_NULL_ORIGIN"), "{path}");
            assert_eq!(verdict(&post().header("origin", FOREIGN).await), (403, "INVALID_ORIGIN"), "{path}");
            assert_eq!(verdict(&post().header("referer", FOREIGN).await), (403, "INVALID_ORIGIN"), "{path}");
            let two = post().header("origin", PUBLIC_URL).header("origin", FOREIGN).await;
            assert_eq!(verdict(&two), (403, "INVALID_ORIGIN"), "{path}");
            for ours in [PUBLIC_URL, FRONT_END] {
                let answer = post().header("origin", ours).await;
                assert_ne!(answer.status, 403, "{path} {ours}");
            }
            // Somebody else's cookie is a cookie.
            let stranger = app.post(&path).header("cookie", "theme=dark").raw_json("{}").await;
            assert_eq!(verdict(&stranger), (403, "MISSING_OR_NULL_ORIGIN"), "{path}");
        }
        assert_eq!(app.database.dump().await, before);
    }

    async fn a_redirect_elsewhere_is_refused_before_fields_are_looked_at(app) {
        for (member, code_of_it) in [
            ("callbackURL", "INVALID_CALLBACK_URL"), ("redirectTo", "INVALID_REDIRECT_URL"),
            ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"), ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"),
        ] {
            for path in ["sign-up/email", "sign-in/email", "sign-out", "update-user", "revoke-sessions"] {
                let path = format!("/api/auth/{path}");
                for url in ["https://evil.example.com/x", "//evil.example.com", "/\\evil.example.com", "javascript:alert(1)"] {
                    let answer = app.post(&path).json(&json!({ member: url })).await;
                    assert_eq!(verdict(&answer), (403, code_of_it), "{path} {member} {url}");
                }
                let answer = app.post(&path).json(&json!({ member: 1 })).await;
                assert_eq!((answer.status, answer.json().get("code").is_none()), (400, true), "{path} {member}");
                let answer = app.post(&path).json(&json!({ member: "/dash" })).await;
                assert_ne!(answer.status, 403, "{path} {member}");
            }
        }
        let queried = app.post("/api/auth/sign-in/email?callbackURL=https://evil.example.com").raw_json("{}").await;
        assert_eq!(verdict(&queried), (403, "INVALID_CALLBACK_URL"));
    }

    /// What was checked is what is sent: as a browser reads it, in ASCII.
    async fn target_is_sent_as_it_was_checked(app) {
        let ann = app.account("ann@example.com").await;
        let app = app.with(|settings| settings.rate_limit = false);
        for (typed, sent) in [
            ("/dash?a=b#c", "/dash?a=b#c"),
            ("/caf\u{e9}?\u{fc}#\u{e4}", "/caf%C3%A9?%C3%BC#%C3%A4"),
            ("/a/../b/./c", "/b/c"),
            ("/a b\"<>", "/a%20b%22%3C%3E"),
            ("/dash ", "/dash"),
            ("http://localhost:8000", "http://localhost:8000/"),
            ("HTTP://LOCALHOST:8000/x", "http://localhost:8000/x"),
            ("http://localhost:8000/../x", "http://localhost:8000/x"),
            ("http://\u{ff4c}ocalhost:3000/x", "http://localhost:3000/x"),
            ("http://localhost:3000/\u{e9}#token=x", "http://localhost:3000/%C3%A9#token=x"),
            ("http://localhost:3000/?next=//evil.example", "http://localhost:3000/?next=//evil.example"),
        ] {
            let json = json!({"email": ann.email, "password": PASSWORD, "callbackURL": typed});
            let form = [("email", ann.email.as_str()), ("password", PASSWORD), ("callbackURL", typed)];
            for request in [app.post("/api/auth/sign-in/email").json(&json), app.post("/api/auth/sign-in/email").form(&form)] {
                let answer = request.await;
                assert_eq!(answer.header("location"), Some(sent), "{typed}");
                assert_eq!(answer.json()["url"], sent, "{typed}");
            }
        }
    }

    async fn target_that_misleads_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let long = format!("/{}", "a".repeat(5000));
        let long_url = format!("http://localhost:8000/{}", "\u{e9}".repeat(500));
        for url in [
            "http://localhost:8000\\@evil.example", "http://localhost:8000/\t//evil.example", "http://localhost:8000/\\evil.example",
            "http://localhost:8000\t/x", "ht\ttp://localhost:8000/x", "http://local\nhost:8000/x", "http:\\\\localhost:8000/x",
            "http://localhost:8000//evil.example", "http://localhost:8000/.//evil.example", "http://localhost:8000/..//evil.example",
            "http://localhost:8000/%2fevil.example", "http://localhost:8000/%5Cevil.example", "http://localhost:8000/a/%2e%2e//evil.example",
            "http:localhost:8000/x", "http:/localhost:8000/x", "http:///localhost:8000/x", " http://localhost:8000/x", "http://user@localhost:8000/x", "http://:pw@localhost:8000/x",
            "http://localhost:8000@evil.example/", "http://localhost.:8000/x", "http://localhost:8001/x", "http://localhost/x", "https://localhost:8000/x",
            "http://localhost:3000.evil.example/", "//localhost:3000/x", "//localhost:8000/x", "/\\localhost:8000/x", "/..//evil.example", "/%5cevil.example",
            "/\t/evil.example", "http:evil.example", "https:evil.example", "javascript://localhost:8000/%0aalert(1)", "javascript:alert(1)",
            "blob:http://localhost:8000/x", "view-source:http://localhost:8000/", "ftp://localhost:8000/", "ws://localhost:8000/", "dash", "?x", "#x",
            &long, &long_url,
        ] {
            for (member, code_of_it) in [
                ("callbackURL", "INVALID_CALLBACK_URL"), ("redirectTo", "INVALID_REDIRECT_URL"),
                ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"), ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"),
            ] {
                let body = json!({"email": ann.email, "password": PASSWORD, member: url});
                let answer = app.post("/api/auth/sign-in/email").json(&body).await;
                assert_eq!(verdict(&answer), (403, code_of_it), "{member} {url:?}");
                assert_eq!((answer.header("location"), answer.header("set-cookie")), (None, None));
            }
        }
    }

    async fn fields_are_looked_at_before_sessions(app) {
        let said = async |path: &str, body: &str| {
            let answer = app.post(&format!("/api/auth/{path}")).raw_json(body).await;
            assert_eq!(verdict(&answer), (400, "VALIDATION_ERROR"), "{answer}");
            answer.json()["message"].as_str().unwrap().to_owned()
        };
        assert_eq!(said("update-user", "").await, "[body] Invalid input: expected record, received undefined");
        assert_eq!(said("update-user", "\"x\"").await, "[body] Invalid input: expected record, received string");
        assert_eq!(said("sign-in/email", "").await, "[body] Invalid input: expected object, received undefined");
        for (body, kind) in [("null", "null"), ("[]", "array"), ("1.5", "number"), ("true", "boolean"), ("\"{}\"", "string")] {
            assert_eq!(said("sign-in/email", body).await, format!("[body] Invalid input: expected object, received {kind}"));
        }
        assert_eq!(
            said("sign-in/email", "{\"password\":{},\"rememberMe\":\"no\",\"callbackURL\":null}").await,
            "[body.email] Invalid input: expected string, received undefined; [body.password] Invalid input: expected string, received object; \
             [body.callbackURL] Invalid input: expected string, received null; [body.rememberMe] Invalid input: expected boolean, received string"
        );
        assert_eq!(
            said("sign-up/email", "{\"email\":\"x\",\"password\":\"\",\"image\":1}").await,
            "[body.name] Invalid input: expected string, received undefined; [body.email] Invalid email address; \
             [body.password] Too small: expected string to have >=1 characters; [body.image] Invalid input: expected string, received number"
        );
    }

    async fn signing_in_by_a_foreign_site_is_refused_without_a_cookie_too(app) {
        let ann = app.account("ann@example.com").await;
        let typed = json!({"name": "", "email": "bob@example.com", "password": PASSWORD});
        let known = json!({"email": ann.email, "password": PASSWORD});
        for (path, body) in [("/api/auth/sign-up/email", &typed), ("/api/auth/sign-in/email", &known)] {
            let post = || app.post(path).json(body);
            assert_eq!(verdict(&post().header("origin", FOREIGN).await), (403, "INVALID_ORIGIN"), "{path}");
            assert_eq!(verdict(&post().header("referer", FOREIGN).await), (403, "INVALID_ORIGIN"), "{path}");
            let hidden = post().header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "no-cors").await;
            assert_eq!(verdict(&hidden), (403, "MISSING_OR_NULL_ORIGIN"), "{path}");
            let navigation = post().header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate").header("origin", PUBLIC_URL).await;
            assert_eq!(verdict(&navigation), (403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"), "{path}");
        }
        assert_eq!(app.database.users().await, 1);
        // Fields come first, as upstream.
        let fields = app.post("/api/auth/sign-in/email").header("origin", FOREIGN).raw_json("{}").await;
        assert_eq!(verdict(&fields), (400, "VALIDATION_ERROR"));
        // No browser is speaking, or our own page is.
        assert_eq!(app.post("/api/auth/sign-in/email").json(&known).await.status, 200);
        let own = app.post("/api/auth/sign-in/email").header("sec-fetch-site", "same-origin").header("origin", "null");
        assert_eq!(own.json(&known).await.status, 200);
    }

    async fn keys_are_published_under_better_auths_name_too(app) {
        assert_eq!(app.get("/api/auth/jwks").await.json(), json!({"keys": []}));
        let app = app.with(|settings| settings.signing = Signing::EdDsa);
        app.hallpass.prepare_signing().await.unwrap();
        let keys = app.get("/api/auth/jwks").await;
        assert_eq!(keys.json()["keys"][0]["crv"], "Ed25519", "{keys}");
        assert_eq!(keys.bytes(), app.get("/.well-known/jwks.json").await.bytes());
    }
}
