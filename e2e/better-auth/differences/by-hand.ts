// What differs in the answers to what no client sends.

import type { Accepted } from "../support/compare";
import { ABSENT } from "../support/json";
import { FRONT_END } from "../support/peer";
import {
  HALLPASS_COOKIE,
  TOKEN,
  UPSTREAM_COOKIE,
  account,
  badRequest,
  ended,
  refusedByHand,
  session,
} from "./words";

const SENT_AGAIN = { ...UPSTREAM_COOKIE, value: "<the token that was sent>" };
const INVALID_EMAIL = badRequest("VALIDATION_ERROR", "[body.email] Invalid email address");
const TOO_LONG_AN_ADDRESS = `${"a".repeat(289)}@example.com`;
const INVALID_ORIGIN = { code: "INVALID_ORIGIN", message: "Invalid origin" };

/** Upstream says of what is no object twice that it is none. */
function noObject(step: string, received: string): Accepted {
  const once = `[body] Invalid input: expected object, received ${received}`;
  const again = `[body] Invalid input: expected record, received ${received}`;
  return {
    why: "Once is enough.",
    steps: [`sign-up-refused: ${step}`],
    differences: { "1.body.message": [`${once}; ${again}`, once] },
  };
}

/** Upstream takes an address that it should not or would not. */
function signedUp(why: string, step: string, email: string): Accepted {
  return {
    why,
    steps: [`sign-up-refused: ${step}`],
    differences: {
      "1.status": [400, 200],
      "1.headers.set-auth-token": [ABSENT, TOKEN],
      "1.cookies.session_token": [ABSENT, HALLPASS_COOKIE],
      "1.body.code": [INVALID_EMAIL.code, ABSENT],
      "1.body.message": [INVALID_EMAIL.message, ABSENT],
      "1.body.token": [ABSENT, TOKEN],
      "1.body.user": [ABSENT, account(email, "<time>")],
    },
  };
}

const SIGN_UP: Accepted[] = [
  refusedByHand(
    "No mail server takes an address of more than 254 characters (RFC 5321, 4.5.3.1.3).",
    "sign-up-refused: an address of 300",
    { user: account(TOO_LONG_AN_ADDRESS, "<time>") },
    INVALID_EMAIL,
  ),
  refusedByHand(
    "A password has as many characters as people see; upstream counts an emoji as two.",
    "sign-up-refused: a password of 7 and wide",
    { user: account("ann-17.sign-up-refused@example.com", "<time>") },
    badRequest("PASSWORD_TOO_SHORT", "Password too short"),
  ),
  refusedByHand(
    "Passwords that are guessed first are refused; upstream has a plugin that asks a service.",
    "sign-up-refused: a common password",
    { user: account("ann-20.sign-up-refused@example.com", "<time>") },
    badRequest(
      "PASSWORD_COMPROMISED",
      "The password is too common or too easy to guess. Choose another, for example a few unrelated words.",
    ),
  ),
  refusedByHand(
    "Passwords that are guessed first are refused; upstream has a plugin that asks a service.",
    "sign-up-refused: a password with the address in it",
    { user: account("eve.holt@example.com", "<time>") },
    badRequest(
      "PASSWORD_CONTAINS_EMAIL",
      "The password must not contain the part of the email address before the @.",
    ),
  ),
  signedUp(
    "Blanks around an address are a slip of the keyboard, and trimmed.",
    "an address with blanks around",
    "ann-14.sign-up-refused@example.com",
  ),
  signedUp(
    "Addresses may be in any script (RFC 6531).",
    "an address in an unknown script",
    "añn@exämple.com",
  ),
  noObject("a list", "array"),
  noObject("null", "null"),
  noObject("a text", "string"),
  noObject("a number", "number"),
  refusedByHand(
    "A field that is there twice means two things.",
    "forms: a form with two addresses",
    { redirect: false, user: account("ann.forms@example.com", "<time>") },
    badRequest("VALIDATION_ERROR", "[body] Every field must be there at most once."),
  ),
];

const BOB = { name: "Bob" };

/** Its token is another than that of the header. */
const BOB_BY_COOKIE = session("upstream", "bob.bearer@example.com", "<time>", BOB, "<id>");

