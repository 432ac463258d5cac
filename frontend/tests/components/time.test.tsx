import { act, render, screen } from "@testing-library/react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { LocalTime } from "@/components/dashboard/LocalTime";
import { TimeLeft } from "@/components/dashboard/TimeLeft";

const leaveFor = vi.hoisted(() => vi.fn());
vi.mock("@/lib/utils", async (original) => ({ ...(await original<object>()), leaveFor }));

beforeEach(() => {
  leaveFor.mockReset();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (seconds: number) => act(() => vi.advanceTimersByTime(seconds * 1000));

test("the countdown counts, warns, and at its end asks the server, once", () => {
  render(<TimeLeft seconds={3600} />);
  expect(screen.getByRole("timer")).toHaveTextContent("60:00");
  pass(53);
  expect(screen.getByRole("timer")).toHaveTextContent("59:07");
  expect(screen.getByRole("status")).toBeEmptyDOMElement();
  pass(3600 - 53 - 120);
  expect(screen.getByRole("status")).toHaveTextContent(/less than two minutes/);
  pass(119);
  expect(leaveFor).not.toHaveBeenCalled();
  pass(30);
  expect(leaveFor).toHaveBeenCalledExactlyOnceWith("/dashboard");
  expect(screen.getByRole("timer")).toHaveTextContent("00:00");
});

test("a laptop that slept over the hour sees it when the page is seen again", () => {
  render(<TimeLeft seconds={3600} />);
  vi.setSystemTime(Date.now() + 8 * 3_600_000);
  act(() => document.dispatchEvent(new Event("visibilitychange")));
  expect(leaveFor).toHaveBeenCalledExactlyOnceWith("/dashboard");
});

test("without script there is no countdown that stands still", () => {
  expect(renderToString(<TimeLeft seconds={3600} />)).toBe("");
});

test("a time is UTC without script, and of here with it", () => {
  const at = "2026-11-20T09:11:41.558Z";
  expect(renderToString(<LocalTime at={at} />)).toContain("20 November 2026 at 09:11 UTC");
  expect(renderToString(<LocalTime at={at} dayOnly />)).toContain(">20 November 2026<");
  render(<LocalTime at={at} />);
  const here = new Date(at).toLocaleString(navigator.language, {
    dateStyle: "long",
    timeStyle: "short",
  });
  expect(screen.getByText(here)).toHaveAttribute("datetime", at);
});
