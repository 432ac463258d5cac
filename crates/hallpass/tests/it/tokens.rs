//! The tokens that are issued, and for how long they are taken.

use std::time::Duration;

use hallpass::{CurrentBearer, CurrentUser, PublicUrl, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::forge::{Forge, decoded};
use crate::rig::{PASSWORD, PUBLIC_URL, SECRET, START, on_both_engines};

on_both_engines! {
    async fn a_token_holds_exactly_the_five_claims(app) {
        app.advance(90);
        let ann = app.account("Ann@Example.com").await;
        let (header, claims) = decoded(&ann.token);
        assert_eq!(header, json!({"alg": "HS256", "typ": "JWT"}));
        let issued = START + 90;
        assert_eq!(claims, json!({
            "sub": ann.id, "email": "Ann@Example.com", "iat": issued, "exp": issued + 3600, "iss": PUBLIC_URL,
        }));
        let again = app.sign_in("ann@example.com", PASSWORD).await.token();
        assert_eq!(decoded(&again).1, claims, "the same from either door");
    }

    async fn the_issuer_is_the_origin_of_the_public_url(app) {
        for (url, issuer) in [
            ("https://Auth.Example.com/", "https://auth.example.com"),
            ("https://auth.example.com:443/api/auth", "https://auth.example.com"),
            ("https://auth.example.com:8443", "https://auth.example.com:8443"),
            ("http://localhost:80/base/", "http://localhost"),
        ] {
            let app = app.with(|settings| settings.public_url = PublicUrl::parse(url).unwrap());
            let token = app.account(&format!("{}@example.com", issuer.len())).await.token;
            assert_eq!(decoded(&token).1["iss"], issuer, "{url}");
            assert_eq!(app.me(&token).await.status, 200);
            app.database.execute("delete from users").await;
        }
    }

    async fn a_whole_second_is_written_whatever_the_clock_shows(app) {
        app.clock.advance(Duration::from_micros(999_999));
        let ann = app.account("ann@example.com").await;
        let claims = decoded(&ann.token).1;
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(START), &json!(START + 3600)));
    }

    async fn asvs_9_2_1_a_token_lives_3599_seconds_and_not_3600(app) {
        let ann = app.account("ann@example.com").await;
        app.clock.set(Timestamp::from_unix_micros((START + 3600) * 1_000_000 - 1));
        for answer in [
            app.me(&ann.token).await,
            app.get(&ann.path()).bearer(&ann.token).await,
            app.get("/api/v1/auth/me").cookie(&ann.token).await,
            app.post("/api/v1/auth/signout").cookie(&ann.token).await,
        ] {
            assert_eq!(answer.status, 200, "{answer}");
        }
        app.clock.advance(Duration::from_micros(1));
        let expired = app.me(&ann.token).await;
        assert_eq!(expired.json(), json!({"detail": "Token expired. Please sign in again.", "code": "token_expired"}));
        assert_eq!(expired.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
        for answer in [
            app.get("/api/v1/auth/me").cookie(&ann.token).await,
            app.get(&ann.path()).bearer(&ann.token).await,
            app.get("/api/v1/users/another").bearer(&ann.token).await,
            app.patch(&ann.path()).bearer(&ann.token).json(&json!({"name": "x"})).await,
            app.post("/api/v1/auth/signout").bearer(&ann.token).await,
            app.post("/api/auth/signout").cookie(&ann.token).await,
        ] {
            assert_eq!(answer.bytes(), expired.bytes());
        }
        app.advance(10 * 365 * 24 * 3600);
        assert_eq!(app.me(&ann.token).await.bytes(), expired.bytes());
    }

    async fn a_token_made_by_hand_with_our_secret_is_taken(app) {
        let ann = app.account("ann@example.com").await;
        let good = Forge::of(&ann);
        for token in [
            good.token(),
            good.clone().header("kid", "2027-01").token(),
            good.clone().header("kid", "../../dev/null").header("x", "unknown").token(),
            good.clone().claim("role", "admin").claim("jti", 7).claim("name", json!({"a": []})).token(),
            good.clone().times(START - 3599, START + 1).token(),
            good.clone().times(START, START + 60).token(),
            good.clone().claim("email", "another@example.com").token(),
            good.clone().claim("nbf", START).token(),
        ] {
            let answer = app.me(&token).await;
            assert_eq!(answer.status, 200, "{answer}");
            assert_eq!(answer.json()["email"], "ann@example.com", "the database knows, not the token");
        }
    }

    async fn a_clock_that_is_five_seconds_ahead_is_forgiven_and_six_are_not(app) {
        let ann = app.account("ann@example.com").await;
        let issued_in = |seconds| Forge::of(&ann).times(START + seconds, START + seconds + 60).token();
        assert_eq!(app.me(&issued_in(5)).await.status, 200);
        let refused = app.me(&issued_in(6)).await;
        assert_eq!(refused.verdict(), (401, "invalid_token".to_owned()));
        app.advance(1);
        assert_eq!(app.me(&issued_in(6)).await.status, 200);
    }

    async fn a_life_of_3600_seconds_is_the_longest(app) {
        let ann = app.account("ann@example.com").await;
        let alive = |from, to| Forge::of(&ann).times(START + from, START + to).token();
        assert_eq!(app.me(&alive(0, 3600)).await.status, 200);
        for (from, to) in [(0, 3601), (-1, 3600), (-3600, 1), (0, 86_400), (0, i64::MAX - START)] {
            let refused = app.me(&alive(from, to)).await;
            assert_eq!(refused.verdict(), (401, "invalid_token".to_owned()), "{from} to {to}");
        }
    }

    async fn asvs_7_4_2_a_deleted_users_token_is_worth_nothing(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        app.database.execute("delete from users where email_key = 'ann@example.com'").await;
        let expected = app.me("nonsense").await.bytes();
        for answer in [
            app.me(&ann.token).await,
            app.get("/api/v1/auth/me").cookie(&ann.token).await,
            app.get(&ann.path()).bearer(&ann.token).await,
            app.get(&bob.path()).bearer(&ann.token).await,
            app.patch(&ann.path()).bearer(&ann.token).json(&json!({"name": "x"})).await,
            app.post("/api/v1/auth/signout").bearer(&ann.token).await,
        ] {
            assert_eq!(answer.bytes(), expected);
        }
        // Another account of the same address is another user.
        let new = app.account("ann@example.com").await;
        assert_ne!(new.id, ann.id);
        assert_eq!(app.me(&ann.token).await.bytes(), expected);
        assert_eq!(app.me(&new.token).await.status, 200);
    }

    async fn other_verifiers_take_the_tokens_with_no_further_setting(app) {
        let token = app.account("ann@example.com").await.token;
        let mut rules = Validation::new(Algorithm::HS256);
        // The library reads the machine's clock, and the test has its own.
        rules.validate_exp = false;
        let key = DecodingKey::from_secret(SECRET.as_bytes());
        let claims = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap().claims;
        assert_eq!(claims["iss"], PUBLIC_URL);
    }

    /// A database that sleeps or is away costs nobody who is signed in anything,
    /// on a route that needs no more than to know who it is.
    async fn a_token_is_verified_without_the_database(app) {
        let ann = app.account("ann@example.com").await;
        let missing = app.database.missing_url();
        let away = app.with(|settings| settings.database = missing);
        let bearer = away.hallpass.verify(&ann.token).unwrap();
        let who = |CurrentBearer(bearer): CurrentBearer| async move { bearer.user_id.to_string() };
        let router = axum::Router::new()
            .route("/who", axum::routing::get(who))
            .with_state(away.hallpass.clone());
        let serving = away.serving(router);
        let answer = serving.get("/who").bearer(&ann.token).bare().await;
        assert_eq!((answer.status, answer.text()), (200, bearer.user_id.to_string().as_str()));
        assert_eq!(away.me_may_fail(&ann.token).await.status, 503);
    }

    async fn an_embedders_routes_see_the_same_user(app) {
        let greet = |CurrentUser(user): CurrentUser| async move { format!("Hello {}", user.email) };
        let embedding = axum::Router::new()
            .route("/greet", axum::routing::get(greet))
            .with_state(app.hallpass.clone())
            .merge(app.hallpass.router());
        let app = app.serving(embedding);
        let ann = app.account("ann@example.com").await;
        let answer = app.get("/greet").bearer(&ann.token).bare().await;
        assert_eq!((answer.status, answer.text()), (200, "Hello ann@example.com"));
        let refused = app.get("/greet").bearer("nonsense").bare().await;
        assert_eq!(refused.verdict(), (401, "invalid_token".to_owned()));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
}
