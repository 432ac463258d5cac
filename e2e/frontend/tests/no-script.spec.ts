// The forms are forms: they work before the script has arrived, and without it.

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
  expectSignIn,
  nameOf,
  optionalNameField,
  passwordField,
  register,
  signIn,
  signUp,
  summary,
  trySigningIn,
  trySigningUp,
} from "../support/pages";
import { expect, test } from "../support/test";

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("somebody signs up, and is told what is wrong first", async ({ page, site }) => {
    const ann = somebody("ann", "Ann");
    await trySigningUp(page, site, { ...ann, email: "ann@", password: "short" });
    await expect(summary(page).getByRole("listitem")).toHaveText([TEXT.badEmail, TEXT.short]);
    await expect(summary(page)).toBeFocused();
    await expectFieldError(emailField(page), TEXT.badEmail);
    await expect(emailField(page)).toHaveValue("ann@");
    await expect(optionalNameField(page)).toHaveValue("Ann");
    await expect(passwordField(page)).toHaveValue("");

    await emailField(page).fill(ann.email);
    await passwordField(page).fill(ann.password);
    await button(page, "Create account").click();
    await expectDashboard(page, site, ann);
    expect(await nameOf(site, ann)).toBe("Ann");
  });

  test("an address that is taken is refused", async ({ page, site }) => {
    const ann = somebody("ann");
    await register(site, ann);
    await trySigningUp(page, site, ann);
    await expect(summary(page).getByRole("listitem")).toHaveText([TEXT.taken]);
    await expectFieldError(emailField(page), TEXT.taken);
  });

  test("somebody signs in, after wrong credentials", async ({ page, site }) => {
    const bob = somebody("bob");
    await register(site, bob);
    await trySigningIn(page, site, { ...bob, password: "not the right words" });
    await expect(summary(page).getByRole("listitem")).toHaveText([TEXT.invalidCredentials]);
    await expect(emailField(page)).toHaveValue(bob.email);
    await expect(page).toHaveURL(site.url("/signin"));

    await passwordField(page).fill(bob.password);
    await button(page, "Sign in").click();
    await expectDashboard(page, site, bob);
    const cookies = await page.context().cookies();
    const session = cookies.find(({ name }) => name === site.cookieName("session_token"));
    expect(session).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
    expect(session?.secure).toBe(site.setup === "https");
  });

  test("somebody signs out, and holds nothing any more", async ({ page, site }) => {
    const ann = somebody("ann");
    await signUp(page, site, ann);
    await button(page, "Sign out").click();
    await expectSignIn(page, site.url(SIGNED_OUT), TEXT.signedOut);
    expect(await cookieNames(page)).toEqual([]);
    await page.goto(site.url("/dashboard"));
    await expectSignIn(page, site.url("/signin"));
  });

  test("an hour later somebody is asked to sign in again", async ({ page, site }) => {
    const ann = somebody("ann");
    await signUp(page, site, ann);
    await site.advance(3600);
    await page.reload();
    await expectSignIn(page, site.url(EXPIRED), TEXT.expired);
    expect(await cookieNames(page)).toEqual([]);
    await signIn(page, site, ann);
  });
});

test("what was typed before the script arrived is still there, and is sent", async ({
  page,
  site,
}) => {
  const ann = somebody("ann");
  await register(site, ann);
  let arrive = (): void => {};
  const arrival = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route("**/_next/static/**/*.js", async (route) => {
    await arrival;
    await route.continue();
  });
  await page.goto(site.url("/signin"), { waitUntil: "commit" });
  await emailField(page).fill(ann.email);
  await passwordField(page).fill(ann.password);
  arrive();
  // Only a script can do this.
  await expect(async () => {
    await page.getByRole("button", { name: "Show password" }).click();
    await expect(passwordField(page)).toHaveAttribute("type", "text", { timeout: 100 });
  }).toPass();
  await expect(emailField(page)).toHaveValue(ann.email);
  await expect(passwordField(page)).toHaveValue(ann.password);
  await button(page, "Sign in").click();
  await expectDashboard(page, site, ann);
});

test("a form that is sent before the script arrived is not lost", async ({ page, site }) => {
  const ann = somebody("ann");
  await register(site, ann);
  await page.route("**/_next/static/**/*.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: "" }),
  );
  await page.goto(site.url("/signin"), { waitUntil: "commit" });
  await emailField(page).fill(ann.email);
  await passwordField(page).fill(ann.password);
  await button(page, "Sign in").click();
  await expectDashboard(page, site, ann);
});
