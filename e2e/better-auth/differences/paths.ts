// What differs in paths, methods and preflights.

import type { Accepted } from "../support/compare";
import { ABSENT } from "../support/json";
import { FRONT_END } from "../support/peer";

const PATHS: Accepted[] = [
  {
    why: "A target that browsers and programs read differently is refused, before the fields are read.",
    steps: [
      'callbacks: to "http://localhost:<port>\\\\@evil.example"',
      'callbacks: to "http://user@localhost:<port>/dash"',
    ],
    differences: {
      "1.status": [400, 403],
      "1.body.code": ["VALIDATION_ERROR", "INVALID_CALLBACK_URL"],
      "1.body.message": [
        "[body.password] Invalid input: expected string, received undefined",
        "Invalid callbackURL",
      ],
    },
  },
  {
    why: "What was checked is sent: the URL as a browser serialises it, which is ASCII.",
    steps: ['callbacks: sign-in to "/caff\u00e8"'],
    differences: {
      "1.headers.location": ["/caff\u00e8", "/caff%C3%A8"],
      "1.body.url": ["/caff\u00e8", "/caff%C3%A8"],
    },
  },
  {
    why: "What GET answers, HEAD answers without its body (RFC 9110, 9.3.2).",
    steps: ["paths: HEAD /ok", "paths: HEAD /get-session", "paths: HEAD /jwks"],
    differences: {
      "1.status": [404, 200],
      "1.headers.content-type": [ABSENT, "application/json"],
    },
  },
  {
    why: "What GET answers, HEAD answers without its body (RFC 9110, 9.3.2).",
    steps: ["paths: HEAD /token"],
    differences: {
      "1.status": [404, 401],
      "1.headers.content-type": [ABSENT, "application/json"],
      "1.headers.www-authenticate": [ABSENT, "Bearer"],
    },
  },
  {
    why: "A path is taken as it is written: what decides about it and what serves it read the same.",
    steps: ["paths: GET /./ok", "paths: GET /x/../ok"],
    differences: {
      "1.status": [200, 404],
      "1.headers.content-type": ["application/json", ABSENT],
      "1.body": [{ ok: true }, ""],
    },
  },
  {
    why: "With HS256 there is no public key: who verifies has the secret.",
    steps: ["paths: GET /jwks*"],
    differences: {
      "1.body.keys": [[{ alg: "EdDSA", crv: "Ed25519", kid: "<id>", kty: "OKP", x: "<key>" }], []],
    },
  },
  {
    why: "Published keys may be kept for five minutes, which a rotation waits for.",
    steps: ["paths: GET /jwks*", "paths: HEAD /jwks"],
    differences: { "1.headers.cache-control": [ABSENT, "public, max-age=300"] },
  },
];

function allowed(methods: string, steps: string[]): Accepted {
  return {
    why: "Which methods a path has, any answer may say (RFC 9110, 10.2.1).",
    steps: steps.map((step) => `paths: ${step}`),
    differences: { "1.headers.allow": [ABSENT, methods] },
  };
}

const NO_GET_OR_POST = ["OPTIONS", "PUT", "PATCH", "DELETE"];

const METHODS: Accepted[] = [
  allowed("GET,HEAD", [
    ...["/ok", "/jwks", "/token"].flatMap((path) =>
      [...NO_GET_OR_POST, "POST"].map((method) => `${method} ${path}`),
    ),
    "POST /error",
    "POST /list-sessions",
  ]),
  allowed(
    "GET,HEAD,POST",
    NO_GET_OR_POST.map((method) => `${method} /get-session`),
  ),
  allowed("POST", [
    ...[...NO_GET_OR_POST, "GET", "HEAD"].map((method) => `${method} /sign-in/email`),
    "GET /sign-out",
  ]),
];

const PREFLIGHT_VARY = "origin | access-control-request-headers";

/** Upstream leaves CORS to the application that it is part of. */
const PREFLIGHTS: Accepted[] = [
  {
    why: "Hallpass answers preflights itself: a front end may be on an origin of its own.",
    steps: ["preflights: of a trusted page", "preflights: for an unknown path"],
    differences: {
      "1.status": [404, 200],
      "1.headers.access-control-allow-methods": [ABSENT, "GET,POST,PATCH,DELETE"],
      "1.headers.access-control-allow-headers": [ABSENT, "content-type"],
      "1.headers.access-control-max-age": [ABSENT, "600"],
      "1.headers.vary": [ABSENT, PREFLIGHT_VARY],
      // Which headers may be read, the answer itself says, and no preflight.
      "1.headers.access-control-expose-headers": [ABSENT, ABSENT],
    },
  },
  {
    why: "Hallpass answers preflights itself, and grants a page that is not trusted nothing.",
    steps: ["preflights: of an evil page"],
    differences: {
      "1.status": [404, 200],
      "1.headers.vary": [ABSENT, PREFLIGHT_VARY],
      "1.headers.access-control-allow-credentials": [ABSENT, ABSENT],
      "1.headers.access-control-expose-headers": [ABSENT, ABSENT],
    },
  },
  {
    why: "Hallpass answers preflights itself: of pages that are trusted, and of no others.",
    steps: ["preflights: of a trusted page", "preflights: for an unknown path"],
    differences: { "1.headers.access-control-allow-origin": [ABSENT, FRONT_END] },
  },
  {
    why: "Which methods a path has, any answer may say (RFC 9110, 10.2.1).",
    steps: ["preflights: of a trusted page", "preflights: of an evil page"],
    differences: { "1.headers.allow": [ABSENT, "POST"] },
  },
];

export const OF_PATHS = [...PATHS, ...METHODS, ...PREFLIGHTS];
