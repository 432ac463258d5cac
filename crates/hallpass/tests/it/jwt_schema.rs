//! The published schema of a token describes the tokens that are issued.

use hallpass::{PublicUrl, Signing};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::forge::decoded;
use crate::rig::{PASSWORD, START, on_both_engines};

const SCHEMA: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/specs/1-auth-security/contracts/jwt-schema.json"
));

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// A token as the schema sees it.
fn token(token: &str) -> Value {
    let (header, claims) = decoded(token);
    json!({"header": header, "claims": claims})
}

fn right() -> Value {
    json!({
        "header": {"alg": "HS256", "typ": "JWT"},
        "claims": {
            "sub": "01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f", "email": "ann@example.com",
            "iat": START, "exp": START + 3600, "iss": "https://auth.example.com",
        },
    })
}

on_both_engines! {
    async fn every_token_matches_the_schema(app) {
        let validator = validator();
        for email in ["ann@example.com", "Ann.O'Neill+tag@Example.Com", "j\u{f6}rg@b\u{fc}cher.example"] {
            let registered = app.account(email).await;
            let signed_in = app.sign_in(email, PASSWORD).await;
            for issued in [&registered.token, &signed_in.token()] {
                let issued = token(issued);
                assert!(validator.is_valid(&issued), "{issued}: {:?}", validator.validate(&issued).err());
                let lived = issued["claims"]["exp"].as_i64().unwrap() - issued["claims"]["iat"].as_i64().unwrap();
                assert_eq!(lived, 3600);
            }
        }
        let https = app.with(|settings| settings.public_url = PublicUrl::parse("https://auth.example.com").unwrap());
        let issued = token(&https.account("bob@example.com").await.token);
        assert!(validator.is_valid(&issued), "{issued}");
        for signing in [Signing::EdDsa, Signing::Es256, Signing::Rs256] {
            let keys = app.with(|settings| settings.signing = signing);
            let mut issued = token(&keys.sign_in("bob@example.com", PASSWORD).await.token());
            assert!(validator.is_valid(&issued), "{issued}");
            issued["header"].as_object_mut().unwrap().remove("kid");
            assert!(!validator.is_valid(&issued), "{issued}");
        }
    }
}

#[test]
fn the_schema_is_a_draft_2020_12_one_and_describes_what_it_names() {
    let schema = schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let claims = schema["$defs"]["claims"]["properties"].as_object().unwrap();
    let mut names: Vec<_> = claims.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["email", "exp", "iat", "iss", "sub"]);
    let header = schema["$defs"]["header"]["properties"].as_object().unwrap();
    for (name, member) in claims.iter().chain(header) {
        let description = member["description"].as_str().unwrap_or_default();
        assert!(description.len() > 20, "{name}: {description:?}");
    }
}

#[test]
fn a_token_that_is_another_does_not_match_the_schema() {
    let validator = validator();
    assert!(validator.is_valid(&right()));
    let wrong: [(&str, Value); 18] = [
        ("/header/alg", json!("none")),
        ("/header/alg", json!("HS512")),
        ("/header/typ", json!("at+jwt")),
        ("/header/crit", json!(["exp"])),
        ("/header/kid", json!(5)),
        ("/claims/sub", json!("5")),
        ("/claims/sub", json!("01936B2E-7C4F-7D3A-9E1B-2F6A8C0D4E5F")),
        ("/claims/email", json!("ann")),
        ("/claims/email", json!(null)),
        ("/claims/iat", json!(START.to_string())),
        ("/claims/iat", json!(1.5)),
        ("/claims/iat", json!(-1)),
        ("/claims/exp", json!(true)),
        ("/claims/iss", json!("https://auth.example.com/")),
        ("/claims/iss", json!("auth.example.com")),
        ("/claims/aud", json!("https://api.example.com")),
        ("/claims/jti", json!("x")),
        ("/signature", json!("x")),
    ];
    for (place, value) in wrong {
        let mut token = right();
        let (parent, name) = place.rsplit_once('/').unwrap();
        token.pointer_mut(parent).unwrap()[name] = value;
        assert!(!validator.is_valid(&token), "{token}");
    }
    for (part, name) in [
        ("header", "alg"),
        ("header", "typ"),
        ("claims", "sub"),
        ("claims", "email"),
        ("claims", "iat"),
        ("claims", "exp"),
        ("claims", "iss"),
    ] {
        let mut token = right();
        token[part].as_object_mut().unwrap().remove(name);
        assert!(!validator.is_valid(&token), "without {name}");
    }
}
