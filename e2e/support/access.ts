// What everybody needs to use a page, measured.

import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 320, height: 640 };

/** axe finds nothing, in light and dark, on a narrow phone and at a desk. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const viewport of [DESKTOP, PHONE]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await settled(page);
      const place = `${colorScheme}, ${viewport.width} px`;
      expect.soft(await violations(page), `axe: ${place}`).toEqual([]);
    }
  }
}

async function violations(page: Page): Promise<string[]> {
  const { violations, incomplete } = await new AxeBuilder({ page })
    .withTags(RULES)
    // In the page itself, which has no frames, and not in one of its own.
    .setLegacyMode()
    .analyze();
  // Contrast that axe cannot measure is contrast that nobody has checked.
  const unsure = incomplete.filter(({ id }) => id === "color-contrast");
  return [...violations, ...unsure].flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, any }) => `${id} (${help}): ${html}: ${any[0]?.message ?? ""}`),
  );
}

/** Transitions have ended, so that colours are what they are going to be. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const finite = document
      .getAnimations()
      .filter((each) => each.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(finite.map((each) => each.finished));
  });
}

/** Nothing has to be scrolled to the side, and no text or control is cut off. */
export async function expectFits(
  page: Page,
  width: number,
  deviceScaleFactor: number,
): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const metrics = { width, height: 512, deviceScaleFactor, mobile: false };
  await devtools.send("Emulation.setDeviceMetricsOverride", metrics);
  await expect.poll(() => page.evaluate(() => innerWidth)).toBe(width);
  expect.soft(await page.evaluate(overflowing)).toEqual([]);
}

/** Runs in the page. */
function overflowing(): string[] {
  const root = document.documentElement;
  const faults: string[] = [];
  if (root.scrollWidth > root.clientWidth) {
    faults.push(`the page is ${root.scrollWidth} px wide in ${root.clientWidth} px`);
  }

  const check = (what: string, parent: Element, boxes: Iterable<DOMRect>) => {
    for (const box of boxes) {
      // One pixel: what is hidden from eyes and read out to ears.
      if (box.width <= 1 || box.height <= 1 || !parent.checkVisibility()) {
        continue;
      }
      if (box.left < 0 || box.right > root.clientWidth + 1) {
        faults.push(`${what} goes from ${box.left} to ${box.right}`);
      }
      for (let around: Element | null = parent; around; around = around.parentElement) {
        const { left, right } = around.getBoundingClientRect();
        const cuts = !["visible", ""].includes(getComputedStyle(around).overflowX);
        if (cuts && (box.left < left - 1 || box.right > right + 1)) {
          faults.push(`${what} is cut off by ${around.localName}.${around.className}`);
        }
      }
    }
  };

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (text.parentElement && text.textContent?.trim()) {
      const range = document.createRange();
      range.selectNodeContents(text);
      check(`«${text.textContent.trim()}»`, text.parentElement, range.getClientRects());
    }
  }
  for (const control of document.querySelectorAll("button, input, img, svg, progress, a")) {
    if (control.parentElement && !control.matches(".skip")) {
      const name = `${control.localName}#${control.id}`;
      check(name, control.parentElement, [control.getBoundingClientRect()]);
    }
  }
  return faults;
}
