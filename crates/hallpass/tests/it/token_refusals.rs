//! Tokens that are not ours. All of them get the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::forge::{Forge, base64url};
use crate::rig::{Account, PUBLIC_URL, SECRET, START, TestApp, on_both_engines};

/// Each of these is refused like a word that is no token, wherever it is sent.
async fn all_refused(
    app: &TestApp,
    ann: &Account,
    tokens: impl IntoIterator<Item = (String, String)>,
) {
    let expected = app.me("nonsense").await;
    assert_eq!(expected.verdict(), (401, "invalid_token".to_owned()));
    for (what, token) in tokens {
        assert_eq!(app.me(&token).await.bytes(), expected.bytes(), "{what}");
        let by_cookie = app.post("/api/v1/auth/signout").cookie(&token).await;
        assert_eq!(by_cookie.bytes(), expected.bytes(), "{what}, as a cookie");
    }
    assert_eq!(
        app.me(&ann.token).await.status,
        200,
        "a good one still passes"
    );
}

fn named<const N: usize>(tokens: [(&str, String); N]) -> Vec<(String, String)> {
    tokens
        .into_iter()
        .map(|(what, token)| (what.to_owned(), token))
        .collect()
}

/// The three parts of a token.
fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

on_both_engines! {
    async fn asvs_7_2_1_a_change_of_any_character_is_noticed(app) {
        let ann = app.account("ann@example.com").await;
        let expected = app.me("nonsense").await.bytes();
        for at in 0..ann.token.len() {
            let mut bytes = ann.token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(app.me(&changed).await.bytes(), expected, "{at}");
        }
        // The last character holds two bits that no byte needs.
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=".chars() {
            let changed = format!("{}{last}", &ann.token[..ann.token.len() - 1]);
            if changed != ann.token {
                assert_eq!(app.me(&changed).await.bytes(), expected, "{last}");
            }
        }
    }

    async fn no_beginning_of_a_token_and_nothing_longer_is_one(app) {
        let ann = app.account("ann@example.com").await;
        let token = &ann.token;
        let mut tokens: Vec<_> = (1..token.len()).map(|end| (format!("{end} characters"), token[..end].to_owned())).collect();
        tokens.extend(["=", ".", ".x", "A", "AA", "AAAA", "%00"].map(|more| (format!("and {more}"),
            format!("{token}{more}"))));
        tokens.extend(["=", ".", "x."].map(|before| (format!("after {before}"), format!("{before}{token}"))));
        all_refused(&app, &ann, tokens).await;
    }

    async fn asvs_9_1_1_a_signature_is_needed(app) {
        let ann = app.account("ann@example.com").await;
        let good = Forge::of(&ann);
        let token = good.token();
        let [header, claims, signature] = parts(&token);
        let standard = STANDARD.encode(URL_SAFE_NO_PAD.decode(signature).unwrap());
        all_refused(&app, &ann, named([
            ("no signature", format!("{header}.{claims}.")),
            ("two parts", format!("{header}.{claims}")),
            ("one part", header.to_owned()),
            ("five parts", format!("{header}.{claims}.{signature}.{header}.{claims}")),
            ("a million dots", ".".repeat(7_000)),
            ("empty parts", "..".to_owned()),
            ("short signature", format!("{header}.{claims}.{}", &signature[..42])),
            ("padding", format!("{token}=")),
            ("the other base64", format!("{header}.{claims}.{standard}")),
            ("another's signature", format!("{header}.{claims}.{}", parts(&good.clone().claim("x", 1).token())[2])),
            ("parts in another order", format!("{claims}.{header}.{signature}")),
            ("all zeros", format!("{header}.{claims}.{}", base64url([0; 32]))),
        ])).await;
    }

    async fn asvs_9_1_1_another_secret_is_another_issuer(app) {
        let ann = app.account("ann@example.com").await;
        let by = |secret: Vec<u8>| Forge::of(&ann).signed_with(secret).token();
        all_refused(&app, &ann, named([
            ("another secret", by(b"another secret of 32 bytes or more".to_vec())),
            ("no secret", by(Vec::new())),
            ("zeros", by(vec![0; 32])),
            ("secret and a line end", by([SECRET.as_bytes(), b"\n"].concat())),
            ("half the secret", by(SECRET.as_bytes()[..32].to_vec())),
            ("secret in base64", by(STANDARD.encode(SECRET).into_bytes())),
            ("the word secret", by(b"secret".to_vec())),
            ("the user's id", by(ann.id.clone().into_bytes())),
        ])).await;
    }

    async fn asvs_9_1_2_one_algorithm_and_one_type(app) {
        let ann = app.account("ann@example.com").await;
        let good = Forge::of(&ann);
        let mut tokens = Vec::new();
        for alg in ["none", "None", "NONE", "nOnE", "", "hs256", "HS-256", "HS256 ", "HS384", "HS512", "RS256", "PS256",
                    "ES256", "EdDSA", "HS256\0", "dir", "PBES2-HS256+A128KW"] {
            let forged = good.clone().header("alg", alg);
            tokens.push((format!("alg {alg}"), forged.token()));
            let unsigned = format!("{}.{}.", base64url(forged.header_text()), base64url(forged.claims_text()));
            tokens.push((format!("alg {alg}, unsigned"), unsigned));
        }
        for (what, value) in [("null", json!(null)), ("number", json!(256)), ("list", json!(["HS256"])), ("object",
            json!({}))] {
            tokens.push((format!("alg {what}"), good.clone().header("alg", value.clone()).token()));
            tokens.push((format!("typ {what}"), good.clone().header("typ", value).token()));
        }
        for typ in ["", "jwt", "Jwt", "at+jwt", "JWS", "JWE", "application/jwt", "JWT "] {
            tokens.push((format!("typ {typ}"), good.clone().header("typ", typ).token()));
        }
        tokens.push(("alg missing".to_owned(), good.clone().without_header("alg").token()));
        tokens.push(("typ missing".to_owned(), good.clone().without_header("typ").token()));
        tokens.push(("HS384 in truth".to_owned(), good.clone().by(Algorithm::HS384).token()));
        tokens.push(("HS512 in truth".to_owned(), good.clone().by(Algorithm::HS512).token()));
        all_refused(&app, &ann, tokens).await;
    }

    async fn a_header_that_asks_for_more_is_refused(app) {
        let ann = app.account("ann@example.com").await;
        let good = Forge::of(&ann);
        let mut tokens = Vec::new();
        for (name, values) in [
            ("crit", vec![json!([]), json!(["exp"]), json!(["b64"]), json!(["x"]), json!(null), json!("exp")]),
            ("b64", vec![json!(false), json!(true), json!(null)]),
            ("zip", vec![json!("DEF"), json!(""), json!(null)]),
            ("cty", vec![json!("JWT"), json!("json")]),
            // RFC 7515, section 4.1.4.
            ("kid", vec![json!(["k"]), json!(7), json!({}), json!(null), json!(true)]),
            ("jku", vec![json!(7), json!(null), json!(["https://localhost:8000"])]),
            ("jwk", vec![json!("k"), json!([])]),
            ("x5c", vec![json!("MIIB"), json!([7]), json!({})]),
        ] {
            for value in values {
                tokens.push((format!("{name}: {value}"), good.clone().header(name, value).token()));
            }
        }
        for text in ["", "null", "[]", "\"HS256\"", "{", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}x",
                     "{\"alg\":\"HS256\",\"alg\":\"HS256\",\"typ\":\"JWT\"}",
                     "{\"alg\":\"none\",\"alg\":\"HS256\",\"typ\":\"JWT\"}",
                     "\u{feff}{\"alg\":\"HS256\",\"typ\":\"JWT\"}"] {
            tokens.push((format!("header {text}"), good.token_of(text, &good.claims_text())));
        }
        all_refused(&app, &ann, tokens).await;
    }

    async fn asvs_9_1_3_a_key_in_the_token_is_not_looked_at(app) {
        let ann = app.account("ann@example.com").await;
        let own = "a key that the attacker brings along";
        let jwk = json!({"kty": "oct", "k": base64url(own), "alg": "HS256"});
        let mut tokens = Vec::new();
        for (name, value) in [("jwk", jwk), ("kid", json!(own)), ("jku", json!("http://127.0.0.1:1/jwks.json")),
                              ("x5u", json!("http://127.0.0.1:1/x.pem")), ("x5c", json!([own]))] {
            tokens.push((name.to_owned(), Forge::of(&ann).header(name, value).signed_with(own).token()));
        }
        all_refused(&app, &ann, tokens).await;
    }

    async fn each_claim_is_there_and_of_its_type(app) {
        let ann = app.account("ann@example.com").await;
        let good = Forge::of(&ann);
        let mut tokens = Vec::new();
        for claim in ["sub", "email", "iat", "exp", "iss"] {
            tokens.push((format!("no {claim}"), good.clone().without_claim(claim).token()));
            for value in [json!(null), json!(true), json!([]), json!({}), json!([ann.id])] {
                tokens.push((format!("{claim}: {value}"), good.clone().claim(claim, value).token()));
            }
        }
        for claim in ["iat", "exp"] {
            let seconds = if claim == "iat" { START } else { START + 60 };
            for value in [json!(seconds.to_string()), json!(-1), json!(u64::MAX), json!(1e300),
                json!("2027-01-15T08:00:00Z")] {
                tokens.push((format!("{claim}: {value}"), good.clone().claim(claim, value).token()));
            }
            let text = good.claims_text();
            for number in [format!("{}.0", good_time(&text, claim)), format!("{}e0", good_time(&text, claim))] {
                let text = text.replace(&format!("\"{claim}\":{}", good_time(&text, claim)), &format!("\"{claim}\":{number}"));
                tokens.push((format!("{claim}: {number}"), good.token_of(&good.header_text(), &text)));
            }
        }
        for claim in ["sub", "email", "iss"] {
            tokens.push((format!("{claim}: 5"), good.clone().claim(claim, 5).token()));
        }
        for sub in ["", " ", "ann@example.com", "00000000-0000-0000-0000-000000000000", "' or 1=1 --"] {
            tokens.push((format!("sub: {sub}"), good.clone().claim("sub", sub).token()));
        }
        tokens.push(("sub with a space".to_owned(), good.clone().claim("sub", format!("{} ", ann.id)).token()));
        tokens.push(("sub without hyphens".to_owned(), good.clone().claim("sub", ann.id.replace('-', "")).token()));
        tokens.push(("sub in braces".to_owned(), good.clone().claim("sub", format!("{{{}}}", ann.id)).token()));
        for payload in ["", "null", "[]", "\"x\"", "{", "{}", "{}{}"] {
            tokens.push((format!("payload {payload}"), good.token_of(&good.header_text(), payload)));
        }
        let doubled = good.claims_text().replacen('{', &format!("{{\"sub\":\"{}\",", ann.id), 1);
        tokens.push(("sub twice".to_owned(), good.token_of(&good.header_text(), &doubled)));
        all_refused(&app, &ann, tokens).await;
    }

    async fn asvs_9_2_3_only_our_own_issuer_and_no_audience(app) {
        let ann = app.account("ann@example.com").await;
        let good = Forge::of(&ann);
        let mut tokens = Vec::new();
        for iss in ["", "http://localhost:8000/", "http://localhost:800", "http://localhost:80000", "http://localhost",
                    "https://localhost:8000", "HTTP://LOCALHOST:8000", "http://localhost:8000.evil.example",
                    "localhost:8000",
                    "http://localhost:3000", "http://127.0.0.1:8000", " http://localhost:8000", "hallpass"] {
            tokens.push((format!("iss {iss:?}"), good.clone().claim("iss", iss).token()));
        }
        tokens.push(("iss list".to_owned(), good.clone().claim("iss", json!([PUBLIC_URL])).token()));
        for aud in [json!("https://api.example.com"), json!(PUBLIC_URL), json!([PUBLIC_URL]), json!([]), json!(""),
            json!(null), json!(5)] {
            tokens.push((format!("aud {aud}"), good.clone().claim("aud", aud).token()));
        }
        all_refused(&app, &ann, tokens).await;
    }

    async fn times_that_cannot_be_are_refused(app) {
        let ann = app.account("ann@example.com").await;
        let at = |iat: i64, exp: i64| Forge::of(&ann).times(START + iat, START + exp).token();
        all_refused(&app, &ann, named([
            ("issued in 6 s", at(6, 60)),
            ("issued tomorrow", at(86_400, 86_460)),
            ("a life of 3601 s", at(0, 3601)),
            ("a life of none", at(0, 0)),
            ("a life backwards", at(0, -1)),
            ("long dead and of a long life", at(-10_000, -1)),
            ("not before in 1 s", Forge::of(&ann).claim("nbf", START + 1).token()),
            ("not before no time", Forge::of(&ann).claim("nbf", "now").token()),
            ("not before null", Forge::of(&ann).claim("nbf", Value::Null).token()),
        ])).await;
    }

    /// golang-jwt CVE-2024-51744: only who is authentic learns that it is late.
    async fn expired_is_said_of_authentic_tokens_alone(app) {
        let ann = app.account("ann@example.com").await;
        let late = Forge::of(&ann).times(START - 3600, START);
        assert_eq!(app.me(&late.token()).await.verdict(), (401, "token_expired".to_owned()));
        let token = late.token();
        let [header, claims, _] = parts(&token);
        all_refused(&app, &ann, named([
            ("another secret", late.clone().signed_with("another secret of 32 bytes or more").token()),
            ("unsigned", format!("{header}.{claims}.")),
            ("another issuer", late.clone().claim("iss", "https://evil.example").token()),
            ("an audience", late.clone().claim("aud", "x").token()),
            ("another algorithm", late.clone().header("alg", "none").token()),
            ("no subject", late.clone().without_claim("sub").token()),
        ])).await;
    }

    async fn what_is_over_8_kib_is_not_read(app) {
        let ann = app.account("ann@example.com").await;
        let padded = |length: usize| {
            let bare = Forge::of(&ann).claim("pad", "").token().len();
            let mut pad = (length - bare) * 3 / 4;
            loop {
                let token = Forge::of(&ann).claim("pad", "x".repeat(pad)).token();
                if token.len() >= length {
                    return token;
                }
                pad += 1;
            }
        };
        let largest = padded(8 * 1024 - 1);
        assert!(largest.len() <= 8 * 1024);
        assert_eq!(app.me(&largest).await.status, 200);
        all_refused(&app, &ann, [
            ("8 KiB and a byte".to_owned(), padded(8 * 1024 + 1)),
            ("60 KiB".to_owned(), padded(60 * 1024)),
        ]).await;
    }
}

/// The number that stands for this claim.
fn good_time(claims: &str, claim: &str) -> String {
    serde_json::from_str::<Value>(claims).unwrap()[claim].to_string()
}
