// @vitest-environment node

import { expect, test } from "vitest";

import { returnPath, via } from "@/lib/return-path";

test.each(["/", "/dashboard", "/dashboard/letters", "/a/b/?x=1&y=%2Fz", "/a~b_c.d/(e)"])(
  "%s is followed",
  (path) => {
    expect(returnPath(path)).toBe(path === "/" ? "/dashboard" : path);
  },
);

test.each([
  "https://example.com",
  "//example.com",
  "///example.com",
  "/\\example.com",
  "\\\\example.com",
  "/a//b",
  "/./a",
  "/../a",
  "/a/..",
  "/%2f/example.com",
  "/%5cexample.com",
  "/a\nb",
  "/a b",
  "/a#b",
  "/a?b=\\",
  "javascript:alert(1)",
  "dashboard",
  "",
  `/${"a".repeat(1024)}`,
  undefined,
  ["/a", "/b"],
  7,
])("%j is not", (path) => {
  expect(returnPath(path)).toBe("/dashboard");
});

test("a page leads on to its target, and the dashboard goes without saying", () => {
  expect(via("/signin", "/dashboard")).toBe("/signin");
  expect(via("/signin", "/dashboard", "expired")).toBe("/signin?reason=expired");
  expect(via("/signup", "/a?b=c&d")).toBe("/signup?next=%2Fa%3Fb%3Dc%26d");
  expect(via("/signin", "/a", "expired")).toBe("/signin?reason=expired&next=%2Fa");
});
