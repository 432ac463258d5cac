// At most 30 KB over the wire for a page with all that belongs to it.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { heading } from "../support/pages";
import { STATES } from "../support/states";
import { type Page, expect, test } from "../support/test";
import { type Answer, Scales } from "../support/weight";

const LIMIT = 30 * 1024;
const FIGURES = resolve(__dirname, "../results/weight.json");
const ASSET = /^\/assets\/[\w-]+\.[0-9a-f]{8,}\.\w+$/;
const TEXT_TYPE = /^text\/|javascript|json|xml/;

// One after the other, so that the figures end up in one file.
test.describe.configure({ mode: "default" });

for (const { name, reach } of STATES) {
  test(`${name} weighs at most 30 KB, compressed, and asks nobody else`, async ({
    page,
    launch,
    guard,
  }) => {
    const site = await launch({ clock: "manual" });
    const scales = await Scales.under(page, "none");
    await reach({ page, site, guard });
    await expect.poll(() => scales.isIdle).toBe(true);
    const seen = new Set(scales.all.map(({ url }) => url));
    const unseen = (await icons(page)).filter(({ url }) => !seen.has(url));
    const answers = [...scales.all, ...unseen];

    const total = answers.reduce((sum, { bytes }) => sum + bytes, 0);
    test.info().annotations.push({ type: "weight", description: `${total} bytes` });
    await keepFigures(name, total, answers);
    expect(answers.length, "a page, a stylesheet, a script").toBeGreaterThanOrEqual(3);
    expect(answers.filter(({ bytes }) => bytes === 0)).toEqual([]);
    expect(total).toBeLessThanOrEqual(LIMIT);

    for (const { url, type, encoding, status, cacheControl } of answers) {
      const { origin, pathname } = new URL(url);
      expect(origin).toBe(site.origin);
      if (TEXT_TYPE.test(type) && status !== 303) {
        expect.soft(encoding, `${pathname} is compressed`).toMatch(/^(br|gzip|zstd)$/);
      }
      if (!type.startsWith("text/html") && status !== 303) {
        expect.soft(pathname).toMatch(ASSET);
        expect.soft(cacheControl, pathname).toBe("public, max-age=31536000, immutable");
      }
    }
  });
}

test("the second page fetches nothing but itself", async ({ page, site }) => {
  const scales = await Scales.under(page, "browser");
  const fetched = () => scales.all.filter(({ fromCache }) => !fromCache);
  // The tab's icon is fetched when the browser finds time, perhaps on the second page.
  const icon = new Set<string>();
  const paths = (answers: Answer[]) =>
    answers.filter(({ url }) => !icon.has(url)).map(({ url }) => new URL(url).pathname);

  await page.goto(site.url("/signin"));
  await expect.poll(() => scales.isIdle).toBe(true);
  (await icons(page)).forEach(({ url }) => icon.add(url));
  expect(paths(fetched()).filter((path) => ASSET.test(path)).length).toBe(2);

  for (const [path, title] of [
    ["/signup", "Create your account"],
    ["/signin", "Sign in"],
  ] as const) {
    await page.goto(site.url(path));
    await expect(heading(page, title)).toBeVisible();
    await expect.poll(() => scales.isIdle).toBe(true);
    expect(paths(fetched())).toEqual([path]);
  }
});

/** What the browser loads for the tab, which it may not have done yet. */
async function icons(page: Page): Promise<Answer[]> {
  const links = page.locator("link[rel~='icon'], link[rel='manifest']");
  const urls = await links.evaluateAll((all) => all.map((link) => (link as HTMLLinkElement).href));
  return Promise.all(urls.map((url) => weigh(page, url)));
}

async function weigh(page: Page, url: string): Promise<Answer> {
  const taken = { headers: { "accept-encoding": "gzip, br" } };
  const answer = await page.context().request.get(url, taken);
  const headers = answer.headers();
  const lines = answer.headersArray().map(({ name, value }) => `${name}: ${value}\r\n`);
  return {
    url,
    status: answer.status(),
    bytes: lines.join("").length + Number(headers["content-length"]),
    type: headers["content-type"] ?? "",
    encoding: headers["content-encoding"] ?? "",
    cacheControl: headers["cache-control"] ?? "",
    fromCache: false,
  };
}

async function keepFigures(name: string, total: number, answers: Answer[]): Promise<void> {
  await mkdir(dirname(FIGURES), { recursive: true });
  const kept = await readFile(FIGURES, "utf8").catch(() => "{}");
  const parts = answers.map(({ url, bytes }) => [new URL(url).pathname, bytes]);
  const figures = { ...(JSON.parse(kept) as object), [name]: { total, parts } };
  await writeFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
}
