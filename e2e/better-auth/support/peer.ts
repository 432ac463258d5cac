// The two servers that are compared.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Program } from "../../support/program";
import { Server } from "../../support/server";

/** For both, so that each is heard to answer under the same secret. */
export const SECRET = "a secret of the tests, known to all of them";

/** A front end that both are told to trust; the default of Hallpass. */
export const FRONT_END = "http://localhost:3000";

export type PeerName = "upstream" | "hallpass";

export interface Peer {
  readonly name: PeerName;
  /** Its public URL. */
  readonly origin: string;
  /** The cookie that holds the session. */
  readonly cookie: string;
  readonly log: string;
  /** Lets a second pass, where the clock is ours to move. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

interface UpstreamOptions {
  trusted?: string;
  limits?: "on" | "off";
}

/** The real Better Auth, in a process of its own, on a database file of its own. */
export async function startUpstream({
  trusted = FRONT_END,
  limits = "off",
}: UpstreamOptions = {}): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), "better-auth-e2e-"));
  const { PATH = "", HOME = "" } = process.env;
  const environment = {
    PATH,
    HOME,
    NODE_ENV: "production",
    BETTER_AUTH_SECRET: SECRET,
    BETTER_AUTH_TRUSTED_ORIGINS: trusted,
    RATE_LIMIT: limits,
  };
  const script = resolve(__dirname, "../upstream/server.mjs");
  const program = new Program(process.execPath, [script, folder], environment);
  const stop = async (): Promise<void> => {
    await program.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const line = await program.line("out", "listening ");
    return {
      name: "upstream",
      origin: `http://localhost:${line.replace("listening ", "")}`,
      cookie: "better-auth.session_token",
      get log() {
        return program.log;
      },
      tick: () => Promise.resolve(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Hallpass as it comes, but for the limits. Its tokens hold whole seconds, so two
 * of one second can be the same: its clock stands still, and each step moves it.
 */
export async function startHallpass(settings: Record<string, string> = {}): Promise<Peer> {
  const server = await Server.start({
    clock: "manual",
    settings: { BETTER_AUTH_SECRET: SECRET, HALLPASS_RATE_LIMIT: "off", ...settings },
  });
  return {
    name: "hallpass",
    origin: server.origin,
    cookie: server.cookieName("session_token"),
    get log() {
      return server.log;
    },
    tick: async () => {
      await server.advance(1);
    },
    stop: () => server.stop(),
  };
}
