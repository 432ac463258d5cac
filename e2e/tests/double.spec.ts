// A form that is sent twice makes one account.

import * as api from "../support/api";
import {
  TEXT,
  button,
  expectDashboard,
  expectSummary,
  fillSignUp,
  trySigningUp,
} from "../support/pages";
import { type Person, somebody } from "../support/people";
import type { Server } from "../support/server";
import { type BrowserContext, type Page, expect, test } from "../support/test";

async function expectOneAccount(site: Server, person: Person): Promise<void> {
  const { email, password, name } = person;
  const again = { email, password: "words hold doors open" };
  const taken = await api.refusal(site, "/api/v1/auth/register", again);
  expect(taken).toEqual({ status: 400, code: "registration_refused" });
  expect((await api.signIn(site, { email, password })).user.name).toBe(name ?? null);
}

/** As the browser sends the form, without waiting and without following. */
function send(context: BrowserContext, site: Server, person: Person) {
  return context.request.post(site.url("/signup"), {
    form: { ...person },
    headers: { accept: "text/html", origin: site.origin, "sec-fetch-site": "same-origin" },
    maxRedirects: 0,
  });
}

test("a double-clicked sign-up ends on the dashboard of one account", async ({ page, site }) => {
  const ann = somebody("ann", "Ann");
  await page.goto(site.url("/signup"));
  await fillSignUp(page, ann);
  await button(page, "Create account").dblclick();
  await expectDashboard(page, site, ann);
  await expectOneAccount(site, ann);
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("a double-clicked sign-up makes one account, which can be signed in to", async ({
    page,
    site,
  }) => {
    const ann = somebody("ann", "Ann");
    await page.goto(site.url("/signup"));
    await fillSignUp(page, ann);
    await button(page, "Create account").dblclick();
    // On the dashboard, or at the form again: the second form may be sent before the first answer.
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectOneAccount(site, ann);
  });
});

test("two submits without a wait between them end on the dashboard of one account", async ({
  page,
  site,
}) => {
  const ann = somebody("ann", "Ann");
  await page.goto(site.url("/signup"));
  await fillSignUp(page, ann);
  await button(page, "Create account").evaluate((element) => {
    const form = (element as HTMLButtonElement).form;
    form?.requestSubmit();
    form?.requestSubmit();
  });
  await expectDashboard(page, site, ann);
  await expectOneAccount(site, ann);
});

test("the form sent again by the browser that registered leads to the dashboard", async ({
  page,
  context,
  site,
}) => {
  const ann = somebody("ann", "Ann");
  for (const answer of [await send(context, site, ann), await send(context, site, ann)]) {
    expect(answer.status()).toBe(303);
    expect(answer.headers()["location"]).toBe("/dashboard");
    expect(answer.headers()["set-cookie"]).toContain(`${site.cookieName("session_token")}=`);
  }
  await expectOneAccount(site, ann);
  await page.goto(site.url("/dashboard"));
  await expectDashboard(page, site, ann);
});

test("the same form with another password is another person's, and is refused", async ({
  context,
  site,
}) => {
  const ann = somebody("ann", "Ann");
  const answers = await Promise.all([
    send(context, site, ann),
    send(context, site, { ...ann, password: "words hold doors open" }),
  ]);
  const led = answers.map((answer) => answer.headers()["location"]).sort();
  expect(answers.map((answer) => answer.status())).toEqual([303, 303]);
  expect(led).toEqual(["/dashboard", "/signup"]);
});

test("of two browsers that send the same form one is let in", async ({ visitor, site }) => {
  const ann = somebody("ann", "Ann");
  const open = async (): Promise<Page> => (await visitor()).newPage();
  const [first, second] = [await open(), await open()];
  await trySigningUp(first, site, ann);
  await expectDashboard(first, site, ann);
  await trySigningUp(second, site, ann);
  await expectSummary(second, [TEXT.taken]);
  await expectOneAccount(site, ann);
});
