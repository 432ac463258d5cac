// What the browser is told to keep, and how.

import { signUp, trySigningIn, expectSummary, sessionCookies, TEXT } from "../support/pages";
import { somebody } from "../support/people";
import { expect, test } from "../support/test";

test("a pass is a cookie that no script reads and no other site sends, for an hour", async ({
  page,
  context,
  site,
  scheme,
}) => {
  await signUp(page, site, somebody("ann"));
  const secure = scheme === "https";
  const flags = { httpOnly: true, sameSite: "Strict", path: "/", domain: "localhost", secure };
  const cookies = await context.cookies();
  const lives = { session_token: 3600, had_session: 86_400, device: 180 * 86_400 };
  for (const [name, life] of Object.entries(lives)) {
    const cookie = cookies.find((each) => each.name === site.cookieName(name as "session_token"));
    expect(cookie, name).toMatchObject(flags);
    const left = (cookie?.expires ?? 0) - Date.now() / 1000;
    expect(left, name).toBeGreaterThan(life - 60);
    expect(left, name).toBeLessThanOrEqual(life + 1);
  }
  expect(await page.evaluate(() => document.cookie)).toBe("");
});

test("the cookie that carries a message has the same flags and no secret, and goes", async ({
  page,
  context,
  site,
  scheme,
}) => {
  const person = { ...somebody("stranger"), password: "a secret phrase nobody has" };
  const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
  await trySigningIn(page, site, person);
  const cookie = (await (await answered).headerValue("set-cookie")) ?? "";
  await expectSummary(page, [TEXT.invalidCredentials]);

  expect(cookie).toMatch(new RegExp(`^${site.cookieName("notice").replace(".", "\\.")}=[^;]+;`));
  for (const flag of ["HttpOnly", "SameSite=Strict", "Path=/"]) {
    expect(cookie).toContain(flag);
  }
  expect(cookie.includes("Secure")).toBe(scheme === "https");
  expect(cookie).not.toContain("Domain");
  const value = decodeURIComponent(/=([^;]*)/.exec(cookie)?.[1] ?? "");
  for (const text of [value, Buffer.from(value, "base64").toString()]) {
    expect(text).not.toContain("secret phrase");
  }
  // Shown, and so forgotten.
  expect(await sessionCookies(context)).toEqual([]);
});
