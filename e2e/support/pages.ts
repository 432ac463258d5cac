// What people see and do, by the names they know it by.

import { type BrowserContext, type Locator, type Page, expect } from "@playwright/test";

import type { Person } from "./people";
import type { Server } from "./server";

export const TEXT = {
  invalidCredentials: "Invalid credentials",
  taken: "Unable to create account. Please try a different email.",
  short: "The password must have at least 8 characters.",
  common: "The password is too common or too easy to guess.",
  containsEmail: "The password must not contain the part of the email address before the @.",
  badEmail: "The email address is not valid. It must have the form name@example.com.",
  controlCharacter: "The name must not hold control characters.",
  throttled: "Too many attempts. Please try again in 15 minutes.",
  signedOut: "You have signed out.",
  saved: "Your name was saved.",
  expired: "Session expired. Please sign in again.",
} as const;

export const SIGN_IN_FOR_DASHBOARD = "/signin?next=%2Fdashboard";

/** The names of the cookies that a browser keeps of a session; that it is known, it may remember. */
export async function sessionCookies(context: BrowserContext): Promise<string[]> {
  const names = (await context.cookies()).map(({ name }) => name);
  return names.filter((name) => !name.endsWith("hallpass.device"));
}

export function emailField(page: Page): Locator {
  return page.getByLabel("Email address", { exact: true });
}

export function passwordField(page: Page): Locator {
  return page.getByLabel("Password", { exact: true });
}

/** On the form for signing up. */
export function optionalNameField(page: Page): Locator {
  return page.getByLabel("Name (optional)", { exact: true });
}

/** On the dashboard. */
export function nameField(page: Page): Locator {
  return page.getByLabel("Name", { exact: true });
}

export function button(page: Page, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

export function heading(page: Page, name: string): Locator {
  return page.getByRole("heading", { level: 1, name, exact: true });
}

/** The message that a form was sent back with. */
export function summary(page: Page): Locator {
  return page.getByRole("alert");
}

/** The message that something went well, or that a session is over. */
export function notice(page: Page): Locator {
  return page.getByRole("status").and(page.locator("#notice"));
}

export async function fillSignUp(page: Page, person: Person): Promise<void> {
  await emailField(page).fill(person.email);
  await passwordField(page).fill(person.password);
  if (person.name !== undefined) {
    await optionalNameField(page).fill(person.name);
  }
}

export async function trySigningUp(page: Page, site: Server, person: Person): Promise<void> {
  await page.goto(site.url("/signup"));
  await fillSignUp(page, person);
  await button(page, "Create account").click();
}

export async function signUp(page: Page, site: Server, person: Person): Promise<void> {
  await trySigningUp(page, site, person);
  await expectDashboard(page, site, person);
}

export async function fillSignIn(page: Page, person: Person): Promise<void> {
  await emailField(page).fill(person.email);
  await passwordField(page).fill(person.password);
}

export async function trySigningIn(page: Page, site: Server, person: Person): Promise<void> {
  await page.goto(site.url("/signin"));
  await fillSignIn(page, person);
  await button(page, "Sign in").click();
}

export async function signIn(page: Page, site: Server, person: Person): Promise<void> {
  await trySigningIn(page, site, person);
  await expectDashboard(page, site, person);
}

export async function signOut(page: Page, site: Server): Promise<void> {
  await button(page, "Sign out").click();
  await expect(page).toHaveURL(site.url("/signin"));
  await expect(notice(page)).toHaveText(TEXT.signedOut);
}

export async function expectDashboard(page: Page, site: Server, person: Person): Promise<void> {
  await expect(heading(page, "Your pass")).toBeVisible();
  await expect(page).toHaveURL(site.url("/dashboard"));
  await expect(page.getByRole("main")).toContainText(person.email);
}

/** The form came back: a summary that has focus lists just these messages. */
export async function expectSummary(page: Page, messages: (string | RegExp)[]): Promise<void> {
  await expect(summary(page)).toBeVisible();
  await expect(summary(page)).toHaveId("summary");
  await expect(summary(page)).toBeFocused();
  await expect(summary(page).getByRole("heading", { level: 2 })).toHaveText("There is a problem");
  await expect(summary(page).getByRole("listitem")).toContainText(messages);
  await expect(passwordField(page)).toHaveValue("");
}

/** The message stands beside the field too, and belongs to it for all senses. */
export async function expectFieldError(field: Locator, message: string): Promise<void> {
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(new RegExp(escape(message)));
  const beside = field.page().locator(`#${await field.getAttribute("id")}-error`);
  await expect(beside).toBeVisible();
  await expect(beside).toContainText(message);
}

export async function expectNoFieldError(field: Locator): Promise<void> {
  await expect(field).not.toHaveAttribute("aria-invalid", "true");
  await expect(field.page().locator(`#${await field.getAttribute("id")}-error`)).toHaveCount(0);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
