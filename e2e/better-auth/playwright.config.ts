import { defineConfig } from "@playwright/test";

import shared from "../playwright.config";

const RESULTS = "../results/better-auth";

export default defineConfig({
  ...shared,
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: `${RESULTS}/artifacts`,
  reporter: [
    [process.stdout.isTTY ? "list" : "dot"],
    ["html", { open: "never", outputFolder: `${RESULTS}/report` }],
  ],
  timeout: 240_000,
  projects: [{ name: "better-auth" }],
});
