//! Sign-in as it is often written: one blocking task for each request, and
//! Argon2 with memory that is allocated each time.

use std::sync::Arc;

use anyhow::Result;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use hallpass::{EmailAddress, Hallpass};
use jsonwebtoken::{EncodingKey, Header};
use serde::{Deserialize, Serialize};

use crate::clock::unix_seconds;
use crate::measure::accounts::PASSWORD;
use crate::server::SECRET;

#[derive(Clone)]
struct App {
    hallpass: Hallpass,
    /// Of the password that every account has. Reading it from the database,
    /// too, would only make this slower.
    hash: Arc<str>,
}

#[derive(Deserialize)]
struct Body {
    email: String,
    password: String,
}

#[derive(Serialize)]
struct Answer {
    access_token: String,
    email: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: String,
    email: &'a str,
    iat: u64,
    exp: u64,
}

pub(super) fn router(hallpass: Hallpass) -> Result<Router> {
    let salt = b"a salt like other";
    let hash = Argon2::default().hash_password_with_salt(PASSWORD.as_bytes(), salt)?;
    let app = App {
        hallpass,
        hash: hash.to_string().into(),
    };
    Ok(Router::new()
        .route("/naive/signin", post(sign_in))
        .with_state(app))
}

async fn sign_in(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Answer>, StatusCode> {
    let fault = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let email = EmailAddress::parse(&body.email).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    let found = app.hallpass.find_user_by_email(&email).await;
    let user = found.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    let correct = tokio::task::spawn_blocking(move || {
        let hash = PasswordHash::new(&app.hash)?;
        Argon2::default().verify_password(body.password.as_bytes(), &hash)
    });
    correct
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
        .map_err(|_| StatusCode::UNAUTHORIZED)?;
    let issued = unix_seconds();
    let claims = Claims {
        sub: user.id.to_string(),
        email: &user.email,
        iat: issued,
        exp: issued + 3600,
    };
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let access_token = jsonwebtoken::encode(&Header::default(), &claims, &key).map_err(fault)?;
    Ok(Json(Answer {
        access_token,
        email: user.email,
    }))
}
