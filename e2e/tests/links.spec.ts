// Links on other sites, with which a browser does not send the pass.

import * as api from "../support/api";
import { openForeignSite } from "../support/foreign";
import type { Guard } from "../support/guard";
import {
  SIGN_IN_FOR_DASHBOARD,
  TEXT,
  expectDashboard,
  heading,
  notice,
  signUp,
} from "../support/pages";
import { somebody } from "../support/people";
import { type Page, expect, test } from "../support/test";

async function followLink(page: Page, guard: Guard, target: string): Promise<void> {
  const foreign = await openForeignSite(target, {});
  guard.allow(foreign.origin);
  await page.goto(foreign.origin);
  await page.getByRole("link", { name: "Follow me" }).click();
  await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("A prize!");
  await foreign.close();
}

for (const script of [true, false]) {
  test.describe(script ? "with script" : "without script", () => {
    test.use({ javaScriptEnabled: script });

    for (const path of ["/dashboard", "/", "/signin", "/signup"]) {
      test(`who is signed in and follows a link to ${path} is still signed in`, async ({
        page,
        site,
        guard,
      }) => {
        const ann = somebody("ann");
        await signUp(page, site, ann);
        await followLink(page, guard, site.url(path));
        await expectDashboard(page, site, ann);
        await page.reload();
        await expectDashboard(page, site, ann);
      });
    }

    test("who is not signed in is asked for a sign-in, and not told of an expiry", async ({
      page,
      site,
      guard,
    }) => {
      await followLink(page, guard, site.url("/dashboard"));
      await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
      await expect(heading(page, "Sign in")).toBeVisible();
      await expect(notice(page)).toHaveCount(0);
    });

    test("whose pass expired is told so", async ({ page, launch, guard }) => {
      const site = await launch({ clock: "manual" });
      await signUp(page, site, somebody("ann"));
      await site.advance(3600);
      await followLink(page, guard, site.url("/dashboard"));
      await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
      await expect(notice(page)).toHaveText(TEXT.expired);
    });
  });
}

test("a link to a hostile next leads to the dashboard", async ({ page, context, site, guard }) => {
  const ann = somebody("ann");
  await api.carry(context, site, await api.register(site, ann));
  await followLink(page, guard, site.url("/signin?next=%2F%2Fevil.example"));
  await expectDashboard(page, site, ann);
});

test("a link to sign-out signs nobody out", async ({ page, context, site, guard }) => {
  const ann = somebody("ann");
  await api.carry(context, site, await api.register(site, ann));
  guard.expectStatus(405);
  await followLink(page, guard, site.url("/signout"));
  await page.goto(site.url("/dashboard"));
  await expectDashboard(page, site, ann);
});

test("the back button leads back to the other site", async ({ page, context, site, guard }) => {
  const ann = somebody("ann");
  await api.carry(context, site, await api.register(site, ann));
  const foreign = await openForeignSite(site.url("/dashboard"), {});
  guard.allow(foreign.origin);
  await page.goto(foreign.origin);
  await page.getByRole("link", { name: "Follow me" }).click();
  await expectDashboard(page, site, ann);
  await page.goBack();
  await expect(heading(page, "A prize!")).toBeVisible();
  await foreign.close();
});
