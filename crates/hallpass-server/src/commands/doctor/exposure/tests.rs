//! Set-ups that are wrong, and the two that are right.

use super::*;
use crate::config::{Environment, Reading};

const SECRET: (&str, &str) = ("BETTER_AUTH_SECRET", "0f9d2c7b41e86a35d0c2f7981b3e6a54");

fn complaints<const N: usize>(pairs: [(&str, &str); N]) -> Vec<String> {
    let environment = Environment::from(pairs);
    let reading = Reading::of(&environment);
    assert!(reading.faults.is_empty(), "{:?}", reading.faults);
    let mut report = Report::default();
    let setup = Setup {
        values: &reading.values,
        faults: &reading.faults,
        environment: &environment,
        asks_machine: false,
    };
    check(&setup, &mut report);
    assert!(
        report
            .checks()
            .iter()
            .all(|check| !check.finding.is_empty())
    );
    report.complaints()
}

#[test]
fn the_defaults_and_a_good_production_set_up_have_no_faults() {
    assert_eq!(complaints([]), [""; 0]);
    let good = complaints([
        SECRET,
        ("BETTER_AUTH_URL", "https://auth.example.com"),
        (
            "CORS_ORIGINS",
            "https://app.example.com,https://example.com",
        ),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("HALLPASS_METRICS_ADDR", "127.0.0.1:9090"),
    ]);
    assert_eq!(good, [""; 0]);
}

#[test]
fn http_in_public_is_serious() {
    let found = complaints([
        ("BETTER_AUTH_URL", "http://auth.example.com"),
        ("CORS_ORIGINS", ""),
    ]);
    assert_eq!(found, ["serious better_auth_url"]);
}

#[test]
fn https_without_trusted_proxies_counts_everybody_as_one() {
    let url = ("BETTER_AUTH_URL", "https://auth.example.com");
    for host in ["127.0.0.1", "0.0.0.0", "::"] {
        let found = complaints([SECRET, url, ("CORS_ORIGINS", ""), ("HOST", host)]);
        assert_eq!(found, ["serious trusted_proxies"], "{host}");
    }
}

#[test]
fn trusting_everybody_is_serious() {
    for networks in [
        "0.0.0.0/0",
        "127.0.0.1,::/0",
        "0.0.0.0/1,128.0.0.0/1",
        "10.0.0.1,64.0.0.0/2",
        "2000::/3",
        "::ffff:0.0.0.0/96",
    ] {
        assert_eq!(
            complaints([("TRUSTED_PROXIES", networks)]),
            ["serious trusted_proxies"]
        );
    }
}

#[test]
fn proxies_must_be_able_to_connect() {
    let url = ("BETTER_AUTH_URL", "https://auth.example.com");
    for (host, proxies, is_fine) in [
        ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1", "127.0.0.0/8", true),
        ("127.0.0.1", "10.0.0.0/8", false),
        ("127.0.0.1", "::1", false),
        ("127.0.0.1", "::1,127.0.0.1", true),
        ("::1", "::1", true),
        ("::1", "127.0.0.1", false),
        ("0.0.0.0", "10.0.0.0/8", true),
        ("0.0.0.0", "127.0.0.1", true),
        ("0.0.0.0", "fd00::/8", false),
        ("10.0.0.5", "127.0.0.1", false),
        ("10.0.0.5", "10.0.0.4", true),
        ("fd00::5", "::1", false),
        ("fd00::5", "fd00::/8", true),
        ("::", "10.0.0.0/8", true),
        ("::", "::1", true),
    ] {
        let (host, proxies) = (("HOST", host), ("TRUSTED_PROXIES", proxies));
        let found = complaints([SECRET, url, ("CORS_ORIGINS", ""), host, proxies]);
        assert_eq!(found.is_empty(), is_fine, "{host:?} {proxies:?}: {found:?}");
    }
}

fn front_end(url: &str, origins: &str) -> Vec<String> {
    complaints([
        SECRET,
        ("BETTER_AUTH_URL", url),
        ("CORS_ORIGINS", origins),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ])
}

