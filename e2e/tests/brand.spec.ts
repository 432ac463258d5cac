// The name, colour and logo of whoever runs it.

import * as api from "../support/api";
import { button, heading } from "../support/pages";
import { somebody } from "../support/people";
import { expect, test } from "../support/test";

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32"><rect width="64" height="32" fill="#0b5394"/></svg>`;
const NAME = 'Ada & Söhne <"Pass">';

test("pages carry the name, the logo and the colour of the brand", async ({
  page,
  context,
  launch,
}) => {
  const site = await launch({
    settings: {
      HALLPASS_BRAND_NAME: NAME,
      HALLPASS_BRAND_COLOR: "#0b5394",
      HALLPASS_BRAND_LOGO: "{folder}/logo.svg",
    },
    files: { "logo.svg": LOGO },
  });
  for (const path of ["/", "/signup", "/signin", "/dashboard"]) {
    if (path === "/dashboard") {
      await api.carry(context, site, await api.register(site, somebody("ann")));
    }
    await page.goto(site.url(path));
    expect(await page.title()).toContain(NAME);
    const logo = page.getByRole("banner").getByRole("img", { name: NAME, exact: true });
    await expect(logo).toBeVisible();
    const width = await logo.evaluate((image) => (image as HTMLImageElement).naturalWidth);
    expect(width).toBeGreaterThan(0);
  }
  await context.clearCookies();
  await page.goto(site.url("/signin"));
  await expect(heading(page, "Sign in")).toBeVisible();
  await expect(button(page, "Sign in")).toHaveCSS("background-color", "rgb(11, 83, 148)");
  await expect(page.locator("body")).not.toContainText("Hallpass");
});

test("without a logo the name stands in the header", async ({ page, launch }) => {
  const site = await launch({ settings: { HALLPASS_BRAND_NAME: NAME } });
  await page.goto(site.url("/signin"));
  await expect(page.getByRole("banner")).toContainText(NAME);
  expect(await page.title()).toContain(NAME);
});

test("a logo with a script in it runs nothing", async ({ page, launch, guard }) => {
  guard.expect(/^Executing inline script violates .* Policy/);
  guard.expect(/^policy breached: script-src-elem by inline/);
  const script = `<script>document.title = "taken"; alert(1)</script>`;
  const site = await launch({
    settings: { HALLPASS_BRAND_LOGO: "{folder}/logo.svg" },
    files: { "logo.svg": LOGO.replace("</svg>", `${script}</svg>`) },
  });
  await page.goto(site.url("/signin"));
  const logo = page.getByRole("banner").getByRole("img");
  const address = await logo.getAttribute("src");
  // Opened by itself, an SVG is a document, and its scripts would run.
  const answer = await page.goto(site.url(address ?? ""));
  expect(await answer?.headerValue("content-security-policy")).toMatch(/default-src 'none'/);
  expect(await page.title()).not.toBe("taken");
});
