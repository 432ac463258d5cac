// What every test of the front end is given.

import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
} from "@playwright/test";

import { Guard } from "../../support/guard";
import { type Setup, Stack } from "./stack";

interface WorkerFixtures {
  setup: Setup;
  /** Hallpass and the front end, for all tests of a worker. */
  shared: Stack;
}

interface TestFixtures {
  /** The shared servers, watched by the guard, with their logs kept on failure. */
  site: Stack;
  guard: Guard;
  /** Another person's browser, at another address. */
  visitor: (options?: BrowserContextOptions) => Promise<BrowserContext>;
}

let people = 0;

/** An address of one's own, which the proxy before Next would name. */
export function fromSomewhere(): { "x-forwarded-for": string } {
  people += 1;
  return { "x-forwarded-for": `198.51.${100 + Math.floor(people / 250)}.${(people % 250) + 1}` };
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  setup: ["keys", { option: true, scope: "worker" }],

  shared: [
    async ({ setup }, use) => {
      const stack = await Stack.start(setup);
      await use(stack);
      await stack.stop();
    },
    { scope: "worker" },
  ],

  guard: async ({}, use) => {
    const guard = new Guard();
    await use(guard);
    guard.check();
  },

  context: async ({ context, guard }, use) => {
    await context.setExtraHTTPHeaders(fromSomewhere());
    await guard.watch(context);
    await use(context);
  },

  visitor: async ({ browser, guard, contextOptions, ignoreHTTPSErrors, locale }, use) => {
    const contexts: BrowserContext[] = [];
    const common = { ...contextOptions, ignoreHTTPSErrors, ...(locale ? { locale } : {}) };
    await use(async (options = {}) => {
      const extraHTTPHeaders = fromSomewhere();
      const context = await browser.newContext({ ...common, extraHTTPHeaders, ...options });
      contexts.push(context);
      await guard.watch(context);
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  site: async ({ shared, guard }, use, info) => {
    guard.allow(shared.origin);
    const before = shared.log.length;
    await use(shared);
    await guard.leavePages();
    if (info.status !== info.expectedStatus) {
      await info.attach("servers' logs", { body: shared.log.slice(before) });
    }
  },
});

export { expect };
export type { BrowserContext, Locator, Page } from "@playwright/test";
