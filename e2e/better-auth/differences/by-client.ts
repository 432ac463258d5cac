// What differs in the answers to the published client.

import type { Accepted } from "../support/compare";
import { ABSENT } from "../support/json";
import {
  HALLPASS_COOKIE,
  TOKEN,
  UPSTREAM_COOKIE,
  account,
  badRequest,
  ended,
  refusedToClient,
  session,
} from "./words";

const REVOKED_NOTHING = {
  status: 501,
  statusText: "Not Implemented",
  code: "SESSIONS_CANNOT_BE_REVOKED",
  message:
    "Sessions cannot be revoked: each ends by itself an hour after its sign-in. Sign out to end this one in this browser.",
};

const WRONG_PASSWORD = {
  status: 401,
  statusText: "Unauthorized",
  code: "INVALID_EMAIL_OR_PASSWORD",
  message: "Invalid email or password",
};

export const OF_CLIENT: Accepted[] = [
  {
    why: "Names are trimmed.",
    steps: ["sign-up: a name of blanks", "update-user: a name of blanks: what is kept"],
    differences: { "returned.data.user.name": ["   ", ""] },
  },
  {
    why: "Names are trimmed.",
    steps: ["sign-up: a name with blanks around"],
    differences: { "returned.data.user.name": ["  Ann  ", "Ann"] },
  },
  {
    why: "An empty image is none.",
    steps: ["sign-up: an empty image", "update-user: an empty image: what is kept"],
    differences: { "returned.data.user.image": ["", null] },
  },
  refusedToClient(
    "Pages put the image of one person before another: it has to be an address.",
    "sign-up: an image that is none",
    {
      token: TOKEN,
      user: account("an-image-that-is-none.sign-up@example.com", "<Date>", {
        image: "not an address",
      }),
    },
    badRequest(
      "VALIDATION_ERROR",
      "[body.image] The image must be an https or http URL, or a path that begins with /.",
    ),
  ),
  refusedToClient(
    "Passwords that are guessed first are refused; upstream has a plugin that asks a service.",
    "sign-up: a password that repeats itself",
    { token: TOKEN, user: account("a-password-that-repeats-itself.sign-up@example.com", "<Date>") },
    badRequest(
      "PASSWORD_COMPROMISED",
      "The password is too common or too easy to guess. Choose another, for example a few unrelated words.",
    ),
  ),
  {
    why: "Who is not to be remembered has the same cookie without its Max-Age, and no second one.",
    steps: [
      "sign-up: do not remember me",
      "sign-in: do not remember me",
      "sign-out: sign in for this browser session",
    ],
    differences: {
      "1.cookies.session_token.attributes": [
        "Path=/; HttpOnly; SameSite=Lax",
        "Path=/; HttpOnly; SameSite=Strict",
      ],
      "1.cookies.dont_remember": [
        {
          name: "better-auth.dont_remember",
          value: "true.lCE139Q0Od2gVehZF46T%2FCmiBGbiiqQAFo42XBdrHi4%3D",
          attributes: "Path=/; HttpOnly; SameSite=Lax",
        },
        ABSENT,
      ],
    },
  },
  {
    why: "Blanks around an address are a slip of the keyboard, and trimmed.",
    steps: ["sign-in: the address with blanks around"],
    differences: {
      "1.status": [400, 200],
      "1.headers.set-auth-token": [ABSENT, TOKEN],
      "1.cookies.session_token": [ABSENT, HALLPASS_COOKIE],
      "returned.data": [
        null,
        { redirect: false, token: TOKEN, user: account("ann.sign-in@example.com", "<Date>") },
      ],
      "returned.error": [badRequest("INVALID_EMAIL", "Invalid email"), null],
    },
  },
  {
    why: "Passwords are compared after NFC, as NIST SP 800-63B allows; upstream's NFKC makes a wide letter a narrow one.",
    steps: ["passwords: with a wide and a narrow letter: sign in"],
    differences: {
      "1.status": [200, 401],
      "1.headers.set-auth-token": [TOKEN, ABSENT],
      "1.headers.www-authenticate": [ABSENT, "Bearer"],
      "1.cookies.session_token": [UPSTREAM_COOKIE, ABSENT],
      "returned.data": [
        {
          redirect: false,
          token: TOKEN,
          user: account("with-a-wide-and-a-narrow-letter.passwords@example.com", "<Date>", {
            name: "With-a-wide-and-a-narrow-letter",
          }),
        },
        null,
      ],
      "returned.error": [null, WRONG_PASSWORD],
    },
  },
  {
    why: "Two cookies of the session's name are refused: somebody may have put one before ours.",
    steps: ["get-session: the cookie twice", "get-session: the cookie and then garbage"],
    differences: {
      "1.headers.set-auth-jwt": ["<a JWT>", ABSENT],
      "1.body": [session("upstream", "ann.get-session@example.com", "<time>"), null],
    },
  },
  {
    why: "We never write a cookie in quotes, and no browser adds them.",
    steps: ["get-session: the cookie in quotes"],
    differences: {
      "1.headers.set-auth-jwt": ["<a JWT>", ABSENT],
      "1.body": [session("upstream", "ann.get-session@example.com", "<time>"), null],
    },
  },
  {
    why: "What GET answers, HEAD answers without its body (RFC 9110, 9.3.2).",
    steps: ["get-session: is asked by HEAD"],
    differences: {
      "1.status": [404, 200],
      "1.headers.content-type": [ABSENT, "application/json"],
      "1.headers.set-auth-jwt": [ABSENT, TOKEN],
    },
  },
  {
    why: "Signing out ends the cookie; a token that somebody kept is good for the rest of its hour.",
    steps: ["kept: the cookie that was kept"],
    differences: {
      "1.headers.set-auth-jwt": [ABSENT, TOKEN],
      "1.cookies.session_token": [ended("session_token"), ABSENT],
      "1.body": [null, session("hallpass", "ann.kept@example.com", "<time>")],
    },
  },
  {
    why: "A change of the account does not renew the session, which ends an hour after sign-in.",
    steps: [
      "update-user: a name",
      "update-user: is dated anew",
      "update-user: an image",
      "update-user: no image",
      "update-user: both",
      "update-user: a name and keys nobody asked for",
      "update-user: an empty name",
      "update-user: a name of blanks",
      "update-user: a name in Chinese",
      "update-user: a name of 255",
      "update-user: a name that is a number",
      "update-user: an image that is a number",
      "update-user: an empty image",
    ],
    differences: {
      "*.headers.set-auth-token": [TOKEN, ABSENT],
      "*.cookies.session_token": [
        { ...UPSTREAM_COOKIE, value: "<the token that was sent>" },
        ABSENT,
      ],
    },
  },
  {
    why: "No name is the empty one, as at sign-up; upstream fails.",
    steps: ["update-user: a name that is null"],
    differences: {
      "1.status": [500, 200],
      "1.headers.content-type": [ABSENT, "application/json"],
      "1.body": ["", { status: true }],
    },
  },
  {
    why: "No name is the empty one, as at sign-up; upstream fails.",
    steps: ["update-user: a name that is null: what is kept"],
    differences: { "returned.data.user.name": ["Ann", ""] },
  },
  {
    why: "A name is text; upstream stores the number as its database writes it.",
    steps: ["update-user: a name that is a number"],
    differences: {
      "1.status": [200, 400],
      "1.body.status": [true, ABSENT],
      "1.body.code": [ABSENT, "VALIDATION_ERROR"],
      "1.body.message": [ABSENT, "[body.name] Invalid input: expected string, received number"],
    },
  },
  {
    why: "A name is text; upstream stores the number as its database writes it.",
    steps: ["update-user: a name that is a number: what is kept"],
    differences: { "returned.data.user.name": ["5.0", "Ann"] },
  },
  {
    why: "An image is text; upstream stores the number as its database writes it.",
    steps: ["update-user: an image that is a number"],
    differences: {
      "1.status": [200, 400],
      "1.body.status": [true, ABSENT],
      "1.body.code": [ABSENT, "VALIDATION_ERROR"],
      "1.body.message": [ABSENT, "[body.image] Invalid input: expected string, received number"],
    },
  },
  {
    why: "An image is text; upstream stores the number as its database writes it.",
    steps: ["update-user: an image that is a number: what is kept"],
    differences: { "returned.data.user.image": ["5.0", "/a.png"] },
  },
  {
    why: "A name is text; upstream fails.",
    steps: ["update-user: a name that is a list"],
    differences: {
      "1.status": [500, 400],
      "1.headers.content-type": [ABSENT, "application/json"],
      "1.body": [
        "",
        {
          code: "VALIDATION_ERROR",
          message: "[body.name] Invalid input: expected string, received array",
        },
      ],
    },
  },
  {
    why: "A 401 says which token was no good.",
    steps: ["update-user: with a cookie of garbage"],
    differences: { "1.headers.www-authenticate": [ABSENT, 'Bearer error="invalid_token"'] },
  },
  {
    why: "Hallpass keeps no list of sessions; the one that asks is what it knows of.",
    steps: ["sessions: both listed"],
    differences: { "returned.sessions": [2, 1] },
  },
  {
    why: "A token cannot be called back, and an answer that said so would not be true.",
    steps: [
      "sessions: an unknown one revoked",
      "sessions: the others revoked",
      "sessions: all revoked",
    ],
    differences: {
      "1.status": [200, 501],
      "returned.data": [{ status: true }, null],
      "returned.error": [null, REVOKED_NOTHING],
    },
  },
  {
    why: "Nothing was revoked, so the browser keeps its cookie.",
    steps: ["sessions: all revoked"],
    differences: { "1.cookies.session_token": [ended("session_token"), ABSENT] },
  },
  {
    why: "Nothing was revoked, so the session is there still.",
    steps: ["sessions: and then"],
    differences: {
      "1.headers.set-auth-jwt": [ABSENT, TOKEN],
      "returned.data": [null, session("hallpass", "ann.sessions@example.com", "<Date>")],
    },
  },
  {
    why: "There is one token: what the session has is the JWT that services verify.",
    steps: ["tokens: somebody"],
    differences: { "returned.data.token": ["<a JWT>", TOKEN] },
  },
  {
    why: "Five claims, one hour, HS256 unless it is set otherwise: the contract of every service.",
    steps: ["tokens: what is in it"],
    differences: {
      "returned.header.alg": ["EdDSA", "HS256"],
      "returned.header.kid": [true, false],
      "returned.header.typ": [ABSENT, "JWT"],
      "returned.claims.name": ["Ann", ABSENT],
      "returned.claims.emailVerified": [false, ABSENT],
      "returned.claims.image": [null, ABSENT],
      "returned.claims.createdAt": ["<time>", ABSENT],
      "returned.claims.updatedAt": ["<time>", ABSENT],
      "returned.claims.id": ["<id of ann>", ABSENT],
      "returned.claims.aud": ["<origin>", ABSENT],
      "returned.life": [900, 3600],
    },
  },
  {
    why: "With HS256 there is no public key: who verifies has the secret.",
    steps: ["tokens: the keys"],
    differences: {
      "returned.data.keys": [
        [{ alg: "EdDSA", crv: "Ed25519", kid: "<id>", kty: "OKP", x: "<key>" }],
        [],
      ],
    },
  },
  {
    why: "With HS256 there is no public key: who verifies has the secret.",
    steps: ["tokens: verified by a key or by the secret"],
    differences: { "returned.by": ["a key", "the secret"] },
  },
  {
    why: "Published keys may be kept for five minutes, which a rotation waits for.",
    steps: ["tokens: the keys", "tokens: verified by a key or by the secret"],
    differences: { "*.headers.cache-control": [ABSENT, "public, max-age=300"] },
  },
  {
    why: "Which methods a path has, any answer may say (RFC 9110, 10.2.1).",
    steps: ["get-session: is asked by POST", "tokens: by POST"],
    differences: { "1.headers.allow": [ABSENT, "GET,HEAD"] },
  },
  {
    why: "Which methods a path has, any answer may say (RFC 9110, 10.2.1).",
    steps: ["sign-out: by GET", "update-user: by PATCH"],
    differences: { "1.headers.allow": [ABSENT, "POST"] },
  },
];
