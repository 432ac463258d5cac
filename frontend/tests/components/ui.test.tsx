import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { Button } from "@/components/ui/Button";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Summary } from "@/components/ui/Summary";

test("a button says what it does, and does it", async () => {
  const onClick = vi.fn();
  render(<Button onClick={onClick}>Sign in</Button>);
  const button = screen.getByRole("button", { name: "Sign in" });
  await userEvent.click(button);
  expect(onClick).toHaveBeenCalledOnce();
  expect(button).not.toHaveAttribute("aria-disabled");
});

test("a busy button says so, keeps the focus, and neither clicks nor submits", async () => {
  const [onClick, onSubmit] = [vi.fn(), vi.fn()];
  render(
    <form onSubmit={onSubmit}>
      <Button busy="Signing in…" onClick={onClick}>
        Sign in
      </Button>
    </form>,
  );
  const button = screen.getByRole("button", { name: "Signing in…" });
  await userEvent.click(button);
  expect(button).toHaveAttribute("aria-disabled", "true");
  expect(button).toHaveFocus();
  expect(screen.getByRole("status")).toHaveTextContent("Signing in…");
  expect(onClick).not.toHaveBeenCalled();
  expect(onSubmit).not.toHaveBeenCalled();
});

test("an input belongs to its label, hint and problems", () => {
  render(
    <Input name="email" label="Email address" hint="As on your letters." problems={["No."]} />,
  );
  const input = screen.getByLabelText("Email address");
  expect(input).toHaveAttribute("name", "email");
  expect(input).toHaveAttribute("aria-invalid", "true");
  expect(input).toHaveAccessibleDescription("As on your letters. No.");
});

test("an input without problems is not called invalid", () => {
  render(<Input name="email" label="Email address" />);
  expect(screen.getByLabelText("Email address")).not.toHaveAttribute("aria-invalid");
  expect(screen.getByLabelText("Email address")).not.toHaveAttribute("aria-describedby");
});

test("a password is hidden until it is asked for, and hidden again", async () => {
  render(<Input name="password" label="Password" type="password" />);
  const password = screen.getByLabelText("Password");
  expect(password).toHaveAttribute("type", "password");
  await userEvent.click(screen.getByRole("button", { name: "Show password" }));
  expect(password).toHaveAttribute("type", "text");
  await userEvent.click(screen.getByRole("button", { name: "Hide password" }));
  expect(password).toHaveAttribute("type", "password");
});

test("a summary takes the focus and leads to the fields", () => {
  render(<Summary problems={[{ field: "email", text: "No address." }, { text: "Too late." }]} />);
  expect(screen.getByRole("alert", { name: "There is a problem" })).toHaveFocus();
  expect(screen.getByRole("link", { name: "No address." })).toHaveAttribute("href", "#email");
  expect(screen.getAllByRole("listitem")).toHaveLength(2);
  expect(screen.queryByRole("link", { name: "Too late." })).toBeNull();
});

test("a summary of nothing is nothing", () => {
  render(<Summary problems={[]} />);
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a notice is read out without taking the focus", () => {
  render(<Notice>You have signed out.</Notice>);
  expect(screen.getByRole("status")).toHaveTextContent("You have signed out.");
});
