//! Where keys may be fetched, and from where.

use hallpass_verify::{ConfigError, KeySet, Verifier};

use crate::forge::{Forge, ISSUER, SECRET};
use crate::http::lasting;
use crate::issuer::{IssuerKey, jwks};
use crate::issuer_server::{IssuerServer, Standstill, quiet};

fn fault(url: &str) -> ConfigError {
    let built = Verifier::jwks(url).issuer(ISSUER).build();
    built.unwrap_err()
}

#[tokio::test]
async fn what_is_no_https_url_does_not_build() {
    let urls = [
        "",
        "/jwks",
        "auth.example.com/jwks",
        "//auth.example.com/jwks",
        "https://",
        "https:///jwks?",
        "file:///etc/jwks.json",
        "ftp://auth.example.com/jwks",
        "data:application/json,{}",
        "unix:/run/jwks",
        "https://user@auth.example.com/jwks",
        "https://user:password@auth.example.com/jwks",
        "https://:password@auth.example.com/jwks",
        "http://user@localhost/jwks",
    ];
    for url in urls {
        // What has a host after all is somebody's address by the rules of URLs.
        if url != "https:///jwks?" {
            assert_eq!(fault(url), ConfigError::KeysUrl, "{url}");
        }
    }
}

#[tokio::test]
async fn plain_http_to_another_machine_does_not_build_unless_it_is_allowed() {
    let urls = [
        "http://auth.example.com/jwks",
        "http://10.0.0.1/jwks",
        "http://192.168.0.1:8000/jwks",
        "http://localhost.example.com/jwks",
        "http://127.0.0.1.example.com/jwks",
        "http://[2001:db8::1]/jwks",
        "http://0.0.0.0/jwks",
        "HTTP://AUTH.EXAMPLE.COM/jwks",
    ];
    for url in urls {
        assert_eq!(fault(url), ConfigError::KeysUrlInsecure, "{url}");
        let allowed = Verifier::jwks(url).issuer(ISSUER).allow_plain_http();
        assert!(allowed.build().is_ok(), "{url}");
    }
}

#[tokio::test]
async fn https_and_the_same_machine_build() {
    let urls = [
        "https://auth.example.com/jwks",
        "https://auth.example.com:8443/a/b?c=d",
        "http://localhost/jwks",
        "http://localhost:8000/jwks",
        "http://127.0.0.1:8000/jwks",
        "http://127.1.2.3/jwks",
        "http://[::1]:8000/jwks",
    ];
    for url in urls {
        let built = Verifier::jwks(url).issuer(ISSUER).build();
        assert!(built.is_ok(), "{url}: {built:?}");
    }
}

#[test]
fn without_a_runtime_nothing_is_fetched() {
    assert_eq!(
        fault("https://auth.example.com/jwks"),
        ConfigError::NoRuntime
    );
}

#[tokio::test]
async fn words_that_do_not_fit_the_kind_of_key_do_not_build() {
    let set = KeySet::parse(&jwks(&[&IssuerKey::ed25519("k")])).unwrap();
    for builder in [Verifier::shared_secret(SECRET), Verifier::key_set(set)] {
        let built = builder.issuer(ISSUER).allow_plain_http().build();
        assert_eq!(built.unwrap_err(), ConfigError::NothingToFetch);
    }
    let both = Verifier::jwks("https://auth.example.com/jwks")
        .issuer(ISSUER)
        .also_accept(SECRET);
    assert_eq!(both.build().unwrap_err(), ConfigError::SecretBesideKeySet);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_build_fetches_nothing() {
    let _still = Standstill::begin();
    let issuer = IssuerServer::with_keys(&[&IssuerKey::ed25519("k")]).await;
    let nameless = Verifier::jwks(issuer.url()).build();
    assert_eq!(nameless.unwrap_err(), ConfigError::IssuerMissing);
    assert!(issuer.builder().audience("").build().is_err());
    quiet().await;
    assert_eq!(issuer.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_set_is_asked_for_where_it_was_said() {
    let _still = Standstill::begin();
    let key = IssuerKey::ed25519("k");
    let issuer = IssuerServer::with_keys(&[&key]).await;
    let verifier = issuer.verifier();
    let token = lasting(Forge::by(&key)).token();
    assert!(verifier.verify_fresh(&token).await.is_ok());
    assert_eq!(issuer.request_lines(), ["GET /jwks HTTP/1.1"]);
}

/// The issuer of `jku` and `x5u` publishes the very key that signed the token.
#[tokio::test(start_paused = true)]
async fn asvs_v9_1_3_where_a_token_says_its_key_is_nobody_looks() {
    let _still = Standstill::begin();
    let (ours, theirs) = (IssuerKey::ed25519("ours"), IssuerKey::ed25519("theirs"));
    let issuer = IssuerServer::with_keys(&[&ours]).await;
    let evil = IssuerServer::with_keys(&[&theirs]).await;
    let verifier = issuer.verifier();
    for name in ["jku", "x5u", "kid", "iss"] {
        let token = lasting(Forge::by(&theirs))
            .header(name, &format!("\"{}\"", evil.url()))
            .claim("iss", &format!("\"{}\"", evil.url()))
            .token();
        assert!(verifier.verify_fresh(&token).await.is_err(), "{name}");
    }
    quiet().await;
    assert_eq!(evil.requests(), 0);
    assert!(issuer.requests() <= 2);
}
