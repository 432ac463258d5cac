//! Hallpass registers and signs in people and gives each a short-lived signed
//! token that any service can verify, asking nobody.
//!
//! This crate is the library: embed it in an axum application. The binary
//! `hallpass` is this library with a command line around it, and
//! [`hallpass-verify`](https://docs.rs/hallpass-verify) is for services that
//! only verify.
//!
//! # Embedding
//!
//! ```no_run
//! use std::net::SocketAddr;
//!
//! use axum::{Router, routing::get};
//! use hallpass::{CurrentUser, DatabaseUrl, Hallpass, PublicUrl, Settings, SigningSecret};
//!
//! async fn greet(CurrentUser(user): CurrentUser) -> String {
//!     format!("Hello {}", user.email)
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = SigningSecret::new(&std::fs::read_to_string("secret")?.trim().into())?;
//! let url = PublicUrl::parse("http://localhost:8000")?;
//! let hallpass = Hallpass::new(Settings::new(url, secret, DatabaseUrl::sqlite_file("app.db")))?;
//! hallpass.migrate().await?;
//!
//! let app = Router::new()
//!     .route("/greet", get(greet))
//!     .with_state(hallpass.clone())
//!     .merge(hallpass.routes());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//! axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Hallpass::routes`] is the API. [`Hallpass::pages`] are pages for people, to
//! sign up, sign in and see their account, in the name, colour and logo of
//! [`Settings::brand`]; leave them out to bring your own.
//!
//! # How it is built
//!
//! A feature is a folder, and a file's name says what it may touch: `web.rs`
//! turns a request into typed input and an answer, `pages.rs` does so for
//! people, `mod.rs` holds the rules, `store.rs` the SQL. A request goes down through them once, and values come
//! back up.

mod audit;
mod base_path;
mod better_auth;
mod brand;
mod characters;
mod client;
mod clock;
mod db;
mod email;
mod error;
pub mod fairness;
mod hallpass;
mod method;
mod origin;
mod plain_path;
mod secret;
mod session;
mod settings;
mod sign_in;
mod throttle;
mod to_end;
mod token;
mod user;
mod web;

pub use self::audit::TARGET as SECURITY_EVENTS;
pub use self::brand::{Brand, BrandColor, BrandLogo, BrandName};
pub use self::client::{Client, ClientNetwork};
pub use self::clock::{Clock, ManualClock, Timestamp};
pub use self::db::{
    DatabaseServer, DatabaseUrl, InvalidDatabaseUrl, MigrationState, MigrationStatus, SchemaError,
    StoreError, TlsUse,
};
pub use self::email::{EmailAddress, EmailKey, InvalidEmail};
pub use self::error::{Cause, Error, ErrorCode, FieldFault};
pub use self::hallpass::{Hallpass, StartError};
pub use self::method::password::{Credentials, Registration};
pub use self::secret::{
    CryptographyFailed, Password, PasswordHash, RandomnessUnavailable, SigningSecret, WeakSecret,
};
pub use self::session::Session;
pub use self::session::web::{CurrentBearer, CurrentUser};
pub use self::settings::{
    CookiePrefix, DatabaseConnections, HashPolicy, HashQueue, Hsts, InvalidSetting, Origin,
    PasswordMinLength, PublicUrl, SameSite, Settings, Signing, TOKEN_LIFE,
};
pub use self::token::{
    AccessToken, ROTATION_LEAD, SigningKey, SigningKeyError, SigningKeyState, TokenBearer,
};
pub use self::user::{
    Change, DisplayName, ImageUrl, InvalidImage, InvalidName, User, UserChanges, UserId,
};
pub use hallpass_rls as rls;
pub use ipnet::IpNet;
pub use secrecy::SecretString;

/// The description of the HTTP API that `/openapi.json` serves, as JSON.
///
/// # Errors
/// When it cannot be serialised, which would be a defect.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    web::document().to_pretty_json()
}

/// As [`openapi_json`], as YAML.
///
/// # Errors
/// When it cannot be serialised, which would be a defect.
pub fn openapi_yaml() -> Result<String, Cause> {
    Ok(web::document().to_yaml()?)
}
