//! Addresses: which are taken, how they are kept, and which are the same.

use serde_json::json;

use crate::rig::{Answer, PASSWORD, TestApp, fresh_client, on_both_engines};

async fn register(app: &TestApp, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD});
    app.post("/api/v1/auth/register")
        .from(&fresh_client())
        .json(&body)
        .await
}

on_both_engines! {
    async fn an_address_is_kept_as_typed_and_compared_folded(app) {
        for (typed, kept, key) in [
            ("  Ann.Smith+News@Example.COM\t", "Ann.Smith+News@Example.COM", "ann.smith+news@example.com"),
            ("Jo\u{308}rg@Bu\u{308}cher.example", "J\u{f6}rg@B\u{fc}cher.example", "j\u{f6}rg@xn--bcher-kva.example"),
            ("\u{39f}\u{394}\u{39f}\u{3a3}@example.com", "\u{39f}\u{394}\u{39f}\u{3a3}@example.com",
            "\u{3bf}\u{3b4}\u{3bf}\u{3c3}@example.com"),
        ] {
            let answer = register(&app, typed).await;
            assert_eq!(answer.json()["user"]["email"], kept, "{answer}");
            let rows = app.database.texts("select email, email_key from users").await;
            assert_eq!(rows, [[kept, key]]);
            app.database.execute("delete from users").await;
        }
    }

    /// Django CVE-2019-19844: what folds to one address is one account.
    async fn spellings_that_fold_alike_are_one_account_and_no_others(app) {
        let same = [
            ("sam@example.com", "SAM@EXAMPLE.COM"), ("sam@example.com", "\u{17f}am@example.com"),
            ("kim@example.com", "\u{212a}im@example.com"), ("stra\u{df}e@example.com", "STRA\u{1e9e}E@example.com"),
            ("x@stra\u{df}e.example", "x@STRA\u{1e9e}E.example"), ("\u{e9}@example.com", "e\u{301}@example.com"),
            ("a@b\u{fc}cher.example", "A@XN--BCHER-KVA.example"), ("o'neill@example.com", "O'Neill@example.com"),
        ];
        for (one, other) in same {
            assert_eq!(register(&app, one).await.status, 201, "{one}");
            assert_eq!(register(&app, other).await.code(), "registration_refused", "{one} and {other}");
            assert_eq!(app.sign_in(other, PASSWORD).from(&fresh_client()).await.status, 200, "{other}");
            app.database.execute("delete from users").await;
        }
        for (one, other) in [
            ("ann@example.com", "an.n@example.com"), ("ann@example.com", "ann+x@example.com"), ("ann@example.com",
            "ann@example.org"),
            ("ann@example.com", "ann@mail.example.com"), ("mike@example.com", "m\u{131}ke@example.com"),
            ("a@example.com", "\u{430}@example.com"),
            ("\u{fb01}n@example.com", "\u{ff46}in@example.com"), ("jorg@example.com", "j\u{f6}rg@example.com"),
        ] {
            for email in [one, other] {
                let answer = register(&app, email).await;
                assert_eq!(answer.status, 201, "{email}\n{answer}");
            }
            app.database.execute("delete from users").await;
        }
    }

    /// Auth.js GHSA-7rqj-j65f-68wh, `NextAuth` CVE-2022-35924, oauth2-proxy
    /// CVE-2026-40574: what mail programs read in two ways is nobody's address.
    async fn hostile_addresses_are_refused(app) {
        let mut taken = Vec::new();
        for hostile in [
            "a@b@example.com", "a@example.com@evil.example", "a@evil.example,ann@example.com",
            "a@evil.example;ann@example.com",
            "a@evil.example ann@example.com", "a@evil.example\nann@example.com",
            "ann@example.com\r\nBcc: eve@evil.example",
            "ann@example.com%0aBcc:eve@evil.example", "Ann <ann@example.com>", "<ann@example.com>",
            "\"ann\"@example.com",
            "\"ann@example.com\"@evil.example", "\"ann b\"@example.com", "ann(comment)@example.com",
            "ann@example.com(comment)",
            "ann\\@example.com", "ann@[127.0.0.1]", "ann@[IPv6:::1]", "ann@localhost", "ann@example",
            "ann@.example.com",
            "ann@example.com.", "ann@example..com", "ann@-example.com", "ann@example-.com", "ann@exa_mple.com",
            ".ann@example.com",
            "ann.@example.com", "a..n@example.com", "ann@ex ample.com", "ann @example.com", "ann@ example.com",
            "ann\t@example.com",
            "ann\u{ff20}example.com", "ann\u{fe6b}example.com", "ann@example\u{ff0e}com.", "ann\u{200b}@example.com",
            "ann\u{200d}@example.com",
            "\u{202e}ann@example.com", "ann\u{ad}@example.com", "ann\u{feff}@example.com", "ann\0@example.com",
            "ann@example.com\0",
            "ann\u{7f}@example.com", "ann\u{85}@example.com", "ann@xn--.example", "ann@xn--a.example",
            "mailto:ann@example.com", "ann", "@", "",
        ] {
            let signed_in = app.sign_in(hostile, PASSWORD).await;
            assert_eq!(app.database.number("select count(*) from throttle").await, 0, "{hostile:?}");
            let registered = register(&app, hostile).await;
            // The password was estimated, and the client pays for that.
            app.database.execute("delete from throttle").await;
            for answer in [registered, signed_in] {
                if answer.status != 422 || answer.faults() != ["body.email: value_error"] {
                    taken.push(format!("{hostile:?}: {}", answer.status));
                }
            }
        }
        assert!(taken.is_empty(), "{taken:#?}");
        assert_eq!(app.database.users().await, 0);
    }

    async fn usual_and_unusual_addresses_are_taken(app) {
        for email in [
            "a@b.co", "ann@example.com", "ann.smith@mail.example.co.uk", "ann+tag@example.com",
            "o'neill@example.com", "ann_smith@example.com",
            "ann-smith@ex-ample.com", "1234567890@example.com", "!#$%&'*+/=?^_`{|}~-@example.com", "ann@123.example",
            "ann@xn--mnchen-3ya.example",
            "j\u{f6}rg@example.com", "ann@b\u{fc}cher.example", "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{6d4b}\u{8bd5}",
            "\u{3c7}\u{3c1}@example.com",
            "ann@example.museum", "ann@a.b.c.d.e.example",
        ] {
            let answer = register(&app, email).await;
            assert_eq!(answer.status, 201, "{email}\n{answer}");
            let me = app.me(&answer.token()).await;
            assert_eq!(me.json()["email"], email);
        }
    }
}
