// One browser tab or one program: what it keeps, and what it sends.

import type { Client, ClientFactory } from "./client";
import type { Peer } from "./peer";
import { type Answer, BASE_PATH, type Headers, type Request as Asked, send } from "./wire";

export interface Exchange {
  request: Asked;
  answer: Answer;
}

export interface Sending {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it stands, under `type`. */
  text?: string;
  type?: string;
  /** In place of the visitor's own headers of these names; `undefined` leaves one out. */
  headers?: Record<string, string | undefined>;
  /** A whole `Cookie` header in place of what the jar holds. */
  cookie?: string | undefined;
}

/** What a browser says of a `fetch` of its page. */
function browserHeaders(origin: string): Record<string, string> {
  return {
    origin,
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
  };
}

export class Visitor {
  readonly client: Client;
  private readonly jar = new Map<string, string>();

  constructor(
    readonly peer: Peer,
    private readonly note: (exchange: Exchange) => void,
    createClient: ClientFactory,
    private readonly own: Record<string, string>,
  ) {
    this.client = createClient(peer.origin, this.fetch);
  }

  static browser(peer: Peer, note: (exchange: Exchange) => void, client: ClientFactory): Visitor {
    return new Visitor(peer, note, client, browserHeaders(peer.origin));
  }

  static program(peer: Peer, note: (exchange: Exchange) => void, client: ClientFactory): Visitor {
    return new Visitor(peer, note, client, {});
  }

  /** The value of its session cookie, as it is sent. */
  get session(): string {
    return this.jar.get(this.peer.cookie) ?? "";
  }

  get(path: string, sending: Sending = {}): Promise<Answer> {
    return this.ask("GET", path, sending);
  }

  post(path: string, sending: Sending = {}): Promise<Answer> {
    return this.ask("POST", path, sending);
  }

  ask(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const body =
      sending.text ?? (sending.json === undefined ? undefined : JSON.stringify(sending.json));
    const type = sending.type ?? (sending.json === undefined ? undefined : "application/json");
    const headers: Record<string, string | undefined> = {
      "user-agent": "conformance",
      ...this.own,
      "content-type": type,
      "cookie": this.cookies() || undefined,
      ...sending.headers,
      ...("cookie" in sending ? { cookie: sending.cookie } : {}),
    };
    const given = Object.entries(headers).filter(([, value]) => value !== undefined) as Headers;
    return this.exchange({ method, path, headers: given, body });
  }

  /** For the package's client: what a browser adds to its `fetch`. */
  private readonly fetch = async (input: string | URL | globalThis.Request, init?: RequestInit) => {
    const asked = new Request(input, init);
    const { pathname, search } = new URL(asked.url);
    const body = asked.body ? await asked.text() : undefined;
    const answer = await this.ask(asked.method, pathname.slice(BASE_PATH.length) + search, {
      headers: Object.fromEntries(asked.headers),
      ...(body === undefined ? {} : { text: body }),
    });
    const { status, statusText, headers } = answer;
    return new Response(answer.body || null, { status, statusText, headers });
  };

  private cookies(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  private async exchange(request: Asked): Promise<Answer> {
    const answer = await send(this.peer.origin, request);
    this.note({ request, answer });
    this.keepCookies(answer);
    return answer;
  }

  private keepCookies(answer: Answer): void {
    for (const line of answer.headers.filter(([name]) => name === "set-cookie")) {
      const cookie = parseSetCookie(line[1]);
      if (cookie.value === "" || cookie.attributes.includes("Max-Age=0")) {
        this.jar.delete(cookie.name);
      } else {
        this.jar.set(cookie.name, cookie.value);
      }
    }
  }
}

export interface SetCookie {
  name: string;
  value: string;
  attributes: string[];
}

export function parseSetCookie(line: string): SetCookie {
  const [pair = "", ...attributes] = line.split("; ");
  const at = pair.indexOf("=");
  return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes };
}
