// @vitest-environment node

import { expect, test, vi } from "vitest";

import { cx, isLeaving, leaveFor, minutesAndSeconds } from "@/lib/utils";

test("of several reasons to leave the first counts, until the page is seen again", () => {
  const window = Object.assign(new EventTarget(), { location: { assign: vi.fn() } });
  vi.stubGlobal("window", window);
  expect(isLeaving()).toBe(false);
  leaveFor("/signin?reason=signed-out");
  leaveFor("/dashboard");
  expect(isLeaving()).toBe(true);
  expect(window.location.assign).toHaveBeenCalledExactlyOnceWith("/signin?reason=signed-out");

  window.dispatchEvent(new Event("pageshow"));
  expect(isLeaving()).toBe(false);
  leaveFor("/dashboard");
  expect(window.location.assign).toHaveBeenLastCalledWith("/dashboard");
  vi.unstubAllGlobals();
});

test("classes that do not apply are left out", () => {
  expect(cx("button", false, "quiet", undefined, "")).toBe("button quiet");
});

test("a time has two digits each", () => {
  expect([3600, 3547, 60, 9, 0].map(minutesAndSeconds)).toEqual([
    "60:00",
    "59:07",
    "01:00",
    "00:09",
    "00:00",
  ]);
});
