// A program that runs beside the tests, and what it says.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** How long a line is waited for that has to come. */
const PATIENCE = 30_000;

export type Stream = "out" | "err";

export class Program {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly said: { stream: Stream; line: string }[] = [];
  private readonly news = new EventEmitter();
  private ended = false;

  /** The environment is `environment` and nothing else; the folder is ours, or this one. */
  constructor(path: string, args: string[], environment: Record<string, string>, folder = ".") {
    const stdio: ["pipe", "pipe", "pipe"] = ["pipe", "pipe", "pipe"];
    this.child = spawn(path, args, { env: environment, cwd: folder, stdio });
    this.listen("out", this.child.stdout);
    this.listen("err", this.child.stderr);
    this.child.once("error", (error) => this.noteEnd(`could not be started: ${error.message}`));
    this.child.once("close", (code, signal) => this.noteEnd(`ended with ${code ?? signal}`));
    // Nobody reads what is written to a program that has ended.
    this.child.stdin.on("error", () => {});
    process.once("exit", this.killWithUs);
  }

  /** Everything it has said so far. */
  get log(): string {
    return this.said.map(({ stream, line }) => `${stream} ${line}`).join("\n");
  }

  /** The next line that holds `text`, said from now on or since line `from`. */
  async line(stream: Stream, text: string, from = 0): Promise<string> {
    const deadline = AbortSignal.timeout(PATIENCE);
    for (let at = from; ; at += 1) {
      while (at >= this.said.length) {
        if (this.ended) {
          throw new Error(`the program ended before it said «${text}»:\n${this.log}`);
        }
        await once(this.news, "news", { signal: deadline }).catch((error: unknown) => {
          throw new Error(`«${text}» was not said in time:\n${this.log}`, { cause: error });
        });
      }
      const said = this.said[at];
      if (said?.stream === stream && said.line.includes(text)) {
        return said.line;
      }
    }
  }

  /** Types a line, and waits for the answer that holds `text`. */
  async ask(line: string, text: string): Promise<string> {
    const from = this.said.length;
    this.child.stdin.write(`${line}\n`);
    return this.line("out", text, from);
  }

  /** At once: its data is thrown away, and browsers may hold connections open. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** As its owner would, so that it leaves its data in order. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.ended) {
      this.child.kill(signal);
      await once(this.news, "end", { signal: AbortSignal.timeout(PATIENCE) });
    }
  }

  private listen(stream: Stream, lines: Readable): void {
    createInterface({ input: lines }).on("line", (line) => {
      this.said.push({ stream, line });
      this.news.emit("news");
    });
  }

  private noteEnd(why: string): void {
    if (this.ended) {
      return;
    }
    this.ended = true;
    this.said.push({ stream: "err", line: `(${why})` });
    process.off("exit", this.killWithUs);
    this.news.emit("news");
    this.news.emit("end");
  }

  private readonly killWithUs = (): void => {
    this.child.kill("SIGKILL");
  };
}
