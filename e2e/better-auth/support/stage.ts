// Where a scenario is played: with one client, against one server. What happened
// is written down step by step.

import type { ClientFactory } from "./client";
import type { Json } from "./json";
import { Mask, token } from "./mask";
import type { Peer } from "./peer";
import { type Exchange, type SetCookie, Visitor, parseSetCookie } from "./visitor";
import { type Answer, type Headers, type Request, header } from "./wire";

/** Of the connection, and not of the answer. */
const OF_TRANSPORT = ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];

/** One request and its answer, as they are compared. */
export interface Wire {
  request: string;
  status: number;
  headers: Record<string, string>;
  cookies: Json;
  /** Where no client has read it. */
  body?: Json;
  [name: string]: Json | undefined;
}

export interface Step {
  exchanges: Wire[];
  /** What the client made of it. */
  returned?: Json;
}

/** What happened, by `<scenario>: <step>`. */
export type Log = Record<string, Step>;

export type Scenario = (stage: Stage) => Promise<void>;

export interface Person {
  name: string;
  email: string;
  password: string;
}

export const PASSWORD = "three unrelated words";

export class Stage {
  private readonly mask: Mask;
  private exchanges: Exchange[] = [];

  constructor(
    readonly peer: Peer,
    private readonly scenario: string,
    private readonly log: Log,
    private readonly client: ClientFactory,
  ) {
    this.mask = new Mask(peer);
  }

  /** Somebody nobody of another scenario meets. */
  person(called: string): Person {
    const name = called[0]?.toUpperCase() + called.slice(1);
    return { name, email: `${called}.${this.scenario}@example.com`, password: PASSWORD };
  }

  /** A page of the server's own origin. */
  browser(): Visitor {
    return Visitor.browser(this.peer, this.note, this.client);
  }

  /** No browser: it says nothing about itself. */
  program(): Visitor {
    return Visitor.program(this.peer, this.note, this.client);
  }

  /** Writes down what `act` returns and what went over the wire meanwhile. */
  async step(name: string, act: () => Promise<unknown>): Promise<void> {
    const key = `${this.scenario}: ${name}`;
    if (key in this.log) {
      throw new Error(`two steps are called «${key}»`);
    }
    await this.peer.tick();
    this.exchanges = [];
    const returned = await act();
    const exchanges = this.exchanges.map((exchange) => this.wire(exchange, isAnswer(returned)));
    const last = this.exchanges.at(-1);
    const session = last ? sessionOf(this.peer, last) : "";
    this.log[key] =
      isAnswer(returned) || returned === undefined
        ? { exchanges }
        : { exchanges, returned: this.mask.json(returned, session) };
  }

  private readonly note = (exchange: Exchange): void => {
    this.exchanges.push(exchange);
  };

  /** The body too, where no client has read it. */
  private wire(exchange: Exchange, withBody: boolean): Wire {
    const { request, answer } = exchange;
    const session = sessionOf(this.peer, exchange);
    return {
      request: `${request.method} ${request.path}`,
      status: answer.status,
      headers: this.headers(answer.headers, session),
      cookies: this.cookies(exchange),
      ...(withBody ? { body: this.body(answer, session) } : {}),
    };
  }

  private headers(headers: Headers, session: string): Record<string, string> {
    const result: Record<string, string> = {};
    for (const [name, value] of headers) {
      if (name !== "set-cookie" && !OF_TRANSPORT.includes(name)) {
        const masked = name === "x-request-id" ? "<request id>" : this.mask.text(value, session);
        result[name] = name in result ? `${result[name]} | ${masked}` : masked;
      }
    }
    return result;
  }

  private cookies({ request, answer }: Exchange): Json {
    const sent = tokenSent(this.peer, request);
    const result: Record<string, Json> = {};
    for (const cookie of cookiesOf(answer)) {
      const name = cookie.name.slice(cookie.name.indexOf(".") + 1);
      if (name in result) {
        throw new Error(`two cookies ${cookie.name} in one answer`);
      }
      const isAsSent = sent !== "" && token(cookie.value) === sent;
      const ofSession = cookie.name === this.peer.cookie ? token(cookie.value) : "";
      const value = isAsSent
        ? "<the token that was sent>"
        : this.mask.text(cookie.value, ofSession);
      result[name] = { name: cookie.name, value, attributes: cookie.attributes.join("; ") };
    }
    return result;
  }

  private body(answer: Answer, session: string): Json {
    if (header(answer, "content-type")?.startsWith("application/json") && answer.body !== "") {
      return this.mask.json(JSON.parse(answer.body), session);
    }
    return this.mask.text(answer.body, session);
  }
}

/** The token that the asker holds when the answer is there. */
function sessionOf(peer: Peer, { request, answer }: Exchange): string {
  const set = cookiesOf(answer).find(({ name, value }) => name === peer.cookie && value !== "");
  return set ? token(set.value) : tokenSent(peer, request);
}

function tokenSent(peer: Peer, request: Request): string {
  const sent = new Map(request.headers);
  const bearer = /^bearer +(.*?) *$/i.exec(sent.get("authorization") ?? "")?.[1];
  const cookie = new RegExp(`(?:^|; )${peer.cookie}=([^;]*)`).exec(sent.get("cookie") ?? "")?.[1];
  return token(bearer ?? cookie?.replace(/^"(.*)"$/, "$1") ?? "");
}

function cookiesOf(answer: Answer): SetCookie[] {
  const lines = answer.headers.filter(([name]) => name === "set-cookie");
  return lines.map(([, line]) => parseSetCookie(line));
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && "statusText" in value && "body" in value;
}
