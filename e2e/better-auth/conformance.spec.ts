// The published client drives one script against a real Better Auth server and
// against Hallpass; what they answer is the same, but for `differences.ts`.

import { type TestInfo, expect, test } from "@playwright/test";

import { DIFFERENCES } from "./differences";
import { BY_CLIENT, BY_HAND } from "./scenarios";
import { type ClientFactory, VERSIONS, type Version, loadClient } from "./support/client";
import { faults } from "./support/compare";
import { type Peer, startHallpass, startUpstream } from "./support/peer";
import { type Log, type Scenario, Stage } from "./support/stage";

type Script = Record<string, Scenario>;

const NEWEST: Version = "1.7";

async function play(script: Script, peer: Peer, client: ClientFactory): Promise<Log> {
  const log: Log = {};
  for (const [name, scenario] of Object.entries(script)) {
    await scenario(new Stage(peer, name, log, client));
  }
  return log;
}

async function compare(script: Script, version: Version, info: TestInfo): Promise<void> {
  const client = await loadClient(version);
  const peers = await Promise.all([startUpstream(), startHallpass()]);
  try {
    const [upstream = {}, hallpass = {}] = await Promise.all(
      peers.map((peer) => play(script, peer, client)),
    );
    await info.attach("upstream", { body: JSON.stringify(upstream, null, 2) });
    await info.attach("hallpass", { body: JSON.stringify(hallpass, null, 2) });
    const accepted = DIFFERENCES.filter(({ clients }) => clients?.includes(version) ?? true);
    expect(faults(upstream, hallpass, accepted).join("\n")).toBe("");
  } finally {
    for (const peer of peers) {
      await info.attach(`the log of ${peer.name}`, { body: peer.log });
      await peer.stop();
    }
  }
}

test("by hand", ({}, info) => compare(BY_HAND, NEWEST, info));

for (const version of Object.keys(VERSIONS) as Version[]) {
  test(`by the client of ${version}`, ({}, info) => compare(BY_CLIENT, version, info));
}
