// WCAG 2.2 AA over every page in every state.

import * as api from "../support/api";
import { expectAccessible, expectFits, settled } from "../support/access";
import { expectVisibleFocus } from "../support/keyboard";
import { button, expectDashboard, heading, trySigningIn } from "../support/pages";
import { ANN } from "../support/people";
import { STATES, stateOf } from "../support/states";
import { type Page, expect, test } from "../support/test";

for (const { name, reach } of STATES) {
  test.describe(name, () => {
    test("axe finds nothing, in light and dark, on a phone and at a desk", async ({
      page,
      launch,
      guard,
    }) => {
      await reach({ page, site: await launch({ clock: "manual" }), guard });
      await expectAccessible(page);

      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expect(page.getByRole("main")).toHaveCount(1);
      await expect(page.getByRole("main")).toHaveId("main");
      await expect(page.locator("html")).toHaveAttribute("lang", "en");
      await expect(page).toHaveTitle(/Hallpass/);
    });

    test("fits into 320 px, at 200 % zoom too, shows the focus, and keeps still", async ({
      page,
      launch,
      guard,
    }) => {
      await page.emulateMedia({ reducedMotion: "reduce" });
      await reach({ page, site: await launch({ clock: "manual" }), guard });
      await test.step("shows where the focus is on everything that Tab reaches", () =>
        expectVisibleFocus(page));
      await test.step("keeps still for who asks for less motion", async () => {
        expect.soft(await motions(page)).toEqual([]);
      });
      for (const [width, deviceScaleFactor] of [
        [320, 1],
        [640, 2],
      ] as const) {
        await test.step(`fits into ${width} px, ${deviceScaleFactor} device pixels each`, () =>
          expectFits(page, width, deviceScaleFactor));
      }
    });
  });
}

/** Everything that moves by itself, or when it is pointed at, focused or pressed. */
async function motions(page: Page): Promise<string[]> {
  const found = new Set<string>();
  const look = async () => {
    for (const motion of await page.evaluate(running)) {
      found.add(motion);
    }
  };
  await look();
  for (const control of await page.locator("a[href], button, input:not([type=hidden])").all()) {
    if (await control.isVisible()) {
      await control.focus();
      await look();
      await control.hover({ force: true });
      await look();
    }
  }
  return [...found];
}

/** Runs in the page. A thousandth of a second is no motion. */
function running(): string[] {
  return document
    .getAnimations()
    .filter((each) => Number(each.effect?.getComputedTiming().endTime) > 1)
    .map((each) => {
      const { target } = each.effect as KeyframeEffect;
      return `${target?.localName ?? "?"}.${target?.className ?? ""}`;
    });
}

test("pages move a little for everybody else, or this file checks nothing", async ({
  page,
  site,
}) => {
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.goto(site.url("/signup"));
  await settled(page);
  expect(await motions(page)).not.toEqual([]);
});

const COLOURS = {
  yellow: "#ffff00",
  black: "#000000",
  white: "#ffffff",
  grey: "#808080",
};

for (const [name, colour] of Object.entries(COLOURS)) {
  test(`with ${name} as the brand's colour everything can still be read`, async ({
    page,
    context,
    launch,
  }) => {
    test.slow();
    const site = await launch({ settings: { HALLPASS_BRAND_COLOR: colour } });
    await test.step("home", async () => {
      await page.goto(site.url("/"));
      await expectAccessible(page);
      await expectVisibleFocus(page);
    });
    await test.step("sign-up", async () => {
      await page.goto(site.url("/signup"));
      await expect(heading(page, "Create your account")).toBeVisible();
      await expectAccessible(page);
    });
    await test.step("refused sign-in", async () => {
      await trySigningIn(page, site, ANN);
      await expectAccessible(page);
      await expectVisibleFocus(page);
    });
    await test.step("dashboard", async () => {
      await api.carry(context, site, await api.register(site, ANN));
      await page.goto(site.url("/dashboard"));
      await expectDashboard(page, site, ANN);
      await expectAccessible(page);
      await button(page, "Sign out").hover();
      await expectAccessible(page);
    });
  });
}

for (const name of ["signup", "signin-wrong", "dashboard"]) {
  test(`axe finds nothing on ${name} when the script does not arrive`, async ({
    page,
    context,
    launch,
    guard,
  }) => {
    // Not with scripting off, since axe is a script.
    await context.route("**/*.js", (route) =>
      route.fulfill({ contentType: "text/javascript", body: "" }),
    );
    const { reach } = stateOf(name);
    await reach({ page, site: await launch({ clock: "manual" }), guard });
    await expectAccessible(page);
  });
}
