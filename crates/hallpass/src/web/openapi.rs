//! `/openapi.json`, made from the handlers themselves.

use axum::Router;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, PathItem, RefOr, Schema};
use utoipa::{Modify, OpenApi as _};
use utoipa_axum::router::OpenApiRouter;

use super::error::{ErrorBody, FaultItem, ValidationErrorBody};
use crate::hallpass::Hallpass;

/// The groups under which the document lists its routes.
pub(crate) struct ApiTag;

impl ApiTag {
    pub(crate) const AUTH: &'static str = "Authentication";
    pub(crate) const USERS: &'static str = "Users";
    pub(crate) const TOKENS: &'static str = "Tokens";
    pub(crate) const OPERATIONS: &'static str = "Operations";
    pub(crate) const PAGES: &'static str = "Pages";
    pub(crate) const DOCUMENTATION: &'static str = "Documentation";
    pub(crate) const BETTER_AUTH: &'static str = "Better Auth";
    const ALIASES: &'static str = "Aliases";
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Hallpass",
        description = "Registers and signs in people and issues short-lived signed tokens.",
        license(name = "MIT OR Apache-2.0"),
    ),
    // utoipa collects what a body refers to, not what `IntoResponses` does.
    components(schemas(ErrorBody, ValidationErrorBody, FaultItem)),
    tags(
        (name = ApiTag::AUTH, description = "Register, sign in, sign out, and who am I"),
        (name = ApiTag::USERS, description = "A user's own account"),
        (name = ApiTag::TOKENS, description = "What a service that verifies tokens needs to know"),
        (name = ApiTag::OPERATIONS, description = "For load balancers and orchestrators"),
        (name = ApiTag::PAGES, description = "HTML for people, also without script. A refusal is a page too where `Accept` prefers `text/html`"),
        (name = ApiTag::DOCUMENTATION, description = "This API, described"),
        (name = ApiTag::BETTER_AUTH, description = "The wire of Better Auth, for its unmodified clients"),
        (name = ApiTag::ALIASES, description = "Other names of the same routes"),
    ),
    modifiers(&TokenSchemes, &NoContact),
)]
struct Document;

/// The two ways to carry a token.
struct TokenSchemes;

impl Modify for TokenSchemes {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let cookie = ApiKeyValue::with_description(
            "hallpass.session_token",
            "Named `__Host-hallpass.session_token` when the public URL is https; the prefix is a setting.",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// Takes away the empty contact that utoipa makes of a package without authors.
struct NoContact;

impl Modify for NoContact {
    fn modify(&self, document: &mut OpenApi) {
        document.info.contact = None;
    }
}

/// A body that may be missing is described by its schema alone. utoipa says
/// "this or null", and generated clients then send a body where they have none.
fn without_null_bodies(mut document: OpenApi) -> OpenApi {
    let items = document.paths.paths.values_mut();
    for operation in items.flat_map(operations) {
        let Some(RefOr::T(body)) = &mut operation.request_body else {
            continue;
        };
        for content in body.content.values_mut() {
            if let RefOr::T(content) = content {
                content.schema = content.schema.take().map(without_null);
            }
        }
    }
    document
}

fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::OneOf(mut choice)) => {
            let named = |item: &RefOr<Schema>| matches!(item, RefOr::Ref(_));
            match choice.items.iter().position(named) {
                Some(at) => choice.items.swap_remove(at),
                None => RefOr::T(Schema::OneOf(choice)),
            }
        }
        other => other,
    }
}

/// Routes by the names they have in an auth layer of Better Auth and `FastAPI`.
const ALIASES: [(&str, &str); 4] = [
    ("/api/auth/register", "/api/v1/auth/register"),
    ("/api/auth/signin", "/api/v1/auth/signin"),
    ("/api/auth/signout", "/api/v1/auth/signout"),
    ("/api/auth/jwks", "/.well-known/jwks.json"),
];

/// The rooms' routes, and the document that describes them.
pub(super) fn assemble(rooms: OpenApiRouter<Hallpass>) -> (Router<Hallpass>, OpenApi) {
    let (router, paths) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(rooms)
        .split_for_parts();
    (router, with_aliases(without_null_bodies(paths)))
}

/// The document alone: what `/openapi.json` serves.
#[must_use]
pub(crate) fn document() -> OpenApi {
    super::everything().1
}

fn with_aliases(mut document: OpenApi) -> OpenApi {
    for (alias, path) in ALIASES {
        let Some(mut item) = document.paths.paths.get(path).cloned() else {
            continue;
        };
        for operation in operations(&mut item) {
            operation.summary = Some(format!("Alias of {path}"));
            operation.tags = Some(vec![ApiTag::ALIASES.to_owned()]);
            operation.operation_id = operation
                .operation_id
                .take()
                .map(|id| format!("{id}_alias"));
        }
        document.paths.paths.insert(alias.to_owned(), item);
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.patch]
        .into_iter()
        .flatten()
}
