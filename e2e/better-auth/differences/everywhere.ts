// What differs on every answer of a kind.

import type { Accepted } from "../support/compare";
import { ABSENT } from "../support/json";
import { TOKEN, ended } from "./words";

const EXPOSED =
  "retry-after,www-authenticate,x-request-id,set-auth-token,set-auth-jwt,x-retry-after";

export const EVERYWHERE: Accepted[] = [
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
    why: "A browser that has signed in is known next time, whatever strangers do (decision 16).",
    steps: ["*"],
    differences: {
      "*.cookies.device": [
        ABSENT,
        {
          name: "hallpass.device",
          value: "<the device>",
          attributes: "Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict",
        },
      ],
    },
  },
  {
    why: "The session has one cookie, and so one is ended.",
    steps: ["*"],
    differences: {
      "*.cookies.session_token.attributes": [
        "Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
        "Max-Age=0; Path=/; HttpOnly; SameSite=Strict",
      ],
      "*.cookies.session_data": [ended("session_data"), ABSENT],
      "*.cookies.dont_remember": [ended("dont_remember"), ABSENT],
    },
  },
  {
    why: "A page of a trusted origin may read every header that means something: one list for all.",
    steps: ["*"],
    differences: {
      "*.headers.access-control-expose-headers": ["set-auth-token", EXPOSED],
      "*.access-control-expose-headers": ["set-auth-jwt", EXPOSED],
      "*access-control-expose-headers": [ABSENT, EXPOSED],
      "*.headers.access-control-allow-credentials": [ABSENT, "true"],
      "*.headers.vary": [ABSENT, "origin"],
    },
  },
  {
    why: "`Cache-Control: no-store` stands on every answer; `Pragma` is its like of HTTP/1.0.",
    steps: ["*"],
    differences: {
      "*.headers.pragma": ["no-cache", ABSENT],
      "*.headers.cache-control": [ABSENT, "no-store"],
    },
  },
  {
    why: "There is one token: what the session has is the JWT that services verify.",
    steps: ["*"],
    differences: { "*.headers.set-auth-jwt": ["<a JWT>", TOKEN] },
  },
  {
    why: "Nothing is kept of a session, so nothing is known of the browser that it is in.",
    steps: ["*"],
    differences: { "*.ipAddress": ["", null], "*.userAgent": ["conformance", null] },
  },
  {
    why: "A 401 says how to authenticate (RFC 9110, 11.6.1), and which token was no good.",
    steps: ["*"],
    status: 401,
    differences: { "*.headers.www-authenticate": [ABSENT, "Bearer"] },
  },
];
