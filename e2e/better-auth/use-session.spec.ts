// React's `useSession` in a real browser: what is on the page, in which order,
// before a Better Auth server and before Hallpass.

import { type Browser, type Page, expect, test } from "@playwright/test";

import { Guard } from "../support/guard";
import { VERSIONS, type Version } from "./support/client";
import { bundle, openFront } from "./support/front";
import { startHallpass, startUpstream } from "./support/peer";
import { PASSWORD } from "./support/stage";

/** What each tab has shown after each thing that was done. */
type Seen = [done: string, first: string[], second: string[]][];

/** A person with two tabs of one browser. */
class Desk {
  private readonly seen: Seen = [];

  constructor(
    private readonly first: Page,
    private readonly second: Page,
    private readonly front: string,
    /** The clients of 1.4 do not tell other tabs: those see it when they are loaded. */
    private readonly tellsTabs: boolean,
  ) {}

  async play(): Promise<Seen> {
    await this.first.goto(this.front);
    await this.shows("open", "nobody");
    await this.press("Sign up", "done", { Name: "Ann", Email: "ann@example.com" });
    await this.shows("sign up", "Ann");
    await this.press("Change name", "done", { Name: "Ann B." });
    await this.shows("change the name", "Ann B.");
    await this.press("Fetch token", "done");
    await this.second.goto(this.front);
    await this.shows("open another tab", "Ann B.", "Ann B.");
    await this.press("Sign out", "done");
    if (!this.tellsTabs) {
      await this.second.reload();
    }
    await this.shows("sign out", "nobody", "nobody");
    await this.press("Fetch token", "401 UNAUTHORIZED");
    await this.press("Change name", "401 UNAUTHORIZED");
    await this.shows("a change that is refused", "nobody", "nobody");
    await this.press("Sign in", "401 INVALID_EMAIL_OR_PASSWORD", { Password: "wrong words here" });
    await this.shows("a wrong password", "nobody", "nobody");
    await this.press("Sign in", "done", { Password: PASSWORD });
    await this.shows("sign in", "Ann B.");
    await this.first.reload();
    await this.shows("load the page anew", "Ann B.");
    return this.seen;
  }

  private async press(button: string, answer: string, fields: object = {}): Promise<void> {
    // A tab behind another is drawn rarely, and a click waits until it is.
    await this.first.bringToFront();
    const all = { Password: PASSWORD, ...fields };
    for (const [label, value] of Object.entries(all)) {
      await this.first.getByLabel(label, { exact: true }).fill(String(value));
    }
    await this.first.getByRole("button", { name: button, exact: true }).click();
    await expect(this.first.getByRole("status")).toHaveText(answer);
  }

  private async shows(done: string, first: string, second?: string): Promise<void> {
    await expect(this.first.getByRole("heading")).toHaveText(first);
    if (second !== undefined) {
      await expect(this.second.getByRole("heading")).toHaveText(second);
    }
    this.seen.push([
      done,
      await take(this.first),
      second === undefined ? [] : await take(this.second),
    ]);
  }
}

/** What the page has shown since it was asked last. */
function take(page: Page): Promise<string[]> {
  return page.evaluate(() => window.seen.splice(0, window.seen.length - 1));
}

async function play(browser: Browser, front: string, tellsTabs: boolean): Promise<Seen> {
  const guard = new Guard();
  guard.allow(front);
  guard.expectStatus(401);
  const context = await browser.newContext();
  await guard.watch(context);
  try {
    const [first, second] = [await context.newPage(), await context.newPage()];
    const seen = await new Desk(first, second, front, tellsTabs).play();
    guard.check();
    return seen;
  } finally {
    await context.close();
  }
}

for (const version of Object.keys(VERSIONS) as Version[]) {
  test(`useSession of ${version}`, async ({ browser }, info) => {
    const script = await bundle(version);
    const fronts = await Promise.all([openFront(script), openFront(script)]);
    const [before, behind] = fronts;
    const peers = await Promise.all([
      startUpstream({ trusted: before.origin }),
      startHallpass({ CORS_ORIGINS: behind.origin }),
    ]);
    try {
      fronts.forEach((front, at) => front.forwardTo(peers[at]?.origin ?? ""));
      const [upstream, hallpass] = await Promise.all(
        fronts.map(({ origin }) => play(browser, origin, version !== "1.4")),
      );
      await info.attach("seen", { body: JSON.stringify(hallpass, null, 2) });
      expect(hallpass).toEqual(upstream);
    } finally {
      for (const peer of peers) {
        await info.attach(`the log of ${peer.name}`, { body: peer.log });
        await peer.stop();
      }
      await Promise.all(fronts.map((front) => front.close()));
    }
  });
}
