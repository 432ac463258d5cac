// What may happen in no test: an error in the console, a breach of the content
// security policy, a dialog, a request to somebody else.

import { type BrowserContext, expect } from "@playwright/test";

import type { Server } from "./server";

export class Guard {
  private readonly faults: string[] = [];
  private readonly expected: RegExp[] = [];
  private readonly origins = new Set<string>();
  private readonly watched: BrowserContext[] = [];

  /** Pages may ask this server. */
  allow(server: Server | string): void {
    this.origins.add(typeof server === "string" ? server : server.origin);
  }

  /** Chromium reports a page of this status in the console as an error. */
  expectStatus(status: number): void {
    this.expect(new RegExp(`^Failed to load resource: .* status of ${status} `));
  }

  /** The test means to bring about just this. */
  expect(complaint: RegExp): void {
    this.expected.push(complaint);
  }

  async watch(context: BrowserContext): Promise<void> {
    this.watched.push(context);
    context.on("console", (message) => {
      if (message.type() === "error" && !this.isExpected(message.text())) {
        this.faults.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
    context.on("weberror", (thrown) => {
      const fault = thrown.error();
      this.faults.push(`script: ${fault instanceof Error ? fault.stack : String(fault)}`);
    });
    context.on("dialog", (dialog) => {
      this.faults.push(`dialog: ${dialog.type()} ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && !this.origins.has(origin)) {
        this.faults.push(`request to somebody else: ${request.url()}`);
      }
    });
    // Chromium words some breaches as warnings; the event is certain.
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy breached: ${event.effectiveDirective} by ${event.blockedURI}`);
      });
    });
  }

  /**
   * Leaves every page, before their server ends: an icon may still be on its
   * way, and the browser would complain that nobody answers.
   */
  async leavePages(): Promise<void> {
    const pages = this.watched.flatMap((context) => context.pages());
    await Promise.all(pages.map((page) => page.goto("about:blank")));
  }

  /** What has been amiss so far was the test's doing. */
  forgive(): void {
    this.faults.length = 0;
  }

  /** Fails the test when something was amiss. */
  check(): void {
    expect(this.faults, "what the browser complained about").toEqual([]);
  }

  private isExpected(text: string): boolean {
    return this.expected.some((complaint) => complaint.test(text));
  }
}
