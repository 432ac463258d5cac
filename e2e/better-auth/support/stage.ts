// Where a scenario is played: with one client, against one server. What happened
// is written down step by step.

import type { ClientFactory } from "./client";
import type { Json } from "./json";
import { Mask, token } from "./mask";
import type { Peer } from "./peer";
import { type Exchange, Visitor, parseSetCookie } from "./visitor";
import { type Answer, type Headers, header } from "./wire";

/** Of the connection, and not of the answer. */
const OF_TRANSPORT = ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];

/** What happened, by `<scenario>: <step>`. */
export type Log = Record<string, Json>;

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
    const asked = this.exchanges.map((exchange) => this.wire(exchange, isAnswer(returned)));
    const session = this.exchanges.map((exchange) => sessionOf(this.peer, exchange)).at(-1) ?? "";
    this.log[key] = {
      ...Object.fromEntries(asked.map((answer, at) => [String(at + 1), answer])),
      ...(isAnswer(returned) || returned === undefined
        ? {}
        : { returned: this.mask.json(returned, session) }),
    };
  }

  private readonly note = (exchange: Exchange): void => {
    this.exchanges.push(exchange);
  };

  /** The body too, where no client has read it. */
  private wire(exchange: Exchange, withBody: boolean): Json {
    const { request, answer } = exchange;
    const session = sessionOf(this.peer, exchange);
    return {
      request: `${request.method} ${request.path}`,
      status: answer.status,
      headers: this.headers(answer.headers, session),
      cookies: this.cookies(answer.headers, session),
      ...(withBody ? { body: this.body(answer, session) } : {}),
    };
  }

  private headers(headers: Headers, session: string): Json {
    const result: Record<string, string> = {};
    for (const [name, value] of headers) {
      if (name !== "set-cookie" && !OF_TRANSPORT.includes(name)) {
        const masked = name === "x-request-id" ? "<request id>" : this.mask.text(value, session);
        result[name] = name in result ? `${result[name]} | ${masked}` : masked;
      }
    }
    return result;
  }

  private cookies(headers: Headers, session: string): Json {
    const result: Record<string, Json> = {};
    for (const [, line] of headers.filter(([name]) => name === "set-cookie")) {
      const { name, value, attributes } = parseSetCookie(line);
      const short = name.slice(name.indexOf(".") + 1);
      if (short in result) {
        throw new Error(`two cookies ${name} in one answer`);
      }
      const masked = this.mask.text(value, session);
      result[short] = { name, value: masked, attributes: attributes.join("; ") };
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
  const set = answer.headers
    .filter(([name]) => name === "set-cookie")
    .map(([, line]) => parseSetCookie(line))
    .find(({ name }) => name === peer.cookie);
  if (set && set.value !== "") {
    return token(set.value);
  }
  const sent = new Map(request.headers);
  const bearer = /^bearer (.*)$/i.exec(sent.get("authorization") ?? "")?.[1];
  const cookie = new RegExp(`(?:^|; )${peer.cookie}=([^;]*)`).exec(sent.get("cookie") ?? "")?.[1];
  return token(bearer ?? cookie ?? "");
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && "statusText" in value && "body" in value;
}
