//! Stylesheet, script and images: kept for ever under their name, small, and
//! all there is to load.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::GzDecoder;
use hallpass::{BrandColor, BrandLogo};

use crate::rig::{Answer, COOKIE, PASSWORD, TestApp, on_both_engines};

fn unzipped(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

/// So many bytes that no compression makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    });
    bytes.take(length).collect()
}

fn largest_logo() -> BrandLogo {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(noise(BrandLogo::MAX_BYTES - png.len()));
    BrandLogo::new(png).unwrap()
}

/// Every page in every state that makes it larger, as a browser gets them.
async fn every_page(app: &TestApp) -> BTreeMap<String, Answer> {
    let mut pages = BTreeMap::new();
    for language in ["en", "de"] {
        let (stranger, ann) = (app.browser(), app.browser());
        let email = format!("{language}@example.com");
        let ask = |browser: &crate::rig::Browser, path: &str| {
            browser
                .get(path)
                .language(language)
                .header("accept-encoding", "gzip, br")
        };
        for path in ["/", "/signup", "/signin", "/nope"] {
            pages.insert(format!("{language} {path}"), ask(&stranger, path).await);
        }
        let noisy: String = noise(400)
            .iter()
            .map(|byte| char::from(b'a' + byte % 26))
            .collect();
        let all_wrong = [
            ("email", noisy.as_str()),
            ("password", "x"),
            ("name", &noisy),
        ];
        for path in ["/signup", "/signin"] {
            stranger.post(path, &all_wrong).await;
            pages.insert(
                format!("{language} {path}, refused"),
                ask(&stranger, path).await,
            );
        }
        let name = &noisy[..255];
        ann.post(
            "/signup",
            &[("email", &email), ("password", PASSWORD), ("name", name)],
        )
        .await;
        pages.insert(
            format!("{language} /dashboard"),
            ask(&ann, "/dashboard").await,
        );
        ann.post("/dashboard", &[("name", &noisy)]).await;
        pages.insert(
            format!("{language} /dashboard, refused"),
            ask(&ann, "/dashboard").await,
        );
        ann.post("/signout", &[]).await;
        pages.insert(
            format!("{language} /signin, signed out"),
            ask(&ann, "/signin").await,
        );
    }
    pages
}

/// The files that a page loads by itself.
fn loaded(page: &Answer) -> BTreeSet<String> {
    let page = crate::rig::Page::of(std::str::from_utf8(&unzipped(&page.body)).unwrap());
    let links = page
        .all("link")
        .into_iter()
        .filter_map(|link| link.attribute("href"));
    links
        .chain(page.values("src"))
        .map(ToOwned::to_owned)
        .collect()
}

async fn files(app: &TestApp) -> Vec<String> {
    let page = app.get("/").header("accept-encoding", "gzip").await;
    loaded(&page).into_iter().collect()
}

/// As many bytes as an answer takes on the wire, without HTTP/2's compression.
fn weight(answer: &Answer) -> usize {
    let headers = answer.headers.iter();
    let headers: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    "HTTP/1.1 200 OK\r\n\r\n".len() + headers + answer.body.len()
}

