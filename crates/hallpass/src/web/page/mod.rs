//! The pages: HTML for people, beside the API for programs.
//!
//! What all of them share is here: layout, language, what is said once after a
//! redirect. Each room has its own pages, in its `pages.rs`, over the same
//! operations as its `web.rs`.

mod assets;
mod compressed;
mod error_page;
pub(super) mod home;
mod negotiation;
pub(crate) mod notice;
pub(crate) mod return_path;
pub(crate) mod text;

use std::convert::Infallible;

use askama::Template;
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::assets::Assets;
pub(super) use self::error_page::Reader;
use self::notice::{Input, Notice, Place, Problem, Typed};
use self::text::Texts;
use crate::base_path::BasePath;
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::settings::Settings;
use crate::web::cookie::{self, Cookie};

pub(super) fn routes() -> OpenApiRouter<Hallpass> {
    assets::routes()
}

/// Our own files and nothing inline; forms are sent to us alone, and nobody may
/// frame a page to have it clicked unseen (ASVS 3.4.3, 3.4.6).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Somebody who asks for a page: in which language, and with what to say.
pub(crate) struct Visit {
    pub(crate) hallpass: Hallpass,
    pub(crate) texts: &'static Texts,
    headers: HeaderMap,
}

impl FromRequestParts<Hallpass> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        hallpass: &Hallpass,
    ) -> Result<Self, Infallible> {
        Ok(Self::new(hallpass, parts.headers.clone()))
    }
}

impl Visit {
    pub(crate) fn new(hallpass: &Hallpass, headers: HeaderMap) -> Self {
        Self {
            hallpass: hallpass.clone(),
            texts: Texts::preferred(&headers),
            headers,
        }
    }

    pub(crate) fn brand(&self) -> &str {
        self.hallpass.settings().brand.name.as_str()
    }

    /// What every page needs; `title` is its heading too.
    pub(crate) fn frame(&self, title: impl Into<String>) -> Frame<'_> {
        Frame {
            texts: self.texts,
            brand: self.brand(),
            base: self.hallpass.settings().public_url.base(),
            assets: self.hallpass.assets(),
            title: title.into(),
        }
    }

    /// What a redirect left to be said here, and taken away, so that it is said
    /// once.
    pub(crate) fn notice(
        &self,
        place: Place,
        cookies: &mut Vec<HeaderValue>,
    ) -> Result<Option<Notice>, Error> {
        let settings = self.hallpass.settings();
        let notice = Notice::sent(&self.headers, settings, place);
        if notice.is_some() {
            cookies.push(Cookie::Notice.clear(settings)?);
        }
        Ok(notice)
    }

    /// Back to a form, which then says what was wrong with it.
    pub(crate) fn refuse(
        &self,
        form: (Place, &str),
        typed: &Typed,
        error: Error,
    ) -> Result<Response, Error> {
        let (place, path) = form;
        let notice = Notice::of_refused(place, typed, error)?;
        let settings = self.hallpass.settings();
        see_other(settings, path, vec![notice.set(settings)?])
    }

    /// Whether the browser sent such a cookie.
    pub(crate) fn has(&self, cookie: Cookie) -> bool {
        cookie.is_sent(&self.headers, self.hallpass.settings())
    }

    /// A page, and the cookies that go with it.
    pub(crate) fn page(
        &self,
        template: &impl Template,
        cookies: Vec<HeaderValue>,
    ) -> Result<Response, Error> {
        let html = template.render().map_err(Error::internal)?;
        Ok((cookie::set(cookies), self.html(html)).into_response())
    }

    fn html(&self, html: String) -> impl IntoResponse + use<> {
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (REFERRER_POLICY, "same-origin"),
            (COOP, "same-origin"),
        ];
        let vary = AppendHeaders([(VARY, "accept-language")]);
        let html = Bytes::from(html);
        let plain = html.clone();
        let body = compressed::negotiated(&self.headers, plain, || compressed::gzip(&html));
        (headers, vary, body)
    }
}

/// Sends the browser on to a path of ours, by GET whatever it came by (RFC 9110,
/// section 15.4.4).
pub(crate) fn see_other(
    settings: &Settings,
    path: &str,
    cookies: Vec<HeaderValue>,
) -> Result<Response, Error> {
    let location = settings.public_url.base().link(path);
    let location = HeaderValue::try_from(location).map_err(Error::internal)?;
    Ok((
        StatusCode::SEE_OTHER,
        cookie::set(cookies),
        [(LOCATION, location)],
    )
        .into_response())
}

/// What the layout shows around every page.
pub(crate) struct Frame<'a> {
    pub(crate) texts: &'static Texts,
    pub(crate) brand: &'a str,
    base: &'a BasePath,
    pub(crate) assets: &'a Assets,
    pub(crate) title: String,
}

impl Frame<'_> {
    /// What a page writes for a path of ours: every link, form and file.
    pub(crate) fn link(&self, path: impl AsRef<str>) -> String {
        self.base.link(path.as_ref())
    }
}

/// A form that is shown, perhaps again.
#[derive(Default)]
pub(crate) struct Form {
    /// Where it is sent.
    pub(crate) action: String,
    pub(crate) email: String,
    pub(crate) name: String,
    /// What was wrong with it, if it was sent before.
    pub(crate) problems: Vec<Problem>,
}

impl Form {
    pub(crate) fn new(action: String) -> Self {
        Self {
            action,
            ..Self::default()
        }
    }

    /// With what was typed, and what was wrong with it.
    pub(crate) fn again(self, notice: Option<Notice>, texts: &Texts) -> Self {
        let Some(Notice { saying, typed, .. }) = notice else {
            return self;
        };
        let problems = saying.problems(texts);
        if problems.is_empty() {
            return self;
        }
        Self {
            email: typed.email,
            name: typed.name,
            problems,
            ..self
        }
    }

    /// What is wrong with this input.
    pub(crate) fn problems_of(&self, input: Input) -> Vec<&str> {
        let problems = self.problems.iter();
        let of_input = problems.filter(|problem| problem.input == Some(input));
        of_input.map(|problem| problem.text.as_str()).collect()
    }
}
