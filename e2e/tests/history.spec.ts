// The back button, and a second tab.

import * as api from "../support/api";
import {
  TEXT,
  SIGN_IN_FOR_DASHBOARD,
  button,
  expectDashboard,
  expectSummary,
  fillSignIn,
  heading,
  nameField,
  notice,
  sessionCookies,
  signIn,
  signOut,
  signUp,
} from "../support/pages";
import { somebody } from "../support/people";
import { type Page, expect, test } from "../support/test";

// Browsers keep pages whole for the back button, but Playwright tells them not to.
test.use({
  launchOptions: [
    async ({ launchOptions }, use) => {
      await use({ ...launchOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
    },
    { scope: "worker" },
  ],
});

for (const script of [true, false]) {
  test.describe(script ? "with script" : "without script", () => {
    test.use({ javaScriptEnabled: script });

    test("back after signing out shows no private page", async ({ page, site }) => {
      const ann = somebody("ann", "Ann Example");
      await signUp(page, site, ann);
      await signOut(page, site);
      await page.goBack({ waitUntil: "commit" });
      await expect(heading(page, "Sign in")).toBeVisible();
      await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
      expect(await page.content()).not.toContain(ann.email);
      expect(await page.content()).not.toContain("Ann Example");
    });

    test("back after a failed and a successful sign-in sends no form again", async ({
      page,
      site,
    }) => {
      const ann = somebody("ann");
      await api.register(site, ann);
      await page.goto(site.url("/signin"));
      await fillSignIn(page, { ...ann, password: "not the right words" });
      await button(page, "Sign in").click();
      await expectSummary(page, [TEXT.invalidCredentials]);
      await fillSignIn(page, ann);
      await button(page, "Sign in").click();
      await expectDashboard(page, site, ann);

      const methods: string[] = [];
      page.on("request", (request) => methods.push(request.method()));
      for (const go of ["goBack", "goBack", "goForward"] as const) {
        // A page that the browser kept is there without loading, and without an answer.
        const answer = await page[go]({ waitUntil: "commit" });
        expect(answer?.ok() ?? true).toBe(true);
        if (page.url() !== "about:blank") {
          await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
          await expect(page.getByRole("alert")).toHaveCount(0);
        }
      }
      expect(methods.filter((method) => method !== "GET")).toEqual([]);
    });

    test("what another tab signed out of can do nothing more in this one", async ({
      page,
      context,
      site,
    }) => {
      const ann = somebody("ann", "Ann");
      await signUp(page, site, ann);
      const other = await context.newPage();
      await other.goto(site.url("/dashboard"));
      await expectDashboard(other, site, ann);
      await signOut(other, site);

      // With script the page may be gone before the button is pressed.
      if (!script) {
        await nameField(page).fill("Not Me");
        await button(page, "Save name").click();
      }
      await expect(heading(page, "Sign in")).toBeVisible();
      await expect(page).toHaveURL(/\/signin(\?next=%2Fdashboard)?$/);
      await expect(page.locator("body")).not.toContainText(ann.email);
      expect((await api.signIn(site, ann)).user.name).toBe("Ann");
    });

    test("signing out in two tabs is no error", async ({ page, context, site }) => {
      const ann = somebody("ann");
      await signUp(page, site, ann);
      const other = await context.newPage();
      await other.goto(site.url("/dashboard"));
      await Promise.all([press(page), press(other)]);
      for (const tab of [page, other]) {
        await expect(heading(tab, "Sign in")).toBeVisible();
      }
      expect(await sessionCookies(context)).toEqual([]);
    });
  });
}

/** A tab that left by itself meanwhile has nothing to press. */
async function press(page: Page): Promise<void> {
  const pressed = button(page, "Sign out").click();
  const left = heading(page, "Sign in").waitFor();
  await Promise.race([pressed, left]);
  await Promise.allSettled([left]);
}

test("a tab of somebody else's pass does not become mine", async ({ page, context, site }) => {
  const [ann, bob] = [somebody("ann", "Ann"), somebody("bob", "Bob")];
  await api.register(site, bob);
  await signUp(page, site, ann);
  const other = await context.newPage();
  await other.goto(site.url("/dashboard"));
  await signOut(other, site);
  await signIn(other, site, bob);
  await expect(notice(other)).toHaveCount(0);
  await page.reload();
  await expect(page.locator("body")).not.toContainText(ann.email);
});
