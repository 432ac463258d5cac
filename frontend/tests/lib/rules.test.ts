// @vitest-environment node

import { expect, test } from "vitest";

import { TEXT, problemsOf } from "@/lib/messages";
import { contentSecurityPolicy } from "@/lib/policy";
import { checkName, checkSignIn, checkSignUp } from "@/lib/validation";

const texts = (problems: readonly { text: string }[]) => problems.map(({ text }) => text);
const password = (secret: string, email = "ann@example.com") =>
  texts(checkSignUp({ email, password: secret, name: "" }));
const email = (address: string) => texts(checkSignIn({ email: address, password: "x" }));

test("passwords have 8 to 128 code points, in normalisation form C", () => {
  expect(password("kq7-vz2")).toEqual([TEXT.passwordTooShort]);
  expect(password("kq7-vz2p")).toEqual([]);
  expect(password("😀".repeat(7))).toEqual([TEXT.passwordTooShort]);
  expect(password("e\u0301".repeat(7))).toEqual([TEXT.passwordTooShort]);
  expect(password("😀".repeat(128))).toEqual([]);
  expect(password("x".repeat(129))).toEqual([TEXT.passwordTooLong]);
});

test("passwords do not contain the local part, if that has three characters", () => {
  expect(password("xx-mARGAREthe-7", "Margarethe@example.com")).toEqual([
    TEXT.passwordContainsEmail,
  ]);
  expect(password("a-kq7-vz2-marble", "a@example.com")).toEqual([]);
  expect(password("a-kq7-vz2-marble", "")).toEqual([TEXT.badEmail]);
});

test("at sign-in an old password of any length is sent, but none is not", () => {
  const check = (secret: string) =>
    texts(checkSignIn({ email: "ann@example.com", password: secret }));
  expect(check("")).toEqual([TEXT.passwordEmpty]);
  expect(check("x")).toEqual([]);
  expect(check("x".repeat(129))).toEqual([TEXT.passwordTooLong]);
});

test("addresses that no server could take are not sent; the rest Hallpass judges", () => {
  for (const address of [
    "",
    " ",
    "ann",
    "ann@",
    "@example.com",
    "ann@localhost",
    "a@b@example.com",
  ]) {
    expect(email(address), address).toEqual([TEXT.badEmail]);
  }
  for (const address of [
    " ann@example.com\n",
    "\ufeffann@example.com\u200b",
    "jose\u0301@bücher.example",
    "a+b@example.co.uk",
    "नमस्ते@example.com",
    "用户@例子。广告",
  ]) {
    expect(email(address), address).toEqual([]);
  }
  expect(email(`${"a".repeat(254)}@example.com`)).toEqual([TEXT.emailTooLong]);
});

test("names have at most 255 code points and no control characters", () => {
  expect(texts(checkName(" "))).toEqual([]);
  expect(texts(checkName("😀".repeat(255)))).toEqual([]);
  expect(texts(checkName("x".repeat(256)))).toEqual([TEXT.nameTooLong]);
  expect(texts(checkName("Ann\u0000"))).toEqual([TEXT.nameControlCharacter]);
});

test.each([
  [{ status: 401, code: "INVALID_EMAIL_OR_PASSWORD" }, TEXT.invalidCredentials],
  [{ status: 422, code: "USER_ALREADY_EXISTS" }, TEXT.taken],
  [{ status: 400, code: "INVALID_EMAIL" }, TEXT.badEmail],
  [{ status: 400, code: "VALIDATION_ERROR", message: "[body.name] Too long" }, "Too long"],
  [{ status: 400, code: "VALIDATION_ERROR", message: "[query.x] Odd" }, TEXT.wrong],
  [{ status: 400, code: "VALIDATION_ERROR" }, TEXT.wrong],
  [{ status: 400, code: "PASSWORD_TOO_SHORT" }, TEXT.wrong],
  [{ status: 429, retryAfter: "60" }, "Too many attempts. Please try again in 1 minute."],
  [{ status: 429, retryAfter: "61" }, "Too many attempts. Please try again in 2 minutes."],
  [{ status: 429, retryAfter: "soon" }, TEXT.tooManyTries],
  [{ status: 429, retryAfter: null }, TEXT.tooManyTries],
  [{ status: 502 }, TEXT.unavailable],
  [{ status: 503, code: "ANYTHING" }, TEXT.unavailable],
  [{ status: 500, code: "INTERNAL_SERVER_ERROR", message: "Secrets" }, TEXT.wrong],
  [{ status: 418, code: "TEAPOT", message: "A program's words" }, TEXT.wrong],
  [{ status: 400, code: "constructor" }, TEXT.wrong],
])("%j is said as «%s»", (refusal, text) => {
  expect(texts(problemsOf(refusal))).toEqual([text]);
});

test("a page runs its own scripts, and talks to itself and the API", () => {
  const policy = contentSecurityPolicy("abc", "https://api.example.com", "production");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'nonce-abc' 'strict-dynamic';");
  expect(policy).toContain("connect-src 'self' https://api.example.com;");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
  expect(contentSecurityPolicy("abc", "", "production")).toContain("connect-src 'self';");
});
