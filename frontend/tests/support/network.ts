// The network, as a test says it is: every request is answered by what the test
// has laid ready, in this order, and one that it did not expect fails it.

interface Asked {
  readonly what: string;
  readonly url: string;
  readonly headers: Headers;
  readonly credentials: string | undefined;
  readonly body: unknown;
}

type Answer = () => Response | Promise<Response>;

class Network {
  readonly asked: Asked[] = [];
  private readonly answers = new Map<string, Answer[]>();
  private readonly unexpected: string[] = [];

  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(
      input instanceof Request ? input.url : String(input),
      "http://localhost:3000",
    );
    const what = `${init?.method ?? "GET"} ${url.pathname}`;
    const { body, credentials } = init ?? {};
    const headers = new Headers(init?.headers);
    const sent: unknown = typeof body === "string" ? JSON.parse(body) : body;
    this.asked.push({ what, url: url.href, headers, credentials, body: sent });
    const answer = this.answers.get(what)?.shift();
    if (!answer) {
      this.unexpected.push(what);
      throw new TypeError(`no test expected ${what}`);
    }
    return answer();
  };

  /** The next request of this kind gets this answer. */
  answer(what: string, status: number, body: unknown, headers: Record<string, string> = {}): void {
    const type = { "content-type": "application/json" };
    this.lay(
      what,
      () => new Response(JSON.stringify(body), { status, headers: { ...type, ...headers } }),
    );
  }

  /** The next request of this kind gets no answer at all. */
  fail(what: string): void {
    this.lay(what, () => Promise.reject(new TypeError("fetch failed")));
  }

  /** The next request of this kind gets its answer when the test says so. */
  hold(what: string, status: number, body: unknown): () => void {
    const { promise, resolve } = deferred<Response>();
    this.lay(what, () => promise);
    return () => resolve(Response.json(body, { status }));
  }

  /** What has been asked so far, like `POST /api/auth/sign-out`. */
  get log(): string[] {
    return this.asked.map(({ what }) => what);
  }

  last(): Asked {
    const last = this.asked.at(-1);
    if (!last) {
      throw new Error("nothing was asked");
    }
    return last;
  }

  reset(): void {
    this.asked.length = 0;
    this.unexpected.length = 0;
    this.answers.clear();
  }

  check(): void {
    if (this.unexpected.length > 0) {
      throw new Error(`requests that no test expected: ${this.unexpected.join(", ")}`);
    }
  }

  private lay(what: string, answer: Answer): void {
    this.answers.set(what, [...(this.answers.get(what) ?? []), answer]);
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}

export const network = new Network();
