// Everything works with JavaScript off.

import * as api from "../support/api";
import {
  TEXT,
  button,
  emailField,
  expectDashboard,
  expectFieldError,
  expectSummary,
  fillSignIn,
  fillSignUp,
  nameField,
  notice,
  passwordField,
  signIn,
  signOut,
  summary,
  trySigningIn,
} from "../support/pages";
import { somebody } from "../support/people";
import { expect, test } from "../support/test";

test.use({ javaScriptEnabled: false });

test("somebody signs up, corrects mistakes, renames, signs out and in again", async ({
  page,
  site,
}) => {
  const ann = somebody("ann", "Ann Example");
  await page.goto(site.url("/"));
  await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
  await fillSignUp(page, { ...ann, password: "short" });
  await button(page, "Create account").click();
  await expectSummary(page, [TEXT.short]);
  await expectFieldError(passwordField(page), TEXT.short);
  await expect(emailField(page)).toHaveValue(ann.email);

  await summary(page).getByRole("link", { name: TEXT.short }).click();
  await expect(passwordField(page)).toBeFocused();
  await passwordField(page).fill(ann.password);
  await button(page, "Create account").click();
  await expectDashboard(page, site, ann);
  await expect(notice(page)).toHaveText("Welcome, Ann Example!");

  await nameField(page).fill("Ann Renamed");
  await button(page, "Save name").click();
  await expect(notice(page)).toHaveText(TEXT.saved);
  await expect(nameField(page)).toHaveValue("Ann Renamed");

  await signOut(page, site);
  await signIn(page, site, ann);
  await expect(nameField(page)).toHaveValue("Ann Renamed");
});

test("a wrong password is said in a summary that has focus", async ({ page, site }) => {
  const stranger = somebody("stranger");
  await trySigningIn(page, site, stranger);
  await expectSummary(page, [TEXT.invalidCredentials]);
  await expect(emailField(page)).toHaveValue(stranger.email);
  await page.reload();
  await expect(summary(page)).toHaveCount(0);
});

test("nothing is offered that needs script", async ({ page, site }) => {
  const ann = somebody("ann");
  await api.register(site, ann);
  for (const path of ["/signup", "/signin"]) {
    await page.goto(site.url(path));
    await expect(passwordField(page)).toBeVisible();
    await expect(button(page, "Show password")).toHaveCount(0);
  }
  await fillSignIn(page, ann);
  await button(page, "Sign in").click();
  await expectDashboard(page, site, ann);
  await expect(page.locator("time#expires")).toBeVisible();
  await expect(page.getByRole("timer")).toHaveCount(0);
});
