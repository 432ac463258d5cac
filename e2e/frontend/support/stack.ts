// Hallpass and, before it, the built front end: what people have who deploy both.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Program } from "../../support/program";
import { Server, freePort } from "../../support/server";
import { type TlsFront, openTlsFront } from "../../support/tls";

/**
 * - `keys`: as in the README, beside `make run`: http, and published keys.
 * - `https`: as on a host: TLS before Next, one public address, a shared secret.
 * - `misfit`: a mistake: Hallpass signs with its secret, and the front end looks for keys.
 */
export type Setup = "keys" | "https" | "misfit";

const FRONTEND = resolve(__dirname, "../../../frontend");

/** Empty, and so the defaults, whatever somebody's .env.local says. */
const UNSET = { HALLPASS_ISSUER: "", HALLPASS_COOKIE_PREFIX: "", BETTER_AUTH_SECRET: "" };

export class Stack {
  private constructor(
    readonly setup: Setup,
    readonly origin: string,
    readonly hallpass: Server,
    private readonly next: Program,
    private readonly front: TlsFront | undefined,
    private readonly folder: string,
  ) {}

  static async start(setup: Setup): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), "hallpass-e2e-frontend-"));
    const front = setup === "https" ? await openTlsFront(folder) : undefined;
    const port = await freePort();
    const origin = front ? `https://localhost:${front.port}` : `http://localhost:${port}`;
    const secret = randomBytes(32).toString("hex");
    const hallpass = await startHallpass(setup, origin, secret);
    const shared = { HALLPASS_ISSUER: origin, BETTER_AUTH_SECRET: secret };
    const next = startNext(port, hallpass, front ? shared : {});
    const stack = new Stack(setup, origin, hallpass, next, front, folder);
    try {
      await next.line("out", "Ready in");
      front?.forwardTo(port);
      await stack.advance(0);
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  url(path: string): string {
    return this.origin + path;
  }

  cookieName(name: "session_token" | "frontend_had_session"): string {
    return `${this.setup === "https" ? "__Host-" : ""}hallpass.${name}`;
  }

  get log(): string {
    return `Hallpass:\n${this.hallpass.log}\n\nNext:\n${this.next.log}`;
  }

  /** Both servers' clocks stand at the same second, this much later. */
  async advance(seconds: number): Promise<Date> {
    const now = await this.hallpass.advance(seconds);
    await this.next.ask(`clock ${now.getTime()}`, "clock ");
    return now;
  }

  async stop(): Promise<void> {
    await this.next.kill();
    await this.hallpass.stop();
    await this.front?.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function startHallpass(setup: Setup, origin: string, secret: string): Promise<Server> {
  const signing = setup === "keys" ? "eddsa" : "hs256";
  const keys = { HALLPASS_SIGNING: signing, BETTER_AUTH_URL: builtFor(), CORS_ORIGINS: origin };
  const shared = { BETTER_AUTH_URL: origin, BETTER_AUTH_SECRET: secret };
  // So that limits count people, and not Next.
  const behindNext = { TRUSTED_PROXIES: "127.0.0.1" };
  const settings = { ...behindNext, ...(setup === "https" ? shared : keys) };
  return Server.start({ clock: "manual", settings });
}

function startNext(port: number, hallpass: Server, settings: Record<string, string>): Program {
  const { PATH = "", HOME = "" } = process.env;
  const next = join(FRONTEND, "node_modules/next/dist/bin/next");
  const serve = ["start", "--hostname", "localhost", "--port", String(port)];
  const ports = [builtFor(), hallpass.backendUrl].map((url) => new URL(url).port);
  const environment = {
    PATH,
    HOME,
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
    ...UNSET,
    HALLPASS_URL: builtFor(),
    // Whatever secret `make run` keeps in this clone.
    HALLPASS_JWKS_URL: "BETTER_AUTH_SECRET" in settings ? "" : `${builtFor()}/.well-known/jwks.json`,
    HALLPASS_E2E_PORTS: ports.join(":"),
    ...settings,
  };
  const preload = ["--require", join(__dirname, "next.cjs")];
  return new Program(process.execPath, [...preload, next, ...serve], environment, FRONTEND);
}

/** Where the build forwards /api to, like http://localhost:8000. */
function builtFor(): string {
  const path = join(FRONTEND, ".next/routes-manifest.json");
  if (!existsSync(path)) {
    throw new Error("the front end is not built: scripts/test-frontend does it");
  }
  const { rewrites } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  const all = Array.isArray(rewrites) ? rewrites : rewrites.afterFiles;
  const api = all.find(({ source }) => source === "/api/auth/:path*");
  const { origin, hostname, port } = new URL(api?.destination ?? "about:blank");
  if (hostname !== "localhost" || port === "") {
    throw new Error(`the front end is built for ${origin}, and not for a port of localhost`);
  }
  return origin;
}

interface Rewrite {
  source: string;
  destination: string;
}

interface Manifest {
  rewrites: Rewrite[] | { afterFiles: Rewrite[] };
}
