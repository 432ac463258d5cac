// The hour of a pass, by the server's manual clock and the browser's.

import * as api from "../support/api";
import {
  SIGN_IN_FOR_DASHBOARD,
  TEXT,
  button,
  expectDashboard,
  fillSignIn,
  heading,
  nameField,
  notice,
  sessionCookies,
  signUp,
} from "../support/pages";
import { somebody } from "../support/people";
import type { Server } from "../support/server";
import { type Page, expect, test } from "../support/test";

const HOUR = 3600;

async function expectExpired(page: Page, site: Server): Promise<void> {
  await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
  await expect(heading(page, "Sign in")).toBeVisible();
  await expect(notice(page)).toHaveText(TEXT.expired);
}

for (const script of [true, false]) {
  test.describe(script ? "with script" : "without script", () => {
    test.use({ javaScriptEnabled: script });

    test("a pass opens the dashboard for 3599 seconds and not for 3600", async ({
      page,
      context,
      launch,
    }) => {
      const site = await launch({ clock: "manual" });
      const ann = somebody("ann");
      await signUp(page, site, ann);
      await site.advance(HOUR - 1);
      await page.reload();
      await expectDashboard(page, site, ann);

      await site.advance(1);
      await page.reload();
      await expectExpired(page, site);
      // The pass and its marker are gone, and so the message is shown once.
      expect(await sessionCookies(context)).toEqual([]);
      await page.reload();
      await expect(heading(page, "Sign in")).toBeVisible();
      await expect(notice(page)).toHaveCount(0);

      await fillSignIn(page, ann);
      await button(page, "Sign in").click();
      await expectDashboard(page, site, ann);
    });

    test("a browser that dropped the pass in that second is told so too, once", async ({
      page,
      context,
      launch,
    }) => {
      const site = await launch({ clock: "manual" });
      await signUp(page, site, somebody("ann"));
      await site.advance(HOUR);
      await context.clearCookies({ name: site.cookieName("session_token") });
      await page.goto(site.url("/dashboard"));
      await expectExpired(page, site);
      expect(await sessionCookies(context)).toEqual([]);
      await page.goto(site.url("/dashboard"));
      await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
      await expect(notice(page)).toHaveCount(0);
    });

    test("a name saved after the hour is not saved, and the message says why", async ({
      page,
      launch,
    }) => {
      const site = await launch({ clock: "manual" });
      const ann = somebody("ann", "Ann");
      await signUp(page, site, ann);
      await site.advance(HOUR);
      await nameField(page).fill("Too Late");
      await button(page, "Save name").click();
      await expectExpired(page, site);
      expect((await api.signIn(site, ann)).user.name).toBe("Ann");
    });

    test("who signs out after the hour is at sign-in without a pass", async ({
      page,
      context,
      launch,
    }) => {
      const site = await launch({ clock: "manual" });
      await signUp(page, site, somebody("ann"));
      await site.advance(HOUR);
      await button(page, "Sign out").click();
      await expect(heading(page, "Sign in")).toBeVisible();
      expect(await sessionCookies(context)).toEqual([]);
    });
  });
}

test("who has signed out is not told that the session expired", async ({ page, launch }) => {
  const site = await launch({ clock: "manual" });
  await signUp(page, site, somebody("ann"));
  await button(page, "Sign out").click();
  await expect(notice(page)).toHaveText(TEXT.signedOut);
  await site.advance(HOUR);
  await page.goto(site.url("/dashboard"));
  await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
  await expect(notice(page)).toHaveCount(0);
});

test("an open dashboard counts down and goes to sign-in by itself", async ({ page, launch }) => {
  const site = await launch({ clock: "manual" });
  await page.clock.install({ time: await site.now() });
  const ann = somebody("ann");
  await signUp(page, site, ann);
  const countdown = page.getByRole("timer");
  await expect(countdown).toHaveId("countdown");
  const atFirst = await countdown.textContent();

  await page.clock.fastForward("59:00");
  await site.advance(HOUR - 60);
  await expect(countdown).not.toHaveText(atFirst ?? "");
  await expectDashboard(page, site, ann);

  await site.advance(60);
  await page.clock.fastForward("01:01");
  await expectExpired(page, site);
});

test("an open dashboard does so by the real clock of the browser too", async ({ page, launch }) => {
  const site = await launch({ clock: "manual" });
  await signUp(page, site, somebody("ann"));
  await site.advance(HOUR - 1);
  await page.reload();
  await site.advance(1);
  // A second later, without anybody's doing.
  await expectExpired(page, site);
});

test("a laptop that slept over the hour wakes up at sign-in", async ({ page, launch }) => {
  const site = await launch({ clock: "manual" });
  await page.clock.install({ time: await site.now() });
  await signUp(page, site, somebody("ann"));
  await site.advance(8 * HOUR);
  // Every timer fires at most once, as after a sleep.
  await page.clock.fastForward("08:00:00");
  await expectExpired(page, site);
});

test("the dashboard says until when the pass is valid, in a form that machines read", async ({
  page,
  launch,
}) => {
  const site = await launch({ clock: "manual" });
  const start = await site.now();
  await signUp(page, site, somebody("ann"));
  const expires = await page.locator("time#expires").getAttribute("datetime");
  const issued = Math.floor(start.getTime() / 1000);
  expect(Date.parse(expires ?? "") / 1000).toBe(issued + HOUR);
});
