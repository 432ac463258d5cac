// Pages for people whose request was refused, and the same for programs.

import { SIGN_IN_FOR_DASHBOARD, heading, signUp } from "../support/pages";
import { somebody } from "../support/people";
import { ERROR_PAGES } from "../support/states";
import { expect, test } from "../support/test";

for (const { name, reach } of ERROR_PAGES) {
  test(`${name} names the request, and leads back`, async ({ page, launch, guard }) => {
    const site = await launch({ clock: "manual" });
    await reach({ page, site, guard });
    await expect(page.locator("#request-id")).toHaveText(/^[A-Za-z0-9._-]{8,64}$/);
    const links = page.getByRole("link").and(page.locator("[href='/'], [href='/dashboard']"));
    await expect(links.first()).toBeVisible();
  });
}

test("a person gets a page and a program gets JSON", async ({ context, site }) => {
  for (const [path, status] of [
    ["/nope", 404],
    ["/signout", 405],
  ] as const) {
    for (const [accept, type] of [
      ["text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"],
      ["application/json", "application/json"],
      ["*/*", "application/json"],
      ["application/json, text/html;q=0.5", "application/json"],
      ["text/html;q=0, */*", "application/json"],
    ] as const) {
      const headers = { accept, "x-request-id": "my-own.id_1" };
      const answer = await context.request.get(site.url(path), { headers });
      expect.soft(answer.status(), `${path} ${accept}`).toBe(status);
      expect.soft(answer.headers()["content-type"], `${path} ${accept}`).toBe(type);
      expect(answer.headers()["x-request-id"]).toBe("my-own.id_1");
    }
  }
});

test("a form that another site sends signs nobody in and nobody up", async ({ context, site }) => {
  const form = { ...somebody("ann") };
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    { origin: site.origin, "sec-fetch-site": "same-site" },
  ];
  for (const path of ["/signin", "/signup", "/dashboard", "/signout"]) {
    for (const headers of foreign) {
      const sent = { accept: "text/html", ...headers };
      const answer = await context.request.post(site.url(path), {
        form,
        headers: sent as Record<string, string>,
        maxRedirects: 0,
      });
      // Without a pass the dashboard has nothing to protect: it asks for one.
      const isRefused = answer.status() === 403 || path === "/dashboard";
      expect.soft(isRefused, `${path} ${JSON.stringify(headers)}: ${answer.status()}`).toBe(true);
      expect(answer.headers()["set-cookie"] ?? "").not.toContain("session_token=ey");
    }
  }
});

test("a form that another site sends changes no name and signs nobody out", async ({
  page,
  context,
  site,
}) => {
  await signUp(page, site, somebody("ann", "Ann"));
  const headers = { accept: "text/html", origin: "https://evil.example" };
  for (const path of ["/dashboard", "/signout"]) {
    const sent = { form: { name: "Eve" }, headers, maxRedirects: 0 };
    const answer = await context.request.post(site.url(path), sent);
    expect.soft(answer.status(), path).toBe(403);
  }
  await page.reload();
  await expect(heading(page, "Your pass")).toBeVisible();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Ann");
});

test("a forged pass is no pass", async ({ page, context, site }) => {
  const cookie = { name: site.cookieName("session_token"), value: "eyJhbGciOiJub25lIn0.e30." };
  await context.addCookies([{ ...cookie, url: site.origin }]);
  await page.goto(site.url("/dashboard"));
  await expect(page).toHaveURL(site.url(SIGN_IN_FOR_DASHBOARD));
  expect((await context.cookies()).map(({ name }) => name)).not.toContain(cookie.name);
});

test("every page forbids what it does not need", async ({ page, context, site }) => {
  await signUp(page, site, somebody("ann"));
  for (const path of ["/dashboard", "/nope", "/", "/signup", "/signin"]) {
    if (path === "/") {
      await context.clearCookies();
    }
    const answer = await context.request.get(site.url(path), { headers: { accept: "text/html" } });
    expect.soft(new URL(answer.url()).pathname).toBe(path);
    const headers = answer.headers();
    const policy = headers["content-security-policy"] ?? "";
    expect.soft(headers["content-type"], path).toBe("text/html; charset=utf-8");
    expect.soft(policy, path).not.toMatch(/unsafe|\*|data:|https?:/);
    for (const rule of [
      /default-src 'none'/,
      /form-action 'self'/,
      /frame-ancestors 'none'/,
      /base-uri 'none'/,
    ]) {
      expect.soft(policy, path).toMatch(rule);
    }
    expect.soft(headers["cache-control"], path).toBe("no-store");
    expect.soft(headers["referrer-policy"], path).toBe("same-origin");
    expect.soft(headers["x-content-type-options"], path).toBe("nosniff");
  }
});
