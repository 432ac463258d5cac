// `make dev`: both are there, and both are gone when it ends.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect, test } from "@playwright/test";

import { Program } from "../../support/program";
import { freePort } from "../../support/server";

const ROOT = resolve(__dirname, "../../..");

/** What cargo and npm need of ours, and no setting. */
function environment(): Record<string, string> {
  const names = ["PATH", "HOME", "CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "RUSTUP_HOME"];
  const pairs = names.map((name) => [name, process.env[name] ?? ""]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

test("make dev starts the server and the front end, and ends both", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hallpass-dev-"));
  const [server, frontend] = [await freePort(), await freePort()];
  const dev = new Program("scripts/dev", [], {
    ...environment(),
    DEV_SERVER_PORT: String(server),
    DEV_FRONTEND_PORT: String(frontend),
    HALLPASS_DATA_DIR: folder,
  }, ROOT);
  try {
    await dev.line("out", "Ready in");
    await dev.line("err", '"listening"');
    const forwarded = await fetch(`http://localhost:${frontend}/api/auth/ok`);
    expect(await forwarded.json()).toEqual({ ok: true });
    await dev.stop();
    for (const port of [server, frontend]) {
      await expect(fetch(`http://localhost:${port}/`)).rejects.toThrow();
    }
  } finally {
    await dev.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
