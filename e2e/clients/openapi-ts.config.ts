import { defineConfig } from "@hey-api/openapi-ts";

// With the zod plugin, the client checks what it sends and what it receives.
export default defineConfig({
  input: "./generated/openapi.json",
  output: "./generated/typescript/hey-api",
  plugins: [
    "@hey-api/typescript",
    "@hey-api/client-fetch",
    "zod",
    { name: "@hey-api/sdk", validator: "zod" },
  ],
});
