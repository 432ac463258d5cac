//! Names that are no settings.

use serde_json::Value;

use crate::rig::{Place, events};

/// What the log says of a set-up at start: severity, name and message.
async fn warnings(pairs: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let place = Place::new();
    let launch = pairs.iter().fold(place.launch(), |launch, (name, value)| {
        launch.set(name, *value)
    });
    let ended = launch.start().await.stop().await;
    assert!(!ended.err.contains("hunter2"), "{}", ended.err);
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let events = events(&ended.err).into_iter();
    let events = events.filter(|event| !event["setting"].is_null());
    events
        .map(|event| {
            let field = |key| text(&event, key);
            (field("severity"), field("setting"), field("message"))
        })
        .collect()
}

#[tokio::test]
async fn names_of_others_are_passed_over() {
    let found = warnings(&[
        ("HALLPASS_URL", "http://10.0.0.7:8000"),
        ("HALLPASS_ISSUER", "https://auth.example.com"),
        (
            "HALLPASS_JWKS_URL",
            "https://auth.example.com/.well-known/jwks.json",
        ),
        ("HALLPASS_COOKIE", "x"),
        ("HALLPASS_TEST_POSTGRES", "postgres://x"),
        ("HALLPASS_SERVICE_HOST", "10.0.0.1"),
        ("HALLPASS_SERVICE_PORT", "8000"),
        ("HALLPASS_SERVICE_PORT_HTTP", "8000"),
        ("HALLPASS_PORT", "tcp://10.0.0.1:8000"),
        ("HALLPASS_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
        ("HALLPASS_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("HALLPASS_PORT_8000_TCP_PORT", "8000"),
        ("HALLPASS_PORT_8000_TCP_PROTO", "tcp"),
        ("HALLPASS_AUTH_PORT", "tcp://10.0.0.1:80"),
        ("DATABASE_USER", "ann"),
        ("DATABASE_NAME", "accounts"),
        ("BETTER_AUTH_TELEMETRY", "0"),
        ("HOSTNAME", "web"),
        ("HOSTS", "a,b"),
        ("PORTS", "80"),
        ("POST", "x"),
    ])
    .await;
    assert_eq!(found, []);
}

/// A name, the setting that it may mean (or nothing), and the level.
const UNKNOWN: [(&str, &str, &str); 22] = [
    ("HALLPASS_COOKIE_PREFX", "HALLPASS_COOKIE_PREFIX", "serious"),
    ("HALLPASS_RATELIMIT", "HALLPASS_RATE_LIMIT", "serious"),
    ("HALLPASS_RATE_LIMITS", "HALLPASS_RATE_LIMIT", "serious"),
    ("HALLPASS_HASH_THREAD", "HALLPASS_HASH_THREADS", "warning"),
    ("HALLPASS_PASWORD_HASH", "HALLPASS_PASSWORD_HASH", "serious"),
    ("HALLPASS_DATADIR", "HALLPASS_DATA_DIR", "warning"),
    ("HALLPASS_PORT", "PORT", "warning"),
    ("HALLPASS_HOST", "HOST", "warning"),
    ("HALLPASS_DATABASE_URL", "DATABASE_URL", "warning"),
    ("HALLPASS_CORS_ORIGIN", "CORS_ORIGINS", "serious"),
    ("HALPASS_RATE_LIMIT", "HALLPASS_RATE_LIMIT", "serious"),
    ("hallpass_rate_limit", "HALLPASS_RATE_LIMIT", "serious"),
    ("BETTER_AUTH_SECERT", "BETTER_AUTH_SECRET", "serious"),
    (
        "BETTER_AUTH_SECERT_FILE",
        "BETTER_AUTH_SECRET_FILE",
        "serious",
    ),
    (
        "BETTER_AUTH_SECRET_FIEL",
        "BETTER_AUTH_SECRET_FILE",
        "serious",
    ),
    ("better_auth_secret", "BETTER_AUTH_SECRET", "serious"),
    ("DATABSE_URL", "DATABASE_URL", "warning"),
    ("CORS_ORIGIN", "CORS_ORIGINS", "serious"),
    ("TRUSTED_PROXY", "TRUSTED_PROXIES", "serious"),
    ("HALLPASS_TLS", "", "warning"),
    ("HALLPASS_COLOUR_OF_THE_SKY", "", "warning"),
    ("HALLPASS_", "", "warning"),
];

#[tokio::test]
async fn unknown_names_are_warned_of() {
    for (name, meant, level) in UNKNOWN {
        let found = warnings(&[(name, "hunter2")]).await;
        let said = if meant.is_empty() {
            format!("{name} is not a setting of Hallpass")
        } else {
            format!("{name} is not a setting; did you mean {meant}?")
        };
        let [(found_level, found_name, message)] = &found[..] else {
            panic!("{name}: {found:?}");
        };
        assert_eq!((found_level.as_str(), found_name.as_str()), (level, name));
        assert!(message.starts_with(&said), "{message}");
    }
}

/// Where the setting has a value, another program's name is none of ours.
#[tokio::test]
async fn near_names_of_set_settings_pass() {
    let found = warnings(&[
        ("CORS_ORIGIN", "*"),
        ("CORS_ORIGINS", "http://localhost:3000"),
    ])
    .await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn unknown_names_in_dot_env_are_warned_of() {
    let place = Place::new();
    place.write(
        ".env",
        "HALLPASS_LOGG=hunter2\nTRUSTED_PROXY=hunter2\nHALLPASS_URL=x\n",
    );
    let ended = place.launch().start().await.stop().await;
    for said in [
        "HALLPASS_LOGG is not a setting; did you mean HALLPASS_LOG?",
        "TRUSTED_PROXY is not a setting; did you mean TRUSTED_PROXIES?",
    ] {
        assert_eq!(ended.err.matches(said).count(), 1, "{said}: {}", ended.err);
    }
    assert!(!ended.err.contains("hunter2"), "{}", ended.err);
    assert!(!ended.err.contains("HALLPASS_URL"), "{}", ended.err);
}
