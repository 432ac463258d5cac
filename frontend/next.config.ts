import type { NextConfig } from "next";

import { readSecretFile } from "./lib/secret-file";
import { readSettings } from "./lib/settings";

readSecretFile(process.env);
// Read by `dev`, `build` and `start` alike, so each stops at a setting that is not right.
const { hallpassUrl } = readSettings(process.env);

const config: NextConfig = {
  poweredByHeader: false,
  // The address that rewrites go to is fixed by the build; instrumentation.ts compares.
  env: { HALLPASS_URL_OF_BUILD: hallpassUrl },
  rewrites: async () =>
    ["/api/auth/:path*", "/api/v1/:path*"].map((source) => ({
      source,
      destination: hallpassUrl + source,
    })),
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "Referrer-Policy", value: "same-origin" },
        { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
        { key: "X-Frame-Options", value: "DENY" },
      ],
    },
  ],
};

export default config;
