// What upstream answers where Hallpass does not, and the other way round: whole
// accounts, cookies and refusals, so that the lists can name them in a word.

import type { Accepted } from "../support/compare";
import { ABSENT, type Json } from "../support/json";

export const TOKEN = "<the session's token>";

export const UPSTREAM_COOKIE = {
  name: "better-auth.session_token",
  value: TOKEN,
  attributes: "Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
};

export const HALLPASS_COOKIE = {
  name: "hallpass.session_token",
  value: TOKEN,
  attributes: "Max-Age=3600; Path=/; HttpOnly; SameSite=Strict",
};

/** How upstream ends a cookie. */
export function ended(name: string): Json {
  return {
    name: `better-auth.${name}`,
    value: "",
    attributes: "Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
  };
}

/** `<Date>` where the client has read it, and `<time>` on the wire. */
type When = "<Date>" | "<time>";

export function account(email: string, when: When, more: Record<string, Json> = {}): Json {
  return {
    name: "Ann",
    email,
    emailVerified: false,
    image: null,
    createdAt: when,
    updatedAt: when,
    id: `<id of ${email.split(/[.@]/)[0]}>`,
    ...more,
  };
}

export function session(
  by: "upstream" | "hallpass",
  email: string,
  when: When,
  user: Record<string, Json> = {},
  token = TOKEN,
): Json {
  const upstream = by === "upstream";
  return {
    session: {
      expiresAt: `<${upstream ? 604800 : 3600} s after createdAt>`,
      token,
      createdAt: when,
      updatedAt: when,
      ipAddress: upstream ? "" : null,
      userAgent: upstream ? "conformance" : null,
      userId: `<id of ${email.split(/[.@]/)[0]}>`,
      id: "<id>",
    },
    user: account(email, when, user),
  };
}

/** As the client's `error` is. */
export type Refusal = Record<"statusText" | "code" | "message", string> & { status: number };

export function badRequest(code: string, message: string): Refusal {
  return { status: 400, statusText: "Bad Request", code, message };
}

/** Upstream signs somebody up or in, and Hallpass refuses: as the client sees it. */
export function refusedToClient(why: string, step: string, data: Json, by: Refusal): Accepted {
  return {
    why,
    steps: [step],
    differences: {
      "1.status": [200, by.status],
      "1.headers.set-auth-token": [TOKEN, ABSENT],
      "1.cookies.session_token": [UPSTREAM_COOKIE, ABSENT],
      "returned.data": [data, null],
      "returned.error": [null, by],
    },
  };
}

/** The same, as it is on the wire. */
export function refusedByHand(
  why: string,
  step: string,
  body: Record<string, Json>,
  { status, code, message }: Refusal,
): Accepted {
  const fields = Object.entries({ token: TOKEN, ...body });
  return {
    why,
    steps: [step],
    differences: {
      "1.status": [200, status],
      "1.headers.set-auth-token": [TOKEN, ABSENT],
      "1.cookies.session_token": [UPSTREAM_COOKIE, ABSENT],
      ...Object.fromEntries(fields.map(([name, value]) => [`1.body.${name}`, [value, ABSENT]])),
      "1.body.code": [ABSENT, code],
      "1.body.message": [ABSENT, message],
    },
  };
}