on_both_engines! {
    async fn each_file_that_a_page_names_is_served_for_ever(app) {
        let app = app.with(|settings| settings.brand.logo = Some(largest_logo()));
        let mut kinds = Vec::new();
        for file in files(&app).await {
            let plain = app.get(&file).await;
            assert_eq!(plain.status, 200, "{file}");
            let forever = Some("public, max-age=31536000, immutable");
            assert_eq!((plain.header("cache-control"), plain.header("content-encoding")), (forever, None));
            assert!(plain.all("vary").contains(&"accept-encoding"), "{file}");
            assert_eq!(plain.header("content-length"), Some(plain.body.len().to_string().as_str()));
            let kind = plain.header("content-type").unwrap().to_owned();
            let zipped = app.get(&file).header("accept-encoding", "gzip, deflate, br, zstd").await;
            assert_eq!(zipped.header("content-length"), Some(zipped.body.len().to_string().as_str()));
            // What does not become smaller is left as it is.
            if kind == "image/png" {
                assert_eq!((zipped.header("content-encoding"), &zipped.body), (None, &plain.body));
            } else {
                assert_eq!(zipped.header("content-encoding"), Some("gzip"), "{file}");
                assert_eq!(unzipped(&zipped.body), plain.body, "{file}");
                assert!(zipped.body.len() < plain.body.len(), "{file}");
                assert_eq!(zipped.header("content-type"), Some(kind.as_str()));
                assert_eq!(zipped.header("cache-control"), forever);
                assert!(zipped.all("vary").contains(&"accept-encoding"), "{file}");
            }
            kinds.push(kind);
        }
        kinds.sort();
        assert_eq!(kinds, ["image/png", "image/svg+xml", "text/css; charset=utf-8", "text/javascript; charset=utf-8"]);
    }

    async fn a_file_has_no_other_name(app) {
        let others = app.with(|settings| settings.brand.color = BrandColor::parse("#ffcc00").unwrap());
        for file in files(&app).await {
            let (stem, after) = file.rsplit_once('/').unwrap();
            let parts: Vec<_> = after.split('.').collect();
            let [name, fingerprint, extension] = parts[..] else { panic!("{file}") };
            assert_eq!(fingerprint.len(), 16);
            let turned: String = fingerprint.chars().rev().collect();
            for wrong in [
                format!("{stem}/{name}.{turned}.{extension}"), format!("{stem}/{name}.0000000000000000.{extension}"),
                format!("{stem}/{name}.{extension}"), format!("{stem}/{name}.{fingerprint}.txt"),
                format!("{stem}/{name}.{}.{extension}", fingerprint.to_uppercase() + "F"),
                format!("{file}/"), format!("{file}.gz"), format!("{file}%00"), format!("{stem}/../assets/{after}"),
                format!("{stem}//{after}"), format!("{stem}/%2e%2e%2f{after}"), format!("{stem}/%ff"),
            ] {
                let answer = app.get(&wrong).await;
                assert_eq!((answer.status, answer.header("cache-control")), (404, Some("no-store")), "{wrong}");
            }
            // The stylesheet and the icon of another brand have other names.
            let follows_brand = extension != "js";
            assert_eq!(others.get(&file).await.status, if follows_brand { 404 } else { 200 }, "{file}");
        }
    }

    /// RFC 9110, section 12.5.3: what is refused by name is refused, and a
    /// parameter's name has no letter case.
    async fn a_file_comes_compressed_where_that_is_taken(app) {
        let files = files(&app).await;
        for (accepted, compressed) in [
            ("gzip", true), ("GZIP", true), ("deflate, gzip;q=0.001", true), ("br;q=1.0, gzip;q=0.8, *;q=0.1", true),
            ("*", true), ("gzip;q=1", true), ("br, gzip", true),
            ("", false), ("identity", false), ("br", false), ("gzip;q=0", false), ("gzip;q=0.000", false),
            ("*;q=0", false), ("identity, gzip;q=0", false), ("xgzip", false), ("gzip;q=x", false),
        ] {
            for path in files.iter().map(String::as_str).chain(["/", "/signin", "/nope"]) {
                let answer = app.get(path).for_a_page().header("accept-encoding", accepted).await;
                let encoding = answer.header("content-encoding");
                assert_eq!(encoding, compressed.then_some("gzip"), "{accepted:?} {path}");
            }
        }
    }

    async fn what_is_refused_by_name_is_refused_also_where_the_rest_is_taken(app) {
        for accepted in ["gzip;q=0, *", "*;q=0.5, gzip;q=0", "*, gzip;q=0.0"] {
            let answer = app.get("/signin").header("accept-encoding", accepted).await;
            assert_eq!(answer.header("content-encoding"), None, "{accepted}");
        }
    }

    async fn the_name_of_a_weight_has_no_letter_case(app) {
        let answer = app.get("/signin").header("accept-encoding", "gzip;Q=0").await;
        assert_eq!(answer.header("content-encoding"), None);
        let page = app.get("/signin").language("de;Q=0.1, en").await.page();
        assert_eq!(page.lang(), "en");
        let answer = app.get("/nope").header("accept", "text/html;Q=0.1, application/json").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }

    async fn a_page_is_the_same_compressed(app) {
        let ann = app.account("ann@example.com").await;
        for path in ["/", "/signin", "/signup", "/dashboard", "/nope"] {
            let ask = || {
                let request = app.get(path).for_a_page().header("x-request-id", "one-for-both");
                if path == "/dashboard" { request.cookie(&ann.token) } else { request }
            };
            let (plain, zipped) = (ask().await, ask().header("accept-encoding", "gzip").await);
            assert_eq!(zipped.header("content-encoding"), Some("gzip"), "{path}");
            assert_eq!(String::from_utf8(unzipped(&zipped.body)).unwrap(), plain.text());
            assert_eq!(zipped.header("content-length"), Some(zipped.body.len().to_string().as_str()));
            let vary = |answer: &Answer| -> BTreeSet<String> {
                answer.all("vary").into_iter().map(ToOwned::to_owned).collect()
            };
            assert_eq!(vary(&zipped), vary(&plain), "{path}");
            assert!(vary(&plain).contains("accept-encoding"), "{path}");
        }
    }

    /// 30 KB over the wire, headers and the largest logo included.
    async fn every_page_is_light(app) {
        let app = app.with(|settings| settings.brand.logo = Some(largest_logo()));
        let pages = every_page(&app).await;
        assert_eq!(pages.len(), 18);
        for (name, page) in pages {
            let mut total = weight(&page);
            let files = loaded(&page);
            assert_eq!(files.len(), 4, "{name}: {files:?}");
            for file in files {
                total += weight(&app.get(&file).header("accept-encoding", "gzip").await);
            }
            assert!(total <= 30_000, "{name}: {total} bytes");
            assert!(total > 12_288, "{name}: {total} bytes is less than the logo");
        }
    }

    async fn pages_load_nothing_from_elsewhere(app) {
        let app = app.with(|settings| settings.brand.logo = Some(BrandLogo::new(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()).unwrap()));
        for (name, answer) in every_page(&app).await {
            let html = String::from_utf8(unzipped(&answer.body)).unwrap();
            let page = crate::rig::Page::of(&html);
            for attribute in ["href", "src", "action", "srcset", "poster", "data", "formaction", "content"] {
                for value in page.values(attribute) {
                    let own = value.starts_with('/') && !value.starts_with("//") || value.starts_with('#');
                    assert!(own || attribute == "content" && !value.contains("//"), "{name}: {attribute}={value}");
                }
            }
            assert!(!html.contains("://"), "{name}\n{html}");
            assert_eq!(loaded(&answer).iter().filter(|file| file.starts_with("/assets/")).count(), 4, "{name}");
        }
        for file in files(&app).await {
            let text = app.get(&file).await;
            let text = text.text().replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
            for elsewhere in ["://", "url(", "@import", "fetch(", "XMLHttpRequest", "import ", "eval("] {
                assert!(!text.contains(elsewhere), "{file}: {elsewhere}");
            }
        }
    }

    async fn asvs_3_4_3_pages_may_do_this_and_nothing_else(app) {
        for (name, page) in every_page(&app).await {
            assert_eq!(page.header("content-security-policy"), Some(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                 form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
            ), "{name}");
            assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{name}");
            assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{name}");
            assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"), "{name}");
        }
        // A file that is opened by itself is no page that runs anything.
        for file in files(&app).await {
            let answer = app.get(&file).await;
            let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            assert_eq!(answer.header("content-security-policy"), Some(policy), "{file}");
            assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{file}");
        }
    }

    async fn the_brands_logo_stands_in_place_of_ours(app) {
        let ours = app.get("/").await.page();
        assert_eq!((ours.all("img").len(), ours.all("svg").len()), (0, 1));
        let logo = b"\x89PNG\r\n\x1a\nlogo".to_vec();
        let app = app.with(|settings| settings.brand.logo = Some(BrandLogo::new(logo.clone()).unwrap()));
        let page = app.get("/").await.page();
        assert_eq!((page.all("img").len(), page.all("svg").len()), (1, 0));
        let image = page.the("img");
        assert_eq!(image.attribute("alt"), Some("Hallpass"), "it is the only name of the link");
        let served = app.get(image.attribute("src").unwrap()).await;
        assert_eq!((served.header("content-type"), &served.body), (Some("image/png"), &logo));
    }

    async fn files_are_there_for_anybody_and_say_nothing_of_them(app) {
        let ann = app.account("ann@example.com").await;
        let away = app.with(|settings| settings.database = app.database.missing_url());
        for file in files(&app).await {
            let expected = app.get(&file).await.bytes();
            for request in [
                app.get(&file).cookie(&ann.token),
                app.get(&file).header("cookie", format!("{COOKIE}=nonsense")),
                app.get(&file).language("de"),
                away.get(&file),
            ] {
                assert_eq!(request.await.bytes(), expected);
            }
        }
    }
}
