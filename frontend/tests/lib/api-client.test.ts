import { beforeEach, expect, test, vi } from "vitest";

import { network } from "../support/network";
import { tokenUntil } from "../support/people";

const leaveFor = vi.hoisted(() => vi.fn());
vi.mock("@/lib/utils", async (original) => ({ ...(await original<object>()), leaveFor }));

const TOKEN = "GET /api/auth/token";
const TASKS = "GET /tasks";
const SIGN_OUT = "POST /api/auth/sign-out";
const HOUR = 3_600_000;

let api: typeof import("@/lib/api-client");

beforeEach(async () => {
  leaveFor.mockReset();
  await reload();
});

/** As a reload of the page: whatever was in memory is gone. */
async function reload(): Promise<void> {
  vi.resetModules();
  api = await import("@/lib/api-client");
}

function layToken(until: number): string {
  const token = tokenUntil(until);
  network.answer(TOKEN, 200, { token });
  return token;
}

test("a call bears the token, without cookies, and the next bears the same", async () => {
  const token = layToken(Date.now() + HOUR);
  network.answer(TASKS, 200, [{ title: "Rest" }]);
  expect(await api.apiJson("/tasks")).toEqual([{ title: "Rest" }]);
  expect(network.last().headers.get("authorization")).toBe(`Bearer ${token}`);
  expect(network.last().credentials).toBe("omit");
  network.answer(TASKS, 200, []);
  await api.apiJson("/tasks");
  expect(network.log).toEqual([TOKEN, TASKS, TASKS]);
});

test("calls that begin at once share one token", async () => {
  layToken(Date.now() + HOUR);
  network.answer(TASKS, 200, []);
  network.answer(TASKS, 200, []);
  await Promise.all([api.apiJson("/tasks"), api.apiJson("/tasks")]);
  expect(network.log).toEqual([TOKEN, TASKS, TASKS]);
});

test("the token is in no storage and no cookie, and a reload asks anew", async () => {
  layToken(Date.now() + HOUR);
  network.answer(TASKS, 200, []);
  await api.apiJson("/tasks");
  expect([localStorage.length, sessionStorage.length, document.cookie]).toEqual([0, 0, ""]);
  await reload();
  layToken(Date.now() + HOUR);
  network.answer(TASKS, 200, []);
  await api.apiJson("/tasks");
  expect(network.log).toEqual([TOKEN, TASKS, TOKEN, TASKS]);
});

test("a token that is over is dropped before it is sent", async () => {
  layToken(Date.now() - 1000);
  network.answer(TASKS, 200, []);
  await api.apiJson("/tasks");
  const token = layToken(Date.now() + HOUR);
  network.answer(TASKS, 200, []);
  await api.apiJson("/tasks");
  expect(network.log).toEqual([TOKEN, TASKS, TOKEN, TASKS]);
  expect(network.last().headers.get("authorization")).toBe(`Bearer ${token}`);
});

test("after a 401 token and cookie are cleared, and sign-in says why", async () => {
  layToken(Date.now() + HOUR);
  network.answer(TASKS, 401, {
    detail: "Token expired. Please sign in again.",
    code: "token_expired",
  });
  network.answer(SIGN_OUT, 200, { success: true });
  await expect(api.apiFetch("/tasks")).rejects.toMatchObject({
    status: 401,
    message: "Session expired. Please sign in again.",
  });
  expect(network.log).toEqual([TOKEN, TASKS, SIGN_OUT]);
  expect(leaveFor).toHaveBeenCalledExactlyOnceWith("/signin?reason=expired");

  layToken(Date.now() + HOUR);
  network.answer(TASKS, 200, []);
  await api.apiJson("/tasks");
  expect(network.log.slice(3)).toEqual([TOKEN, TASKS]);
});

test("who has no session any more is led to sign in without the API being asked", async () => {
  network.answer(TOKEN, 401, { message: "Unauthorized", code: "UNAUTHORIZED" });
  network.answer(SIGN_OUT, 200, { success: true });
  await expect(api.apiFetch("/tasks")).rejects.toMatchObject({ status: 401 });
  expect(network.log).toEqual([TOKEN, SIGN_OUT]);
  expect(leaveFor).toHaveBeenCalledExactlyOnceWith("/signin?reason=expired");
});

test("while the cookie cannot be cleared nobody is sent to and fro", async () => {
  layToken(Date.now() + HOUR);
  network.answer(TASKS, 401, {});
  network.answer(SIGN_OUT, 503, { message: "Service unavailable", code: "SERVICE_UNAVAILABLE" });
  await expect(api.apiFetch("/tasks")).rejects.toMatchObject({ status: 503 });
  expect(leaveFor).not.toHaveBeenCalled();
});

test("other refusals are errors with the API's own sentence", async () => {
  layToken(Date.now() + HOUR);
  network.answer(TASKS, 403, { detail: "Access denied", code: "access_denied" });
  await expect(api.apiJson("/tasks")).rejects.toMatchObject({
    name: "ApiError",
    status: 403,
    code: "access_denied",
    message: "Access denied",
  });
  network.answer(TASKS, 422, { detail: [{ loc: ["body"], msg: "No." }] });
  await expect(api.apiJson("/tasks")).rejects.toThrow("The API answered 422.");
  expect(leaveFor).not.toHaveBeenCalled();
});

test("the token goes to the API that is set, and no call can name another", async () => {
  vi.stubEnv("NEXT_PUBLIC_API_URL", "http://localhost:8001");
  await reload();
  layToken(Date.now() + HOUR);
  network.answer(TASKS, 200, []);
  await api.apiJson("/tasks");
  expect(network.last().url).toBe("http://localhost:8001/tasks");
  for (const path of ["https://example.com/tasks", "//example.com/tasks", "tasks", ""]) {
    await expect(api.apiFetch(path)).rejects.toThrow(TypeError);
  }
  expect(network.log).toEqual([TOKEN, TASKS]);
});
