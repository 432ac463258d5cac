import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { SignupForm } from "@/components/auth/SignupForm";
import { TEXT } from "@/lib/messages";

import { network } from "../support/network";
import { PASSWORD, USER } from "../support/people";

const replace = vi.hoisted(() => vi.fn());
vi.mock("next/navigation", () => ({ useRouter: () => ({ replace }) }));
vi.mock("@/app/(auth)/actions", () => ({ signIn: vi.fn(), signUp: vi.fn(), signOut: vi.fn() }));

const SIGN_UP = "POST /api/auth/sign-up/email";

beforeEach(() => {
  replace.mockReset();
  render(<SignupForm next="/dashboard/letters" />);
});

const email = () => screen.getByLabelText("Email address");
const password = () => screen.getByLabelText("Password");
const name = () => screen.getByLabelText("Name (optional)");

async function signUp(address: string, secret: string, called = ""): Promise<void> {
  await userEvent.type(email(), address);
  await userEvent.type(password(), secret);
  if (called) {
    await userEvent.type(name(), called);
  }
  await userEvent.click(screen.getByRole("button", { name: "Create account" }));
}

test("a good password is described before it is typed, and nothing is wrong yet", () => {
  expect(password()).toHaveAccessibleDescription(/^8 to 128 characters/);
  expect(password()).toHaveAttribute("autocomplete", "new-password");
  expect(name()).not.toBeRequired();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("an account is made, and leads on", async () => {
  network.answer(SIGN_UP, 200, { token: "opaque", user: USER });
  await signUp("ann@example.com", PASSWORD, " Ann Example ");
  await waitFor(() => expect(replace).toHaveBeenCalledExactlyOnceWith("/dashboard/letters"));
  expect(network.last().body).toEqual({
    email: "ann@example.com",
    password: PASSWORD,
    name: "Ann Example",
  });
});

test("who gives no name sends an empty one, which Better Auth's client wants", async () => {
  network.answer(SIGN_UP, 200, { token: "opaque", user: USER });
  await signUp("ann@example.com", PASSWORD);
  await waitFor(() => expect(replace).toHaveBeenCalledOnce());
  expect(network.last().body).toMatchObject({ name: "" });
});

test("while it is under way the button says so", async () => {
  const go = network.hold(SIGN_UP, 200, { token: "opaque", user: USER });
  await signUp("ann@example.com", PASSWORD);
  expect(await screen.findByRole("button", { name: "Creating your account…" })).toBeVisible();
  go();
  await waitFor(() => expect(replace).toHaveBeenCalledOnce());
});

test("every rule that is broken is named at once, beside its field", async () => {
  await signUp("margarethe@example.com", "Margarethe-7-zz");
  expect(password()).toHaveAccessibleDescription(new RegExp(TEXT.passwordContainsEmail));
  await userEvent.clear(email());
  await userEvent.clear(password());
  await userEvent.click(name());
  await userEvent.paste("x".repeat(256));
  await userEvent.type(password(), "short");
  await userEvent.click(screen.getByRole("button", { name: "Create account" }));
  const listed = screen.getAllByRole("listitem").map(({ textContent }) => textContent);
  expect(listed).toEqual([TEXT.badEmail, TEXT.passwordTooShort, TEXT.nameTooLong]);
  expect(name()).toHaveAttribute("aria-invalid", "true");
  expect(network.log).toEqual([]);
});

test("an address that is taken is refused beside the address", async () => {
  network.answer(SIGN_UP, 422, {
    message: "User already exists. Use another email.",
    code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
  });
  await signUp("ann@example.com", PASSWORD);
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.taken);
  expect(email()).toHaveAccessibleDescription(TEXT.taken);
  expect(email()).toHaveValue("ann@example.com");
});

test("what Hallpass alone knows about passwords is said in its words", async () => {
  const message = "The password is too common or too easy to guess.";
  network.answer(SIGN_UP, 400, { message, code: "PASSWORD_COMPROMISED" });
  await signUp("ann@example.com", "qwertyuiop");
  expect(await screen.findByRole("alert")).toHaveTextContent(message);
  expect(password()).toHaveAccessibleDescription(new RegExp(message));
});

test("an address that only Hallpass can judge is refused in the same words", async () => {
  network.answer(SIGN_UP, 400, {
    message: "[body.email] Invalid email address",
    code: "VALIDATION_ERROR",
  });
  await signUp("ann@exam..ple.com", PASSWORD);
  expect(await screen.findByRole("alert")).toHaveTextContent(TEXT.badEmail);
  expect(email()).toHaveAttribute("aria-invalid", "true");
});

test("a site that Hallpass does not know is told what its operator must do", async () => {
  network.answer(SIGN_UP, 403, { message: "Invalid origin", code: "INVALID_ORIGIN" });
  await signUp("ann@example.com", PASSWORD);
  expect(await screen.findByRole("alert")).toHaveTextContent("CORS_ORIGINS");
});
