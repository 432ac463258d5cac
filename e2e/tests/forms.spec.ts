// Filling in, and being told what is wrong.

import * as api from "../support/api";
import {
  TEXT,
  button,
  emailField,
  expectDashboard,
  expectFieldError,
  expectNoFieldError,
  expectSummary,
  fillSignIn,
  fillSignUp,
  heading,
  nameField,
  notice,
  optionalNameField,
  passwordField,
  signUp,
  summary,
  trySigningIn,
  trySigningUp,
} from "../support/pages";
import { somebody } from "../support/people";
import { expect, test } from "../support/test";

test("password managers are told which field is which", async ({ page, site }) => {
  await page.goto(site.url("/signup"));
  await expect(heading(page, "Create your account")).toBeVisible();
  await expect(emailField(page)).toHaveAttribute("autocomplete", "username");
  await expect(emailField(page)).toHaveAttribute("type", "email");
  await expect(passwordField(page)).toHaveAttribute("autocomplete", "new-password");
  await expect(passwordField(page)).toHaveAttribute("type", "password");
  await expect(optionalNameField(page)).toHaveAttribute("autocomplete", "name");

  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await expect(heading(page, "Sign in")).toBeVisible();
  await expect(emailField(page)).toHaveAttribute("autocomplete", "username");
  await expect(passwordField(page)).toHaveAttribute("autocomplete", "current-password");
  await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
  await expect(heading(page, "Create your account")).toBeVisible();
});

test("the rules for a password are said before it is typed", async ({ page, launch }) => {
  const site = await launch({ settings: { HALLPASS_PASSWORD_MIN_LENGTH: "11" } });
  await page.goto(site.url("/signup"));
  await expect(passwordField(page)).toHaveAccessibleDescription(/\b11\b/);
  const rules = await passwordField(page).getAttribute("aria-describedby");
  await expect(page.locator(`#${rules?.split(" ")[0]}`)).toBeVisible();
});

test("a password can be pasted, shown and hidden", async ({ page, context, site }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: site.origin });
  for (const path of ["/signup", "/signin"]) {
    await page.goto(site.url(path));
    await page.evaluate(() => navigator.clipboard.writeText("from a password manager"));
    await passwordField(page).focus();
    await page.keyboard.press("ControlOrMeta+V");
    await expect(passwordField(page)).toHaveValue("from a password manager");

    await button(page, "Show password").click();
    await expect(passwordField(page)).toHaveAttribute("type", "text");
    await expect(passwordField(page)).toHaveValue("from a password manager");
    await button(page, "Hide password").click();
    await expect(passwordField(page)).toHaveAttribute("type", "password");
    await expect(button(page, "Show password")).toBeVisible();
  }
});

test("a password that is shown is sent and is right all the same", async ({ page, site }) => {
  const ann = somebody("ann");
  await page.goto(site.url("/signup"));
  await fillSignUp(page, ann);
  await button(page, "Show password").click();
  await button(page, "Create account").click();
  await expectDashboard(page, site, ann);
  await api.signIn(site, ann);
});

test("each field says what is wrong with it, and the rest stays as typed", async ({
  page,
  site,
}) => {
  await trySigningUp(page, site, { email: "ann@", password: "short", name: "Ann" });
  await expectSummary(page, [TEXT.badEmail, TEXT.short]);
  await expectFieldError(emailField(page), TEXT.badEmail);
  await expectFieldError(passwordField(page), TEXT.short);
  await expectNoFieldError(optionalNameField(page));
  await expect(emailField(page)).toHaveValue("ann@");
  await expect(optionalNameField(page)).toHaveValue("Ann");

  for (const [message, field] of [
    [TEXT.badEmail, emailField(page)],
    [TEXT.short, passwordField(page)],
  ] as const) {
    await summary(page).getByRole("link", { name: message }).click();
    await expect(field).toBeFocused();
  }
});

