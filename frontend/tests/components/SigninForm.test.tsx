import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { SigninForm } from "@/components/auth/SigninForm";
import { TEXT } from "@/lib/messages";

import { network } from "../support/network";
import { PASSWORD, USER } from "../support/people";

const replace = vi.hoisted(() => vi.fn());
vi.mock("next/navigation", () => ({ useRouter: () => ({ replace }) }));
vi.mock("@/app/(auth)/actions", () => ({ signIn: vi.fn(), signUp: vi.fn(), signOut: vi.fn() }));

const SIGN_IN = "POST /api/auth/sign-in/email";

beforeEach(() => {
  replace.mockReset();
  render(<SigninForm next="/dashboard" />);
});

const email = () => screen.getByLabelText("Email address");
const password = () => screen.getByLabelText("Password");
const button = () => screen.getByRole("button", { name: "Sign in" });

async function signIn(address = "ann@example.com", secret = PASSWORD): Promise<void> {
  await userEvent.type(email(), address);
  if (secret) {
    await userEvent.type(password(), secret);
  }
  await userEvent.click(button());
}

test("before anything is typed, nothing is wrong", () => {
  expect(screen.queryByRole("alert")).toBeNull();
  expect(email()).toHaveAttribute("autocomplete", "username");
  expect(password()).toHaveAttribute("autocomplete", "current-password");
  expect(email()).toBeRequired();
  expect(email()).toHaveAttribute("type", "email");
});

test("right credentials lead on, by a request that holds just these", async () => {
  network.answer(SIGN_IN, 200, { redirect: false, token: "opaque", user: USER });
  await signIn("  ann@example.com ");
  await waitFor(() => expect(replace).toHaveBeenCalledExactlyOnceWith("/dashboard"));
  expect(network.last()).toMatchObject({
    what: SIGN_IN,
    credentials: "include",
    body: { email: "ann@example.com", password: PASSWORD },
  });
  expect(screen.queryByRole("alert")).toBeNull();
});

test("while it is under way the button says so, and a second press sends nothing", async () => {
  const go = network.hold(SIGN_IN, 200, { redirect: false, token: "opaque", user: USER });
  await signIn();
  const busy = await screen.findByRole("button", { name: "Signing in…" });
  await userEvent.click(busy);
  await userEvent.type(password(), "{Enter}");
  // As a password manager sends it, which does not press the button.
  fireEvent.submit(busy.closest("form")!);
  expect(network.log).toEqual([SIGN_IN]);
  go();
  await waitFor(() => expect(replace).toHaveBeenCalledOnce());
});

test("wrong credentials are called so, keep the address, and empty the password", async () => {
  network.answer(SIGN_IN, 401, {
    message: "Invalid email or password",
    code: "INVALID_EMAIL_OR_PASSWORD",
  });
  await signIn();
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.invalidCredentials);
  expect(screen.getByRole("alert")).toHaveFocus();
  expect(email()).toHaveValue("ann@example.com");
  expect(password()).toHaveValue("");
  expect(email()).not.toHaveAttribute("aria-invalid");
  expect(password()).not.toHaveAttribute("aria-invalid");
  expect(replace).not.toHaveBeenCalled();
  expect(button()).not.toHaveAttribute("aria-disabled");
});

test("what cannot be right is not sent", async () => {
  await signIn("ann@", "");
  expect(screen.getByRole("alert")).toHaveTextContent(TEXT.badEmail);
  expect(screen.getByRole("alert")).toHaveTextContent(TEXT.passwordEmpty);
  expect(email()).toHaveAttribute("aria-invalid", "true");
  expect(email()).toHaveAccessibleDescription(TEXT.badEmail);
  expect(password()).toHaveAccessibleDescription(TEXT.passwordEmpty);
  expect(network.log).toEqual([]);
});

test("who tried too often is told how long to wait", async () => {
  network.answer(SIGN_IN, 429, { message: "Too many requests." }, { "x-retry-after": "840" });
  await signIn();
  expect(await screen.findByRole("alert")).toHaveTextContent(
    "Too many attempts. Please try again in 14 minutes.",
  );
});

test("a server that is busy, and a proxy with nobody behind it, are away for a moment", async () => {
  network.answer(SIGN_IN, 503, { message: "Service unavailable", code: "SERVICE_UNAVAILABLE" });
  await signIn();
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.unavailable);
  expect(password()).toHaveValue(PASSWORD);

  network.answer(SIGN_IN, 500, null);
  await userEvent.click(button());
  await waitFor(() => expect(network.log).toHaveLength(2));
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.unavailable);
});

test("without a network the form says so, and works again when there is one", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  network.fail(SIGN_IN);
  await signIn();
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.offline);

  network.answer(SIGN_IN, 200, { redirect: false, token: "opaque", user: USER });
  await userEvent.click(button());
  await waitFor(() => expect(replace).toHaveBeenCalledOnce());
  expect(screen.queryByRole("alert")).toBeNull();
});
