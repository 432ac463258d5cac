// The built binary on a fresh database, as a user would have it.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Program } from "./program";
import { type TlsFront, openTlsFront } from "./tls";

export type Scheme = "http" | "https";

export interface ServerOptions {
  /** `https` puts a TLS proxy before it, as in production. */
  scheme?: Scheme;
  /** `manual`: it stands still until `advance` moves it. */
  clock?: "system" | "manual";
  /** Settings beside those every server has. */
  settings?: Record<string, string>;
  /** Files that the settings may name, by `{folder}/<name>`. */
  files?: Record<string, string>;
}

const PORT_IS_TAKEN = "cannot listen on";

export class Server {
  private program: Program | undefined;
  private earlierLog = "";
  private backend = 0;

  private constructor(
    private readonly folder: string,
    private readonly options: ServerOptions,
    private readonly front: TlsFront | undefined,
  ) {}

  static async start(options: ServerOptions = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "hallpass-e2e-"));
    const front = options.scheme === "https" ? await openTlsFront(folder) : undefined;
    const server = new Server(folder, options, front);
    try {
      await mkdir(server.dataFolder);
      for (const [name, text] of Object.entries(options.files ?? {})) {
        await writeFile(join(folder, name), text);
      }
      await server.launchOnFreePort();
      await server.mustBeReady();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** What people have in their address bar, without a path. */
  get origin(): string {
    return this.front ? `https://localhost:${this.front.port}` : `http://localhost:${this.backend}`;
  }

  url(path: string): string {
    return this.origin + path;
  }

  /** Where programs on this machine reach it, without TLS. */
  get backendUrl(): string {
    return `http://127.0.0.1:${this.backend}`;
  }

  /** The name of one of its cookies in the browser. */
  cookieName(name: "session_token" | "had_session" | "notice" | "device"): string {
    return `${this.front ? "__Host-" : ""}hallpass.${name}`;
  }

  get log(): string {
    return this.earlierLog + (this.program?.log ?? "");
  }

  /** Moves the clock of a server with a manual clock; returns its time. */
  async advance(seconds: number): Promise<Date> {
    if (this.options.clock !== "manual" || !this.program) {
      throw new Error("only a running server with a manual clock can be moved in time");
    }
    const answer = await this.program.ask(`advance ${seconds}`, "clock ");
    return new Date(answer.replace(/^clock /, ""));
  }

  now(): Promise<Date> {
    return this.advance(0);
  }

  /**
   * The database goes away while people are signed in: the same server, the same
   * keys, and none of its tables.
   */
  async loseDatabase(): Promise<void> {
    await this.kill();
    for (const file of await readdir(this.dataFolder)) {
      if (file.startsWith("hallpass.db")) {
        await rm(join(this.dataFolder, file));
      }
    }
    await this.launch(["--no-migrate"]);
  }

  /** The disk forgets each page of the database on which this text stands. */
  async damageDatabase(text: string): Promise<void> {
    await this.program?.stop();
    const path = join(this.dataFolder, "hallpass.db");
    const database = await readFile(path);
    // The SQLite file format, section 1.3.2.
    const pageSize = database.readUInt16BE(16);
    let damaged = 0;
    for (let at = pageSize; at < database.length; at += pageSize) {
      const page = database.subarray(at, at + pageSize);
      if (page.includes(text)) {
        page.fill(0);
        damaged += 1;
      }
    }
    if (damaged === 0) {
      throw new Error(`«${text}» stands nowhere in the database`);
    }
    await writeFile(path, database);
    await this.launch();
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.front?.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get dataFolder(): string {
    return join(this.folder, "data");
  }

  /** Somebody may take the port between our look and its start: then another. */
  private async launchOnFreePort(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      this.backend = await freePort();
      try {
        await this.launch();
        this.front?.forwardTo(this.backend);
        return;
      } catch (error) {
        if (tries === 5 || !this.log.includes(PORT_IS_TAKEN)) {
          throw error;
        }
      }
    }
  }

  private async launch(args: string[] = []): Promise<void> {
    await this.kill();
    const name = this.options.clock === "manual" ? "hallpass-test-clock" : "hallpass";
    const environment = this.environment();
    this.program = new Program(binary(name), ["serve", ...args], environment);
    await this.program.line("err", '"listening"');
  }

  private environment(): Record<string, string> {
    const { PATH = "", HOME = "" } = process.env;
    const settings = Object.entries(this.options.settings ?? {});
    const placed = settings.map(([name, value]) => [name, value.replace("{folder}", this.folder)]);
    const behindProxy = {
      BETTER_AUTH_SECRET: SECRET,
      TRUSTED_PROXIES: "127.0.0.1",
    };
    return {
      PATH,
      HOME,
      HALLPASS_DATA_DIR: this.dataFolder,
      HALLPASS_LOG: "json",
      HOST: "127.0.0.1",
      PORT: String(this.backend),
      BETTER_AUTH_URL: this.origin,
      ...(this.front ? behindProxy : {}),
      ...Object.fromEntries(placed),
    };
  }

  private async mustBeReady(): Promise<void> {
    const ready = await fetch(`${this.backendUrl}/readyz`);
    if (!ready.ok) {
      throw new Error(`not ready: ${ready.status} ${await ready.text()}\n${this.log}`);
    }
  }

  private async kill(): Promise<void> {
    await this.program?.kill();
    this.earlierLog = this.log;
    this.program = undefined;
  }
}

/** With https Hallpass makes no secret of its own. */
const SECRET = randomBytes(32).toString("hex");

/** Where `scripts/e2e` has cargo build it. */
function binary(name: string): string {
  const target = resolve(__dirname, "../..", process.env["CARGO_TARGET_DIR"] ?? "target");
  return join(target, "debug", name);
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
