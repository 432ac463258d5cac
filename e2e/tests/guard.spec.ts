// That the guard of all other tests notices what it is there for.

import { type Page, expect, test } from "../support/test";

const MISDEEDS: Record<string, (page: Page) => Promise<unknown>> = {
  "an error in the console": (page) => page.evaluate(() => console.error("something broke")),
  "a script that throws": async (page) => {
    const thrown = page.waitForEvent("pageerror");
    await page.evaluate(() => void setTimeout(() => JSON.parse("no JSON")));
    await thrown;
  },
  "a dialog": (page) => page.evaluate(() => alert("boo")),
  "a style in the page": async (page) => {
    const heard = page.waitForEvent("console");
    await page.evaluate(() => document.body.setAttribute("style", "color: red"));
    await heard;
  },
  "a request to somebody else": async (page) => {
    const asked = page.waitForEvent("requestfailed");
    await page.evaluate(() => void (location.href = "http://nobody.invalid/"));
    await asked;
  },
  "a page that is not there": (page) => page.goto(new URL("/nope", page.url()).href),
};

for (const [name, misdeed] of Object.entries(MISDEEDS)) {
  test(`${name} is noticed`, async ({ page, site, guard }) => {
    await page.goto(site.url("/signin"));
    await misdeed(page);
    expect(() => guard.check()).toThrow(/browser complained/);
    guard.forgive();
  });
}