test("an empty form says what is missing", async ({ page, site }) => {
  for (const [path, action] of [
    ["/signup", "Create account"],
    ["/signin", "Sign in"],
  ] as const) {
    await page.goto(site.url(path));
    await button(page, action).click();
    await expect(summary(page)).toBeFocused();
    await expect(summary(page).getByRole("link")).toHaveCount(2);
    for (const field of [emailField(page), passwordField(page)]) {
      await expect(field).toHaveAttribute("aria-invalid", "true");
    }
  }
});

test("a password that is easy to guess is refused with the reason", async ({ page, site }) => {
  const person = somebody("gwendolyn");
  const reasons = { password1: TEXT.common, [`is ${person.email}`]: TEXT.containsEmail };
  for (const [password, reason] of Object.entries(reasons)) {
    await trySigningUp(page, site, { ...person, password });
    await expectSummary(page, [reason]);
    await expectFieldError(passwordField(page), reason);
  }
});

test("a refused form is clean again after a reload, and sends nothing twice", async ({
  page,
  site,
}) => {
  const posts: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") {
      posts.push(request.url());
    }
  });
  await trySigningUp(page, site, { email: "ann@", password: "short", name: "Ann" });
  await expect(summary(page)).toBeVisible();
  await page.reload();
  await expect(heading(page, "Create your account")).toBeVisible();
  await expect(summary(page)).toHaveCount(0);
  await expectNoFieldError(emailField(page));
  expect(posts).toEqual([site.url("/signup")]);
});

test("what was typed as a password is in no page and no address", async ({ page, site }) => {
  const gwendolyn = { email: "gwendolyn@example.com", password: "secret, by gwendolyn" };
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  await trySigningUp(page, site, gwendolyn);
  await expectSummary(page, [TEXT.containsEmail]);
  expect(await page.content()).not.toContain("secret");
  await trySigningIn(page, site, gwendolyn);
  await expectSummary(page, [TEXT.invalidCredentials]);
  expect(await page.content()).not.toContain("secret");
  expect(addresses.filter((address) => address.includes("secret"))).toEqual([]);
});

test("the sixth try for one address has to wait, in words, even with the right password", async ({
  page,
  launch,
}) => {
  const site = await launch({ clock: "manual" });
  const ann = somebody("ann");
  await api.register(site, ann);
  for (let time = 1; time <= 5; time += 1) {
    await trySigningIn(page, site, { ...ann, password: `not the password ${time}` });
    await expectSummary(page, [TEXT.invalidCredentials]);
  }
  await trySigningIn(page, site, ann);
  await expectSummary(page, [TEXT.throttled]);
  await expect(emailField(page)).toHaveValue(ann.email);

  await site.advance(15 * 60);
  await fillSignIn(page, ann);
  await button(page, "Sign in").click();
  await expectDashboard(page, site, ann);
});

test("a name is changed, refused and taken away", async ({ page, site }) => {
  const ann = somebody("ann", "Ann");
  await signUp(page, site, ann);
  await nameField(page).fill("  Ann Renamed ");
  await button(page, "Save name").click();
  await expect(notice(page)).toHaveText(TEXT.saved);
  await expect(nameField(page)).toHaveValue("Ann Renamed");

  await nameField(page).fill("Ann\u0007");
  await button(page, "Save name").click();
  await expect(summary(page)).toBeFocused();
  await expect(summary(page).getByRole("link", { name: TEXT.controlCharacter })).toBeVisible();
  await expectFieldError(nameField(page), TEXT.controlCharacter);
  expect((await api.signIn(site, ann)).user.name).toBe("Ann Renamed");

  await nameField(page).fill("");
  await button(page, "Save name").click();
  await expect(notice(page)).toHaveText(TEXT.saved);
  await expect(nameField(page)).toHaveValue("");
  expect((await api.signIn(site, ann)).user.name).toBeNull();
});
