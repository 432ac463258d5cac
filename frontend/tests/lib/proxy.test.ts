// @vitest-environment node

import { SignJWT } from "jose";
import { NextRequest } from "next/server";
import { beforeEach, expect, test, vi } from "vitest";

import { proxy } from "@/proxy";

import { network } from "../support/network";
import { ID } from "../support/people";

const SECRET = "0123456789abcdef0123456789abcdef";

beforeEach(() => vi.stubEnv("BETTER_AUTH_SECRET", SECRET));

function token(life = 3600): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ email: "ann@example.com" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(ID)
    .setIssuer("http://localhost:8000")
    .setIssuedAt(now - 3600)
    .setExpirationTime(now - 3600 + life)
    .sign(new TextEncoder().encode(SECRET));
}

async function ask(path: string, cookie = "", method = "GET") {
  const request = new NextRequest(`http://localhost:3000${path}`, {
    method,
    headers: cookie ? { cookie } : {},
  });
  const response = await proxy(request);
  return {
    status: response.status,
    location: response.headers.get("location")?.replace("http://localhost:3000", "") ?? null,
    cookies: Object.fromEntries(
      response.cookies
        .getAll()
        .map(({ name, value, maxAge }) => [name, maxAge === 0 ? "gone" : value]),
    ),
    headers: response.headers,
    flags: response.cookies.getAll(),
  };
}

test("the dashboard is not for those who bring nothing", async () => {
  expect(await ask("/dashboard")).toMatchObject({ status: 303, location: "/signin" });
  expect(await ask("/dashboard/letters?page=2")).toMatchObject({
    location: "/signin?next=%2Fdashboard%2Fletters%3Fpage%3D2",
  });
});

test("whose cookie the browser dropped is told that the session expired, once", async () => {
  const { location, cookies } = await ask("/dashboard", "hallpass.frontend_had_session=1");
  expect(location).toBe("/signin?reason=expired");
  expect(cookies).toEqual({ "hallpass.frontend_had_session": "gone" });
});

test("whoever brings a cookie is let through to the page, which verifies it", async () => {
  const { status, location, cookies, flags } = await ask("/dashboard", "hallpass.session_token=x");
  expect([status, location]).toEqual([200, null]);
  expect(cookies).toEqual({ "hallpass.frontend_had_session": "1" });
  expect(flags[0]).toMatchObject({ httpOnly: true, sameSite: "strict", path: "/", maxAge: 86_400 });
  expect(network.log).toEqual([]);
});

test("a path that only begins alike is not guarded", async () => {
  expect(await ask("/dashboards")).toMatchObject({ status: 200, location: null });
});

for (const page of ["/signin", "/signup"]) {
  test(`${page} leads on who has signed in, to where they wanted to go`, async () => {
    const cookie = `hallpass.session_token=${await token(7200)}`;
    expect(await ask(page, cookie)).toMatchObject({ status: 303, location: "/dashboard" });
    expect(await ask(`${page}?next=/dashboard/a`, cookie)).toMatchObject({
      location: "/dashboard/a",
    });
    expect(await ask(`${page}?next=//example.com`, cookie)).toMatchObject({
      location: "/dashboard",
    });
  });

  test(`${page} takes away what is worth nothing`, async () => {
    const gone = { "hallpass.session_token": "gone", "hallpass.frontend_had_session": "gone" };
    for (const value of [await token(), `${await token(7200)}x`, "abc"]) {
      const cookie = `hallpass.session_token=${value}; hallpass.frontend_had_session=1`;
      const { status, cookies } = await ask(page, cookie);
      expect(status).toBe(200);
      expect(cookies).toEqual(gone);
    }
    expect((await ask(page)).cookies).toEqual({});
  });

  test(`${page} leaves the cookies alone while a form is being sent`, async () => {
    expect((await ask(page, "hallpass.session_token=abc", "POST")).cookies).toEqual({});
  });

  test(`${page} throws nobody's cookie away while the keys cannot be read`, async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    vi.stubEnv("BETTER_AUTH_SECRET", "");
    vi.stubEnv("HALLPASS_URL", `http://${page.slice(1)}.example.com`);
    network.fail("GET /.well-known/jwks.json");
    const { status, cookies } = await ask(page, `hallpass.session_token=${await token(7200)}`);
    expect([status, cookies]).toEqual([200, {}]);
  });
}

test("with https only the cookie that is bound to the host is one", async () => {
  vi.stubEnv("HALLPASS_ISSUER", "https://app.example.com");
  expect(await ask("/dashboard", "hallpass.session_token=x")).toMatchObject({
    location: "/signin",
  });
  const { status, flags, headers } = await ask("/dashboard", "__Host-hallpass.session_token=x");
  expect(status).toBe(200);
  expect(flags[0]).toMatchObject({ name: "__Host-hallpass.frontend_had_session", secure: true });
  expect(headers.get("strict-transport-security")).toMatch(/^max-age=\d+$/);
});

test("each page has a policy with a nonce of its own", async () => {
  const policies = await Promise.all([
    ask("/"),
    ask("/"),
    ask("/dashboard", "hallpass.session_token=x"),
  ]);
  const nonces = policies.map(
    ({ headers }) =>
      /'nonce-([A-Za-z0-9+/]{22}==)'/.exec(headers.get("content-security-policy") ?? "")?.[1],
  );
  expect(new Set(nonces).size).toBe(3);
  expect(nonces).not.toContain(undefined);
});
