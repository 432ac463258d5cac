// Where a sign-in leads: to a path of ours, or to the dashboard.

import * as api from "../support/api";
import { GOOD, HOSTILE, HOSTILE_QUERIES } from "../support/hostile";
import {
  TEXT,
  button,
  expectDashboard,
  expectSummary,
  fillSignIn,
  heading,
} from "../support/pages";
import { type Person, somebody } from "../support/people";
import type { Server } from "../support/server";
import { type Page, expect, test } from "../support/test";

let ann: Person;

test.beforeAll(async ({ shared }) => {
  ann = somebody("ann");
  await api.register(shared, ann);
});

/** Signs in at `address` and returns where the answer sends the browser. */
async function signInAt(page: Page, site: Server, address: string): Promise<string | null> {
  await page.goto(site.url(address));
  await fillSignIn(page, ann);
  const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
  await button(page, "Sign in").click();
  const answer = await answered;
  expect(answer.status()).toBe(303);
  return answer.headerValue("location");
}

async function expectOnlyDashboard(page: Page, site: Server, query: string): Promise<void> {
  const address = `/signin?${query}`;
  expect(await signInAt(page, site, address)).toBe("/dashboard");
  await expectDashboard(page, site, ann);
  await page.context().clearCookies();
}

for (const [name, value] of Object.entries(HOSTILE)) {
  test(`${name} leads to the dashboard`, async ({ page, site }) => {
    await test.step("as it is", () => expectOnlyDashboard(page, site, `next=${value}`));
    const encoded = encodeURIComponent(value);
    await test.step("encoded", () => expectOnlyDashboard(page, site, `next=${encoded}`));
  });
}

for (const [name, query] of Object.entries(HOSTILE_QUERIES)) {
  test(`${name}: leads to the dashboard`, async ({ page, site }) => {
    await expectOnlyDashboard(page, site, query);
  });
}

for (const path of GOOD) {
  test(`${path} is returned to`, async ({ page, site }) => {
    const address = `/signin?next=${encodeURIComponent(path)}`;
    expect(await signInAt(page, site, address)).toBe(path);
    await expect(page).toHaveURL(site.url(path));
  });
}

test("who is signed in already is not led away either", async ({ page, context, site }) => {
  await api.carry(context, site, await api.signIn(site, ann));
  for (const [name, value] of Object.entries(HOSTILE)) {
    const address = site.url(`/signin?next=${encodeURIComponent(value)}`);
    const answer = await context.request.get(address, { maxRedirects: 0 });
    expect.soft(answer.headers()["location"], name).toBe("/dashboard");
  }
  await page.goto(site.url("/signin?next=%2F%2Fevil.example"));
  await expectDashboard(page, site, ann);
});

test("a wrong password does not lose the way back", async ({ page, site }) => {
  const address = `/signin?next=${encodeURIComponent("/dashboard?x=1")}`;
  await page.goto(site.url(address));
  await fillSignIn(page, { ...ann, password: "not the right words" });
  await button(page, "Sign in").click();
  await expectSummary(page, [TEXT.invalidCredentials]);
  await fillSignIn(page, ann);
  await button(page, "Sign in").click();
  await expect(page).toHaveURL(site.url("/dashboard?x=1"));
  await expect(heading(page, "Your pass")).toBeVisible();
});
