//! The user of a request in axum: extractor and layer, whole answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::FromRef;
use axum::routing::get;
use axum::{Extension, Router};
use hallpass_verify::axum::{AuthRejection, RequireUser};
use hallpass_verify::{CurrentUser, Refused, Verifier};

use crate::forge::{Forge, OTHER_SECRET, quoted};
use crate::http::{EXPIRED, INVALID, NO_TOKEN, answer, answer_to, lasting, patient, send};

const GREETING: &str = "\
200 OK
content-type: text/plain; charset=utf-8

ada@example.com";

const STRANGER: &str = "\
200 OK
content-type: text/plain; charset=utf-8

a stranger";

async fn greet(user: CurrentUser) -> String {
    user.email.clone()
}

async fn greet_anybody(user: Option<CurrentUser>) -> String {
    user.map_or_else(|| "a stranger".to_owned(), |user| user.email.clone())
}

/// Both ways in which a handler gets its user: by itself, and by the layer.
fn apps() -> [Router; 2] {
    [
        Router::new().route("/", get(greet)).with_state(patient()),
        Router::new()
            .route("/", get(greet))
            .layer(RequireUser::new(patient())),
    ]
}

fn optional() -> Router {
    Router::new()
        .route("/", get(greet_anybody))
        .with_state(patient())
}

fn good() -> String {
    lasting(Forge::good()).token()
}

/// Authentic and over; and one of each kind that is refused.
fn refused() -> Vec<(String, Refused)> {
    let lasting = || lasting(Forge::good());
    vec![
        ("x".to_owned(), Refused::Malformed),
        ("x".repeat(8193), Refused::TooLong),
        (
            lasting().header("alg", &quoted("none")).token(),
            Refused::Algorithm,
        ),
        (
            lasting().header("typ", &quoted("at+jwt")).token(),
            Refused::Type,
        ),
        (lasting().header("crit", "[]").token(), Refused::Critical),
        (
            lasting().header("zip", "\"DEF\"").token(),
            Refused::Compressed,
        ),
        (lasting().header("cty", "\"JWT\"").token(), Refused::Nested),
        (
            lasting().signed_with(OTHER_SECRET).token(),
            Refused::Signature,
        ),
        (lasting().claim_without("sub").token(), Refused::Claims),
        (lasting().claim("iss", "\"\"").token(), Refused::Issuer),
        (lasting().claim("aud", "\"us\"").token(), Refused::Audience),
        (
            lasting().times(9_999_999_998, 9_999_999_999).token(),
            Refused::IssuedInFuture,
        ),
        (lasting().times(0, 0).token(), Refused::LifeTooLong),
        (
            lasting().claim("nbf", "9999999998").token(),
            Refused::NotYetValid,
        ),
    ]
}

#[tokio::test]
async fn a_good_token_names_the_user() {
    for app in [apps().to_vec(), vec![optional()]].concat() {
        assert_eq!(answer_to(&app, &good()).await, GREETING);
    }
}

#[tokio::test]
async fn the_scheme_may_be_in_any_case_and_spaces_may_follow() {
    let token = good();
    for app in apps() {
        for prefix in ["bearer ", "BEARER ", "bEaReR ", "Bearer    "] {
            let value = format!("{prefix}{token}");
            assert_eq!(answer(&app, &[value.as_bytes()]).await, GREETING);
        }
    }
}

#[tokio::test]
async fn without_a_token_authentication_is_required() {
    for app in apps() {
        assert_eq!(answer(&app, &[]).await, NO_TOKEN);
        let token = good();
        let others = [
            "Basic YTpi".to_owned(),
            format!("Token {token}"),
            format!("DPoP {token}"),
            format!("Bearer{token}"),
            format!("\"Bearer\" {token}"),
            token,
            String::new(),
        ];
        for other in others {
            assert_eq!(answer(&app, &[other.as_bytes()]).await, NO_TOKEN, "{other}");
        }
    }
}

#[tokio::test]
async fn a_header_that_carries_no_single_token_is_invalid() {
    let good = format!("Bearer {}", good());
    let good = good.as_bytes();
    let headers: [&[&[u8]]; 8] = [
        &[good, good],
        &[good, b"Basic YTpi"],
        &[b"Basic YTpi", good],
        &[b"", good],
        &[b"Bearer"],
        &[b"Bearer "],
        &[b"Bearer     "],
        &[b"Bearer \xff"],
    ];
    for app in [apps().to_vec(), vec![optional()]].concat() {
        for header in headers {
            assert_eq!(answer(&app, header).await, INVALID, "{header:?}");
        }
    }
}

