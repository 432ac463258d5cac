// What people call themselves is text, whatever it looks like.

import * as api from "../support/api";
import {
  TEXT,
  button,
  emailField,
  expectDashboard,
  expectSummary,
  nameField,
  notice,
  optionalNameField,
  signUp,
  trySigningIn,
  trySigningUp,
} from "../support/pages";
import { somebody } from "../support/people";
import { type Page, expect, test } from "../support/test";

const NAMES = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  '"><svg onload=alert(1)>',
  "'\"></input><iframe src=javascript:alert(1)>",
  "&lt;b&gt;&amp;amp;</title>",
  "{{7*7}}${7*7}<%= 7*7 %>",
];

/** Watches for what a name that is taken for markup would load. */
function loads(page: Page): string[] {
  const loaded: string[] = [];
  page.on("request", (request) => {
    if (/\/x$/.test(request.url()) || request.frame() !== page.mainFrame()) {
      loaded.push(request.url());
    }
  });
  return loaded;
}

/** Which rule the address breaks, depends on the text. */
const NO_ADDRESS = /email address/;

async function expectNoMarkup(page: Page): Promise<void> {
  const planted = "img[src='x'], [onerror], [onload], iframe, script:not([src]), b";
  await expect(page.locator(planted)).toHaveCount(0);
}

for (const name of NAMES) {
  test(`the name ${name} is shown as it was typed`, async ({ page, context, site }) => {
    const loaded = loads(page);
    const ann = somebody("ann", name);
    await test.step("typed into the form", async () => {
      await signUp(page, site, ann);
      await expect(notice(page)).toHaveText(`Welcome, ${name}!`);
      await expect(nameField(page)).toHaveValue(name);
      await expectNoMarkup(page);
    });
    await test.step("made through the API", async () => {
      const bob = somebody("bob", name);
      await api.carry(context, site, await api.register(site, bob));
      await page.goto(site.url("/dashboard"));
      await expectDashboard(page, site, bob);
      await expect(nameField(page)).toHaveValue(name);
      await expectNoMarkup(page);
    });
    await test.step("saved on the dashboard", async () => {
      await nameField(page).fill(`${name} again`);
      await button(page, "Save name").click();
      await expect(notice(page)).toHaveText(TEXT.saved);
      await expect(nameField(page)).toHaveValue(`${name} again`);
      await expectNoMarkup(page);
    });
    expect(loaded).toEqual([]);
  });

  test(`the text ${name} comes back as typed in a refused form`, async ({ page, site }) => {
    const loaded = loads(page);
    await trySigningUp(page, site, { email: name, password: "short", name });
    await expectSummary(page, [NO_ADDRESS, TEXT.short]);
    await expect(emailField(page)).toHaveValue(name);
    await expect(optionalNameField(page)).toHaveValue(name);
    await expectNoMarkup(page);

    await trySigningIn(page, site, { email: name, password: "three words" });
    await expectSummary(page, [NO_ADDRESS]);
    await expect(emailField(page)).toHaveValue(name);
    await expectNoMarkup(page);
    expect(loaded).toEqual([]);
  });
}
