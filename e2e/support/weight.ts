// What a page weighs on the wire, by the browser's own account.

import type { CDPSession, Page } from "@playwright/test";

export interface Answer {
  url: string;
  status: number;
  bytes: number;
  type: string;
  encoding: string;
  cacheControl: string;
  /** Nothing was fetched for it. */
  fromCache: boolean;
}

/** Keeps account of the page that is open, from the request that led to it on. */
export class Scales {
  private answers = new Map<string, Answer>();
  private readonly underWay = new Set<string>();

  private constructor(private readonly devtools: CDPSession) {}

  /** Without a cache every page is the first that somebody sees. */
  static async under(page: Page, cache: "none" | "browser"): Promise<Scales> {
    const devtools = await page.context().newCDPSession(page);
    const scales = new Scales(devtools);
    scales.listen();
    await devtools.send("Network.enable");
    await devtools.send("Network.setCacheDisabled", { cacheDisabled: cache === "none" });
    return scales;
  }

  get isIdle(): boolean {
    return this.underWay.size === 0;
  }

  get all(): Answer[] {
    return [...this.answers.values()];
  }

  private listen(): void {
    const { devtools } = this;
    devtools.on("Network.requestWillBeSent", ({ requestId, type, redirectResponse, request }) => {
      this.underWay.add(requestId);
      if (redirectResponse) {
        const { url, status, encodedDataLength } = redirectResponse;
        const weighed = { ...blank(url), status, bytes: encodedDataLength };
        this.answers.set(`${requestId} ${this.answers.size}`, weighed);
      } else if (type === "Document") {
        this.answers = new Map();
      }
      this.answers.set(requestId, blank(request.url));
    });
    devtools.on("Network.requestServedFromCache", ({ requestId }) => {
      this.note(requestId, { fromCache: true });
    });
    devtools.on("Network.responseReceived", ({ requestId, response }) => {
      const headers = new Map(
        Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      this.note(requestId, {
        status: response.status,
        type: response.mimeType,
        encoding: headers.get("content-encoding") ?? "",
        cacheControl: headers.get("cache-control") ?? "",
        ...(response.fromDiskCache ? { fromCache: true } : {}),
      });
    });
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      this.note(requestId, { bytes: encodedDataLength });
      this.underWay.delete(requestId);
    });
    devtools.on("Network.loadingFailed", ({ requestId }) => {
      this.underWay.delete(requestId);
    });
  }

  private note(requestId: string, facts: Partial<Answer>): void {
    const answer = this.answers.get(requestId);
    if (answer) {
      Object.assign(answer, facts);
    }
  }
}

function blank(url: string): Answer {
  return { url, status: 0, bytes: 0, type: "", encoding: "", cacheControl: "", fromCache: false };
}
