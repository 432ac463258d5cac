//! What went wrong, as a page for whoever reads pages.

use askama::Template;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::negotiation::prefers_html;
use super::{Frame, Visit};
use crate::hallpass::Hallpass;
use crate::web::error::Refusal;
use crate::web::request;

/// Where programs ask: they are answered with JSON whatever they accept.
fn is_for_programs(path: &str) -> bool {
    let folders = ["/api/", "/docs/"];
    let files = ["/healthz", "/readyz", "/openapi.json"];
    files.contains(&path) || folders.iter().any(|folder| path.starts_with(folder))
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame<'a>,
    text: String,
    request_id: String,
}

/// Whoever asked, kept until it is known what they are answered.
pub(in crate::web) struct Reader {
    headers: HeaderMap,
}

impl Reader {
    /// `None` where a program asks.
    pub(in crate::web) fn of(request: &Request) -> Option<Self> {
        let by_person = !is_for_programs(request.uri().path());
        by_person.then(|| Self {
            headers: request.headers().clone(),
        })
    }

    /// A refusal as a page, for a browser; any other answer as it is.
    pub(in crate::web) fn dress(self, hallpass: &Hallpass, mut response: Response) -> Response {
        let Some(Refusal(error)) = response.extensions().get::<Refusal>().cloned() else {
            return response;
        };
        response
            .headers_mut()
            .append(VARY, HeaderValue::from_name(ACCEPT));
        if !prefers_html(&self.headers) {
            return response;
        }
        let visit = Visit::new(hallpass, self.headers);
        let page = ErrorPage {
            frame: visit.frame((visit.texts.error_title)(&error)),
            text: (visit.texts.error_text)(&error),
            request_id: request::current_id(),
        };
        let Ok(html) = page.render() else {
            return response;
        };
        let (page, body) = visit.html(html).into_response().into_parts();
        let (mut head, _) = response.into_parts();
        head.headers.remove(CONTENT_TYPE);
        head.headers.remove(CONTENT_LENGTH);
        // Not `extend`, which would replace what the answer varies by so far.
        for (name, value) in &page.headers {
            head.headers.append(name, value.clone());
        }
        Response::from_parts(head, body)
    }
}
