// @vitest-environment node

import { beforeEach, expect, test, vi } from "vitest";

import { signIn, signOut, signUp } from "@/app/(auth)/actions";
import { EMPTY } from "@/components/auth/form-state";
import { TEXT } from "@/lib/messages";

import { network } from "../support/network";
import { PASSWORD } from "../support/people";

const browser = vi.hoisted(() => ({
  headers: new Headers(),
  cookies: new Map<string, string>(),
  set: [] as { name: string; value: string; flags: unknown }[],
}));
vi.mock("next/headers", () => ({
  headers: async () => browser.headers,
  cookies: async () => ({
    get: (name: string) => {
      const value = browser.cookies.get(name);
      return value === undefined ? undefined : { name, value };
    },
    set: (name: string, value: string, flags: unknown) => browser.set.push({ name, value, flags }),
  }),
}));
// As Next's does: nothing after it runs.
vi.mock("next/navigation", () => ({
  redirect: (path: string) => {
    throw new Error(`to ${path}`);
  },
}));

const SIGN_IN = "POST /api/auth/sign-in/email";
const COOKIE = "hallpass.session_token=a.b.c; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict";

beforeEach(() => {
  browser.headers = new Headers({ "x-forwarded-for": "192.0.2.7", "user-agent": "A Browser" });
  browser.cookies.clear();
  browser.set.length = 0;
});

function form(fields: Record<string, string>): FormData {
  const form = new FormData();
  Object.entries(fields).forEach(([name, value]) => form.set(name, value));
  return form;
}

const ann = { email: " ann@example.com ", password: PASSWORD };

test("who signs in without script gets the cookie, and is led on", async () => {
  network.answer(SIGN_IN, 200, {}, { "set-cookie": COOKIE });
  await expect(signIn(EMPTY, form(ann))).rejects.toThrow("to /dashboard");
  expect(browser.set).toEqual([
    {
      name: "hallpass.session_token",
      value: "a.b.c",
      flags: { httpOnly: true, sameSite: "strict", path: "/", secure: false, maxAge: 3600 },
    },
  ]);
});

test("the device cookie goes to Hallpass and comes back", async () => {
  browser.cookies.set("hallpass.device", "before");
  const device = "hallpass.device=after; Max-Age=15552000; Path=/; HttpOnly; SameSite=Strict";
  network.answer(SIGN_IN, 200, {}, { "set-cookie": `${COOKIE}, ${device}` });
  await expect(signIn(EMPTY, form(ann))).rejects.toThrow("to /dashboard");
  expect(network.last().headers.get("cookie")).toBe("hallpass.device=before");
  expect(browser.set.map(({ name, value }) => [name, value])).toEqual([
    ["hallpass.session_token", "a.b.c"],
    ["hallpass.device", "after"],
  ]);
  expect(browser.set[1]?.flags).toEqual({
    httpOnly: true,
    sameSite: "strict",
    path: "/",
    secure: false,
    maxAge: 15_552_000,
  });
});

test("Hallpass hears who asks, from a site that it knows", async () => {
  vi.stubEnv("HALLPASS_ISSUER", "http://app.example.com");
  network.answer(SIGN_IN, 200, {}, { "set-cookie": COOKIE });
  await expect(signIn(EMPTY, form(ann))).rejects.toThrow("to /dashboard");
  const { headers, body, url } = network.last();
  expect(url).toBe("http://localhost:8000/api/auth/sign-in/email");
  expect(Object.fromEntries(headers)).toEqual({
    "content-type": "application/json",
    origin: "http://app.example.com",
    "user-agent": "A Browser",
    "x-forwarded-for": "192.0.2.7",
  });
  expect(body).toEqual({ email: "ann@example.com", password: PASSWORD });
});

test("only a path of this site is a place to be led on to", async () => {
  for (const [next, to] of [
    ["/dashboard/letters", "/dashboard/letters"],
    ["//example.com", "/dashboard"],
  ] as const) {
    network.answer(SIGN_IN, 200, {}, { "set-cookie": COOKIE });
    await expect(signIn(EMPTY, form({ ...ann, next }))).rejects.toThrow(`to ${to}`);
  }
});

test("what was typed comes back with the reason, but never the password", async () => {
  network.answer(SIGN_IN, 401, { message: "No", code: "INVALID_EMAIL_OR_PASSWORD" });
  expect(await signIn(EMPTY, form(ann))).toEqual({
    email: ann.email,
    name: "",
    problems: [{ text: TEXT.invalidCredentials }],
  });
  const typed = { email: "ann@", password: "short", name: "Ann" };
  expect(await signUp(EMPTY, form(typed))).toMatchObject({ email: "ann@", name: "Ann" });
  expect(network.log).toEqual([SIGN_IN]);
  expect(browser.set).toEqual([]);
});

test("too many tries, nobody there, and nonsense are told apart", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const text = async () => (await signIn(EMPTY, form(ann))).problems.map((each) => each.text);
  network.answer(SIGN_IN, 429, {}, { "retry-after": "900" });
  expect(await text()).toEqual(["Too many attempts. Please try again in 15 minutes."]);
  network.fail(SIGN_IN);
  expect(await text()).toEqual([TEXT.unavailable]);
  network.answer(SIGN_IN, 400, ["odd"]);
  expect(await text()).toEqual([TEXT.wrong]);
});

test("an answer without the cookie that is expected opens nothing, and the log says why", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  network.answer(SIGN_IN, 200, {}, { "set-cookie": `__Host-${COOKIE}; Secure` });
  expect((await signIn(EMPTY, form(ann))).problems).toEqual([{ text: TEXT.wrong }]);
  expect(error.mock.calls[0]?.[0]).toContain("__Host-hallpass.session_token");
  expect(browser.set).toEqual([]);
});

test("who signs up without script does so with a name, or an empty one", async () => {
  network.answer("POST /api/auth/sign-up/email", 200, {}, { "set-cookie": COOKIE });
  await expect(signUp(EMPTY, form({ ...ann, name: " Ann " }))).rejects.toThrow("to /dashboard");
  expect(network.last().body).toEqual({
    email: "ann@example.com",
    password: PASSWORD,
    name: "Ann",
  });
});

test("who signs out without script holds nothing any more, whatever Hallpass says", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  browser.cookies.set("hallpass.session_token", "a.b.c");
  network.fail("POST /api/auth/sign-out");
  await expect(signOut()).rejects.toThrow("to /signin?reason=signed-out");
  expect(network.last().headers.get("cookie")).toBe("hallpass.session_token=a.b.c");
  expect(browser.set.map(({ name, flags }) => [name, flags])).toEqual(
    ["hallpass.session_token", "hallpass.frontend_had_session"].map((name) => [
      name,
      { httpOnly: true, sameSite: "strict", path: "/", secure: false, maxAge: 0 },
    ]),
  );
});
