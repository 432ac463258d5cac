import { defineConfig } from "@playwright/test";

import base from "../playwright.config";
import type { Setup } from "./support/stack";

export default defineConfig<object, { setup: Setup }>({
  ...base,
  testDir: "tests",
  outputDir: "../results/frontend/artifacts",
  reporter: [
    [process.stdout.isTTY ? "list" : "dot"],
    ["html", { open: "never", outputFolder: "../results/frontend/report" }],
  ],
  // Tests of a file take turns: they move the clocks of the servers that they share.
  fullyParallel: false,
  projects: [
    { name: "keys", use: { setup: "keys" } },
    {
      name: "https",
      testMatch: ["stories.spec.ts", "no-script.spec.ts", "cookies.spec.ts"],
      use: { setup: "https", ignoreHTTPSErrors: true },
    },
  ],
});
