import { defineConfig } from "@playwright/test";

import shared from "../playwright.config";

const RESULTS = "../results/clients";

/** No test opens a page, so none needs a browser. */
export default defineConfig({
  ...shared,
  testDir: "typescript",
  testMatch: "*.spec.ts",
  outputDir: `${RESULTS}/artifacts`,
  reporter: [
    [process.stdout.isTTY ? "list" : "dot"],
    ["html", { open: "never", outputFolder: `${RESULTS}/report` }],
  ],
  projects: [{ name: "clients" }],
});
