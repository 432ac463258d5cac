//! Signing with keys of its own: what is published, what is kept, what signs.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass::{ROTATION_LEAD, Signing, SigningKeyError, SigningKeyState};
use hallpass_verify::{KeySet, Refused, Verifier};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::forge::{Forge, base64url, decoded};
use crate::rig::{PASSWORD, PUBLIC_URL, TestApp, on_both_engines, signing_secret};

pub(crate) const JWKS: &str = "/.well-known/jwks.json";

const KINDS: [(Signing, Algorithm); 3] = [
    (Signing::EdDsa, Algorithm::EdDSA),
    (Signing::Es256, Algorithm::ES256),
    (Signing::Rs256, Algorithm::RS256),
];

/// This server with keys of its own.
pub(crate) fn with_keys(app: &TestApp) -> TestApp {
    app.with(|settings| settings.signing = Signing::EdDsa)
}

/// The `kid` of a token.
pub(crate) fn kid(token: &str) -> String {
    let (header, _) = decoded(token);
    header["kid"].as_str().unwrap_or("none").to_owned()
}

/// The ids of the keys that a server publishes.
pub(crate) async fn published(app: &TestApp) -> BTreeSet<String> {
    let keys = app.get(JWKS).await.json()["keys"].clone();
    let id = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    keys.as_array().unwrap().iter().map(id).collect()
}

/// The one published key of an algorithm.
async fn published_key(app: &TestApp, algorithm: &str) -> Value {
    let keys = app.get(JWKS).await.json()["keys"].clone();
    let mut ours = keys
        .as_array()
        .unwrap()
        .iter()
        .filter(|key| key["alg"] == algorithm);
    let (Some(only), None) = (ours.next(), ours.next()) else {
        panic!("{keys}")
    };
    only.clone()
}

/// A verifier that knows what the server publishes now.
pub(crate) async fn verifier(app: &TestApp) -> Verifier {
    let keys = app.get(JWKS).await.json().to_string();
    let keys = KeySet::parse(&keys).unwrap();
    Verifier::key_set(keys).issuer(PUBLIC_URL).build().unwrap()
}

