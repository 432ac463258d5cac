// WCAG 2.2 AA over every page in every state.

import { expectAccessible, expectFits } from "../../support/access";
import { somebody } from "../../support/people";
import {
  TEXT,
  button,
  expectLive,
  expectRefused,
  nameField,
  notice,
  signUp,
  trySigningIn,
  trySigningUp,
} from "../support/pages";
import type { Stack } from "../support/stack";
import { type Page, expect, test } from "../support/test";

const STATES: Record<string, (page: Page, site: Stack) => Promise<void>> = {
  home: async (page, site) => {
    await page.goto(site.url("/"));
  },
  "sign-in after expiry": async (page, site) => {
    await page.goto(site.url("/signin?reason=expired"));
    await expect(notice(page)).toHaveText(TEXT.expired);
  },
  "sign-in, refused": async (page, site) => {
    await trySigningIn(page, site, somebody("stranger"));
    await expectRefused(page, [TEXT.invalidCredentials]);
  },
  "sign-up, refused": async (page, site) => {
    await trySigningUp(page, site, { email: "ann@", password: "short" });
    await expectRefused(page, [TEXT.badEmail, TEXT.short]);
  },
  "dashboard, with the longest name, saved": async (page, site) => {
    await signUp(page, site, somebody("ann"));
    await expectLive(page);
    await nameField(page).fill("W".repeat(255));
    await button(page, "Save name").click();
    await expect(notice(page)).toHaveText(TEXT.saved);
    await expect(page.getByText("Issued to")).toBeVisible();
  },
  "no such page": async (page, site) => {
    await page.goto(site.url("/nowhere"));
  },
};

for (const [name, reach] of Object.entries(STATES)) {
  test(`axe finds nothing on ${name}, in light and dark, on a phone and at a desk`, async ({
    page,
    site,
    guard,
  }) => {
    guard.expectStatus(401);
    guard.expectStatus(404);
    await reach(page, site);
    await expectAccessible(page);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await expect(page).toHaveTitle(/Hallpass/);
    await expectFits(page, 320, 1);
  });
}
