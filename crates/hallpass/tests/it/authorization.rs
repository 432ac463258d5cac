//! The `Authorization` header, and how it goes together with the cookie.

use crate::rig::{COOKIE, on_both_engines};

/// Two hundred ways to get the header wrong.
fn malformed(token: &str) -> Vec<Vec<u8>> {
    let schemes: [&[u8]; 17] = [
        b"",
        b"Bearer",
        b"bearer",
        b"BEARER",
        b"Bearer:",
        b"Bearer=",
        b"Bearer,",
        b"\"Bearer\"",
        b"Bearer Bearer",
        b"Basic",
        b"Digest",
        b"Token",
        b"JWT",
        b"Negotiate",
        b"Bear\xe9r",
        b"\xff",
        b"Authorization: Bearer",
    ];
    let bad: [&[u8]; 9] = [
        b"",
        b"x",
        b"...",
        b"null",
        b"Og==",
        b"a b c",
        b"\xff\xfe",
        b"{\"alg\":\"none\"}",
        b"realm=\"x\", nonce=\"y\"",
    ];
    let separators: [&[u8]; 2] = [b" ", b"\t"];
    let mut all = Vec::new();
    for scheme in schemes {
        for separator in separators {
            all.extend(bad.iter().map(|value| [scheme, separator, value].concat()));
        }
    }
    let token = token.as_bytes();
    for text in [
        [b"", token].concat(),
        [b"Bearer", token].concat(),
        [b"Bearer:", token].concat(),
        [b"Bearer\t", token].concat(),
        [b"Bearer \"", token, b"\""].concat(),
        [b"Bearer <", token, b">"].concat(),
        [b"Bearer ", token, b","].concat(),
        [b"Bearer ", token, b" ", token].concat(),
        [b"Bearer ", token, b", Bearer ", token].concat(),
        [b"Basic ", token].concat(),
        [b"Bearerer ", token].concat(),
        [b"Bearer\xa0", token].concat(),
        [b"Bearer token=", token].concat(),
        [b"Bearer ", token, b"\xff"].concat(),
        [b"x Bearer ", token].concat(),
        [b"Bearer ", "x".repeat(60_000).as_bytes()].concat(),
    ] {
        all.push(text);
    }
    all
}

on_both_engines! {
    /// Auth.js GHSA-xmf8-cvqr-rfgj answered such headers with 500.
    async fn a_malformed_header_is_refused_and_never_a_fault(app) {
        let ann = app.account("ann@example.com").await;
        let headers = malformed(&ann.token);
        assert!(headers.len() >= 200, "{}", headers.len());
        let invalid = app.me("nonsense").await.bytes();
        let missing = app.get("/api/v1/auth/me").await.bytes();
        for header in headers {
            let answer = app.get("/api/v1/auth/me").header("authorization", &header).await;
            let bytes = answer.bytes();
            assert!(bytes == invalid || bytes == missing, "{}\n{answer}", String::from_utf8_lossy(&header));
        }
    }

    async fn the_scheme_is_read_in_any_case(app) {
        let ann = app.account("ann@example.com").await;
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer ", "Bearer   "] {
            let answer = app.get("/api/v1/auth/me").header("authorization", format!("{scheme} {}", ann.token)).await;
            assert_eq!(answer.status, 200, "{scheme}");
        }
    }

    async fn a_bearer_without_a_token_is_an_invalid_one(app) {
        for header in ["Bearer", "Bearer ", "bearer    "] {
            let answer = app.get("/api/v1/auth/me").header("authorization", header).await;
            assert_eq!(answer.verdict(), (401, "invalid_token".to_owned()), "{header:?}");
        }
    }

    async fn another_scheme_carries_no_token(app) {
        let ann = app.account("ann@example.com").await;
        for header in [format!("Basic {}", ann.token), "Digest x".to_owned(), format!("Token {}", ann.token)] {
            let answer = app.get("/api/v1/auth/me").header("authorization", header).await;
            assert_eq!(answer.verdict(), (401, "authentication_required".to_owned()));
        }
    }

    async fn two_headers_are_refused_even_when_they_are_the_same(app) {
        let (ann, bob) = (app.account("ann@example.com").await.token, app.account("bob@example.com").await.token);
        let expected = app.me("nonsense").await.bytes();
        for (first, second) in [
            (format!("Bearer {ann}"), format!("Bearer {ann}")),
            (format!("Bearer {ann}"), format!("Bearer {bob}")),
            (format!("Bearer {ann}"), "Basic x".to_owned()),
            ("Basic x".to_owned(), format!("Bearer {ann}")),
            (String::new(), format!("Bearer {ann}")),
        ] {
            let request = app.get("/api/v1/auth/me").cookie(&ann);
            let answer = request.header("authorization", &first).header("authorization", &second).await;
            assert_eq!(answer.bytes(), expected, "{first:?}, {second:?}");
        }
    }

    async fn the_header_wins_over_the_cookie(app) {
        let (ann, bob) = (app.account("ann@example.com").await, app.account("bob@example.com").await);
        let both = app.get("/api/v1/auth/me").bearer(&ann.token).cookie(&bob.token).await;
        assert_eq!(both.json()["id"], ann.id.as_str());
        let other_way = app.get("/api/v1/auth/me").cookie(&ann.token).bearer(&bob.token).await;
        assert_eq!(other_way.json()["id"], bob.id.as_str());
        let bad_cookie = app.get("/api/v1/auth/me").bearer(&ann.token).cookie("nonsense").await;
        assert_eq!(bad_cookie.json()["id"], ann.id.as_str());
    }

    async fn a_refused_header_is_not_saved_by_a_good_cookie(app) {
        let ann = app.account("ann@example.com").await;
        let with_cookie = |header: &str| app.get("/api/v1/auth/me").cookie(&ann.token).header("authorization", header);
        let expected = app.me("nonsense").await.bytes();
        for header in ["Bearer nonsense", "Bearer", "Bearer ", "bearer a.b.c"] {
            assert_eq!(with_cookie(header).await.bytes(), expected, "{header}");
        }
        for header in ["", "Basic x", "nonsense"] {
            assert_eq!(with_cookie(header).await.status, 401, "{header}");
        }
        app.advance(3599);
        let fresh = app.account("bob@example.com").await;
        app.advance(1);
        let expired = app.get("/api/v1/auth/me").cookie(&fresh.token).bearer(&ann.token).await;
        assert_eq!(expired.verdict(), (401, "token_expired".to_owned()));
    }

    async fn asvs_7_2_2_nothing_but_a_token_is_a_session(app) {
        let ann = app.account("ann@example.com").await;
        let hash = app.database.text("select password_hash from users").await;
        for key in [ann.id.as_str(), "ann@example.com", crate::rig::SECRET, crate::rig::PASSWORD, &hash] {
            assert_eq!(app.me(key).await.status, 401, "{key}");
            let header = app.get("/api/v1/auth/me").header("x-api-key", key).header("x-access-token", &ann.token);
            assert_eq!(header.await.status, 401, "{key}");
        }
        let other_name = app.get("/api/v1/auth/me").header("cookie", format!("session={0}; token={0}; x{COOKIE}={0}", ann.token));
        assert_eq!(other_name.await.verdict(), (401, "authentication_required".to_owned()));
    }
}
