// Where Hallpass answers otherwise than Better Auth, on purpose, and why.
//
// The values are compared exactly, after ids, times and tokens were replaced by
// words. What is not here fails the test, and so does what is here in vain.

import type { Accepted } from "./support/compare";
import { ABSENT } from "./support/json";

const EXPOSED =
  "retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after";

export const DIFFERENCES: Accepted[] = [
  {
    why: "Every answer of Hallpass says that no page may embed it, guess its type or run in it.",
    steps: ["*"],
    differences: {
      "*.headers.x-content-type-options": [ABSENT, "nosniff"],
      "*.headers.referrer-policy": [ABSENT, "no-referrer"],
      "*.headers.content-security-policy": [
        ABSENT,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      ],
      "*.headers.cross-origin-resource-policy": [ABSENT, "same-origin"],
    },
  },
  {
    why: "Every request has an id, by which it is found in the log.",
    steps: ["*"],
    differences: { "*.headers.x-request-id": [ABSENT, "<request id>"] },
  },
  {
    why: "The session ends an hour after sign-in, and the cookie is sent to our own site only.",
    steps: ["*"],
    differences: {
      "*.cookies.session_token.name": ["better-auth.session_token", "hallpass.session_token"],
      "*.cookies.session_token.attributes": [
        "Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
        "Max-Age=3600; Path=/; HttpOnly; SameSite=Strict",
      ],
      "*.expiresAt": ["<604800 s after createdAt>", "<3600 s after createdAt>"],
    },
  },
  {
    why: "One list for all answers: a page of another origin may read every header that means something.",
    steps: ["*"],
    differences: {
      "*.headers.access-control-expose-headers": ["set-auth-token", EXPOSED],
      "*.headers.access-control-expose-headers*": ["set-auth-jwt", EXPOSED],
      "*.headers.access-control-expose-header*": [ABSENT, EXPOSED],
      "*.headers.access-control-allow-credentials": [ABSENT, "true"],
      "*.headers.vary": [ABSENT, "origin"],
    },
  },
  {
    why: "`Pragma` is of HTTP/1.0; `Cache-Control: no-store` says the same, and stands on more answers.",
    steps: ["*"],
    differences: {
      "*.headers.pragma": ["no-cache", ABSENT],
      "*.headers.cache-control": [ABSENT, "no-store"],
    },
  },
  {
    why: "There is one token: the session's own is the JWT that services verify.",
    steps: ["*"],
    differences: {
      "*.headers.set-auth-jwt": ["<a JWT>", "<the session's token>"],
      "returned.data.token": ["<a JWT>", "<the session's token>"],
      "*.body.token": ["<a JWT>", "<the session's token>"],
    },
  },
  {
    why: "Nothing is kept of a session, so nothing is known of whose browser it is in.",
    steps: ["*"],
    differences: {
      "*.ipAddress": ["", null],
      "*.userAgent": ["conformance", null],
    },
  },
];
