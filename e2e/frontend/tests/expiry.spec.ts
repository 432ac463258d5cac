// The hour of a pass, by the servers' clocks, which are moved by hand, and the browser's.

import { somebody } from "../../support/people";
import {
  EXPIRED,
  TEXT,
  button,
  cookieNames,
  expectDashboard,
  expectLive,
  expectSignIn,
  nameField,
  nameOf,
  signUp,
} from "../support/pages";
import { expect, test } from "../support/test";

const HOUR = 3600;

test("whose cookie the browser dropped in that second is told so, once", async ({ page, site }) => {
  await signUp(page, site, somebody("ann"));
  await expectLive(page);
  await page.context().clearCookies({ name: site.cookieName("session_token") });
  await page.goto(site.url("/dashboard"));
  await expectSignIn(page, site.url(EXPIRED), TEXT.expired);
  expect(await cookieNames(page)).toEqual([]);
  await page.goto(site.url("/dashboard"));
  await expectSignIn(page, site.url("/signin"));
});

test("an open dashboard counts down, and goes to sign-in by itself", async ({ page, site }) => {
  await page.clock.install();
  const ann = somebody("ann");
  await signUp(page, site, ann);
  await expectLive(page);
  await page.clock.fastForward("59:00");
  await site.advance(HOUR - 60);
  await expect(page.getByRole("timer")).toHaveText(/^00:\d\d$|^01:00$/);
  await expect(page.getByText(/expires in less than two minutes/)).toBeVisible();
  await expectDashboard(page, site, ann);

  await site.advance(60);
  await page.clock.fastForward("01:01");
  await expectSignIn(page, site.url(EXPIRED), TEXT.expired);
  expect(await cookieNames(page)).toEqual([]);
});

test("a browser whose clock is ahead asks the server, and goes on", async ({ page, site }) => {
  await page.clock.install();
  const ann = somebody("ann");
  await signUp(page, site, ann);
  await expectLive(page);
  const again = page.waitForRequest((request) => request.isNavigationRequest());
  await page.clock.fastForward("02:00:00");
  await again;
  await expectDashboard(page, site, ann);
  await expectLive(page);
});

test("a call of the API after the hour leads to sign-in, and clears the cookie", async ({
  page,
  site,
  guard,
}) => {
  guard.expectStatus(401);
  guard.expectStatus(503);
  const ann = somebody("ann");
  // The first call fails, so that there is something to try again an hour later.
  await page.route("**/api/v1/auth/me", (route) => route.fulfill({ status: 503 }), { times: 1 });
  await signUp(page, site, ann);
  await expect(button(page, "Try again")).toBeVisible();

  await site.advance(HOUR);
  const refused = page.waitForResponse("**/api/v1/auth/me");
  await button(page, "Try again").click();
  expect((await refused).headers()["www-authenticate"]).toContain('error="invalid_token"');
  await expectSignIn(page, site.url(EXPIRED), TEXT.expired);
  expect(await cookieNames(page)).toEqual([]);
});

test("a name saved after the hour is not saved", async ({ page, site, guard }) => {
  guard.expectStatus(401);
  const ann = somebody("ann", "Ann");
  await signUp(page, site, ann);
  await expectLive(page);
  await site.advance(HOUR);
  await nameField(page).fill("Too Late");
  await button(page, "Save name").click();
  await expectSignIn(page, site.url(EXPIRED), TEXT.expired);
  expect(await nameOf(site, ann)).toBe("Ann");
});

test("who signs out after the hour is at sign-in without a pass", async ({ page, site }) => {
  await signUp(page, site, somebody("ann"));
  await expectLive(page);
  await site.advance(HOUR);
  await button(page, "Sign out").click();
  await expectSignIn(page, site.url("/signin?reason=signed-out"), TEXT.signedOut);
  expect(await cookieNames(page)).toEqual([]);
});

test("who signs out in one tab is signed out in the other", async ({ page, site, context }) => {
  await signUp(page, site, somebody("ann"));
  await expectLive(page);
  const other = await context.newPage();
  await other.goto(site.url("/dashboard"));
  await expectLive(other);
  await button(page, "Sign out").click();
  await expectSignIn(page, site.url("/signin?reason=signed-out"), TEXT.signedOut);
  await expect(other).toHaveURL(/\/signin/);
});
