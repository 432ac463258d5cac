//! Keys and secrets that follow each other: nobody is signed out by it.

use std::time::Duration;

use hallpass::{
    Error, ROTATION_LEAD, Settings, Signing, SigningKey, SigningKeyError, SigningKeyState,
};
use hallpass_verify::Refused;

use crate::forge::Forge;
use crate::rig::{PASSWORD, START, TestApp, on_both_engines, signing_secret};
use crate::signing_keys::{kid, published, rule, verifier, with_keys};

/// How long a server may still sign with the old key after the new one began.
const STRAGGLERS: u64 = 120;

/// How much longer an ended key keeps its private half.
const DAY: u64 = 24 * 3600;

const LEAD: u64 = ROTATION_LEAD.as_secs();

const OLD: &str = "the secret that was used so far, for years";
const NEW: &str = "the secret that takes its place from now on";

async fn sign_in(app: &TestApp) -> String {
    app.sign_in("ann@example.com", PASSWORD).await.token()
}

async fn states(app: &TestApp) -> Vec<SigningKeyState> {
    let keys = app.hallpass.signing_keys().await.unwrap();
    keys.iter().map(|key: &SigningKey| key.state).collect()
}

on_both_engines! {
    async fn a_new_key_is_published_before_it_signs_and_an_old_one_verifies_to_its_last_token(app) {
        let app = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        let old = kid(&ann.token);
        let new = app.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap();
        assert_eq!(states(&app).await, [SigningKeyState::Upcoming, SigningKeyState::Signing]);
        assert!(published(&app).await.contains(&new.id));

        app.advance(LEAD - 1);
        assert_eq!(kid(&sign_in(&app).await), old, "a second before its time");
        app.advance(1);
        let last_of_old = {
            // A server whose ring is older, and whose clock is a second behind.
            let straggler = with_keys(&app);
            straggler.clock.set(hallpass::Timestamp::from_unix_seconds(app.now() - 1));
            let token = sign_in(&straggler).await;
            straggler.clock.advance(Duration::from_secs(1));
            token
        };
        assert_eq!(kid(&last_of_old), old);
        assert_eq!(kid(&sign_in(&app).await), new.id);
        assert_eq!(states(&app).await, [SigningKeyState::Signing, SigningKeyState::Verifying]);

        app.advance(3598);
        assert_eq!(app.me(&last_of_old).await.status, 200, "to its last second");
        app.advance(1 + STRAGGLERS);
        assert!(published(&app).await.contains(&old), "one second before its end");
        app.advance(1);
        assert_eq!(states(&app).await, [SigningKeyState::Signing]);
        assert!(!published(&app).await.contains(&old));
        assert_eq!(rule(&app, &last_of_old).await, Refused::UnknownKey);
    }

    /// ASVS 11.1.1: whoever keeps the published set for as long as it says
    /// knows every key before it signs.
    async fn a_verifier_that_keeps_the_set_knows_every_key_in_time(app) {
        let (signs, publishes) = (with_keys(&app), with_keys(&app));
        signs.account("ann@example.com").await;
        let mut kept = verifier(&publishes).await;
        let mut kids = std::collections::BTreeSet::new();
        for step in 1..=60 {
            app.advance(150);
            if step % 2 == 0 {
                kept = verifier(&publishes).await;
            }
            if step % 7 == 0 {
                signs.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap();
            }
            let token = sign_in(&signs).await;
            kids.insert(kid(&token));
            let verified = kept.verify_at(&token, app.now());
            assert!(verified.is_ok(), "in step {step}: {verified:?}");
        }
        assert_eq!(kids.len(), 8);
    }

    async fn a_key_that_another_server_made_is_known_when_it_is_met(app) {
        let (one, two) = (with_keys(&app), with_keys(&app));
        let ann = one.account("ann@example.com").await;
        assert_eq!(two.me(&ann.token).await.status, 200);
        for _ in 0..5 {
            let key = one.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
            assert_eq!(key.signs_from.since(app.clock.now()), Duration::from_secs(2));
            app.advance(2);
            let token = sign_in(&one).await;
            assert_eq!(kid(&token), key.id);
            assert_eq!(two.me(&token).await.status, 200);
            assert_eq!(two.me(&ann.token).await.status, 200);
        }
    }

    /// Strangers' tokens make the database work once a second and not more.
    async fn unknown_keys_are_looked_for_once_a_second(app) {
        let app = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        let stranger = |number: u32| {
            let header = format!("{{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{number}\"}}");
            let rest = ann.token.split_once('.').unwrap().1;
            format!("{}.{rest}", crate::forge::base64url(header))
        };
        assert_eq!(rule(&app, &stranger(0)).await, Refused::UnknownKey);
        // A database that is gone shows who asks it.
        app.hallpass.close().await;
        for number in 1..1000 {
            assert_eq!(rule(&app, &stranger(number)).await, Refused::UnknownKey);
        }
        app.advance(1);
        assert!(app.hallpass.explain(&stranger(1)).await.is_err(), "now it is asked");
    }

    async fn a_retired_key_is_refused_at_once_here_and_within_a_minute_elsewhere(app) {
        let (one, two) = (with_keys(&app), with_keys(&app));
        let ann = one.account("ann@example.com").await;
        assert_eq!(two.me(&ann.token).await.status, 200);
        let error = one.hallpass.retire_signing_key(&kid(&ann.token)).await.unwrap_err();
        assert!(matches!(error, SigningKeyError::LastOne), "{error}");
        let next = one.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap();
        one.hallpass.retire_signing_key(&kid(&ann.token)).await.unwrap();
        assert_eq!(one.me(&ann.token).await.verdict(), (401, "invalid_token".to_owned()));
        assert_eq!(kid(&sign_in(&one).await), next.id, "the next takes its place at once");
        let halves = "select count(*) from signing_keys where sealed_private_key is null and retired_at is not null";
        assert_eq!(app.database.number(halves).await, 1, "the stolen half is gone");

        app.advance(59);
        assert_eq!(two.me(&ann.token).await.status, 200);
        app.advance(1);
        // It is read beside the first request, so one of the next is refused.
        let mut answers = 0;
        while two.me(&ann.token).await.status == 200 {
            answers += 1;
            assert!(answers < 10_000, "it was never read again");
            tokio::task::yield_now().await;
        }
        let again = one.hallpass.retire_signing_key(&kid(&ann.token)).await.unwrap_err();
        assert!(matches!(again, SigningKeyError::Unknown), "{again}");
    }

    async fn two_rotations_at_once_make_two_keys_or_tell_one_of_the_other(app) {
        let servers: Vec<_> = (0..6).map(|_| with_keys(&app)).collect();
        servers[0].hallpass.prepare_signing().await.unwrap();
        let rotations = servers.iter().map(|one| {
            let hallpass = one.hallpass.clone();
            tokio::spawn(async move { hallpass.rotate_signing_key(ROTATION_LEAD).await })
        });
        let mut made = 0;
        for rotation in rotations.collect::<Vec<_>>() {
            match rotation.await.unwrap() {
                Ok(_) => made += 1,
                Err(error) => assert!(matches!(error, SigningKeyError::Simultaneous), "{error}"),
            }
        }
        assert!(made >= 1);
        assert_eq!(app.database.number("select count(*) from signing_keys").await, made + 1);
        assert_eq!(app.database.number("select count(distinct generation) from signing_keys").await, made + 1);
    }

    async fn ended_keys_lose_their_private_halves_at_a_rotation_a_day_later(app) {
        let app = with_keys(&app);
        app.account("ann@example.com").await;
        app.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
        app.advance(2 + 3600 + STRAGGLERS + DAY - 1);
        app.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap();
        let halves = "select count(*) from signing_keys where sealed_private_key is not null";
        assert_eq!(app.database.number(halves).await, 3, "a second before");
        app.advance(1);
        app.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap();
        let rows = app.database.texts(
            "select cast(generation as text), cast(sealed_private_key is null as text) from signing_keys order by generation",
        ).await;
        let gone: Vec<_> = rows.iter().map(|row| matches!(row[1].as_str(), "1" | "true")).collect();
        assert_eq!(gone, [true, false, false, false]);
    }

    async fn keys_take_over_from_the_secret_without_signing_anybody_out(app) {
        let (by_secret, by_keys) = (app.another(), with_keys(&app));
        by_secret.hallpass.prepare_signing().await.unwrap();
        let ann = by_secret.account("ann@example.com").await;
        app.advance(7 * 24 * 3600);
        let of_before = sign_in(&by_secret).await;
        by_keys.hallpass.prepare_signing().await.unwrap();
        assert_eq!(by_keys.me(&of_before).await.status, 200);
        assert_eq!(by_secret.me(&sign_in(&by_keys).await).await.status, 200, "not switched yet");
        app.advance(15 * 60);
        let last = sign_in(&by_secret).await;
        assert_eq!(by_keys.me(&last).await.status, 200, "of a server that was switched last");
        app.advance(1);
        let too_late = sign_in(&by_secret).await;
        assert_eq!(by_keys.me(&too_late).await.verdict(), (401, "invalid_token".to_owned()));
        // Who still has the secret can date a token back, but not for ever.
        let issued = app.now() - 1;
        app.advance(3599);
        let dated_back = Forge::of(&ann).times(issued, issued + 3600).token();
        assert_eq!(rule(&by_keys, &dated_back).await, Refused::Expired);
        let dated_back = Forge::of(&ann).times(issued + 2, issued + 3602).token();
        assert_eq!(rule(&by_keys, &dated_back).await, Refused::Algorithm);
    }

    async fn fresh_keys_installation_refuses_secret_tokens(app) {
        for signing in [Signing::EdDsa, Signing::Es256, Signing::Rs256] {
            let server = app.with(|settings| settings.signing = signing);
            let ann = server.account(&format!("{signing:?}@example.com")).await;
            let started = server.another();
            started.hallpass.prepare_signing().await.unwrap();
            for server in [&server, &started] {
                for life in [3600, 60] {
                    let forged = Forge::of(&ann).times(app.now() - 1, app.now() - 1 + life).token();
                    assert_eq!(server.me(&forged).await.verdict(), (401, "invalid_token".to_owned()));
                    assert_eq!(rule(server, &forged).await, Refused::Algorithm);
                }
            }
            app.advance(3600);
        }
    }

    /// Nothing has noted a period yet: no server has started, and no user has signed in.
    async fn unprepared_keys_server_refuses_secret_tokens(app) {
        let ann = with_keys(&app).account("ann@example.com").await;
        app.database.execute("delete from signing_eras").await;
        let forged = Forge::of(&ann).token();
        assert_eq!(rule(&with_keys(&app), &forged).await, Refused::Algorithm);
    }

    async fn fresh_secret_installation_refuses_key_tokens(app) {
        app.hallpass.prepare_signing().await.unwrap();
        let ann = app.account("ann@example.com").await;
        let rest = ann.token.split_once('.').unwrap().1;
        for alg in ["EdDSA", "Ed25519", "ES256", "RS256"] {
            let header = format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"k"}}"#);
            let forged = format!("{}.{rest}", crate::forge::base64url(header));
            assert_eq!(app.me(&forged).await.verdict(), (401, "invalid_token".to_owned()), "{alg}");
        }
    }

    async fn window_opens_after_each_secret_period(app) {
        let (by_secret, by_keys) = (app.another(), with_keys(&app));
        by_keys.hallpass.prepare_signing().await.unwrap();
        let ann = by_keys.account("ann@example.com").await;
        let of_secret = |issued| Forge::of(&ann).times(issued, issued + 3600).token();
        assert_eq!(rule(&by_keys, &of_secret(app.now())).await, Refused::Algorithm, "keys came first");
        app.advance(60);
        by_secret.hallpass.prepare_signing().await.unwrap();
        assert_eq!(by_keys.me(&of_secret(app.now())).await.status, 200, "the secret signs");
        app.advance(60);
        by_keys.hallpass.prepare_signing().await.unwrap();
        let switched = app.now();
        assert_eq!(by_keys.me(&of_secret(switched)).await.status, 200);
        app.advance(15 * 60);
        assert_eq!(by_keys.me(&of_secret(app.now())).await.status, 200);
        app.advance(1);
        assert_eq!(rule(&by_keys, &of_secret(app.now())).await, Refused::Algorithm);
        app.advance(3598);
        assert_eq!(by_keys.me(&of_secret(switched + 15 * 60)).await.status, 200, "to its last second");
        app.advance(1);
        assert_eq!(rule(&by_keys, &of_secret(switched + 15 * 60)).await, Refused::Expired);
    }

    /// A clock that was far ahead at the switch opens no window of that length.
    async fn period_of_wrong_clock_opens_no_window(app) {
        let (by_secret, by_keys) = (app.another(), with_keys(&app));
        by_secret.hallpass.prepare_signing().await.unwrap();
        let ann = by_secret.account("ann@example.com").await;
        app.advance(400 * DAY);
        by_keys.hallpass.prepare_signing().await.unwrap();
        app.clock.set(hallpass::Timestamp::from_unix_seconds(START));
        for passed in [0, 24 * 3600, 100 * DAY] {
            app.advance(passed);
            let forged = Forge::of(&ann).times(app.now(), app.now() + 3600).token();
            assert_eq!(rule(&by_keys, &forged).await, Refused::Algorithm);
            assert_eq!(by_keys.me(&sign_in(&by_keys).await).await.status, 200);
        }
    }

    async fn switch_by_clock_ahead_keeps_window(app) {
        let (by_secret, by_keys) = (app.another(), with_keys(&app));
        by_secret.hallpass.prepare_signing().await.unwrap();
        let ann = by_secret.account("ann@example.com").await;
        app.advance(STRAGGLERS);
        by_keys.hallpass.prepare_signing().await.unwrap();
        app.clock.set(hallpass::Timestamp::from_unix_seconds(START));
        assert_eq!(by_keys.me(&ann.token).await.status, 200);
    }

    /// Whichever begins its period last, each takes what the other signs.
    async fn servers_of_both_settings_start_together(app) {
        let servers: Vec<_> = (0..4).flat_map(|_| [app.another(), with_keys(&app)]).collect();
        let starts = servers.iter().map(|one| {
            let hallpass = one.hallpass.clone();
            tokio::spawn(async move { hallpass.prepare_signing().await })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
        let kinds = app.database.number("select count(distinct cast(by_keys as text)) from signing_eras").await;
        assert_eq!(kinds, 2, "both kinds are noted");
        servers[0].account("ann@example.com").await;
        app.advance(1);
        for (signs, takes) in [(0, 1), (1, 0), (6, 7), (7, 6)] {
            let token = sign_in(&servers[signs]).await;
            assert_eq!(servers[takes].me(&token).await.status, 200, "{signs} {takes}");
        }
    }

    /// The period is noted although the database was away at the start.
    async fn first_secret_sign_in_notes_period(app) {
        let by_keys = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        by_keys.hallpass.prepare_signing().await.unwrap();
        assert_eq!(by_keys.me(&ann.token).await.status, 200);
    }

    async fn secret_signs_although_period_is_unnoted(app) {
        app.database.execute("alter table signing_eras rename to away").await;
        app.account("ann@example.com").await;
        app.database.execute("alter table away rename to signing_eras").await;
        app.advance(1);
        let token = sign_in(&app).await;
        let by_keys = with_keys(&app);
        by_keys.hallpass.prepare_signing().await.unwrap();
        assert_eq!(by_keys.me(&token).await.status, 200);
    }

    async fn retired_key_opens_no_window(app) {
        let app = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        app.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
        app.advance(2);
        app.hallpass.retire_signing_key(&kid(&ann.token)).await.unwrap();
        assert_eq!(rule(&app, &Forge::of(&ann).token()).await, Refused::Algorithm);
        assert_eq!(rule(&with_keys(&app), &Forge::of(&ann).token()).await, Refused::Algorithm);
    }

    async fn the_way_back_to_the_secret_signs_nobody_out_either(app) {
        let (by_secret, by_keys) = (app.another(), with_keys(&app));
        by_keys.hallpass.prepare_signing().await.unwrap();
        let ann = by_keys.account("ann@example.com").await;
        app.advance(7 * 24 * 3600);
        for round in 0..3 {
            let of_keys = sign_in(&by_keys).await;
            app.advance(1);
            by_secret.hallpass.prepare_signing().await.unwrap();
            let of_secret = sign_in(&by_secret).await;
            assert_eq!(kid(&of_secret), "none");
            for (server, token) in [
                (&by_secret, &of_keys), (&by_secret, &of_secret), (&by_keys, &of_keys), (&by_keys, &of_secret),
            ] {
                assert_eq!(server.me(token).await.status, 200, "in round {round}");
            }
            // A day later all is by the secret; then the other way again.
            app.advance(24 * 3600);
            let of_before = sign_in(&by_secret).await;
            by_keys.hallpass.prepare_signing().await.unwrap();
            assert_eq!(by_keys.me(&of_before).await.status, 200, "in round {round}");
            assert_eq!(by_secret.me(&sign_in(&by_keys).await).await.status, 200);
            app.advance(24 * 3600);
        }
        assert_eq!(published(&by_secret).await, [kid(&sign_in(&by_keys).await)].into(), "for verifiers elsewhere");
        assert_eq!(states(&by_secret).await, [SigningKeyState::Idle]);
        let other = app.with(|settings| settings.signing = Signing::Es256);
        assert_eq!(other.me(&sign_in(&by_keys).await).await.status, 200);
        assert_eq!(by_keys.sign_in(&ann.email, PASSWORD).await.status, 200);
    }

    async fn a_rotation_before_the_switch_does_not_bring_it_forward(app) {
        let (by_secret, by_keys) = (app.another(), with_keys(&app));
        by_secret.hallpass.prepare_signing().await.unwrap();
        by_secret.account("ann@example.com").await;
        by_keys.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap();
        app.advance(24 * 3600);
        let token = sign_in(&by_secret).await;
        by_keys.hallpass.prepare_signing().await.unwrap();
        assert_eq!(by_keys.me(&token).await.status, 200);
    }

    async fn a_server_with_the_secret_meets_the_first_key(app) {
        let (by_secret, by_keys) = (app.another(), with_keys(&app));
        by_secret.account("ann@example.com").await;
        // It has looked a moment ago, and there was none.
        assert_eq!(published(&by_secret).await.len(), 0);
        app.advance(1);
        by_keys.hallpass.prepare_signing().await.unwrap();
        let token = sign_in(&by_keys).await;
        assert_eq!(by_secret.me(&token).await.status, 200);
        // Without its database it cannot know.
        let lost = app.with(|settings| settings.database = app.database.missing_url());
        assert_eq!(lost.me_may_fail(&token).await.verdict(), (503, "database_unavailable".to_owned()));
        assert_eq!(lost.me("x").await.status, 401, "what is no token needs no database");
    }

    async fn a_key_that_was_followed_does_not_sign_again(app) {
        let app = with_keys(&app);
        let first = kid(&app.account("ann@example.com").await.token);
        let second = app.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap().id;
        app.advance(2);
        assert_eq!(kid(&sign_in(&app).await), second);
        let error = app.hallpass.retire_signing_key(&second).await.unwrap_err();
        assert!(matches!(error, SigningKeyError::LastOne), "{error}");
        let third = app.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap().id;
        app.hallpass.retire_signing_key(&second).await.unwrap();
        assert_eq!(kid(&sign_in(&app).await), third);
        assert!(published(&app).await.contains(&first), "its tokens still live");
        app.advance(3600 + STRAGGLERS);
        assert!(!published(&app).await.contains(&first), "and end when they would have");
    }

    async fn a_clock_that_is_set_back_reads_the_keys_anew(app) {
        let (one, two) = (with_keys(&app), with_keys(&app));
        let ann = one.account("ann@example.com").await;
        assert_eq!(two.me(&ann.token).await.status, 200);
        app.clock.set(hallpass::Timestamp::from_unix_seconds(START - 3600));
        let key = one.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
        app.advance(2);
        let token = sign_in(&one).await;
        assert!([kid(&ann.token), key.id].contains(&kid(&token)));
        assert_eq!(two.me(&token).await.status, 200);
    }

    async fn there_are_never_more_keys_than_verifiers_take(app) {
        let app = with_keys(&app);
        app.hallpass.prepare_signing().await.unwrap();
        let mut made = 1;
        let error = loop {
            match app.hallpass.rotate_signing_key(ROTATION_LEAD).await {
                Ok(_) => made += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, SigningKeyError::TooMany), "{error}");
        assert_eq!(made, 90);
        let ann = app.account("ann@example.com").await;
        assert!(verifier(&app).await.verify_at(&ann.token, app.now()).is_ok());
    }

    /// A database that is away is not asked by each request in turn.
    async fn a_reading_that_failed_is_not_tried_again_within_a_second(app) {
        let (by_keys, fresh) = (with_keys(&app), with_keys(&app));
        let ann = by_keys.account("ann@example.com").await;
        app.database.execute("alter table signing_keys rename to away").await;
        let asks = (0..50).map(|_| {
            let (hallpass, token) = (fresh.hallpass.clone(), ann.token.clone());
            tokio::spawn(async move { hallpass.authenticate(&token).await })
        });
        for ask in asks.collect::<Vec<_>>() {
            assert!(matches!(ask.await.unwrap(), Err(Error::DatabaseUnavailable(_))));
        }
        app.database.execute("alter table away rename to signing_keys").await;
        assert!(fresh.hallpass.authenticate(&ann.token).await.is_err(), "known to be away");
        app.advance(1);
        assert!(fresh.hallpass.authenticate(&ann.token).await.is_ok());
    }

    async fn secrets_follow_each_other_without_signing_anybody_out(app) {
        let set = |secrets: &'static [&'static str]| move |settings: &mut Settings| {
            settings.signing_secret = signing_secret(secrets[0]);
            settings.previous_secrets = secrets[1..].iter().map(|text| signing_secret(text)).collect();
        };
        let (before, first) = (app.with(set(&[OLD])), app.with(set(&[OLD, NEW])));
        let (second, after) = (app.with(set(&[NEW, OLD])), app.with(set(&[NEW])));
        let ann = before.account("ann@example.com").await;
        // First everybody learns the new one, then everybody signs with it.
        for (signs, verify) in [
            (&before, [&before, &first]),
            (&first, [&before, &first]),
            (&first, [&first, &second]),
            (&second, [&first, &second]),
            (&second, [&second, &after]),
        ] {
            let token = sign_in(signs).await;
            for one in verify {
                assert_eq!(one.me(&token).await.status, 200);
            }
        }
        assert_eq!(after.me(&ann.token).await.verdict(), (401, "invalid_token".to_owned()));
        assert_eq!(before.me(&sign_in(&second).await).await.status, 401, "signed with the first");
    }

    async fn a_new_secret_takes_over_the_sealed_keys(app) {
        let with = |secrets: &[&str]| {
            let secrets: Vec<_> = secrets.iter().map(|text| signing_secret(text)).collect();
            app.with(|settings| {
                settings.signing = Signing::EdDsa;
                settings.signing_secret = secrets[0].clone();
                settings.previous_secrets = secrets[1..].to_vec();
            })
        };
        let before = with(&[OLD]);
        let ann = before.account("ann@example.com").await;
        let error = with(&[NEW]).hallpass.prepare_signing().await.unwrap_err();
        assert!(matches!(error, SigningKeyError::Sealed(_)), "{error}");
        let both = with(&[NEW, OLD]);
        assert_eq!(kid(&sign_in(&both).await), kid(&ann.token));
        let after = with(&[NEW]);
        assert_eq!(kid(&sign_in(&after).await), kid(&ann.token), "sealed anew");
        assert_eq!(after.me(&ann.token).await.status, 200);
        let error = with(&[OLD]).hallpass.prepare_signing().await.unwrap_err();
        assert!(matches!(error, SigningKeyError::Sealed(_)), "{error}");
    }
}
