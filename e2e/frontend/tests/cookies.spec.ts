// Where the token is kept, and what a cookie is worth that is none of Hallpass's.

import { somebody } from "../../support/people";
import {
  EXPIRED,
  TEXT,
  cookieNames,
  expectDashboard,
  expectLive,
  expectSignIn,
  signUp,
} from "../support/pages";
import { type Page, expect, test } from "../support/test";
import type { Stack } from "../support/stack";

async function sessionCookie(page: Page, site: Stack) {
  const name = site.cookieName("session_token");
  const cookie = (await page.context().cookies()).find((each) => each.name === name);
  if (!cookie) {
    throw new Error(`no cookie ${name}`);
  }
  return cookie;
}

test("no script can read the token from where it is kept", async ({ page, site }) => {
  const requests: string[] = [];
  page.on("request", (request) => {
    const { authorization } = request.headers();
    if (authorization) {
      requests.push(`${new URL(request.url()).pathname} ${authorization.split(".").length}`);
    }
  });
  await signUp(page, site, somebody("ann"));
  await expectLive(page);
  // The page did use it: a JWT of three parts, on the one call of the API.
  expect(requests).toEqual(["/api/v1/auth/me 3"]);

  const cookie = await sessionCookie(page, site);
  const https = site.setup === "https";
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", secure: https, path: "/" });
  const kept = await page.evaluate(() => [
    JSON.stringify(localStorage),
    JSON.stringify(sessionStorage),
    document.cookie,
    document.documentElement.outerHTML,
  ]);
  for (const place of kept) {
    expect(place).not.toContain(cookie.value.slice(-20));
  }
  expect(kept[2]).toBe("");
});

test("every page has its policy, and none may be kept or framed", async ({ page, site, guard }) => {
  guard.expectStatus(404);
  await signUp(page, site, somebody("ann"));
  for (const path of ["/", "/dashboard", "/nowhere", "/api/nowhere"]) {
    const answer = await page.goto(site.url(path));
    const headers = answer?.headers() ?? {};
    const policy = headers["content-security-policy"] ?? "";
    expect(policy).toMatch(/default-src 'none'; script-src 'nonce-[^']+' 'strict-dynamic';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers["cache-control"]).toContain("no-store");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("same-origin");
    expect(headers["x-powered-by"]).toBeUndefined();
    expect(headers["strict-transport-security"] !== undefined).toBe(site.setup === "https");
  }
});

const FORGERIES: Record<string, (token: string) => string> = {
  "a changed signature": (token) =>
    token.replace(/.(?=.{5}$)/, (sign) => (sign === "A" ? "B" : "A")),
  "a changed claim": (token) => {
    const [head, claims = "", signature] = token.split(".");
    const changed = Buffer.from(claims, "base64url").toString().replace("ann.", "eve.");
    return [head, Buffer.from(changed).toString("base64url"), signature].join(".");
  },
  "no signature": (token) => {
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    return [none, token.split(".")[1], ""].join(".");
  },
  nonsense: () => "nonsense",
};

test("a cookie that Hallpass did not make opens nothing, and is taken away", async ({
  page,
  site,
}) => {
  const ann = somebody("ann");
  await signUp(page, site, ann);
  await expectLive(page);
  const cookie = await sessionCookie(page, site);
  for (const [what, forge] of Object.entries(FORGERIES)) {
    await test.step(what, async () => {
      const value = forge(cookie.value);
      expect(value).not.toBe(cookie.value);
      await page.context().addCookies([{ ...cookie, value }]);
      await page.goto(site.url("/dashboard"));
      await expectSignIn(page, site.url(EXPIRED), TEXT.expired);
      expect(await cookieNames(page)).toEqual([]);
      await expect(page.locator("body")).not.toContainText(ann.email);
    });
  }
  await page.context().addCookies([cookie]);
  await page.goto(site.url("/dashboard"));
  await expectDashboard(page, site, ann);
});
