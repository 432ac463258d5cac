//! Tasks of people who signed in at Hallpass: a service to copy from.

mod answer;
pub mod database;
mod input;
mod tasks;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use hallpass_rls::UserRows;
use hallpass_verify::Verifier;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::answer::Problem;
pub use crate::tasks::{Route, routes};

/// What every request needs. There is no pool here: [`UserRows`] is the only
/// way to the tasks, and asks for a user whose token was verified.
#[derive(Clone, Debug)]
pub struct App {
    /// The tasks of all users.
    pub rows: UserRows,
    /// Verifies the tokens that Hallpass issued.
    pub verifier: Verifier,
}

/// Where `CurrentUser`, the extractor, finds the verifier.
impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

/// The whole service.
pub fn router(app: App) -> Router {
    let fixed =
        |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let mut router = Router::new();
    for (_, path, handler) in routes() {
        router = router.route(path, handler);
    }
    router
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(16 * 1024))
        .layer(fixed(CACHE_CONTROL, "no-store"))
        .layer(fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .with_state(app)
}
