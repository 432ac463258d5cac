// Pages speak English and German.

import { expectAccessible, expectFits } from "../support/access";
import * as api from "../support/api";
import { somebody } from "../support/people";
import { type Page, expect, test } from "../support/test";

const PATHS = ["/", "/signup", "/signin", "/dashboard", "/nope"];

interface Words {
  lang: string | null;
  title: string;
  heading: string;
  buttons: string[];
  emailLabel: string;
}

async function words(page: Page): Promise<Words> {
  return {
    lang: await page.locator("html").getAttribute("lang"),
    title: await page.title(),
    heading: await page.getByRole("heading", { level: 1 }).innerText(),
    buttons: await page.getByRole("main").getByRole("button").allInnerTexts(),
    emailLabel: (await page.locator("label[for=email]").allInnerTexts()).join(),
  };
}

for (const path of PATHS) {
  test(`${path} is German for who reads German`, async ({ page, visitor, site, guard }) => {
    guard.expectStatus(404);
    const german = await visitor({ locale: "de-DE" });
    if (path === "/dashboard") {
      const session = await api.register(site, somebody("ann"));
      await api.carry(page.context(), site, session);
      await api.carry(german, site, session);
    }
    await page.goto(site.url(path));
    const germanPage = await german.newPage();
    await germanPage.goto(site.url(path));
    const [english, translated] = [await words(page), await words(germanPage)];
    expect(english.lang).toBe("en");
    expect(translated.lang).toBe("de");
    expect(translated.heading).not.toBe(english.heading);
    expect(translated.title).not.toBe(english.title);
    expect(translated.buttons).toHaveLength(english.buttons.length);
    for (const [at, text] of english.buttons.entries()) {
      expect(translated.buttons[at]).not.toBe(text);
    }
    if (english.emailLabel) {
      expect(translated.emailLabel).not.toBe(english.emailLabel);
    }
    await expectAccessible(germanPage);
    // German words are long.
    await expectFits(germanPage, 320, 1);
  });
}

const CHOICES: [accept: string, lang: string][] = [
  ["de", "de"],
  ["de-AT", "de"],
  ["DE-ch", "de"],
  ["en-US,en;q=0.9", "en"],
  ["fr-FR, xx", "en"],
  ["zh, de;q=0.5", "de"],
  ["zh;q=0.9, de;q=0.5, en;q=0.8", "en"],
  ["en;q=0.4, de;q=0.5", "de"],
  ["de;q=0, en;q=0.1", "en"],
  ["*", "en"],
  ["", "en"],
  [";;;q=,,d-e", "en"],
];

for (const [accept, lang] of CHOICES) {
  test(`«${accept}» is answered in ${lang}`, async ({ context, site }) => {
    const headers = { accept: "text/html", "accept-language": accept };
    const answer = await context.request.get(site.url("/signin"), { headers });
    expect(await answer.text()).toContain(`<html lang="${lang}">`);
    expect(answer.headers()["vary"]?.toLowerCase()).toContain("accept-language");
  });
}

test("German messages come back from German forms", async ({ visitor, site }) => {
  const page = await (await visitor({ locale: "de-DE" })).newPage();
  await page.goto(site.url("/signin"));
  await page.locator("#email").fill(somebody("fremd").email);
  await page.locator("#password").fill("drei fremde Worte");
  await page.locator("#password").press("Enter");
  await expect(page.getByRole("alert")).toBeFocused();
  await expect(page.getByRole("alert")).not.toContainText(/There is a problem|Invalid/);
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
});
