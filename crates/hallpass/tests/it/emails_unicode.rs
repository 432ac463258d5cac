//! Addresses outside ASCII: which are accepted (RFC 6531, UTS #46), which are
//! the same one, and which hold characters that a reader cannot see.

use serde_json::json;

use crate::rig::{Answer, PASSWORD, TestApp, fresh_client, on_both_engines};

async fn register(app: &TestApp, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD});
    app.post("/api/v1/auth/register")
        .from(&fresh_client())
        .json(&body)
        .await
}

async fn sign_in(app: &TestApp, email: &str) -> Answer {
    app.sign_in(email, PASSWORD).from(&fresh_client()).await
}

/// What the answer says about the address.
fn reason(answer: &Answer) -> String {
    let reason = answer.json()["detail"][0]["msg"]
        .as_str()
        .map(str::to_owned);
    reason.unwrap_or_else(|| answer.to_string())
}

/// Written by the version before, which folded `ß` into `ss`.
async fn keep_under(app: &TestApp, key: &str) {
    let set = format!("update users set email_key = '{key}'");
    app.database.execute(&set).await;
}

const INTERNATIONAL: &[&str] = &[
    // Devanagari, Tamil, Bengali, Thai, Lao, Khmer, Burmese, Tibetan.
    "नमस्ते@example.com",
    "தமிழ்@example.com",
    "বাংলা@example.com",
    "ที่อยู่@example.com",
    "ທີ່ຢູ່@example.com",
    "ភាសាខ្មែរ@example.com",
    "မြန်မာ@example.com",
    "བོད་ཡིག@example.com",
    // Sinhala and Malayalam with a joiner after a virama, Persian with a non-joiner.
    "ශ්\u{200d}රී@example.com",
    "ന്\u{200d}@example.com",
    "می\u{200c}خواهم@example.com",
    // Hebrew with points and with gershayim, Arabic with vowel signs.
    "שָׁלוֹם@example.com",
    "צה\u{5f4}ל@example.com",
    "مُحَمَّد@example.com",
    "한국어@example.com",
    "用户@例子.广告",
    "ユーザー・名@例え.jp",
    "col·lecció@example.cat",
    "e\u{301}\u{323}x\u{302}@example.com",
    "नमस्ते.தமிழ்+tag@example.com",
    "info@नमस्ते.example",
    "info@xn--h2bhs4b8d8a.example",
    "info@क्\u{200d}ष.example",
    "info@مثال.إختبار",
    "info@דוגמה.ישראל",
    "info@한국.kr",
    "info@例子。广告",
    "info@xn--ls8h.la",
    "info@\u{1f4a9}.la",
];

