import { defineConfig } from "@playwright/test";

import type { Scheme } from "./support/server";

/** Nothing that talks to anybody but the pages under test. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig<object, { scheme: Scheme }>({
  testDir: "tests",
  outputDir: "results/artifacts",
  reporter: [
    [process.stdout.isTTY ? "list" : "dot"],
    ["html", { open: "never", outputFolder: "results/report" }],
  ],
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["HALLPASS_E2E_CHROMIUM"] ?? "/usr/bin/chromium",
      args: QUIET,
    },
  },
  projects: [
    { name: "http" },
    {
      // As in production: behind a proxy that speaks TLS.
      name: "https",
      testMatch: ["stories.spec.ts", "cookies.spec.ts"],
      use: { scheme: "https", ignoreHTTPSErrors: true },
    },
  ],
});
