// Everything by Tab, Enter and typing.

import * as api from "../support/api";
import { tabTo, typeInto } from "../support/keyboard";
import {
  TEXT,
  button,
  emailField,
  expectDashboard,
  expectSummary,
  heading,
  nameField,
  notice,
  optionalNameField,
  passwordField,
  summary,
} from "../support/pages";
import { somebody } from "../support/people";
import { expect, test } from "../support/test";

test("somebody signs up, corrects an error, renames and signs out", async ({ page, site }) => {
  const ann = somebody("ann");
  const main = page.getByRole("main");
  await page.goto(site.url("/"));
  await tabTo(page, main.getByRole("link", { name: "Create account" }));
  await page.keyboard.press("Enter");
  await expect(heading(page, "Create your account")).toBeVisible();

  await typeInto(page, emailField(page), ann.email);
  await typeInto(page, passwordField(page), "short");
  await typeInto(page, optionalNameField(page), "Ann");
  await tabTo(page, button(page, "Create account"));
  await page.keyboard.press("Enter");
  await expectSummary(page, [TEXT.short]);

  // From the summary, which has focus, the message leads to its field.
  await page.keyboard.press("Tab");
  await expect(summary(page).getByRole("link", { name: TEXT.short })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(passwordField(page)).toBeFocused();
  await page.keyboard.type(ann.password);
  await page.keyboard.press("Enter");
  await expectDashboard(page, site, ann);
  await expect(notice(page)).toHaveText("Welcome, Ann!");

  await typeInto(page, nameField(page), "Ann Renamed");
  await page.keyboard.press("Enter");
  await expect(notice(page)).toHaveText(TEXT.saved);
  expect((await api.signIn(site, ann)).user.name).toBe("Ann Renamed");

  await tabTo(page, button(page, "Sign out"));
  await page.keyboard.press("Enter");
  await expect(notice(page)).toHaveText(TEXT.signedOut);
});

test("the password is shown and hidden by the space bar", async ({ page, site }) => {
  await page.goto(site.url("/signin"));
  await typeInto(page, passwordField(page), "three words");
  await tabTo(page, button(page, "Show password"));
  await page.keyboard.press("Space");
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await expect(button(page, "Hide password")).toBeFocused();
  await page.keyboard.press("Space");
  await expect(passwordField(page)).toHaveAttribute("type", "password");
});

for (const path of ["/", "/signup", "/signin", "/dashboard"]) {
  test(`the skip link of ${path} comes first, is seen, and leads past the header`, async ({
    page,
    context,
    site,
  }) => {
    if (path === "/dashboard") {
      await api.carry(context, site, await api.register(site, somebody("ann")));
    }
    await page.goto(site.url(path));
    // From the top of the page, wherever the page itself puts the focus.
    await page.evaluate(() => getSelection()?.setPosition(document.body, 0));
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const skip = page.getByRole("link", { name: "Skip to content" });
    await tabTo(page, skip);
    await expect(skip).toBeInViewport({ ratio: 1 });
    await expect(page.locator("a[href], button, input").first()).toHaveText("Skip to content");

    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const isInMain = () =>
      page.evaluate(() => Boolean(document.activeElement?.closest("main")));
    await expect.poll(isInMain).toBe(true);
  });
}
