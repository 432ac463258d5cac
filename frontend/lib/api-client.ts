// Calls of an API that knows Hallpass's tokens: its own, or another service's.

import { authClient } from "./auth";
import { TEXT } from "./messages";
import { leaveFor } from "./utils";

/** Empty: the page's own origin. */
const API_URL = process.env.NEXT_PUBLIC_API_URL ?? "";

/**
 * The bearer token is kept here and nowhere else: in the memory of this page. It
 * is gone with the page, and fetched anew by the cookie, which no script reads.
 */
let held: { token: string; expiresAt: number } | undefined;
let fetching: Promise<string> | undefined;

export function forgetToken(): void {
  held = undefined;
}

/** What the API answered, when it was no success. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string | undefined,
    detail: string,
  ) {
    super(detail);
  }
}

/**
 * As `fetch`, with a bearer token. A path, and never a URL: the token goes to
 * our API alone. Who has none, or one that is refused, is led to sign in.
 */
export async function apiFetch(path: string, init: RequestInit = {}): Promise<Response> {
  if (!path.startsWith("/") || path.startsWith("//")) {
    throw new TypeError(`an API is called by a path that begins with one slash, not by ${path}`);
  }
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${await bearerToken()}`);
  // Without cookies: the token says who asks.
  const answer = await fetch(API_URL + path, { ...init, headers, credentials: "omit" });
  return answer.status === 401 ? sessionExpired() : answer;
}

/** The JSON of a successful answer. */
export async function apiJson<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await apiFetch(path, init);
  if (!answer.ok) {
    throw await apiErrorOf(answer);
  }
  return (await answer.json()) as T;
}

async function bearerToken(): Promise<string> {
  if (held && Date.now() >= held.expiresAt) {
    held = undefined;
  }
  if (held) {
    return held.token;
  }
  fetching ??= fetchToken().finally(() => {
    fetching = undefined;
  });
  return fetching;
}

async function fetchToken(): Promise<string> {
  const { data, error } = await authClient.token();
  if (data) {
    held = { token: data.token, expiresAt: expiryOf(data.token) };
    return data.token;
  }
  if (error.status === 401) {
    return sessionExpired();
  }
  throw new ApiError(error.status, error.code, error.message ?? error.statusText);
}

/** In milliseconds. One that cannot be read is used once: the API judges it. */
function expiryOf(token: string): number {
  const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
  try {
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

/**
 * Leads to sign-in, which says why. Clears the token and, by signing out, the
 * cookie: were it left, sign-in would lead straight back here.
 */
export async function leaveExpired(): Promise<void> {
  forgetToken();
  const { error } = await authClient.signOut();
  if (error) {
    throw new ApiError(error.status, error.code, TEXT.unavailable);
  }
  leaveFor("/signin?reason=expired");
}

async function sessionExpired(): Promise<never> {
  await leaveExpired();
  throw new ApiError(401, "token_expired", TEXT.expired);
}

async function apiErrorOf(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => undefined);
  const { detail, code } = (body ?? {}) as { detail?: unknown; code?: unknown };
  return new ApiError(
    answer.status,
    typeof code === "string" ? code : undefined,
    typeof detail === "string" ? detail : `The API answered ${answer.status}.`,
  );
}
