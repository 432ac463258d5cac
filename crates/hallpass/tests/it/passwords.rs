//! Which passwords are taken, and what counts as the same one.

use serde_json::json;

use crate::rig::{Answer, CHEAP_BCRYPT, TestApp, fresh_client, on_both_engines};

async fn register(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    app.post("/api/v1/auth/register")
        .from(&fresh_client())
        .json(&body)
        .await
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> u16 {
    app.database.execute("delete from throttle").await;
    app.sign_in(email, password).await.status
}

/// The one sentence that a refused password is given.
fn reason(answer: &Answer) -> String {
    let items = answer.json()["detail"].take();
    assert_eq!(items.as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(items[0]["loc"], json!(["body", "password"]));
    items[0]["msg"].as_str().unwrap().to_owned()
}

on_both_engines! {
    async fn the_same_characters_typed_on_two_keyboards_are_one_password(app) {
        let composed = "caf\u{e9} \u{c5}ngstr\u{f6}m 9";
        let decomposed = "cafe\u{301} A\u{30a}ngstro\u{308}m 9";
        register(&app, "ann@example.com", composed).await;
        register(&app, "bob@example.com", decomposed).await;
        for email in ["ann@example.com", "bob@example.com"] {
            for password in [composed, decomposed, "cafe\u{301} \u{212b}ngstr\u{f6}m 9"] {
                assert_eq!(sign_in(&app, email, password).await, 200, "{email} {password:?}");
            }
        }
    }

    async fn asvs_6_2_8_nothing_else_about_a_password_is_forgiven(app) {
        let password = " Marble \u{fb01}ne otter 9\u{2460} ";
        assert_eq!(register(&app, "ann@example.com", password).await.status, 201);
        assert_eq!(sign_in(&app, "ann@example.com", password).await, 200);
        for other in [
            "Marble \u{fb01}ne otter 9\u{2460}", " Marble \u{fb01}ne otter 9\u{2460}",
            " marble \u{fb01}ne otter 9\u{2460} ",
            " Marble fine otter 9\u{2460} ", " Marble \u{fb01}ne otter 91 ", " Marble  \u{fb01}ne otter 9\u{2460} ",
            " Marble \u{fb01}ne otter 9\u{2460}  ", " Marble\u{a0}\u{fb01}ne otter 9\u{2460} ",
            " Marble \u{fb01}ne otter 9\u{2460} \0",
            "\u{feff} Marble \u{fb01}ne otter 9\u{2460} ", " MARBLE \u{fb01}NE OTTER 9\u{2460} ",
        ] {
            assert_eq!(sign_in(&app, "ann@example.com", other).await, 401, "{other:?}");
        }
    }

    async fn asvs_6_2_1_length_is_counted_in_code_points_after_normalising(app) {
        let seven = "\u{1f9a6}\u{1f9f5}\u{1f4a1}\u{1f511}\u{1f30d}\u{1f6f0}\u{1f98a}";
        let refused = register(&app, "ann@example.com", seven).await;
        assert_eq!(reason(&refused), "The password must have at least 8 characters.");
        // 7 characters, typed as 11 code points.
        let seven_typed_as_eleven = "e\u{301}o\u{308}u\u{308}a\u{30a}qz7";
        let refused = register(&app, "ann@example.com", seven_typed_as_eleven).await;
        assert_eq!(reason(&refused), "The password must have at least 8 characters.");
        assert_eq!(register(&app, "ann@example.com", &format!("{seven}\u{1f427}")).await.status, 201);
        let longest = "\u{e9}\u{f6}q9-\u{1f9a6}x ".repeat(16);
        assert_eq!(longest.chars().count(), 128);
        assert_eq!(register(&app, "bob@example.com", &longest).await.status, 201);
        let typed_longer: String = longest.replace('\u{e9}', "e\u{301}");
        assert_eq!(sign_in(&app, "bob@example.com", &typed_longer).await, 200);
        let refused = register(&app, "eve@example.com", &format!("{longest}x")).await;
        assert_eq!(reason(&refused), "The password must have at most 128 characters.");
    }

    async fn asvs_6_2_9_a_long_password_is_never_cut(app) {
        let longest = "kq7 vz2 ".repeat(16);
        register(&app, "ann@example.com", &longest).await;
        assert_eq!(sign_in(&app, "ann@example.com", &longest).await, 200);
        for kept in [127, 72, 64, 8] {
            assert_eq!(sign_in(&app, "ann@example.com", &longest[..kept]).await, 401, "{kept}");
        }
        let last_differs = format!("{}x", &longest[..127]);
        assert_eq!(sign_in(&app, "ann@example.com", &last_differs).await, 401);
    }

    async fn asvs_6_2_5_every_script_and_no_composition_rule(app) {
        for (at, password) in [
            "aqjzwkxv", "73915284", "        q7z", "\u{5e1}\u{5d9}\u{5e1}\u{5de}\u{5d4}\u{5e9}\u{5dc}\u{5d9}!",
            "\u{43c}\u{43e}\u{439} \u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}9",
            "\u{5bc6}\u{7801}\u{597d}\u{957f}\u{4f46}\u{662f}\u{4e0d}\u{5e38}\u{89c1}",
            "\u{1f600}\u{1f9a6}\u{1f9f5}\u{1f4a1}\u{1f511}\u{1f30d}\u{1f6f0}\u{1f98a}", "'; drop table users;--",
            "{\"a\":\"b\\n\"}", "<b>&amp;</b>%00",
            "tab\tand\nline end 7", "\u{200d}\u{200b}joiner 7 q", "\u{202e}backwards 7",
        ].into_iter().enumerate() {
            let email = format!("q{at}@example.com");
            let answer = register(&app, &email, password).await;
            assert_eq!(answer.status, 201, "{password:?}\n{answer}");
            assert_eq!(sign_in(&app, &email, password).await, 200, "{password:?}");
        }
    }

    async fn asvs_6_2_4_common_passwords_are_refused_with_the_reason(app) {
        for common in [
            "password", "12345678", "123456789", "qwertyuiop", "iloveyou", "sunshine", "princess", "football",
            "baseball",
            "trustno1", "superman", "Password", "PASSWORD", "P@ssw0rd", "Passw0rd1", "aaaaaaaa", "abcdefgh", "11111111",
            "passwordpassword", "qwerty123", "letmein1", "welcome1", "password1!", "19871987",
        ] {
            let refused = register(&app, "ann@example.com", common).await;
            assert_eq!(refused.status, 422, "{common}\n{refused}");
            assert_eq!(
                reason(&refused),
                "The password is too common or too easy to guess. Choose another, for example a few unrelated words.",
                "{common}"
            );
        }
        assert_eq!(app.database.users().await, 0);
    }

    async fn asvs_2_2_3_a_password_that_holds_the_address_is_refused_with_the_reason(app) {
        let sentence = "The password must not contain the part of the email address before the @.";
        for (email, password) in [
            ("Margarethe@example.com", "xx-mARGAREthe-7-zz"),
            ("margarethe@example.com", "margarethe"),
            ("margarethe@example.com", "margarethe@example.com"),
            ("j\u{f6}rgen@example.com", "q7-JO\u{308}RGEN-z2"),
            ("bob@example.com", "thingamaBOB 7 q"),
        ] {
            assert_eq!(reason(&register(&app, email, password).await), sentence, "{email} {password}");
        }
        // Two letters stand in most passwords by chance.
        assert_eq!(register(&app, "qu@example.com", "marble otter 9 quilt").await.status, 201);
    }

    async fn asvs_6_2_11_names_of_ours_are_common(app) {
        for word in ["hallpass", "hallpass1", "Hallpass!", "localhost8000"] {
            let refused = register(&app, "ann@example.com", word).await;
            assert_eq!(refused.faults(), ["body.password: password_common"], "{word}");
        }
    }

    async fn asvs_6_2_10_a_password_does_not_grow_old(app) {
        register(&app, "ann@example.com", "marble otter 9 quilt").await;
        app.advance(10 * 365 * 24 * 3600);
        assert_eq!(sign_in(&app, "ann@example.com", "marble otter 9 quilt").await, 200);
    }

    async fn with_bcrypt_72_bytes_are_taken_and_73_are_refused_with_the_reason(app) {
        let app = app.with(|settings| settings.password_hash = CHEAP_BCRYPT);
        let sentence = "The password must have at most 72 bytes, of which letters outside ASCII take two to four, \
                        and no NUL character.";
        let longest = "kq7-vz2.".repeat(9);
        assert_eq!(register(&app, "ann@example.com", &longest).await.status, 201);
        assert_eq!(sign_in(&app, "ann@example.com", &longest).await, 200);
        for other in [format!("{longest}x"), longest[..71].to_owned(), format!("{}x", &longest[..71]),
            format!("{longest}\0")] {
            assert_eq!(sign_in(&app, "ann@example.com", &other).await, 401, "{other}");
        }
        assert_eq!(reason(&register(&app, "bob@example.com", &format!("{longest}x")).await), sentence);
        let wide = "\u{5bc6}\u{7801}\u{597d}\u{957f}\u{4f46}\u{662f}\u{4e0d}\u{5e38}".repeat(3);
        assert_eq!(wide.len(), 72);
        assert_eq!(register(&app, "bob@example.com", &wide).await.status, 201);
        assert_eq!(reason(&register(&app, "eve@example.com", &format!("{wide}\u{5e38}")).await), sentence);
    }

    /// bcrypt reads a NUL as the end, so it cannot take the whole password.
    async fn with_bcrypt_a_nul_is_refused_and_no_fault(app) {
        let app = app.with(|settings| settings.password_hash = CHEAP_BCRYPT);
        let refused = register(&app, "ann@example.com", "marble otter\0 9 quilt").await;
        assert_eq!(refused.status, 422, "{refused}");
        register(&app, "bob@example.com", "marble otter 9 quilt").await;
        assert_eq!(sign_in(&app, "bob@example.com", "marble otter 9 quilt\0").await, 401);
        assert_eq!(sign_in(&app, "bob@example.com", "marble otter 9 quilt\0marble otter 9 quilt").await, 401);
    }
}