#[test]
fn front_ends_must_be_on_the_site_of_the_public_url() {
    let warned = ["warning cors_origins"];
    assert_eq!(
        front_end("https://auth.example.com", "http://localhost:3000"),
        warned
    );
    assert_eq!(
        front_end("https://auth.example.com", "https://app.example.org"),
        warned
    );
    assert_eq!(
        front_end("https://auth.example.com", "http://app.example.com"),
        ["serious cors_origins"]
    );
    assert_eq!(
        front_end("https://auth.one.co.uk", "https://app.two.co.uk"),
        warned
    );
    assert_eq!(
        front_end("http://127.0.0.1:8000", "http://localhost:3000"),
        warned
    );
    assert_eq!(
        front_end("https://auth.one.co.uk", "https://app.one.co.uk:8443"),
        [""; 0]
    );
    assert_eq!(
        front_end("https://auth.example.com", "https://auth.example.com"),
        ["note cors_origins"]
    );
}

#[test]
fn https_has_no_default_front_end() {
    let found = complaints([
        SECRET,
        ("BETTER_AUTH_URL", "https://a.example.com"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_port_is_the_one_of_a_local_public_url() {
    assert_eq!(complaints([("PORT", "9000")]), [""; 0]);
    let url = ("BETTER_AUTH_URL", "http://localhost:8000");
    assert_eq!(complaints([url, ("PORT", "9000")]), ["warning port"]);
    assert_eq!(
        complaints([("BETTER_AUTH_URL", "http://localhost")]),
        ["warning port"]
    );
    assert_eq!(
        complaints([("BETTER_AUTH_URL", "http://localhost"), ("PORT", "80")]),
        [""; 0]
    );
    assert_eq!(complaints([("PORT", "0")]), ["warning port"]);
}

#[test]
fn a_local_url_on_an_open_listener_is_noted() {
    assert_eq!(complaints([("HOST", "0.0.0.0")]), ["note host"]);
}

#[test]
fn no_rate_limit_is_serious_in_production() {
    assert_eq!(
        complaints([("HALLPASS_RATE_LIMIT", "off")]),
        ["warning hallpass_rate_limit"]
    );
    let found = complaints([
        SECRET,
        ("BETTER_AUTH_URL", "https://auth.example.com"),
        ("CORS_ORIGINS", ""),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("HALLPASS_RATE_LIMIT", "off"),
    ]);
    assert_eq!(found, ["serious hallpass_rate_limit"]);
}

#[test]
fn implied_port_is_noted() {
    for (url, noted) in [
        ("https://auth.example.com:443", true),
        ("https://auth.example.com:443/", true),
        ("https://auth.example.com:8443", false),
        ("https://auth.example.com", false),
        ("https://[2001:db8::1]", false),
    ] {
        let found = front_end(url, "");
        let is_noted = found.contains(&"note better_auth_url".to_owned());
        assert_eq!(is_noted, noted, "{url}: {found:?}");
    }
}

#[test]
fn public_paths_are_fine() {
    assert_eq!(front_end("https://example.com/auth", ""), [""; 0]);
    assert_eq!(front_end("https://example.com/auth/", ""), [""; 0]);
    let noted = ["note better_auth_url"];
    assert_eq!(front_end("https://example.com/api/auth", ""), noted);
}

#[test]
fn apps_origins_are_noted() {
    for origin in ["tauri://localhost", "capacitor://localhost"] {
        let found = front_end("https://auth.example.com", origin);
        assert_eq!(found, ["note cors_origins"]);
    }
}

#[test]
fn cookie_prefixes_with_a_meaning_are_told_of() {
    assert_eq!(
        complaints([("HALLPASS_COOKIE_PREFIX", "better-auth")]),
        ["note hallpass_cookie_prefix"]
    );
    assert_eq!(
        complaints([("HALLPASS_COOKIE_PREFIX", "__Secure-x")]),
        ["serious hallpass_cookie_prefix"]
    );
    assert_eq!(
        complaints([("HALLPASS_COOKIE_PREFIX", "__x")]),
        ["warning hallpass_cookie_prefix"]
    );
}

#[test]
fn metrics_are_not_for_everybody() {
    assert_eq!(
        complaints([("HALLPASS_METRICS_ADDR", "0.0.0.0:9090")]),
        ["warning hallpass_metrics_addr"]
    );
    assert_eq!(
        complaints([("HALLPASS_METRICS_ADDR", "127.0.0.1:8000")]),
        ["serious hallpass_metrics_addr"]
    );
}
