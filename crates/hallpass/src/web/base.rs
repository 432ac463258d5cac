//! Requests that come with the public URL's path: read as those without it.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use tower::ServiceBuilder;

use crate::base_path::BasePath;
use crate::better_auth::UNKNOWN;

/// The paths of all routes, as patterns.
static ROUTES: LazyLock<Box<[String]>> = LazyLock::new(|| {
    let described = super::document().paths.paths.into_keys();
    let undescribed = UNKNOWN.iter().map(ToString::to_string);
    described.chain(undescribed).collect()
});

/// Whether this very path is a route: one without a parameter.
fn is_named(path: &str) -> bool {
    ROUTES.iter().any(|pattern| pattern == path)
}

fn is_route(path: &str) -> bool {
    ROUTES.iter().any(|pattern| is_matched(pattern, path))
}

fn is_matched(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.starts_with("{*") => return true,
            (Some(part), Some(value)) if part.starts_with('{') && !value.is_empty() => {}
            (Some(part), Some(value)) if part == value => {}
            _ => return false,
        }
    }
}

/// The router, which also answers what comes with the base before its path: a
/// proxy may take it away or pass it on.
pub(super) fn below(base: &BasePath, router: Router) -> Router {
    if base.is_root() {
        return router;
    }
    let base = base.clone();
    let without_base = move |mut request: Request| {
        let path = own_path(&base, request.uri().path());
        if let Some(uri) = with_path(request.uri(), path) {
            *request.uri_mut() = uri;
        }
        request
    };
    // Around the router and not as a layer of it, which would come after routing.
    let around = ServiceBuilder::new()
        .map_request(without_base)
        .service(router);
    Router::new().fallback_service(around)
}

/// A path without the base. A route's own path, where it is also one below the
/// base, comes first: a proxy that takes the base away sends it so, and one that
/// passes the base on sends its longer form.
pub(in crate::web) fn own_path<'a>(base: &BasePath, path: &'a str) -> &'a str {
    let within = match base.strip(path) {
        None => return path,
        Some("") => "/",
        Some(within) => within,
    };
    let is_own = is_named(path) || (!is_route(within) && is_route(path));
    if is_own { path } else { within }
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn base(path: &str) -> BasePath {
        BasePath::of(&Url::parse(&format!("https://example.com{path}")).unwrap()).unwrap()
    }

    /// A path of a route, as a request has it.
    fn example(pattern: &str) -> String {
        pattern
            .replace("{id}", "01936b2e-7c4f-7d3a-9e1b-2f6a8c0d4e5f")
            .replace("{file}", "swagger-ui.css")
            .replace("{*path}", "nothing/here")
    }

    /// The one that is left out is refused in the settings.
    #[test]
    fn every_route_is_reached_below_every_base() {
        let mut bases = vec!["/auth".to_owned(), "/a/b".to_owned(), "/%C3%BC".to_owned()];
        for pattern in ROUTES.iter() {
            let fixed = pattern.split("/{").next().unwrap();
            let ends = fixed.match_indices('/').map(|(end, _)| end);
            bases.extend(
                ends.chain([fixed.len()])
                    .map(|end| fixed.get(..end).unwrap().to_owned()),
            );
        }
        bases.retain(|path| !matches!(path.as_str(), "" | "/" | "/api/v1/auth"));
        bases.sort();
        bases.dedup();
        assert!(bases.len() > 30, "{bases:?}");
        for path in &bases {
            let base = base(path);
            for route in ROUTES.iter().map(|pattern| example(pattern)) {
                let taken_away = own_path(&base, &route);
                assert_eq!(taken_away, route, "below {path}, taken away");
                let link = base.link(&route);
                assert_eq!(own_path(&base, &link), route, "below {path}, passed on");
            }
        }
    }

    #[test]
    fn ambiguous_base_is_refused() {
        let url = Url::parse("https://example.com/api/v1/auth").unwrap();
        assert!(BasePath::of(&url).is_err());
    }

    #[test]
    fn path_beside_base_stays() {
        let base = base("/auth");
        for (path, own) in [
            ("/auth", "/"),
            ("/auth/", "/"),
            ("/auth/auth/signin", "/auth/signin"),
            ("/auth/nope", "/nope"),
            ("/auth//evil.example", "//evil.example"),
            ("/authx/signin", "/authx/signin"),
            ("/Auth/signin", "/Auth/signin"),
            ("/", "/"),
            ("*", "*"),
        ] {
            assert_eq!(own_path(&base, path), own, "{path}");
        }
    }

    #[test]
    fn query_and_authority_are_kept() {
        for (uri, path, expected) in [
            ("/auth/signin?a=%2Fb?c", "/signin", "/signin?a=%2Fb?c"),
            ("/auth?", "/", "/?"),
            ("http://example.com/auth/x", "/x", "http://example.com/x"),
        ] {
            let uri = with_path(&uri.parse().unwrap(), path).unwrap();
            assert_eq!(uri.to_string(), expected);
        }
    }
}
