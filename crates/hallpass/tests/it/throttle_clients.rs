//! Bounds on guessing and registering, by client, and who the client is.

use serde_json::json;

use crate::rig::{Answer, PASSWORD, TestApp, on_both_engines};

/// A wrong guess at an address nobody has tried, from this client.
async fn guess(app: &TestApp, at: usize, client: &str) -> u16 {
    app.sign_in(&format!("a{at}@example.com"), "not the password 7")
        .from(client)
        .await
        .status
}

/// So many wrong guesses at as many addresses.
async fn fail(app: &TestApp, times: usize, client: &str) {
    for at in 0..times {
        assert_eq!(
            guess(app, at, client).await,
            401,
            "guess {at} from {client}"
        );
    }
}

async fn right(app: &TestApp, client: &str) -> u16 {
    app.sign_in("ann@example.com", PASSWORD)
        .from(client)
        .await
        .status
}

async fn register(app: &TestApp, at: usize, client: &str) -> Answer {
    let body = json!({"email": format!("r{at}@example.com"), "password": PASSWORD});
    app.post("/api/v1/auth/register")
        .from(client)
        .json(&body)
        .await
}

/// Asks as this peer with these headers, until the client that is counted has
/// used up what it has, and says whether another request is then refused.
async fn share_a_count(app: &TestApp, one: (&str, &[&str]), other: (&str, &[&str])) -> bool {
    app.database
        .execute("delete from throttle; delete from users")
        .await;
    let send = |(peer, forwarded): (&str, &[&str]), at: usize| {
        let body = json!({"email": format!("r{at}@example.com"), "password": PASSWORD});
        let request = app.post("/api/v1/auth/register").from(peer).json(&body);
        forwarded.iter().fold(request, |request, hops| {
            request.header("x-forwarded-for", hops)
        })
    };
    for at in 0..20 {
        assert_eq!(send(one, at).await.status, 201);
    }
    assert_eq!(
        send(one, 20).await.status,
        429,
        "it shares a count with itself"
    );
    send(other, 21).await.status == 429
}

