// The five stories of the contract, as people live them.

import * as api from "../support/api";
import {
  SIGN_IN_FOR_DASHBOARD,
  TEXT,
  button,
  emailField,
  expectDashboard,
  expectFieldError,
  expectSummary,
  fillSignIn,
  fillSignUp,
  heading,
  nameField,
  notice,
  passwordField,
  sessionCookies,
  signIn,
  signOut,
  signUp,
  trySigningIn,
  trySigningUp,
} from "../support/pages";
import { somebody } from "../support/people";
import { expect, test } from "../support/test";

test.describe("story 1, registration", () => {
  test("a newcomer finds the way from the front page to a dashboard that greets once", async ({
    page,
    site,
  }) => {
    const ann = somebody("ann", "Ann Example");
    await page.goto(site.url("/"));
    await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
    await expect(heading(page, "Create your account")).toBeVisible();
    await fillSignUp(page, ann);
    await button(page, "Create account").click();

    await expectDashboard(page, site, ann);
    await expect(notice(page)).toHaveText("Welcome, Ann Example!");
    await expect(nameField(page)).toHaveValue("Ann Example");
    await page.reload();
    await expectDashboard(page, site, ann);
    await expect(notice(page)).toHaveCount(0);

    expect((await api.signIn(site, ann)).user).toMatchObject({ email: ann.email, name: ann.name });
  });

  test("who gives no name is greeted without one", async ({ page, site }) => {
    await signUp(page, site, somebody("nameless"));
    await expect(notice(page)).toHaveText("Welcome!");
    await expect(nameField(page)).toHaveValue("");
  });

  test("an address that is taken is refused in any letter case, and kept in the form", async ({
    page,
    site,
  }) => {
    const ann = somebody("ann");
    await api.register(site, ann);
    const email = ann.email.toUpperCase();
    await trySigningUp(page, site, { ...ann, email, password: "words hold doors open" });
    await expectSummary(page, [TEXT.taken]);
    await expectFieldError(emailField(page), TEXT.taken);
    await expect(emailField(page)).toHaveValue(email);
    await expect(page).toHaveURL(site.url("/signup"));
  });
});

test.describe("story 2, sign-in", () => {
  test("the right password leads to the dashboard, which does not greet again", async ({
    page,
    site,
  }) => {
    const bob = somebody("bob", "Bob");
    await api.register(site, bob);
    await page.goto(site.url("/"));
    await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
    await fillSignIn(page, bob);
    await button(page, "Sign in").click();
    await expectDashboard(page, site, bob);
    await expect(notice(page)).toHaveCount(0);
  });

  test("a wrong password and an unknown address are told the same, and let in later", async ({
    page,
    site,
  }) => {
    const bob = somebody("bob");
    await api.register(site, bob);
    const refused = [{ ...bob, password: "not the right words" }, somebody("stranger")];
    for (const person of refused) {
      await trySigningIn(page, site, person);
      await expectSummary(page, [TEXT.invalidCredentials]);
      await expect(emailField(page)).toHaveValue(person.email);
      await expect(page).toHaveURL(site.url("/signin"));
    }
    await emailField(page).fill(bob.email);
    await passwordField(page).fill(bob.password);
    await passwordField(page).press("Enter");
    await expectDashboard(page, site, bob);
  });
});

test.describe("story 3, protected access", () => {
  test("without a pass the dashboard asks for a sign-in, and opens after it", async ({
    page,
    site,
  }) => {
    const ann = somebody("ann");
    await api.register(site, ann);
    await page.goto(site.url("/dashboard"));
    await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
    // Nobody's session has expired here.
    await expect(notice(page)).toHaveCount(0);
    await fillSignIn(page, ann);
    await button(page, "Sign in").click();
    await expectDashboard(page, site, ann);
  });

  test("two people see and change only what is theirs", async ({ page, site, visitor }) => {
    const [ann, bob] = [somebody("ann", "Ann"), somebody("bob", "Bob")];
    const bobsPage = await (await visitor()).newPage();
    await signUp(page, site, ann);
    await signUp(bobsPage, site, bob);
    await nameField(page).fill("Ann Renamed");
    await button(page, "Save name").click();
    await expect(notice(page)).toHaveText(TEXT.saved);

    await bobsPage.reload();
    await expect(nameField(bobsPage)).toHaveValue("Bob");
    await expect(bobsPage.locator("body")).not.toContainText(ann.email);
    await expect(bobsPage.locator("body")).not.toContainText("Ann Renamed");
    await page.reload();
    await expect(nameField(page)).toHaveValue("Ann Renamed");
    await expect(page.locator("body")).not.toContainText(bob.email);
  });

  test("who is signed in is led from the front page to the dashboard", async ({ page, site }) => {
    const ann = somebody("ann");
    await signUp(page, site, ann);
    await page.goto(site.url("/"));
    await expectDashboard(page, site, ann);
  });
});

test.describe("story 4, expiry", () => {
  test("after an hour the dashboard says that the session expired", async ({ page, launch }) => {
    const site = await launch({ clock: "manual" });
    const ann = somebody("ann");
    await signUp(page, site, ann);
    await site.advance(3600);
    await page.reload();
    await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
    await expect(notice(page)).toHaveText(TEXT.expired);
    await fillSignIn(page, ann);
    await button(page, "Sign in").click();
    await expectDashboard(page, site, ann);
  });
});

test.describe("story 5, sign-out", () => {
  test("who signs out is at sign-in, without a pass", async ({ page, context, site }) => {
    const ann = somebody("ann");
    await api.register(site, ann);
    await signIn(page, site, ann);
    await signOut(page, site);
    expect(await sessionCookies(context)).toEqual([]);

    await page.goto(site.url("/dashboard"));
    await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
    const me = await context.request.get(site.url("/api/v1/auth/me"));
    expect(me.status()).toBe(401);
  });

  test("the next person at the same browser gets their own pass", async ({ page, site }) => {
    const [ann, bob] = [somebody("ann", "Ann"), somebody("bob", "Bob")];
    await signUp(page, site, ann);
    await signOut(page, site);
    await page.reload();
    await expect(notice(page)).toHaveCount(0);
    await signUp(page, site, bob);
    await expect(page.locator("body")).not.toContainText(ann.email);
  });
});
