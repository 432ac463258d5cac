// Every page in every state that people can meet. What has to hold everywhere
// (access, focus, reflow, weight, pictures) is checked over this list.

import { type Page, expect } from "@playwright/test";

import * as api from "./api";
import { openForeignSite } from "./foreign";
import type { Guard } from "./guard";
import {
  TEXT,
  button,
  expectDashboard,
  fillSignIn,
  heading,
  nameField,
  notice,
  signUp,
  summary,
  trySigningIn,
  trySigningUp,
} from "./pages";
import { ANN, LONGEST, type Person } from "./people";
import type { Server } from "./server";

export interface Visit {
  page: Page;
  /** A server of its own, with a manual clock and with limits on guessing. */
  site: Server;
  guard: Guard;
}

export interface State {
  name: string;
  reach(visit: Visit): Promise<void>;
}

/** A state that is there as soon as the page is. */
function clean(name: string, path: string, title: string): State {
  return {
    name,
    async reach({ page, site }) {
      await page.goto(site.url(path));
      await expect(heading(page, title)).toBeVisible();
    },
  };
}

function refusedSignUp(name: string, person: Person, message: string): State {
  return {
    name,
    async reach({ page, site }) {
      await trySigningUp(page, site, person);
      await expect(summary(page)).toContainText(message);
    },
  };
}

function refusedSignIn(name: string, person: Person, message: string): State {
  return {
    name,
    async reach({ page, site }) {
      await trySigningIn(page, site, person);
      await expect(summary(page)).toContainText(message);
    },
  };
}

async function openDashboard({ page, site }: Visit, person: Person): Promise<void> {
  await api.carry(page.context(), site, await api.register(site, person));
  await page.goto(site.url("/dashboard"));
  await expectDashboard(page, site, person);
}

async function rename({ page }: Visit, name: string): Promise<void> {
  await nameField(page).fill(name);
  await button(page, "Save name").click();
}

/** Who meets an error page is shown the number to ask about it with. */
function errorPage(status: number, reach: (visit: Visit) => Promise<void>): State {
  return {
    name: `error-${status}`,
    async reach(visit) {
      visit.guard.expectStatus(status);
      const answered = visit.page.waitForResponse((answer) => answer.status() === status);
      await reach(visit);
      const id = await (await answered).headerValue("x-request-id");
      await expect(visit.page.locator("#request-id")).toHaveText(id ?? "");
      await expect(visit.page.getByRole("heading", { level: 1 })).toBeVisible();
    },
  };
}

export const ERROR_PAGES: State[] = [
  errorPage(403, async ({ page, site, guard }) => {
    const foreign = await openForeignSite(site.url("/signin"), ANN);
    guard.allow(foreign.origin);
    await page.goto(foreign.origin);
    await button(page, "Win").click();
    await page.waitForURL(site.url("/signin"));
    await foreign.close();
  }),
  errorPage(404, async ({ page, site }) => {
    await page.goto(site.url("/nope"));
  }),
  errorPage(405, async ({ page, site }) => {
    await page.goto(site.url("/signout"));
  }),
  errorPage(429, async ({ page, site }) => {
    await api.useUpRegistrations(site);
    await trySigningUp(page, site, ANN);
  }),
  errorPage(500, async (visit) => {
    await openDashboard(visit, ANN);
    await visit.site.damageDatabase(ANN.email);
    await visit.page.reload();
  }),
  errorPage(503, async (visit) => {
    await openDashboard(visit, ANN);
    await visit.site.loseDatabase();
    await visit.page.reload();
  }),
];

export const STATES: State[] = [
  clean("home", "/", "Welcome to Hallpass"),
  clean("signup", "/signup", "Create your account"),
  refusedSignUp("signup-empty", { email: "", password: "" }, "There is a problem"),
  refusedSignUp("signup-invalid", { ...ANN, email: "ann@", password: "short" }, TEXT.badEmail),
  refusedSignUp("signup-short", { ...ANN, password: "short" }, TEXT.short),
  refusedSignUp("signup-common", { ...ANN, password: "password1" }, TEXT.common),
  {
    name: "signup-taken",
    async reach({ page, site }) {
      await api.register(site, ANN);
      await trySigningUp(page, site, { ...ANN, password: "words hold doors open" });
      await expect(summary(page)).toContainText(TEXT.taken);
    },
  },
  {
    name: "signup-shown",
    async reach({ page, site }) {
      await page.goto(site.url("/signup"));
      await fillSignIn(page, ANN);
      await button(page, "Show password").click();
      await expect(button(page, "Hide password")).toBeVisible();
    },
  },
  clean("signin", "/signin", "Sign in"),
  refusedSignIn("signin-empty", { email: "", password: "" }, "There is a problem"),
  refusedSignIn("signin-invalid", { ...ANN, email: "ann@" }, TEXT.badEmail),
  refusedSignIn("signin-wrong", ANN, TEXT.invalidCredentials),
  {
    name: "signin-throttled",
    async reach({ page, site }) {
      await api.guess(site, ANN.email, 5);
      await trySigningIn(page, site, ANN);
      await expect(summary(page)).toContainText(TEXT.throttled);
    },
  },
  {
    name: "signin-expired",
    async reach(visit) {
      await openDashboard(visit, ANN);
      await visit.site.advance(3600);
      await visit.page.reload();
      await expect(notice(visit.page)).toHaveText(TEXT.expired);
    },
  },
  {
    name: "signin-signed-out",
    async reach(visit) {
      await openDashboard(visit, ANN);
      await button(visit.page, "Sign out").click();
      await expect(notice(visit.page)).toHaveText(TEXT.signedOut);
    },
  },
  {
    name: "dashboard",
    async reach(visit) {
      await openDashboard(visit, ANN);
    },
  },
  {
    name: "dashboard-welcome",
    async reach({ page, site }) {
      await signUp(page, site, ANN);
      await expect(notice(page)).toHaveText("Welcome, Ann Example!");
    },
  },
  {
    name: "dashboard-nameless",
    async reach(visit) {
      const { email, password } = ANN;
      await openDashboard(visit, { email, password });
    },
  },
  {
    name: "dashboard-saved",
    async reach(visit) {
      await openDashboard(visit, ANN);
      await rename(visit, "Ann Renamed");
      await expect(notice(visit.page)).toHaveText(TEXT.saved);
    },
  },
  {
    name: "dashboard-refused",
    async reach(visit) {
      await openDashboard(visit, ANN);
      await rename(visit, "Ann\u0007");
      await expect(summary(visit.page)).toContainText(TEXT.controlCharacter);
    },
  },
  {
    name: "dashboard-longest",
    async reach({ page, site }) {
      await signUp(page, site, LONGEST);
      await expect(notice(page)).toContainText("WWW");
    },
  },
  ...ERROR_PAGES,
];

export function stateOf(name: string): State {
  const state = STATES.find((each) => each.name === name);
  if (!state) {
    throw new Error(`no state is called ${name}`);
  }
  return state;
}
