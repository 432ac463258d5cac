// @vitest-environment node

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";

import { readSecretFile } from "@/lib/secret-file";

const SECRET = "0123456789abcdef0123456789abcdef";

const folder = mkdtempSync(join(tmpdir(), "hallpass-secret-"));
const file = (name: string) => join(folder, name);
writeFileSync(file("kept"), `${SECRET}\n`);
writeFileSync(file("empty"), "\n");

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
});

test("the secret of `make run` is found", () => {
  const env: Record<string, string | undefined> = {};
  readSecretFile(env, file("kept"));
  expect(env).toEqual({ BETTER_AUTH_SECRET: SECRET });
});

test("without `make run` nothing is set", () => {
  const env: Record<string, string | undefined> = {};
  readSecretFile(env, file("missing"));
  expect(env).toEqual({});
});

test.each([{ BETTER_AUTH_SECRET: "own" }, { HALLPASS_JWKS_URL: "http://localhost:8000/jwks" }])(
  "settings come first: %o",
  (set) => {
    const env = { ...set };
    readSecretFile(env, file("kept"));
    expect(env).toEqual(set);
  },
);

test.each([
  ["missing", /BETTER_AUTH_SECRET_FILE: .*missing cannot be read \(ENOENT\)/],
  ["empty", /BETTER_AUTH_SECRET_FILE: .*empty is empty/],
])("a file that is %s stops the start", (name, message) => {
  const env = { BETTER_AUTH_SECRET_FILE: file(name) };
  expect(() => readSecretFile(env, file("kept"))).toThrow(message);
});