#[tokio::test]
async fn asvs_v11_2_5_every_refusal_has_the_same_bytes() {
    for app in [apps().to_vec(), vec![optional()]].concat() {
        for (token, why) in refused() {
            assert_eq!(answer_to(&app, &token).await, INVALID, "{why}");
        }
        assert_eq!(answer_to(&app, &good()).await, GREETING);
    }
}

#[tokio::test]
async fn an_authentic_token_that_is_over_says_so() {
    let over = Forge::good().times(0, 3600).token();
    for app in [apps().to_vec(), vec![optional()]].concat() {
        assert_eq!(answer_to(&app, &over).await, EXPIRED);
    }
}

#[tokio::test]
async fn whoever_logs_is_told_the_rule() {
    let told = async |app: &Router, header: &[&[u8]]| {
        let response = send(app, header).await;
        *response.extensions().get::<AuthRejection>().unwrap()
    };
    for app in apps() {
        for (token, why) in refused() {
            let rejection = told(&app, &[format!("Bearer {token}").as_bytes()]).await;
            assert_eq!(rejection.refused(), Some(why));
            assert_eq!(rejection.to_string(), why.to_string());
            assert_eq!(rejection.code(), "invalid_token");
        }
        let silent = told(&app, &[]).await;
        assert_eq!(silent.refused(), None);
        assert_eq!(silent.to_string(), "no bearer token was sent");
        let twice = told(&app, &[b"Bearer a", b"Bearer b"]).await;
        assert_eq!(twice.refused(), None);
        assert_eq!(twice.to_string(), "two Authorization headers were sent");
    }
}

#[tokio::test]
async fn where_the_user_is_optional_a_request_without_a_token_has_none() {
    assert_eq!(answer(&optional(), &[]).await, STRANGER);
    assert_eq!(answer(&optional(), &[b"Basic YTpi"]).await, STRANGER);
}

#[tokio::test]
async fn cookies_and_queries_are_not_read() {
    let token = good();
    for app in apps() {
        let mut request = crate::http::request(&[]);
        let cookie =
            format!("hallpass.session_token={token}; __Host-hallpass.session_token={token}");
        request
            .headers_mut()
            .insert("cookie", cookie.parse().unwrap());
        *request.uri_mut() = format!("/?access_token={token}").parse().unwrap();
        let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
        assert_eq!(response.status(), 401);
    }
}

#[tokio::test]
async fn the_verifier_may_be_a_part_of_the_state() {
    #[derive(Clone)]
    struct AppState {
        verifier: Verifier,
    }
    impl FromRef<AppState> for Verifier {
        fn from_ref(state: &AppState) -> Self {
            state.verifier.clone()
        }
    }
    let verifier = patient();
    let app = Router::new()
        .route("/", get(greet))
        .with_state(AppState { verifier });
    assert_eq!(answer_to(&app, &good()).await, GREETING);
    assert_eq!(answer(&app, &[]).await, NO_TOKEN);
}

#[tokio::test]
async fn behind_the_layer_any_state_goes_with_an_extension() {
    async fn greet_by_extension(Extension(user): Extension<CurrentUser>) -> String {
        user.email.clone()
    }
    let app = Router::new()
        .route("/", get(greet_by_extension))
        .route_layer(RequireUser::new(patient()))
        .with_state(7);
    assert_eq!(answer_to(&app, &good()).await, GREETING);
    assert_eq!(answer(&app, &[]).await, NO_TOKEN);
}

/// That the token is verified once shows where the verifiers differ.
#[tokio::test]
async fn behind_the_layer_the_token_is_not_verified_again() {
    let app = Router::new()
        .route("/", get(greet))
        .route_layer(RequireUser::new(patient()))
        .with_state(crate::forge::verifier());
    assert_eq!(answer_to(&app, &good()).await, GREETING);
}

#[tokio::test]
async fn behind_the_layer_no_handler_runs_without_a_user() {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let handler = async move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let app = Router::new()
        .route("/", get(handler))
        .layer(RequireUser::new(patient()));
    for (token, _) in refused() {
        assert_eq!(answer_to(&app, &token).await, INVALID);
    }
    assert_eq!(answer(&app, &[]).await, NO_TOKEN);
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    assert!(answer_to(&app, &good()).await.starts_with("200"));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_handler_with_neither_layer_nor_verifier_lets_nobody_in() {
    let app = Router::new()
        .route("/", get(greet))
        .route("/anybody", get(greet_anybody));
    let fault = "\
500 Internal Server Error
cache-control: no-store
content-type: application/json
x-content-type-options: nosniff

{\"detail\":\"Something went wrong on our side.\",\"code\":\"internal_error\"}";
    assert_eq!(answer_to(&app, &good()).await, fault);
    assert_eq!(answer(&app, &[]).await, fault);
}