on_both_engines! {
    async fn fifty_failures_of_one_client_shut_it_out_and_nobody_else(app) {
        app.account("ann@example.com").await;
        fail(&app, 50, "192.0.2.7").await;
        let refused = app.sign_in("b@example.com", "not the password 7").from("192.0.2.7").await;
        assert_eq!(refused.verdict(), (429, "rate_limited".to_owned()));
        assert_eq!(refused.header("retry-after"), Some("900"));
        assert_eq!(right(&app, "192.0.2.7").await, 429);
        assert_eq!(right(&app, "192.0.2.8").await, 200);
        app.advance(899);
        assert_eq!(right(&app, "192.0.2.7").await, 429);
        app.advance(1);
        assert_eq!(right(&app, "192.0.2.7").await, 200);
    }

    async fn a_shut_out_client_still_uses_its_token(app) {
        let ann = app.account("ann@example.com").await;
        fail(&app, 50, "192.0.2.7").await;
        let me = app.get("/api/v1/auth/me").from("192.0.2.7").bearer(&ann.token).await;
        assert_eq!(me.status, 200);
    }

    /// Many clients guess at one address: the address has its own count.
    async fn asvs_6_3_1_many_clients_share_the_hundred_of_an_address(app) {
        let mut answers = [0, 0];
        for at in 0..200 {
            let answer = app.sign_in("ann@example.com", "wrong").from(&format!("192.0.2.{at}")).await;
            answers[usize::from(answer.status == 429)] += 1;
        }
        assert_eq!(answers, [100, 100]);
    }

    async fn an_ipv6_client_is_its_64_bit_network(app) {
        app.account("ann@example.com").await;
        for at in 0..50 {
            let client = format!("2001:db8:1:2:{at:x}::{at:x}");
            assert_eq!(guess(&app, at, &client).await, 401);
        }
        assert_eq!(right(&app, "2001:db8:1:2:ffff:ffff:ffff:ffff").await, 429);
        assert_eq!(right(&app, "2001:db8:1:3::1").await, 200);
        assert_eq!(right(&app, "2001:db8:1:1:ffff:ffff:ffff:ffff").await, 200);
    }

    async fn an_ipv4_address_in_ipv6_dress_is_the_ipv4_address(app) {
        app.account("ann@example.com").await;
        for (at, same) in ["::ffff:192.0.2.7", "64:ff9b::192.0.2.7", "2002:c000:207::1", "2002:c000:207:9::5"]
            .into_iter().enumerate()
        {
            app.database.execute("delete from throttle").await;
            fail(&app, 50, same).await;
            assert_eq!(right(&app, "192.0.2.7").await, 429, "{at}: {same}");
            for other in ["::ffff:192.0.2.8", "64:ff9b::192.0.2.8", "2002:c000:208::1", "192.0.2.8"] {
                assert_eq!(right(&app, other).await, 200, "{other}");
            }
        }
    }

    async fn guesses_are_limited_per_slash_56_and_48(app) {
        app.account("ann@example.com").await;
        for (networks, limit, inside, outside) in [
            (4, 200, "2001:db8:1:0ff::1", "2001:db8:1:100::1"),
            (16, 800, "2001:db8:1:ffff::1", "2001:db8:2::1"),
        ] {
            app.database.execute("delete from throttle").await;
            for at in 0..limit {
                // Each /64 keeps to its own limit, and each /56 to its own.
                let (network, part) = (at / 50, if networks == 4 { 1 } else { 0x40 });
                let client = format!("2001:db8:1:{:x}::1", network * part);
                assert_eq!(guess(&app, at, &client).await, 401, "{at} from {client}");
            }
            assert_eq!(right(&app, inside).await, 429, "{networks}");
            assert_eq!(right(&app, outside).await, 200, "{networks}");
        }
    }

    async fn guesses_at_account_are_limited_per_slash_56_and_48(app) {
        app.account("ann@example.com").await;
        let guess = |client: String| app.sign_in("ann@example.com", "wrong").from(&client);
        for (limit, part, inside, outside) in [
            (20, 1, "2001:db8:1:0ff::1", "2001:db8:1:100::1"),
            (80, 0x40, "2001:db8:1:ffff::1", "2001:db8:2::1"),
        ] {
            app.database.execute("delete from throttle").await;
            for at in 0..limit {
                let client = format!("2001:db8:1:{:x}::1", at / 5 * part);
                assert_eq!(guess(client).await.status, 401, "{at}");
            }
            assert_eq!(right(&app, inside).await, 429);
            assert_eq!(right(&app, outside).await, 200);
        }
    }

    async fn registrations_are_limited_per_slash_56_and_48(app) {
        for (limit, part, inside, outside) in [
            (80, 1, "2001:db8:1:0ff::1", "2001:db8:1:100::1"),
            (320, 0x40, "2001:db8:1:ffff::1", "2001:db8:2::1"),
        ] {
            app.database.execute("delete from throttle; delete from users").await;
            for at in 0..limit {
                let client = format!("2001:db8:1:{:x}::1", at / 20 * part);
                assert_eq!(register(&app, at, &client).await.status, 201, "{at}");
            }
            assert_eq!(register(&app, limit, inside).await.status, 429);
            assert_eq!(register(&app, limit, outside).await.status, 201);
        }
    }

    async fn twenty_registrations_an_hour_of_one_client(app) {
        app.account("taken@example.com").await;
        for at in 0..20 {
            // A refused one tells whether an address is taken, so it counts too.
            let status = if at % 4 == 3 {
                let body = json!({"email": "taken@example.com", "password": PASSWORD});
                app.post("/api/auth/register").from("192.0.2.7").json(&body).await.status
            } else {
                register(&app, at, "192.0.2.7").await.status
            };
            assert_eq!(status, if at % 4 == 3 { 400 } else { 201 });
        }
        let before = app.database.users().await;
        let refused = register(&app, 20, "192.0.2.7").await;
        assert_eq!(refused.verdict(), (429, "rate_limited".to_owned()));
        assert_eq!(refused.header("retry-after"), Some("3600"));
        let taken = json!({"email": "taken@example.com", "password": PASSWORD});
        let taken = app.post("/api/v1/auth/register").from("192.0.2.7").json(&taken).await;
        assert_eq!(taken.bytes(), refused.bytes(), "nothing more is told");
        assert_eq!(register(&app, 21, "192.0.2.8").await.status, 201);
        app.advance(3599);
        assert_eq!(register(&app, 22, "192.0.2.7").await.header("retry-after"), Some("1"));
        assert_eq!(app.database.users().await, before + 1);
        app.advance(1);
        assert_eq!(register(&app, 23, "192.0.2.7").await.status, 201);
    }

    async fn registering_and_signing_in_are_counted_apart(app) {
        app.account("ann@example.com").await;
        fail(&app, 50, "192.0.2.7").await;
        assert_eq!(register(&app, 0, "192.0.2.7").await.status, 201);
        for at in 1..25 {
            register(&app, at, "192.0.2.9").await;
        }
        assert_eq!(right(&app, "192.0.2.9").await, 200);
    }

    async fn asvs_4_1_3_forwarded_headers_of_strangers_change_nothing(app) {
        app.account("ann@example.com").await;
        for at in 0..50 {
            let request = app.sign_in(&format!("a{at}@example.com"), "wrong").from("192.0.2.7");
            let address = format!("203.0.113.{at}");
            let answer = request
                .header("x-forwarded-for", &address)
                .header("x-real-ip", &address)
                .header("forwarded", format!("for={address}"))
                .header("cf-connecting-ip", &address)
                .header("true-client-ip", &address)
                .header("x-client-ip", &address)
                .header("x-api-key", &address)
                .await;
            assert_eq!(answer.status, 401);
        }
        let spoofed = app.sign_in("ann@example.com", PASSWORD).from("192.0.2.7").header("x-forwarded-for", "203.0.113.99");
        assert_eq!(spoofed.await.status, 429);
        assert_eq!(right(&app, "203.0.113.1").await, 200, "whose name was misused is free");
    }

    async fn behind_a_trusted_proxy_the_right_most_stranger_is_the_client(app) {
        let app = app.with(|settings| {
            settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()];
        });
        let client: (&str, &[&str]) = ("10.0.0.1", &["203.0.113.9"]);
        for same in [
            ("10.0.0.2", &["203.0.113.9"] as &[&str]),
            ("10.0.0.1", &["198.51.100.7, 203.0.113.9"]),
            ("10.0.0.1", &["203.0.113.9, 10.1.2.3"]),
            ("10.0.0.1", &["198.51.100.7", "203.0.113.9", "10.1.2.3,10.1.2.4"]),
            ("10.0.0.1", &["203.0.113.9:4711"]),
            ("10.0.0.1", &[" ::ffff:203.0.113.9 "]),
            ("2001:db8:ffff::1", &["203.0.113.9"]),
            ("203.0.113.9", &[]),
            ("203.0.113.9", &["198.51.100.7"]),
        ] {
            assert!(share_a_count(&app, client, same).await, "{same:?}");
        }
        for other in [
            ("10.0.0.1", &["203.0.113.10"] as &[&str]),
            ("10.0.0.1", &["203.0.113.9, 203.0.113.10"]),
            ("10.0.0.1", &["203.0.113.9", "203.0.113.10"]),
            ("10.0.0.1", &[]),
            ("10.0.0.1", &["203.0.113.9, nonsense"]),
            ("192.0.2.7", &["203.0.113.9"]),
        ] {
            assert!(!share_a_count(&app, client, other).await, "{other:?}");
        }
    }

    async fn what_no_proxy_of_ours_wrote_cannot_be_used_to_hide(app) {
        let app = app.with(|settings| settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]);
        let proxy: (&str, &[&str]) = ("10.0.0.1", &[]);
        for same in [("10.0.0.1", &["unknown"] as &[&str]), ("10.0.0.1", &[""]), ("10.0.0.1", &["203.0.113.9, "]),
            ("10.0.0.1", &["\u{fc}"])] {
            assert!(share_a_count(&app, proxy, same).await, "{same:?}");
        }
    }
}
