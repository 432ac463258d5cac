// When it does not work: too often, or with nobody there.

import { somebody } from "../../support/people";
import {
  TEXT,
  button,
  cookieNames,
  expectDashboard,
  expectRefused,
  fillSignIn,
  heading,
  register,
  summary,
  trySigningIn,
  trySigningUp,
} from "../support/pages";
import { Stack } from "../support/stack";
import { expect, test } from "../support/test";

for (const script of [true, false]) {
  test.describe(script ? "with script" : "without script", () => {
    test.use({ javaScriptEnabled: script });

    test("who tries too often is told how long to wait; others at the same Next are not", async ({
      page,
      site,
      guard,
      visitor,
    }) => {
      guard.expectStatus(401);
      guard.expectStatus(429);
      const ann = somebody("ann");
      await register(site, ann);
      for (let time = 1; time <= 5; time += 1) {
        await trySigningIn(page, site, { ...ann, password: `not the password ${time}` });
        await expect(summary(page)).toContainText(TEXT.invalidCredentials);
      }
      await trySigningIn(page, site, ann);
      await expect(summary(page)).toContainText(TEXT.throttled);

      const bob = somebody("bob");
      await register(site, bob);
      const elsewhere = await (await visitor({ javaScriptEnabled: script })).newPage();
      await trySigningIn(elsewhere, site, bob);
      await expectDashboard(elsewhere, site, bob);
    });
  });
}

test("an address that failed too often for one client is no matter to another", async ({
  page,
  site,
  guard,
  visitor,
}) => {
  test.slow();
  guard.expectStatus(401);
  guard.expectStatus(429);
  await page.goto(site.url("/signin"));
  const wrong = (number: number) => ({
    email: `stranger.${number}@example.com`,
    password: "not the right words",
  });
  // 50 failures of one client in 15 minutes, ten addresses five times each.
  const { request } = page.context();
  for (let number = 0; number < 50; number += 1) {
    const data = wrong(Math.floor(number / 5));
    await request.post(site.url("/api/auth/sign-in/email"), { data });
  }
  await fillSignIn(page, wrong(99));
  await button(page, "Sign in").click();
  await expectRefused(page, ["Too many attempts."]);

  const bob = somebody("bob");
  await register(site, bob);
  const elsewhere = await (await visitor()).newPage();
  await trySigningIn(elsewhere, site, bob);
  await expectDashboard(elsewhere, site, bob);
});

test("without a network the form says so, keeps what was typed, and works again", async ({
  page,
  site,
  context,
  guard,
}) => {
  guard.expect(/ERR_INTERNET_DISCONNECTED/);
  const ann = somebody("ann");
  await register(site, ann);
  await page.goto(site.url("/signin"));
  await expect(page.getByRole("button", { name: "Show password" })).toBeVisible();
  await fillSignIn(page, ann);
  await context.setOffline(true);
  await button(page, "Sign in").click();
  await expectRefused(page, ["The server cannot be reached."]);
  await context.setOffline(false);
  await button(page, "Sign in").click();
  await expectDashboard(page, site, ann);
});

test("a front end that looks for keys where there are none says so to its operator", async ({
  page,
  guard,
}) => {
  const site = await Stack.start("misfit");
  try {
    guard.allow(site.origin);
    guard.expectStatus(500);
    // A server component failed; React says no more in a production build.
    guard.expect(/Minified React error #441/);
    const ann = somebody("ann");
    await trySigningUp(page, site, ann);
    await expect(heading(page, "Something went wrong on our side")).toBeVisible();
    expect((await page.reload())?.status()).toBe(500);
    await expect(heading(page, "Something went wrong on our side")).toBeVisible();
    await expect(page.locator("body")).not.toContainText(ann.email);
    expect(site.log).toContain("holds no keys: Hallpass signs with its secret.");
    // It may be mended in a minute: nobody's session is thrown away.
    expect(await cookieNames(page)).toContain(site.cookieName("session_token"));
    await guard.leavePages();
  } finally {
    await site.stop();
  }
});
