// @vitest-environment node

import { expect, test } from "vitest";

import { readSettings } from "@/lib/settings";

test("nothing needs to be set beside `make run`", () => {
  expect(readSettings({})).toEqual({
    hallpassUrl: "http://localhost:8000",
    issuer: "http://localhost:8000",
    secret: undefined,
    cookiePrefix: "hallpass",
    sessionCookie: "hallpass.session_token",
    hadSessionCookie: "hallpass.frontend_had_session",
    secure: false,
    apiUrl: "",
  });
});

test("with an https issuer cookies are bound to the host, as Hallpass binds its own", () => {
  const settings = readSettings({
    HALLPASS_URL: "http://10.0.0.7:8000/",
    HALLPASS_ISSUER: "https://app.example.com",
    HALLPASS_COOKIE_PREFIX: "better-auth",
  });
  expect(settings).toMatchObject({
    hallpassUrl: "http://10.0.0.7:8000",
    issuer: "https://app.example.com",
    sessionCookie: "__Host-better-auth.session_token",
    secure: true,
  });
});

test("an empty setting is none", () => {
  const empty = { HALLPASS_URL: " ", HALLPASS_ISSUER: "", BETTER_AUTH_SECRET: "" };
  expect(readSettings(empty)).toEqual(readSettings({}));
});

test("a secret is counted in bytes, and never trimmed", () => {
  expect(readSettings({ BETTER_AUTH_SECRET: "ä".repeat(16) }).secret).toBe("ä".repeat(16));
  const spaced = ` ${"x".repeat(31)}`;
  expect(readSettings({ BETTER_AUTH_SECRET: spaced }).secret).toBe(spaced);
});

test("all faults are named at once, each with what to do", () => {
  const read = () =>
    readSettings({
      HALLPASS_URL: "localhost:8000",
      HALLPASS_ISSUER: "https://app.example.com/auth",
      NEXT_PUBLIC_API_URL: "https://user:word@api.example.com",
      BETTER_AUTH_SECRET: "short",
      HALLPASS_COOKIE_PREFIX: "__Host-hallpass",
    });
  expect(read).toThrowErrorMatchingInlineSnapshot(`
    [SettingsError: The settings of the front end are not right (see .env.local.example):
      - HALLPASS_URL must be an origin like https://auth.example.com, without a path.
      - HALLPASS_ISSUER must be an origin like https://auth.example.com, without a path.
      - BETTER_AUTH_SECRET must have at least 32 bytes and has 5. Take the one that Hallpass has, or leave it out and start Hallpass with HALLPASS_SIGNING=eddsa.
      - HALLPASS_COOKIE_PREFIX must not begin with __Host- or __Secure-: with an https issuer __Host- is put before it, as Hallpass does.
      - NEXT_PUBLIC_API_URL must be an origin like https://auth.example.com, without a path.]
  `);
});

test("keys are where HALLPASS_JWKS_URL says, and no secret is set then", () => {
  const url = "https://auth.example.com/keys.json";
  expect(readSettings({ HALLPASS_JWKS_URL: url }).jwksUrl).toBe(url);
  const secret = "x".repeat(32);
  const both = () => readSettings({ HALLPASS_JWKS_URL: url, BETTER_AUTH_SECRET: secret });
  expect(both).toThrow("BETTER_AUTH_SECRET and HALLPASS_JWKS_URL are both set");
  expect(() => readSettings({ HALLPASS_JWKS_URL: "keys" })).toThrow("HALLPASS_JWKS_URL must be");
});

test("a secret in the settings is in no message", () => {
  expect(() => readSettings({ BETTER_AUTH_SECRET: "hush-hush" })).not.toThrow(/hush-hush/);
});
