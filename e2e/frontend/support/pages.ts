// What people see and do in the front end, by the names they know it by.

import { type Locator, type Page, expect } from "@playwright/test";

import {
  button,
  emailField,
  fillSignIn,
  fillSignUp,
  heading,
  passwordField,
} from "../../support/pages";
import type { Person } from "../../support/people";
import type { Stack } from "./stack";
import { fromSomewhere } from "./test";

export {
  TEXT,
  button,
  emailField,
  expectFieldError,
  fillSignIn,
  fillSignUp,
  heading,
  nameField,
  optionalNameField,
  passwordField,
} from "../../support/pages";

export const EXPIRED = "/signin?reason=expired";
export const SIGNED_OUT = "/signin?reason=signed-out";

/** The message that a form was sent back with; Next's announcer is an alert too. */
export function summary(page: Page): Locator {
  return page.locator("#summary[role=alert]");
}

export function notice(page: Page): Locator {
  return page.getByRole("status").and(page.locator("#notice"));
}

export async function trySigningUp(page: Page, site: Stack, person: Person): Promise<void> {
  await page.goto(site.url("/signup"));
  await fillSignUp(page, person);
  await button(page, "Create account").click();
}

export async function signUp(page: Page, site: Stack, person: Person): Promise<void> {
  await trySigningUp(page, site, person);
  await expectDashboard(page, site, person);
}

export async function trySigningIn(page: Page, site: Stack, person: Person): Promise<void> {
  await page.goto(site.url("/signin"));
  await fillSignIn(page, person);
  await button(page, "Sign in").click();
}

export async function signIn(page: Page, site: Stack, person: Person): Promise<void> {
  await trySigningIn(page, site, person);
  await expectDashboard(page, site, person);
}

export async function expectDashboard(page: Page, site: Stack, person: Person): Promise<void> {
  await expect(heading(page, "Your pass")).toBeVisible();
  await expect(page).toHaveURL(site.url("/dashboard"));
  await expect(page.getByRole("main")).toContainText(person.email);
}

/** What the page asks for by script has come. */
export async function expectLive(page: Page): Promise<void> {
  await expect(page.getByLabel("Name", { exact: true })).toBeVisible();
  await expect(page.getByText("Member since").locator("xpath=..").getByRole("time")).toBeVisible();
}

export async function expectRefused(page: Page, messages: string[]): Promise<void> {
  await expect(summary(page).getByRole("listitem")).toContainText(messages);
  await expect(summary(page)).toBeFocused();
}

export async function expectSignIn(page: Page, url: string, said?: string): Promise<void> {
  await expect(heading(page, "Sign in")).toBeVisible();
  await expect(page).toHaveURL(url);
  await expect(emailField(page)).toBeVisible();
  await expect(passwordField(page)).toBeVisible();
  await expect(notice(page)).toHaveText(said === undefined ? [] : [said]);
}

/** The names of the session's cookies, also of those that no script sees; that a browser is known, it may remember. */
export async function cookieNames(page: Page): Promise<string[]> {
  const names = (await page.context().cookies()).map(({ name }) => name).sort();
  return names.filter((name) => !name.endsWith("hallpass.device"));
}

/** An account, made by a program at an address of its own. */
export async function register(site: Stack, person: Person): Promise<{ id: string }> {
  const answer = await post(site, "/api/v1/auth/register", person);
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { user: { id: string } }).user;
}

/** What Hallpass itself knows somebody by. */
export async function nameOf(site: Stack, person: Person): Promise<string | null> {
  const answer = await post(site, "/api/v1/auth/signin", person);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { user: { name: string | null } }).user.name;
}

function post(site: Stack, path: string, body: object): Promise<Response> {
  return fetch(site.hallpass.backendUrl + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...fromSomewhere() },
    body: JSON.stringify(body),
  });
}