on_both_engines! {
    async fn a_token_names_the_key_that_signed_it_and_keeps_its_five_claims(app) {
        for (signing, algorithm) in KINDS {
            let app = app.with(|settings| settings.signing = signing);
            let ann = app.account(&format!("{algorithm:?}@example.com")).await;
            let (header, claims) = decoded(&ann.token);
            let keys = app.hallpass.signing_keys().await.unwrap();
            let signing = keys.iter().find(|key| key.state == SigningKeyState::Signing).unwrap();
            assert_eq!(header, json!({"alg": format!("{algorithm:?}"), "typ": "JWT", "kid": signing.id}));
            assert_eq!(claims.as_object().unwrap().len(), 5, "{claims}");
            assert_eq!(app.me(&ann.token).await.json()["id"], ann.id);
            assert_eq!(app.get("/api/v1/auth/me").cookie(&ann.token).await.status, 200);
        }
    }

    async fn what_is_published_verifies_what_is_signed(app) {
        for (signing, algorithm) in KINDS {
            let app = app.with(|settings| settings.signing = signing);
            let ann = app.account(&format!("{algorithm:?}@example.com")).await;
            let claims = verifier(&app).await.verify_at(&ann.token, app.now()).unwrap();
            assert_eq!(claims.sub, ann.id);
            // And by a library that knows nothing of ours.
            let set: JwkSet = serde_json::from_value(app.get(JWKS).await.json()).unwrap();
            let key = DecodingKey::from_jwk(set.find(&kid(&ann.token)).unwrap()).unwrap();
            let mut rules = Validation::new(algorithm);
            rules.validate_exp = false;
            rules.set_issuer(&[PUBLIC_URL]);
            let claims = jsonwebtoken::decode::<Value>(&ann.token, &key, &rules).unwrap().claims;
            assert_eq!(claims["sub"], ann.id);
        }
    }

    async fn the_set_holds_public_halves_for_everybody_to_keep_for_five_minutes(app) {
        let app = with_keys(&app);
        app.account("ann@example.com").await;
        let answer = app.get(JWKS).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        for key in answer.json()["keys"].as_array().unwrap() {
            let names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
            assert_eq!(key["use"], "sig");
        }
        let es256 = app.with(|settings| settings.signing = Signing::Es256);
        es256.account("bob@example.com").await;
        let key = published_key(&es256, "ES256").await;
        let names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        let rs256 = app.with(|settings| settings.signing = Signing::Rs256);
        rs256.account("eve@example.com").await;
        let key = published_key(&rs256, "RS256").await;
        let names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!((&key["e"], key["n"].as_str().unwrap().len()), (&json!("AQAB"), 384 * 4 / 3));
    }

    async fn the_shared_secret_is_never_published(app) {
        app.account("ann@example.com").await;
        assert_eq!(app.get(JWKS).await.json(), json!({"keys": []}));
        let configuration = app.get("/.well-known/openid-configuration").await;
        assert_eq!(configuration.json(), json!({
            "issuer": PUBLIC_URL,
            "jwks_uri": format!("{PUBLIC_URL}{JWKS}"),
            "subject_types_supported": ["public"],
            "response_types_supported": [],
            "id_token_signing_alg_values_supported": ["HS256"],
            "claims_supported": ["sub", "email", "iat", "exp", "iss"],
        }));
        let with_keys = with_keys(&app).get("/.well-known/openid-configuration").await;
        assert_eq!(with_keys.json()["id_token_signing_alg_values_supported"], json!(["EdDSA"]));
        assert_eq!(with_keys.header("cache-control"), Some("public, max-age=300"));
    }

    async fn servers_that_start_together_make_one_key(app) {
        let servers: Vec<_> = (0..8).map(|_| with_keys(&app)).collect();
        let starts = servers.iter().map(|one| {
            let hallpass = one.hallpass.clone();
            tokio::spawn(async move { hallpass.prepare_signing().await })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
        assert_eq!(app.database.number("select count(*) from signing_keys").await, 1);
        let mut kids = BTreeSet::new();
        for (number, server) in servers.iter().enumerate() {
            kids.insert(kid(&server.account(&format!("u{number}@example.com")).await.token));
        }
        assert_eq!(kids.len(), 1);
    }

    /// ASVS 11.4, 13.3: the database alone does not sign.
    async fn asvs_13_3_1_a_private_key_is_sealed(app) {
        let app = with_keys(&app);
        app.account("ann@example.com").await;
        let sealed = sealed(&app).await;
        // PKCS #8 begins with a sequence and holds the algorithm's identifier.
        let oid_of_ed25519 = "06032b6570";
        assert!(!sealed.contains(oid_of_ed25519), "{sealed}");
        // Nonce, tag, and the 83 bytes of a key with its public half.
        assert_eq!(sealed.len() / 2, 12 + 16 + 83, "{sealed}");
        let other = app.with(|settings| {
            settings.signing_secret = signing_secret("another secret of 32 bytes or more, really");
        });
        let error = other.hallpass.prepare_signing().await.unwrap_err();
        assert!(matches!(error, SigningKeyError::Sealed(_)), "{error}");
    }

    async fn rsa_key_is_sealed_rotated_and_retired(app) {
        let app = app.with(|settings| settings.signing = Signing::Rs256);
        let ann = app.account("ann@example.com").await;
        let sealed = sealed(&app).await;
        let oid_of_rsa = "2a864886f70d010101";
        assert!(!sealed.contains(oid_of_rsa) && sealed.len() / 2 > 12 + 16 + 1700);
        let next = app.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
        assert_eq!(next.algorithm, "RS256");
        app.advance(2);
        let token = app.sign_in("ann@example.com", PASSWORD).await.token();
        assert_eq!(kid(&token), next.id);
        assert_eq!(app.me(&ann.token).await.status, 200, "of the key before");
        app.hallpass.retire_signing_key(&kid(&ann.token)).await.unwrap();
        assert_eq!(app.me(&ann.token).await.verdict(), (401, "invalid_token".to_owned()));
        assert_eq!(readable(&app).await, [true]);
        let configuration = app.get("/.well-known/openid-configuration").await.json();
        assert_eq!(configuration["id_token_signing_alg_values_supported"], json!(["RS256"]));
    }

    /// Without a start, so that the first requests have to make the key.
    async fn first_requests_make_one_rsa_key(app) {
        app.account("ann@example.com").await;
        let app = app.with(|settings| settings.signing = Signing::Rs256);
        let mut kids = BTreeSet::new();
        let sign_ins = (0..4).map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.sign_in("ann@example.com", PASSWORD).await.token() })
        });
        for token in sign_ins.collect::<Vec<_>>() {
            kids.insert(kid(&token.await.unwrap()));
        }
        assert_eq!(kids.len(), 1);
        assert_eq!(app.database.number("select count(*) from signing_keys").await, 1);
    }

    async fn a_sealed_key_opens_in_its_own_row_alone(app) {
        let app = with_keys(&app);
        app.hallpass.prepare_signing().await.unwrap();
        app.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
        app.advance(2);
        assert_eq!(readable(&app).await, [true, true]);
        // The two private halves change places.
        app.database.execute(
            "update signing_keys set sealed_private_key = (select other.sealed_private_key \
             from signing_keys as other where other.id <> signing_keys.id) where generation = 1",
        ).await;
        assert_eq!(readable(&app).await, [true, false]);
    }

    async fn a_key_that_cannot_be_opened_stops_sign_ins_and_nothing_else(app) {
        let app = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        let bits = "update signing_keys set sealed_private_key = ";
        let flipped = match app.engine() {
            crate::rig::Engine::Sqlite => "cast(zeroblob(111) as blob)",
            crate::rig::Engine::Postgres => "set_byte(sealed_private_key, 40, 255 - get_byte(sealed_private_key, 40))",
        };
        app.database.execute(&format!("{bits}{flipped}")).await;
        let restarted = app.another();
        assert_eq!(restarted.sign_in("ann@example.com", PASSWORD).may_fail().await.status, 500);
        let before = app.database.users().await;
        let body = json!({"email": "bob@example.com", "password": PASSWORD});
        let answer = restarted.post("/api/v1/auth/register").json(&body).may_fail().await;
        assert_eq!(answer.status, 500);
        assert_eq!(app.database.users().await, before, "no account without a way in");
        assert_eq!(restarted.me(&ann.token).await.status, 200, "the public half verifies");
        assert!(published(&restarted).await.contains(&kid(&ann.token)), "elsewhere too");
        // A rotation mends it.
        restarted.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
        restarted.advance(2);
        assert_eq!(restarted.sign_in("ann@example.com", PASSWORD).await.status, 200);
    }

    async fn a_row_that_was_changed_by_hand_is_not_used(app) {
        let app = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        let stranger = "cccccccccccccccccccccccccccccccccccccccccccc";
        let swapped = format!("update signing_keys set id = '{}'", &stranger[..43]);
        app.database.execute(&swapped).await;
        let restarted = app.another();
        assert_eq!(restarted.me(&ann.token).await.verdict(), (401, "invalid_token".to_owned()));
        assert_eq!(published(&restarted).await, BTreeSet::new());
        // A rotation mends that too, and the row can be retired.
        restarted.hallpass.rotate_signing_key(Duration::ZERO).await.unwrap();
        assert_eq!(restarted.sign_in("ann@example.com", PASSWORD).await.status, 200);
        restarted.hallpass.retire_signing_key(&stranger[..43]).await.unwrap();
    }

    async fn an_unknown_algorithm_in_the_table_is_refused_by_the_table(app) {
        let app = with_keys(&app);
        app.hallpass.prepare_signing().await.unwrap();
        for change in ["algorithm = 'HS256'", "generation = 0", "id = 'short'", "retired_at = created_at"] {
            let sql = format!("update signing_keys set {change}");
            assert!(app.database.try_execute(&sql).await.is_err(), "{change}");
        }
    }

    async fn asvs_9_1_2_a_key_signs_by_its_own_algorithm_alone(app) {
        let (ed, es) = (with_keys(&app), app.with(|settings| settings.signing = Signing::Es256));
        let rs = app.with(|settings| settings.signing = Signing::Rs256);
        let ann = ed.account("ann@example.com").await;
        let bob = es.account("bob@example.com").await;
        let eve = rs.account("eve@example.com").await;
        // The first key of an algorithm signs at once, so `ed` may be a second late.
        app.advance(1);
        let (edwards, p256) = (published_key(&rs, "EdDSA").await, published_key(&rs, "ES256").await);
        let rsa = published_key(&rs, "RS256").await;
        // RFC 8725, section 3.1: what is public is no secret of an HMAC.
        let mut forged = Vec::new();
        for key in [&edwards, &p256, &rsa] {
            let x = key["x"].as_str().or(key["n"].as_str()).unwrap();
            for secret in [x.to_owned(), key.to_string(), format!("[{key}]")] {
                let forge = Forge::of(&ann).signed_with(secret).header("kid", key["kid"].clone());
                forged.push(forge.token());
            }
        }
        // One key's signature under the other's name, and under another `alg`.
        for (token, kid, alg) in [
            (&ann.token, &p256["kid"], "EdDSA"), (&ann.token, &p256["kid"], "ES256"),
            (&bob.token, &edwards["kid"], "ES256"), (&bob.token, &edwards["kid"], "EdDSA"),
            (&ann.token, &edwards["kid"], "none"), (&ann.token, &edwards["kid"], "ES256"),
            (&ann.token, &rsa["kid"], "RS256"), (&eve.token, &p256["kid"], "RS256"), (&eve.token, &p256["kid"], "ES256"),
            (&eve.token, &rsa["kid"], "RS384"), (&eve.token, &rsa["kid"], "PS256"), (&eve.token, &rsa["kid"], "HS256"),
        ] {
            let header = json!({"alg": alg, "typ": "JWT", "kid": kid});
            let rest = token.split_once('.').unwrap().1;
            forged.push(format!("{}.{rest}", base64url(header.to_string())));
        }
        for server in [&ed, &es, &rs] {
            for good in [&ann.token, &bob.token, &eve.token] {
                assert_eq!(server.me(good).await.status, 200);
            }
            let expected = server.me("x").await.bytes();
            for token in &forged {
                assert_eq!(server.me(token).await.bytes(), expected, "{token}");
            }
        }
    }

    /// What is not known yet is neither taken nor called wrong.
    async fn a_server_that_never_reached_its_keys_says_so(app) {
        let app = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        let lost = app.with(|settings| settings.database = app.database.missing_url());
        let forged = Forge::of(&ann).token();
        for token in [&ann.token, &forged] {
            assert_eq!(lost.me_may_fail(token).await.verdict(), (503, "database_unavailable".to_owned()));
        }
        assert_eq!(lost.get(JWKS).may_fail().await.status, 503);
        assert_eq!(lost.get("/.well-known/openid-configuration").await.status, 200);
    }

    async fn verifying_asks_nobody_for_a_key_that_is_at_hand(app) {
        let app = with_keys(&app);
        let ann = app.account("ann@example.com").await;
        app.hallpass.close().await;
        assert!(app.hallpass.authenticate(&ann.token).await.is_ok());
        assert!(app.hallpass.verify(&ann.token).is_ok());
        // Still so when the ring has become old and cannot be read anew.
        app.advance(1800);
        for _ in 0..3 {
            assert!(app.hallpass.authenticate(&ann.token).await.is_ok());
        }
        assert_eq!(app.get(JWKS).await.json()["keys"].as_array().unwrap().len(), 1);
    }

    async fn there_is_nothing_to_rotate_where_the_secret_signs(app) {
        let error = app.hallpass.rotate_signing_key(ROTATION_LEAD).await.unwrap_err();
        assert!(matches!(error, SigningKeyError::SharedSecret), "{error}");
        assert_eq!(app.hallpass.signing_keys().await.unwrap(), []);
        let error = app.hallpass.retire_signing_key("x").await.unwrap_err();
        assert!(matches!(error, SigningKeyError::Unknown), "{error}");
    }
}

/// The sealed private halves, in hexadecimal.
async fn sealed(app: &TestApp) -> String {
    let hex = match app.engine() {
        crate::rig::Engine::Sqlite => "lower(hex(sealed_private_key))",
        crate::rig::Engine::Postgres => "encode(sealed_private_key, 'hex')",
    };
    let sql = format!("select {hex} from signing_keys order by generation");
    app.database.texts(&sql).await.concat().concat()
}

/// Of the newest key and the next, whether they can be opened.
async fn readable(app: &TestApp) -> Vec<bool> {
    let keys = app.another().hallpass.signing_keys().await.unwrap();
    keys.iter().map(|key| key.readable).collect()
}

/// The rule that refuses a token.
pub(crate) async fn rule(app: &TestApp, token: &str) -> Refused {
    app.hallpass.explain(token).await.unwrap().unwrap_err()
}
