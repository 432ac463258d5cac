import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { TEXT } from "@/lib/messages";

import { network } from "../support/network";
import { ID, SESSION, USER, tokenUntil } from "../support/people";

const leaveFor = vi.hoisted(() => vi.fn());
vi.mock("@/lib/utils", async (original) => ({ ...(await original<object>()), leaveFor }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ replace: vi.fn() }) }));

const GET_SESSION = "GET /api/auth/get-session";
const TOKEN = "GET /api/auth/token";
const ME = "GET /api/v1/auth/me";
const UPDATE = "POST /api/auth/update-user";
const SIGN_OUT = "POST /api/auth/sign-out";

beforeEach(() => {
  leaveFor.mockReset();
  // Each test is a page of its own, with a session that nobody has asked for yet.
  vi.resetModules();
});

async function open(): Promise<void> {
  const { Account } = await import("@/components/dashboard/Account");
  render(<Account userId={ID} />);
}

function layMe(): void {
  network.answer(TOKEN, 200, { token: tokenUntil(Date.now() + 3_600_000) });
  network.answer(ME, 200, { id: ID, created_at: "2026-11-20T09:11:41.558Z" });
}

test("while the account is on its way, the page says so", async () => {
  const go = network.hold(GET_SESSION, 200, SESSION);
  layMe();
  await open();
  expect(screen.getByRole("status")).toHaveTextContent("Loading your account…");
  go();
  expect(await screen.findByText("Ann Example")).toBeVisible();
  expect(screen.queryByText("Loading your account…")).toBeNull();
});

test("the name comes by useSession, the rest by the API with a bearer token", async () => {
  network.answer(GET_SESSION, 200, SESSION);
  layMe();
  await open();
  expect(await screen.findByText("Ann Example")).toBeVisible();
  expect(await screen.findByText(/20.* 2026|2026.*20/)).toBeVisible();
  expect(network.last().headers.get("authorization")).toMatch(/^Bearer ey/);
  expect(screen.getByLabelText("Name")).toHaveValue("Ann Example");
});

test("an account that cannot be asked for is asked for again when the person says so", async () => {
  network.answer(GET_SESSION, 503, { message: "Service unavailable", code: "SERVICE_UNAVAILABLE" });
  await open();
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.unavailable);
  network.answer(GET_SESSION, 200, SESSION);
  layMe();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Ann Example")).toBeVisible();
});

test("an API that is away leaves the rest of the page, and may be asked again", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  network.answer(GET_SESSION, 200, SESSION);
  network.answer(TOKEN, 200, { token: tokenUntil(Date.now() + 3_600_000) });
  network.answer(ME, 503, { detail: "The service is away.", code: "database_unavailable" });
  await open();
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.unavailable);
  expect(screen.getByText("Ann Example")).toBeVisible();
  network.answer(ME, 200, { id: ID, created_at: "2026-11-20T09:11:41.558Z" });
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/2026/)).toBeVisible();
});

test("an account that is gone takes its cookie with it", async () => {
  network.answer(GET_SESSION, 200, null);
  network.answer(SIGN_OUT, 200, { success: true });
  network.answer(GET_SESSION, 200, null);
  await open();
  await waitFor(() => expect(leaveFor).toHaveBeenCalledWith("/dashboard"));
  // Signing out has the session asked for once more, and that is all.
  await waitFor(() => expect(network.log).toEqual([GET_SESSION, SIGN_OUT, GET_SESSION]));
  expect(leaveFor).toHaveBeenCalledOnce();
});

test("when another tab signed in somebody else, their page is fetched", async () => {
  const other = { ...USER, id: "0199aa2e-7c41-7d30-9f65-4b8f1e2d6c71", name: "Bob" };
  network.answer(GET_SESSION, 200, { ...SESSION, user: other });
  layMe();
  await open();
  await waitFor(() => expect(leaveFor).toHaveBeenCalledExactlyOnceWith("/dashboard"));
  expect(network.log).not.toContain(SIGN_OUT);
});

test("a name is saved, and the page shows it", async () => {
  network.answer(GET_SESSION, 200, SESSION);
  layMe();
  await open();
  const name = await screen.findByLabelText("Name");
  await userEvent.clear(name);
  await userEvent.type(name, " Ann Renamed ");
  network.answer(UPDATE, 200, { status: true });
  network.answer(GET_SESSION, 200, { ...SESSION, user: { ...USER, name: "Ann Renamed" } });
  await userEvent.click(screen.getByRole("button", { name: "Save name" }));
  expect(await screen.findByText(TEXT.saved)).toBeVisible();
  expect(await screen.findByText("Ann Renamed")).toBeVisible();
  const update = network.asked.find(({ what }) => what === UPDATE);
  expect(update?.body).toEqual({ name: "Ann Renamed" });
});

test("a name that breaks a rule is not sent, one that Hallpass refuses is not called saved", async () => {
  network.answer(GET_SESSION, 200, SESSION);
  layMe();
  await open();
  const name = await screen.findByLabelText("Name");
  await userEvent.clear(name);
  await userEvent.click(name);
  await userEvent.paste("x".repeat(256));
  await userEvent.click(screen.getByRole("button", { name: "Save name" }));
  expect(screen.getByRole("alert")).toHaveTextContent(TEXT.nameTooLong);
  expect(name).toHaveAccessibleDescription(new RegExp(TEXT.nameTooLong));
  expect(network.log).not.toContain(UPDATE);

  await userEvent.clear(name);
  await userEvent.type(name, "Ann");
  network.answer(UPDATE, 503, { message: "Service unavailable", code: "SERVICE_UNAVAILABLE" });
  await userEvent.click(screen.getByRole("button", { name: "Save name" }));
  expect(await screen.findByText(TEXT.unavailable)).toBeVisible();
  expect(screen.queryByText(TEXT.saved)).toBeNull();
});

test("a name after the hour leads to sign-in, and takes the cookie away", async () => {
  network.answer(GET_SESSION, 200, SESSION);
  layMe();
  await open();
  await screen.findByLabelText("Name");
  network.answer(UPDATE, 401, { message: "Unauthorized", code: "UNAUTHORIZED" });
  network.answer(SIGN_OUT, 200, { success: true });
  network.answer(GET_SESSION, 200, SESSION);
  await userEvent.click(screen.getByRole("button", { name: "Save name" }));
  await waitFor(() => expect(leaveFor).toHaveBeenCalledExactlyOnceWith("/signin?reason=expired"));
  expect(screen.queryByText(TEXT.saved)).toBeNull();
  await waitFor(() => expect(network.log.at(-1)).toBe(GET_SESSION));
});
