// The five stories of the contract, through the front end.

import { somebody } from "../../support/people";
import {
  EXPIRED,
  SIGNED_OUT,
  TEXT,
  button,
  cookieNames,
  emailField,
  expectDashboard,
  expectFieldError,
  expectLive,
  expectRefused,
  expectSignIn,
  fillSignIn,
  fillSignUp,
  heading,
  nameField,
  nameOf,
  notice,
  passwordField,
  register,
  signIn,
  signUp,
  trySigningIn,
  trySigningUp,
} from "../support/pages";
import { expect, test } from "../support/test";

test.describe("story 1, registration", () => {
  test("a newcomer finds the way from the front page to a dashboard", async ({ page, site }) => {
    const ann = somebody("ann", "Ann Example");
    await page.goto(site.url("/"));
    await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
    await expect(heading(page, "Create your account")).toBeVisible();
    await fillSignUp(page, ann);
    await button(page, "Create account").click();

    await expectDashboard(page, site, ann);
    await expectLive(page);
    await expect(nameField(page)).toHaveValue("Ann Example");
    expect(await nameOf(site, ann)).toBe("Ann Example");
  });

  test("an address that is taken is refused, and kept in the form", async ({
    page,
    site,
    guard,
  }) => {
    guard.expectStatus(422);
    const ann = somebody("ann");
    await register(site, ann);
    await trySigningUp(page, site, { ...ann, email: ann.email.toUpperCase() });
    await expectRefused(page, [TEXT.taken]);
    await expectFieldError(emailField(page), TEXT.taken);
    await expect(emailField(page)).toHaveValue(ann.email.toUpperCase());
    await expect(page).toHaveURL(site.url("/signup"));
  });

  test("what breaks a rule is named before it is sent, what only Hallpass knows after", async ({
    page,
    site,
    guard,
  }) => {
    guard.expectStatus(400);
    await trySigningUp(page, site, { email: "ann@", password: "short" });
    await expectRefused(page, [TEXT.badEmail, TEXT.short]);
    await expectFieldError(passwordField(page), TEXT.short);

    await trySigningUp(page, site, { ...somebody("ann"), password: "qwertyuiop" });
    await expectRefused(page, [TEXT.common]);
    await expectFieldError(passwordField(page), TEXT.common);
  });
});

test.describe("story 2, sign-in", () => {
  test("a wrong password and an unknown address are told the same, and let in later", async ({
    page,
    site,
    guard,
  }) => {
    guard.expectStatus(401);
    const bob = somebody("bob", "Bob");
    await register(site, bob);
    for (const person of [{ ...bob, password: "not the right words" }, somebody("stranger")]) {
      await trySigningIn(page, site, person);
      await expectRefused(page, [TEXT.invalidCredentials]);
      await expect(emailField(page)).toHaveValue(person.email);
      await expect(passwordField(page)).toHaveValue("");
      await expect(page).toHaveURL(site.url("/signin"));
    }
    await emailField(page).fill(bob.email);
    await passwordField(page).fill(bob.password);
    await passwordField(page).press("Enter");
    await expectDashboard(page, site, bob);
  });

  test("who has signed in is led from the forms to the dashboard", async ({ page, site }) => {
    const ann = somebody("ann");
    await signUp(page, site, ann);
    for (const path of ["/signin", "/signup", "/signin?reason=expired"]) {
      await page.goto(site.url(path));
      await expectDashboard(page, site, ann);
    }
    await page.goto(site.url("/"));
    await page.getByRole("link", { name: "Go to your pass" }).click();
    await expectDashboard(page, site, ann);
  });
});

test.describe("story 3, protected access", () => {
  test("without a pass the dashboard asks for a sign-in, and opens after it", async ({
    page,
    site,
  }) => {
    const ann = somebody("ann");
    await register(site, ann);
    await page.goto(site.url("/dashboard"));
    await expectSignIn(page, site.url("/signin"));
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
    await expect(bobsPage.locator("body")).not.toContainText("Ann Renamed");
    await page.reload();
    await expect(nameField(page)).toHaveValue("Ann Renamed");
    expect(await nameOf(site, ann)).toBe("Ann Renamed");
    expect(await nameOf(site, bob)).toBe("Bob");
  });

  test("the API knows the bearer, and nobody without a token", async ({ page, site }) => {
    const ann = somebody("ann");
    const bob = await register(site, somebody("bob"));
    await signUp(page, site, ann);
    const { request } = page.context();
    const { token } = (await (await request.get(site.url("/api/auth/token"))).json()) as {
      token: string;
    };
    const headers = { authorization: `Bearer ${token}` };
    const me = await request.get(site.url("/api/v1/auth/me"), { headers });
    expect(await me.json()).toMatchObject({ email: ann.email });
    const others = await request.get(site.url(`/api/v1/users/${bob.id}`), { headers });
    expect(others.status()).toBe(403);
    await page.context().clearCookies();
    expect((await request.get(site.url("/api/v1/auth/me"))).status()).toBe(401);
  });
});

test.describe("story 4, expiry", () => {
  test("a pass opens the dashboard for 3599 seconds and not for 3600", async ({ page, site }) => {
    const ann = somebody("ann");
    await signUp(page, site, ann);
    await expectLive(page);
    await site.advance(3599);
    await page.reload();
    await expectDashboard(page, site, ann);
    await expectLive(page);

    await site.advance(1);
    await page.reload();
    await expectSignIn(page, site.url(EXPIRED), TEXT.expired);
    expect(await cookieNames(page)).toEqual([]);
    await page.goto(site.url("/dashboard"));
    await expectSignIn(page, site.url("/signin"));
    await signIn(page, site, ann);
  });
});

test.describe("story 5, sign-out", () => {
  test("who signs out is at sign-in, without a pass", async ({ page, site }) => {
    const ann = somebody("ann");
    await register(site, ann);
    await signIn(page, site, ann);
    await expectLive(page);
    await button(page, "Sign out").click();
    await expectSignIn(page, site.url(SIGNED_OUT), TEXT.signedOut);
    expect(await cookieNames(page)).toEqual([]);

    await page.goto(site.url("/dashboard"));
    await expectSignIn(page, site.url("/signin"));
    const me = await page.context().request.get(site.url("/api/v1/auth/me"));
    expect(me.status()).toBe(401);
    await page.goBack();
    await expect(page.locator("body")).not.toContainText(ann.email);
  });

  test("the next person at the same browser gets their own pass", async ({ page, site }) => {
    const [ann, bob] = [somebody("ann", "Ann"), somebody("bob", "Bob")];
    await signUp(page, site, ann);
    await expectLive(page);
    await button(page, "Sign out").click();
    await expectSignIn(page, site.url(SIGNED_OUT), TEXT.signedOut);
    await signUp(page, site, bob);
    await expect(nameField(page)).toHaveValue("Bob");
    await expect(page.locator("body")).not.toContainText(ann.email);
  });
});
