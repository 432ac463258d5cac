// Pictures of every page, for the README and to be looked at.

import { resolve } from "node:path";

import { settled } from "../support/access";
import { STATES } from "../support/states";
import { expect, test } from "../support/test";

const FOLDER = resolve(
  process.env["HALLPASS_E2E_SCREENSHOTS"] ?? resolve(__dirname, "../screenshots"),
);

const DESK = { width: 1000, height: 760 };
const LOOKS = {
  light: { colorScheme: "light", viewport: DESK },
  dark: { colorScheme: "dark", viewport: DESK },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 } },
} as const;

test.use({
  viewport: DESK,
  deviceScaleFactor: 2,
  // Otherwise the number of the request would differ in each picture.
  extraHTTPHeaders: { "x-request-id": "0199aa2e-7c41-7d30-9f65-4b8f1e2d6c70" },
});

for (const { name, reach } of STATES) {
  test(`pictures of ${name}`, async ({ page, launch, guard }) => {
    const site = await launch({ clock: "manual" });
    // Both clocks stand still, and so does the countdown, a while after sign-in.
    const start = await site.now();
    await page.clock.setFixedTime(start);
    await reach({ page, site, guard });
    await page.clock.setFixedTime(start.getTime() + 768_000);
    const countdown = page.getByRole("timer");
    if (await countdown.isVisible()) {
      await expect(countdown).toHaveText("47:12");
    }
    for (const [look, { colorScheme, viewport }] of Object.entries(LOOKS)) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await settled(page);
      const path = resolve(FOLDER, `${name}-${look}.png`);
      const picture = await page.screenshot({ path, animations: "disabled", fullPage: true });
      expect(picture.length).toBeGreaterThan(1000);
    }
  });
}
