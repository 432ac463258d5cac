//! How many requests a client may have in progress.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::client::client_of;
use super::health::HEALTHZ;
use crate::error::Error;
use crate::fairness::ShareLimits;
use crate::hallpass::Hallpass;

/// Requests in progress at once: 10 000 in all, a quarter of them for one client.
pub(crate) const REQUESTS: ShareLimits = ShareLimits::of(10_000);

/// A request in progress ends within seconds, since each wait in it is bounded.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Refuses a request of a client that has too many in progress.
///
/// `/healthz` is exempt: a server that is busy is alive and must not be restarted.
pub(super) async fn limit(
    State(hallpass): State<Hallpass>,
    request: Request,
    next: Next,
) -> Response {
    let trusted = &hallpass.settings().trusted_proxies;
    let client = client_of(request.extensions(), request.headers(), trusted);
    let route = request.extensions().get::<MatchedPath>();
    let Some(client) = client.filter(|_| route.is_none_or(|route| route.as_str() != HEALTHZ))
    else {
        return next.run(request).await;
    };
    let Some(share) = hallpass.requests().take(client) else {
        let refused = Error::Overloaded {
            retry_after: RETRY_AFTER,
        };
        return refused.into_response();
    };
    let response = next.run(request).await;
    drop(share);
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use axum::Router;
    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    use super::*;
    use crate::db::DatabaseUrl;
    use crate::secret::SigningSecret;
    use crate::settings::{PublicUrl, Settings};
    use crate::web::layers;

    fn request(path: &str, peer: &str) -> Request {
        let peer: SocketAddr = peer.parse().unwrap();
        let request = Request::get(path).extension(ConnectInfo(peer));
        request.body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn greedy_client_is_refused_alone() {
        let secret = SigningSecret::new(&SigningSecret::generate().unwrap()).unwrap();
        let database = DatabaseUrl::sqlite_file("never-opened.db");
        let settings = Settings::new(PublicUrl::default(), secret, database);
        let hallpass = Hallpass::new(settings).unwrap();
        let sign = Arc::new(Notify::new());
        let waits = Arc::clone(&sign);
        let router = Router::new()
            .route("/waits", get(async move || waits.notified().await))
            .route(HEALTHZ, get(|| async {}));
        let router = layers::wrap(router, &hallpass).with_state(hallpass);
        let ask = |path, peer| Box::pin(router.clone().oneshot(request(path, peer)));

        let mut waiting: Vec<_> = (0..REQUESTS.client)
            .map(|_| ask("/waits", "192.0.2.1:4711"))
            .collect();
        let mut context = Context::from_waker(Waker::noop());
        for one in &mut waiting {
            assert!(matches!(one.as_mut().poll(&mut context), Poll::Pending));
        }
        let refused = ask("/waits", "192.0.2.1:4712").await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], "1");
        let alive = ask(HEALTHZ, "192.0.2.1:4712").await.unwrap();
        assert_eq!(alive.status(), StatusCode::OK);
        let mut other = ask("/waits", "203.0.113.1:4711");
        assert!(matches!(other.as_mut().poll(&mut context), Poll::Pending));

        sign.notify_one();
        assert_eq!(waiting.remove(0).await.unwrap().status(), StatusCode::OK);
        let mut admitted = ask("/waits", "192.0.2.1:4712");
        assert!(matches!(
            admitted.as_mut().poll(&mut context),
            Poll::Pending
        ));
    }
}
