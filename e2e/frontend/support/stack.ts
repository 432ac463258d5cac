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
 */
export type Setup = "keys" | "https";

const FRONTEND = resolve(__dirname, "../../../frontend");

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
    const settings = front ? { HALLPASS_ISSUER: origin, BETTER_AUTH_SECRET: secret } : {};
    const next = startNext(port, settings);
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
  const keys = { HALLPASS_SIGNING: "eddsa", CORS_ORIGINS: origin };
  const shared = { BETTER_AUTH_URL: origin, BETTER_AUTH_SECRET: secret };
  // So that limits count people, and not Next.
  const behindNext = { TRUSTED_PROXIES: "127.0.0.1" };
  const settings = { ...behindNext, ...(setup === "https" ? shared : keys) };
  return Server.start({ clock: "manual", port: builtFor(), settings });
}

function startNext(port: number, settings: Record<string, string>): Program {
  const { PATH = "", HOME = "" } = process.env;
  const next = join(FRONTEND, "node_modules/next/dist/bin/next");
  const serve = ["start", FRONTEND, "--hostname", "localhost", "--port", String(port)];
  const environment = {
    PATH,
    HOME,
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
    HALLPASS_URL: `http://localhost:${builtFor()}`,
    ...settings,
  };
  const clock = ["--require", join(__dirname, "clock.cjs")];
  return new Program(process.execPath, [...clock, next, ...serve], environment);
}

/** The port that the build forwards /api to: Next fixes it for good. */
function builtFor(): number {
  const path = join(FRONTEND, ".next/routes-manifest.json");
  if (!existsSync(path)) {
    throw new Error("the front end is not built: scripts/test-frontend does it");
  }
  const { rewrites } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  const all = Array.isArray(rewrites) ? rewrites : rewrites.afterFiles;
  const api = all.find(({ source }) => source === "/api/auth/:path*");
  const url = api && new URL(api.destination.replace("/:path*", "/"));
  if (url?.hostname !== "localhost" || !url.port) {
    throw new Error(`the front end is not built for a port of localhost: ${api?.destination}`);
  }
  return Number(url.port);
}

interface Rewrite {
  source: string;
  destination: string;
}

interface Manifest {
  rewrites: Rewrite[] | { afterFiles: Rewrite[] };
}
