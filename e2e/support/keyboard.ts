// A page used without a mouse.

import { type Locator, type Page, expect } from "@playwright/test";

import { settled } from "./access";

/** More stops than any page has. */
const ENOUGH = 40;

/** Goes on by Tab until `target` has focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeAttached();
  for (let stop = 0; stop < ENOUGH; stop += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`${String(target)} is not reached by Tab`);
}

export async function typeInto(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
}

/**
 * Goes round the page by Tab: every control is reached, in the order in which
 * it is read, is in sight, and looks different while it has focus.
 */
export async function expectVisibleFocus(page: Page): Promise<void> {
  const round = await page.evaluateHandle(startRound);
  const count = await round.evaluate(({ controls }) => controls.length);
  expect(count, "controls of the page").toBeGreaterThan(0);
  // Two more than there are: between the last and the first is the browser's own.
  for (let stop = 0; stop < count + 2; stop += 1) {
    await page.keyboard.press("Tab");
    await settled(page);
    await round.evaluate((going) => going.arrive());
  }
  const { faults, missed, order } = await round.evaluate((going) => going.report());
  expect.soft(missed, "never reached by Tab").toEqual([]);
  expect.soft(faults, "focus that cannot be seen").toEqual([]);
  const first = order.indexOf(0);
  const rotated = [...order.slice(first), ...order.slice(0, first)];
  expect.soft(rotated, "order of focus").toEqual([...order].sort((one, other) => one - other));
}

/** Runs in the page. */
function startRound() {
  const focusable = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const controls = [...document.querySelectorAll<HTMLElement>(focusable)].filter(
    (control) => control.checkVisibility() && !control.matches(":disabled, [type=hidden]"),
  );
  const name = (control: HTMLElement) => `${control.localName} «${control.innerText || control.id}»`;
  const look = (control: HTMLElement) => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(control);
    const isSeen = outlineStyle !== "none" && outlineWidth !== "0px";
    return `${isSeen ? `${outlineStyle} ${outlineWidth} ${outlineColor}` : "none"}; ${boxShadow}`;
  };
  const isInSight = (control: HTMLElement) => {
    const { left, right, top, bottom } = control.getBoundingClientRect();
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return hit !== null && (control.contains(hit) || hit.contains(control));
  };

  const plain = new Map<HTMLElement, string>();
  const focused = new Map<HTMLElement, string>();
  const faults: string[] = [];
  const order: number[] = [];
  const rememberOthers = () => {
    for (const control of controls) {
      if (control !== document.activeElement && !plain.has(control)) {
        plain.set(control, look(control));
      }
    }
  };
  rememberOthers();
  return {
    controls,
    arrive() {
      rememberOthers();
      const control = document.activeElement as HTMLElement;
      if (!controls.includes(control) || focused.has(control)) {
        return;
      }
      focused.set(control, look(control));
      order.push(controls.indexOf(control));
      if (!isInSight(control)) {
        faults.push(`${name(control)} is out of sight or covered`);
      }
    },
    report() {
      for (const [control, seen] of focused) {
        if (plain.get(control) === seen) {
          faults.push(`${name(control)} looks the same with focus: ${seen}`);
        }
      }
      const missed = controls.filter((control) => !focused.has(control)).map(name);
      return { faults, missed, order };
    },
  };
}