const BEARER: Accepted[] = [
  {
    why: "There is one token: what the session has is the JWT that services verify.",
    steps: ["bearer: *: token"],
    status: 200,
    differences: { "1.body.token": ["<a JWT>", TOKEN] },
  },
  {
    why: "A change of the account does not renew the session, which ends an hour after sign-in.",
    steps: [
      "bearer: *: update",
      "bearer: of a page of another origin",
      "with-cookie: update-user of *",
    ],
    status: 200,
    differences: {
      "1.headers.set-auth-token": [TOKEN, ABSENT],
      "1.cookies.session_token": [SENT_AGAIN, ABSENT],
    },
  },
  {
    why: "A JWT without its signature is worth nothing; upstream looks the token up.",
    steps: ["bearer: without its signature: session"],
    differences: {
      "1.headers.set-auth-jwt": ["<a JWT>", ABSENT],
      "1.body": [session("upstream", "ann.bearer@example.com", "<time>"), null],
    },
  },
  {
    why: "A JWT without its signature is worth nothing; upstream looks the token up.",
    steps: ["bearer: without its signature: token"],
    differences: {
      "1.status": [200, 401],
      "1.body.token": ["<a JWT>", ABSENT],
      "1.body.code": [ABSENT, "UNAUTHORIZED"],
      "1.body.message": [ABSENT, "Unauthorized"],
    },
  },
  {
    why: "A JWT without its signature is worth nothing; upstream looks the token up.",
    steps: ["bearer: without its signature: update"],
    differences: {
      "1.status": [200, 401],
      "1.body.status": [true, ABSENT],
      "1.body.code": [ABSENT, "UNAUTHORIZED"],
      "1.body.message": [ABSENT, "Unauthorized"],
    },
  },
  {
    why: "A 401 says which token was no good.",
    steps: [
      "bearer: without its signature: token",
      "bearer: without its signature: update",
      ...[
        "with its end cut off",
        "garbage",
        "empty",
        "an unsigned JWT",
        "a JWT of another secret",
      ].flatMap((kind) => [`bearer: ${kind}: token`, `bearer: ${kind}: update`]),
    ],
    differences: { "1.headers.www-authenticate": [ABSENT, 'Bearer error="invalid_token"'] },
  },
  {
    why: "A header that is refused is refused; upstream asks the cookie then (decision 13).",
    steps: ["a forged signature", "a JWT of another secret", "an empty one"].map(
      (kind) => `bearer: ${kind} beside a good cookie`,
    ),
    differences: {
      "1.headers.set-auth-jwt": ["<a JWT>", ABSENT],
      "1.body": [BOB_BY_COOKIE, null],
    },
  },
  {
    why: "A header that is refused is refused; upstream asks the cookie then (decision 13).",
    steps: ["bearer: another scheme beside a good cookie"],
    differences: {
      "1.headers.set-auth-jwt": ["<a JWT>", ABSENT],
      "1.body": [session("upstream", "bob.bearer@example.com", "<time>", BOB), null],
    },
  },
  {
    why: "A bearer has no cookie that could be ended.",
    steps: ["bearer: garbage: *", "bearer: garbage beside a good cookie"],
    differences: { "1.cookies.session_token": [ended("session_token"), ABSENT] },
  },
  {
    why: "Signing out ends the cookie; a token that somebody kept is good for the rest of its hour.",
    steps: ["bearer: and then"],
    differences: {
      "1.headers.set-auth-jwt": [ABSENT, TOKEN],
      "1.cookies.session_token": [ended("session_token"), ABSENT],
      "1.body": [null, session("hallpass", "ann.bearer@example.com", "<time>")],
    },
  },
];