on_both_engines! {
    async fn international_address_is_accepted(app) {
        let mut refused = Vec::new();
        for email in INTERNATIONAL {
            let answer = register(&app, email).await;
            if answer.status != 201 {
                refused.push(format!("{email}: {}", answer.text()));
                continue;
            }
            assert_eq!(sign_in(&app, email).await.status, 200, "{email}");
            app.database.execute("delete from users").await;
        }
        assert!(refused.is_empty(), "{refused:#?}");
    }

    async fn local_part_has_64_octets_at_most(app) {
        let longest = "\u{0928}".repeat(21);
        assert_eq!(register(&app, &format!("{longest}a@example.com")).await.status, 201);
        let answer = register(&app, &format!("{longest}aa@example.com")).await;
        assert_eq!(answer.faults(), ["body.email: value_error"]);
        assert!(reason(&answer).contains("at most 64 bytes"), "{answer}");
    }

    async fn punycode_domain_is_the_same_account(app) {
        for (unicode, ascii) in [
            ("info@नमस्ते.example", "info@xn--h2bhs4b8d8a.example"),
            ("info@例子。广告", "INFO@XN--FSQU00A.XN--4RR70V"),
            ("info@BÜCHER.example", "info@xn--bcher-kva.example"),
            ("info@\u{1f4a9}.la", "info@xn--ls8h.la"),
        ] {
            assert_eq!(register(&app, unicode).await.status, 201, "{unicode}");
            assert_eq!(register(&app, ascii).await.code(), "registration_refused", "{ascii}");
            assert_eq!(sign_in(&app, ascii).await.status, 200, "{ascii}");
            app.database.execute("delete from users").await;
        }
    }

    async fn letter_case_alone_is_one_account(app) {
        for (one, other) in [
            ("stra\u{df}e@example.com", "STRA\u{1e9e}E@example.com"),
            ("\u{3c3}\u{3c2}@example.com", "\u{3a3}\u{3a3}@example.com"),
            ("\u{3c3}\u{3c2}@example.com", "\u{3c3}\u{3c3}@example.com"),
            ("\u{1f0}@example.com", "J\u{30c}@example.com"),
            ("\u{390}@example.com", "\u{399}\u{308}\u{301}@example.com"),
            ("\u{1fb3}@example.com", "\u{1fbc}@example.com"),
            ("\u{130}brah\u{130}m@example.com", "i\u{307}brahi\u{307}m@example.com"),
            ("\u{1c5}@example.com", "\u{1c6}@example.com"),
            ("\u{ff21}nn@example.com", "\u{ff41}NN@example.com"),
            ("\u{10d0}@example.com", "\u{1c90}@example.com"),
            ("\u{13a0}@example.com", "\u{ab70}@example.com"),
            ("\u{10400}@example.com", "\u{10428}@example.com"),
            ("\u{212b}@example.com", "a\u{30a}@example.com"),
            ("\u{2126}@example.com", "\u{3c9}@example.com"),
        ] {
            assert_eq!(register(&app, one).await.status, 201, "{one}");
            assert_eq!(register(&app, other).await.code(), "registration_refused", "{one} and {other}");
            assert_eq!(sign_in(&app, other).await.status, 200, "{other}");
            app.database.execute("delete from users").await;
        }
    }

    async fn different_letters_are_two_accounts(app) {
        for (one, other) in [
            ("strasse@example.com", "stra\u{df}e@example.com"),
            ("STRASSE@example.com", "STRA\u{1e9e}E@example.com"),
            ("fix@example.com", "\u{fb01}x@example.com"),
            ("FIX@example.com", "\u{fb01}X@example.com"),
            ("stop@example.com", "\u{fb06}op@example.com"),
            ("n@example.com", "\u{149}@example.com"),
            ("\u{565}\u{582}@example.com", "\u{587}@example.com"),
            ("\u{3b1}\u{3b9}@example.com", "\u{1fb3}@example.com"),
            ("mike@example.com", "m\u{131}ke@example.com"),
            ("mike@example.com", "m\u{130}ke@example.com"),
            ("m\u{131}ke@example.com", "m\u{130}ke@example.com"),
            ("ann@example.com", "\u{ff41}nn@example.com"),
            ("ij@example.com", "\u{133}@example.com"),
            ("dz@example.com", "\u{1c6}@example.com"),
        ] {
            for email in [one, other] {
                let answer = register(&app, email).await;
                assert_eq!(answer.status, 201, "{email}\n{answer}");
            }
            app.database.execute("delete from users").await;
        }
    }

    async fn account_under_earlier_key_is_found(app) {
        let user = app.account("stra\u{df}e@example.com").await;
        keep_under(&app, "strasse@example.com").await;
        for email in ["stra\u{df}e@example.com", "STRA\u{1e9e}E@example.com"] {
            assert_eq!(sign_in(&app, email).await.status, 200, "{email}");
            assert_eq!(register(&app, email).await.code(), "registration_refused", "{email}");
            keep_under(&app, "strasse@example.com").await;
            let email = hallpass::EmailAddress::parse(email).unwrap();
            let found = app.hallpass.find_user_by_email(&email).await.unwrap().unwrap();
            assert_eq!(found.id.to_string(), user.id);
        }
        assert_eq!(sign_in(&app, "strasse@example.com").await.code(), "invalid_credentials");
        let other = hallpass::EmailAddress::parse("strasse@example.com").unwrap();
        assert!(app.hallpass.find_user_by_email(&other).await.unwrap().is_none());
    }

    async fn earlier_key_makes_way_for_owner(app) {
        let old = app.account("stra\u{df}e@example.com").await;
        keep_under(&app, "strasse@example.com").await;
        let new = app.account("strasse@example.com").await;
        assert_ne!(old.id, new.id);
        for (email, id) in [("Stra\u{df}e@example.com", &old.id), ("STRASSE@example.com", &new.id)] {
            let answer = sign_in(&app, email).await;
            assert_eq!(answer.json()["user"]["id"], **id, "{email}");
            assert_eq!(register(&app, email).await.code(), "registration_refused", "{email}");
        }
        let keys = app.database.texts("select email_key from users order by email_key").await;
        assert_eq!(keys, [["strasse@example.com"], ["stra\u{df}e@example.com"]]);
    }

    async fn pasted_invisible_ends_are_trimmed(app) {
        for around in [
            "\u{feff}", "\u{200b}", "\u{a0}", "\u{2060}", "\u{200e}", "\u{200f}", "\u{ad}", "\t", "\r\n", "\u{3000}",
            "\u{200c}", "\u{200d}", "\u{202a}", "\u{202c}", "\u{2066}", "\u{2069}", "\u{61c}", "\u{fe0f}", "\u{180e}",
            "\u{2028}", "\u{3164}", "\u{115f}", "\u{ffa0}", "\u{2800}", "\u{e0020}", "\u{feff} \u{200b}\u{a0}",
        ] {
            for pasted in [format!("{around}ann@example.com"), format!("ann@example.com{around}")] {
                let answer = register(&app, &pasted).await;
                assert_eq!(answer.status, 201, "{pasted:?}\n{answer}");
                assert_eq!(answer.json()["user"]["email"], "ann@example.com", "{pasted:?}");
                assert_eq!(sign_in(&app, &pasted).await.status, 200, "{pasted:?}");
                app.database.execute("delete from users").await;
            }
        }
    }

    async fn invisible_character_inside_is_refused(app) {
        for inside in [
            '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{ad}', '\u{34f}', '\u{61c}', '\u{115f}',
            '\u{1160}', '\u{17b4}', '\u{180b}', '\u{180e}', '\u{202a}', '\u{202d}', '\u{202e}', '\u{2060}', '\u{2064}',
            '\u{2066}', '\u{2069}', '\u{2800}', '\u{3164}', '\u{fe00}', '\u{fe0f}', '\u{feff}', '\u{ffa0}', '\u{fff9}',
            '\u{1bca0}', '\u{1d159}', '\u{1d173}', '\u{16fe4}', '\u{e0001}', '\u{e0041}', '\u{e0100}', '\0', '\u{7f}',
            '\u{85}',
        ] {
            for email in [
                format!("an{inside}n@example.com"), format!("ann{inside}@example.com"), format!("{inside}x@example.com"),
                format!("ann@ex{inside}ample.com"), format!("ann@{inside}example.com"), format!("ann@example{inside}.com"),
                format!("a.{inside}@example.com"),
            ].iter().filter(|email| !email.starts_with(inside) || "\u{202d}\u{202e}\0\u{7f}".contains(inside)) {
                let answer = register(&app, email).await;
                assert_eq!(answer.faults(), ["body.email: value_error"], "{email:?}\n{answer}");
                assert!(reason(&answer).contains("invisible character"), "{email:?}\n{answer}");
            }
        }
        assert_eq!(app.database.users().await, 0);
    }

    async fn address_of_invisible_letters_is_refused(app) {
        for invisible in [
            "\u{3164}", "\u{115f}", "\u{1160}", "\u{ffa0}", "\u{2800}", "\u{fe0f}", "\u{e0061}", "\u{200d}", "\u{16fe4}",
            "\u{3164}\u{ffa0}",
        ] {
            for email in [format!("{invisible}@example.com"), format!("{invisible}@{invisible}"), invisible.to_owned(),
                format!("a@{invisible}.com")] {
                let answer = register(&app, &email).await;
                assert_eq!(answer.faults(), ["body.email: value_error"], "{email:?}\n{answer}");
            }
        }
        assert_eq!(app.database.users().await, 0);
    }

    async fn marks_and_symbols_are_no_letters(app) {
        for email in [
            "\u{301}ann@example.com", "ann.\u{301}@example.com", "ann@\u{301}.com", "\u{1f600}@example.com",
            "a\u{b7}b@example.com", "a\u{5f4}@example.com", "a\u{30fb}b@example.com", "a\u{20dd}@example.com",
            "ann\u{ff20}evil@example.com", "a\u{37e}b@example.com", "a\u{e000}@example.com", "a\u{ffff}@example.com",
            "a\u{378}@example.com", "a\u{2024}b@example.com",
        ] {
            let answer = register(&app, email).await;
            assert_eq!(answer.faults(), ["body.email: value_error"], "{email:?}\n{answer}");
        }
    }

    async fn refused_address_says_what_is_wrong(app) {
        for (email, words) in [
            ("mailto:ann@example.com", "without a name, brackets or “mailto:”"),
            ("MAILTO:ann@example.com?subject=x", "without a name, brackets or “mailto:”"),
            ("Ann <ann@example.com>", "without a name, brackets or “mailto:”"),
            ("<ann@example.com>", "without a name, brackets or “mailto:”"),
            ("ann smith@example.com", "must not contain spaces"),
            ("ann\u{a0}smith@example.com", "must not contain spaces"),
            ("ann@exam\u{3000}ple.com", "must not contain spaces"),
            ("ann@\u{200b}example.com", "invisible character"),
            ("ann@example", "must have the form name@example.com"),
        ] {
            let answer = register(&app, email).await;
            assert!(reason(&answer).contains(words), "{email:?}\n{answer}");
        }
    }

    async fn invisible_name_is_no_name(app) {
        for name in ["\u{3164}", "\u{200b}\u{200b}", "\u{2800} \u{2800}", "\u{feff}", "\u{e0061}\u{e007f}", "\u{ad}"] {
            let body = json!({"email": "ann@example.com", "password": PASSWORD, "name": name});
            let answer = app.post("/api/v1/auth/register").from(&fresh_client()).json(&body).await;
            assert!(answer.json()["user"]["name"].is_null(), "{name:?}\n{answer}");
            app.database.execute("delete from users").await;
        }
        for name in ["می\u{200c}خواهم", "\u{2764}\u{fe0f}", "\u{1f468}\u{200d}\u{1f469}", "\u{1f3f4}\u{e0067}\u{e007f}", "שלום\u{200f}!"] {
            let body = json!({"email": "ann@example.com", "password": PASSWORD, "name": name});
            let answer = app.post("/api/v1/auth/register").from(&fresh_client()).json(&body).await;
            assert_eq!(answer.json()["user"]["name"], name, "{answer}");
            app.database.execute("delete from users").await;
        }
    }
}
