import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { SignoutButton } from "@/components/auth/SignoutButton";
import { apiFetch } from "@/lib/api-client";
import { TEXT } from "@/lib/messages";

import { network } from "../support/network";
import { tokenUntil } from "../support/people";

const leaveFor = vi.hoisted(() => vi.fn());
vi.mock("@/lib/utils", async (original) => ({ ...(await original<object>()), leaveFor }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ replace: vi.fn() }) }));
vi.mock("@/app/(auth)/actions", () => ({ signIn: vi.fn(), signUp: vi.fn(), signOut: vi.fn() }));

const SIGN_OUT = "POST /api/auth/sign-out";

beforeEach(() => {
  leaveFor.mockReset();
  render(<SignoutButton />);
});

const press = () => userEvent.click(screen.getByRole("button", { name: "Sign out" }));

test("who signs out leaves for sign-in, and the token is forgotten", async () => {
  network.answer("GET /api/auth/token", 200, { token: tokenUntil(Date.now() + 60_000) });
  network.answer("GET /api/v1/auth/me", 200, {});
  await apiFetch("/api/v1/auth/me");

  network.answer(SIGN_OUT, 200, { success: true });
  await press();
  await waitFor(() =>
    expect(leaveFor).toHaveBeenCalledExactlyOnceWith("/signin?reason=signed-out"),
  );

  // A call after that has to ask for a token anew.
  network.answer("GET /api/auth/token", 200, { token: tokenUntil(Date.now() + 60_000) });
  network.answer("GET /api/v1/auth/me", 200, {});
  await apiFetch("/api/v1/auth/me");
  expect(network.log.slice(-2)).toEqual(["GET /api/auth/token", "GET /api/v1/auth/me"]);
});

test("while it is under way the button says so", async () => {
  const go = network.hold(SIGN_OUT, 200, { success: true });
  await press();
  expect(await screen.findByRole("button", { name: "Signing out…" })).toBeVisible();
  go();
  await waitFor(() => expect(leaveFor).toHaveBeenCalledOnce());
});

test("who could not be signed out is told so, and may try again", async () => {
  network.answer(SIGN_OUT, 503, { message: "Service unavailable", code: "SERVICE_UNAVAILABLE" });
  await press();
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.unavailable);
  expect(leaveFor).not.toHaveBeenCalled();

  network.answer(SIGN_OUT, 200, { success: true });
  await press();
  await waitFor(() => expect(leaveFor).toHaveBeenCalledOnce());
});