const ORIGINS: Accepted[] = [
  {
    why: "A trusted origin may also read the answers: Hallpass answers CORS itself.",
    steps: ["with-cookie: * of a trusted page*", "without-cookie: * of a trusted page*"],
    differences: {
      "1.headers.access-control-allow-origin": [ABSENT, FRONT_END],
    },
  },
  {
    why: "A referer is no `Origin`, and CORS goes by that.",
    steps: [
      "with-cookie: * of a trusted page, by its referer",
      "without-cookie: * of a trusted page, by its referer",
    ],
    differences: {
      "1.headers.access-control-allow-origin": [ABSENT, ABSENT],
    },
  },
  {
    why: "A trusted origin may also read the answers: Hallpass answers CORS itself.",
    steps: ["preflights: a trusted page *"],
    differences: { "1.headers.access-control-allow-origin": [ABSENT, FRONT_END] },
  },
  {
    why: "A browser writes an origin in small letters and without a slash: these came from none.",
    steps: [
      "with-cookie: update-user of our origin in capitals",
      "with-cookie: update-user of our origin with a slash",
    ],
    differences: {
      "1.status": [200, 403],
      "1.body.status": [true, ABSENT],
      "1.body.code": [ABSENT, INVALID_ORIGIN.code],
      "1.body.message": [ABSENT, INVALID_ORIGIN.message],
    },
  },
  {
    why: "The same where nobody is signed in: the cookie would be taken away, or set.",
    steps: [
      "with-cookie: sign-out of our origin in capitals",
      "with-cookie: sign-out of our origin with a slash",
    ],
    differences: {
      "1.cookies.session_token": [ended("session_token"), ABSENT],
      "1.status": [200, 403],
      "1.body.success": [true, ABSENT],
      "1.body.code": [ABSENT, INVALID_ORIGIN.code],
      "1.body.message": [ABSENT, INVALID_ORIGIN.message],
    },
  },
  {
    why: "The same where people sign in.",
    steps: [
      "without-cookie: sign-in of our origin in capitals",
      "without-cookie: sign-in of our origin with a slash",
    ],
    differences: {
      "1.status": [400, 403],
      "1.body.code": ["INVALID_EMAIL", INVALID_ORIGIN.code],
      "1.body.message": ["Invalid email", INVALID_ORIGIN.message],
    },
  },
  {
    why: "A form on another site comes without the cookie, and would take it away.",
    steps: ["without-cookie: sign-out of an evil page"],
    differences: {
      "1.cookies.session_token": [ended("session_token"), ABSENT],
      "1.status": [200, 403],
      "1.body.success": [true, ABSENT],
      "1.body.code": [ABSENT, INVALID_ORIGIN.code],
      "1.body.message": [ABSENT, INVALID_ORIGIN.message],
    },
  },
  {
    why: "An `Origin` with nothing in it is none that is trusted.",
    steps: ["without-cookie: sign-in of an empty origin"],
    differences: {
      "1.status": [400, 403],
      "1.body.code": ["INVALID_EMAIL", "MISSING_OR_NULL_ORIGIN"],
      "1.body.message": ["Invalid email", "Missing or null Origin"],
    },
  },
];

/** Upstream makes something of a body that Hallpass does not take. */
function bodyRefused(
  why: string,
  step: string,
  upstream: { status: number; code: string; message: string },
  hallpass: { status: number; code: string; message: string },
): Accepted {
  return {
    why,
    steps: [`bodies: ${step}`],
    differences: {
      "1.status": [upstream.status, hallpass.status],
      "1.body.code": [upstream.code, hallpass.code],
      "1.body.message": [upstream.message, hallpass.message],
      ...(upstream.status === 401 ? { "1.headers.www-authenticate": [ABSENT, ABSENT] } : {}),
    },
  };
}

const WRONG_PASSWORD = {
  status: 401,
  code: "INVALID_EMAIL_OR_PASSWORD",
  message: "Invalid email or password",
};
const BROKEN_JSON = { status: 400, code: "BAD_REQUEST", message: "Invalid JSON in request body" };

const BODIES: Accepted[] = [
  bodyRefused(
    "A key that is there twice means two things.",
    "a key twice",
    WRONG_PASSWORD,
    BROKEN_JSON,
  ),
  bodyRefused(
    "Half a character is no text.",
    "a lone surrogate",
    { status: 400, code: "INVALID_EMAIL", message: "Invalid email" },
    BROKEN_JSON,
  ),
  bodyRefused(
    "A body is 64 KiB at most, as everywhere in Hallpass.",
    "a body of 100 KiB",
    WRONG_PASSWORD,
    {
      status: 413,
      code: "BODY_TOO_LARGE",
      message: "The request body must not be larger than 64 KiB.",
    },
  ),
];

export const BY_HAND = [...SIGN_UP, ...BEARER, ...ORIGINS, ...BODIES];
