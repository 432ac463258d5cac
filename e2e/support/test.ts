// What every test is given.

import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
} from "@playwright/test";

import { Guard } from "./guard";
import { type Scheme, Server, type ServerOptions } from "./server";

interface Options {
  /** How people reach the server. */
  scheme: Scheme;
}

interface WorkerFixtures {
  /** One server for all tests of a worker, that counts nobody's tries. */
  shared: Server;
}

interface TestFixtures {
  /** The shared server, watched by the guard, with its log kept on failure. */
  site: Server;
  /** Starts a server of the test's own. */
  launch: (options?: ServerOptions) => Promise<Server>;
  /** Another person's browser. */
  visitor: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  guard: Guard;
}

export const test = base.extend<TestFixtures, WorkerFixtures & Options>({
  scheme: ["http", { option: true, scope: "worker" }],

  shared: [
    async ({ scheme }, use) => {
      const settings = { HALLPASS_RATE_LIMIT: "off" };
      const server = await Server.start({ scheme, settings });
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  guard: async ({}, use) => {
    const guard = new Guard();
    await use(guard);
    guard.check();
  },

  context: async ({ context, guard }, use) => {
    await guard.watch(context);
    await use(context);
  },

  visitor: async ({ browser, guard, contextOptions, ignoreHTTPSErrors, locale }, use) => {
    const contexts: BrowserContext[] = [];
    const common = { ...contextOptions, ignoreHTTPSErrors, ...(locale ? { locale } : {}) };
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...common, ...options });
      contexts.push(context);
      await guard.watch(context);
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  site: async ({ shared, guard }, use, info) => {
    guard.allow(shared);
    const before = shared.log.length;
    await use(shared);
    if (info.status !== info.expectedStatus) {
      await info.attach("server log", { body: shared.log.slice(before) });
    }
  },

  launch: async ({ scheme, guard }, use, info) => {
    const servers: Server[] = [];
    await use(async (options = {}) => {
      const server = await Server.start({ scheme, ...options });
      servers.push(server);
      guard.allow(server);
      return server;
    });
    await guard.leavePages();
    for (const server of servers) {
      if (info.status !== info.expectedStatus) {
        await info.attach("server log", { body: server.log });
      }
      await server.stop();
    }
  },
});

export { expect };
export type { BrowserContext, Locator, Page } from "@playwright/test";
