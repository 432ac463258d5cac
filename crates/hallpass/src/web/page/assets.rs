//! Stylesheet, script and logo: compressed once, and named after what they
//! hold, so that a browser keeps them for ever.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::compressed::{gzip, negotiated};
use crate::brand::{Brand, Palette};
use crate::error::Error;
use crate::hallpass::Hallpass;
use crate::web::ApiTag;
use crate::web::answers::{FaultErrors, UnknownErrors};

const STYLE: &str = include_str!("../../../assets/hallpass.css");
const SCRIPT: &str = include_str!("../../../assets/hallpass.js");
const ICON: &str = include_str!("../../../assets/icon.svg");

/// The colours that the icon is drawn in, to be replaced by the brand's.
const ICON_FILL: &str = "#1e6b52";
const ICON_TICK: &str = "#fffffe";

/// The files that pages refer to.
#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) style: Asset,
    pub(crate) script: Asset,
    pub(crate) icon: Asset,
    /// The brand's own.
    pub(crate) logo: Option<Asset>,
}

/// A file, both ways in which it is sent.
#[derive(Debug)]
pub(crate) struct Asset {
    /// `hallpass.0f3a….css`
    name: String,
    content_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
}

impl Assets {
    pub(crate) fn of(brand: &Brand) -> Self {
        let palette = brand.color.palette();
        let style = format!("{}{STYLE}", colours(&palette));
        let icon = ICON
            .replace(ICON_FILL, &palette.fill.to_string())
            .replace(ICON_TICK, &palette.on_fill.to_string());
        Self {
            style: Asset::text("css", "text/css; charset=utf-8", style),
            script: Asset::text("js", "text/javascript; charset=utf-8", SCRIPT.to_owned()),
            icon: Asset::text("svg", "image/svg+xml", icon),
            logo: brand.logo.as_ref().map(|logo| {
                let kind = logo.kind();
                Asset::new(
                    "logo",
                    kind.extension(),
                    kind.content_type(),
                    logo.bytes().to_vec(),
                )
            }),
        }
    }

    fn find(&self, name: &str) -> Option<&Asset> {
        let own = [&self.style, &self.script, &self.icon];
        let mut all = own.into_iter().chain(&self.logo);
        all.find(|asset| asset.name == name)
    }
}

/// What the stylesheet knows of the brand.
fn colours(palette: &Palette) -> String {
    let Palette {
        fill,
        fill_hover,
        on_fill,
        accent_light,
        accent_dark,
    } = palette;
    format!(
        ":root{{--fill:{fill};--fill-hover:{fill_hover};--on-fill:{on_fill};--accent:{accent_light}}}\n\
         @media (prefers-color-scheme:dark){{:root{{--accent:{accent_dark}}}}}\n"
    )
}

impl Asset {
    fn text(extension: &str, content_type: &'static str, text: String) -> Self {
        Self::new("hallpass", extension, content_type, text.into_bytes())
    }

    fn new(stem: &str, extension: &str, content_type: &'static str, bytes: Vec<u8>) -> Self {
        let gzip = gzip(&bytes).filter(|gzip| gzip.len() < bytes.len());
        Self {
            name: format!("{stem}.{}.{extension}", fingerprint(&bytes)),
            content_type,
            plain: Bytes::from(bytes),
            gzip,
        }
    }

    /// Where it is served.
    pub(crate) fn path(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

/// The first 64 bits of its SHA-256: enough to tell apart what one server has
/// ever served.
fn fingerprint(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

pub(super) fn routes() -> OpenApiRouter<Hallpass> {
    OpenApiRouter::new().routes(routes!(asset))
}

/// What the pages are made of
#[utoipa::path(
    get,
    path = "/assets/{file}",
    tag = ApiTag::PAGES,
    params(("file" = String, Path, description = "The name of a stylesheet, script or image, as a page names it")),
    responses((status = 200, description = "The file, which never changes under this name", content((String = "text/css"), (String = "text/javascript"), (String = "image/svg+xml"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))), UnknownErrors, FaultErrors),
)]
async fn asset(
    State(hallpass): State<Hallpass>,
    headers: HeaderMap,
    file: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    let Path(name) = file.map_err(|_| Error::NotFound)?;
    let asset = hallpass.assets().find(&name).ok_or(Error::NotFound)?;
    let kept = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (REFERRER_POLICY, "same-origin"),
    ];
    let body = negotiated(&headers, asset.plain.clone(), || asset.gzip.clone());
    Ok((kept, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::{BrandColor, DARK_SURFACES, LIGHT_SURFACES};

    /// Contrast is reckoned with these, in `brand.rs`.
    #[test]
    fn the_stylesheet_has_the_surfaces_that_contrast_is_reckoned_with() {
        for [paper, card] in [LIGHT_SURFACES, DARK_SURFACES] {
            let surfaces = format!("--paper: {paper};\n  --card: {card};");
            let indented = surfaces.replace("\n  ", "\n    ");
            assert!(
                STYLE.contains(&surfaces) || STYLE.contains(&indented),
                "{surfaces}"
            );
        }
    }

    fn yellow() -> Brand {
        Brand {
            color: BrandColor::parse("#ffcc00").unwrap(),
            ..Brand::default()
        }
    }

    #[test]
    fn a_name_changes_with_what_it_names() {
        let (before, after) = (Assets::of(&Brand::default()), Assets::of(&yellow()));
        assert_ne!(before.style.path(), after.style.path());
        assert_ne!(before.icon.path(), after.icon.path());
        assert_eq!(before.script.path(), after.script.path());
    }

    #[test]
    fn the_icon_takes_the_brands_colours() {
        let icon = Assets::of(&yellow()).icon;
        let text = std::str::from_utf8(&icon.plain).unwrap();
        for part in ["fill=\"#ffcc00\"", "stroke=\"#000000\""] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
