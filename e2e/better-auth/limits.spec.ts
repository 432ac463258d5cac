// Who tries too often is told so in upstream's words. How often is too often
// differs, and is written in docs/better-auth.md.

import { expect, test } from "@playwright/test";

import { type ClientFactory, loadClient } from "./support/client";
import { type Peer, startHallpass, startUpstream } from "./support/peer";
import { Visitor } from "./support/visitor";
import { header } from "./support/wire";

const MOST_TRIES = 10;

interface Refusal {
  error: { status: number };
}

/** What the client is told in the end, and by when it may come back. */
async function guess(peer: Peer, client: ClientFactory): Promise<object> {
  let waits: string | undefined;
  const tab = Visitor.browser(
    peer,
    ({ answer }) => (waits = header(answer, "x-retry-after")),
    client,
  );
  const wrong = { email: "ann@example.com", password: "three wrong words" };
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const refused = (await tab.client.signIn.email(wrong)) as Refusal;
    if (refused.error.status === 429) {
      return { refused, waits: Number(waits) > 0 };
    }
    expect(refused).toMatchObject({ error: { code: "INVALID_EMAIL_OR_PASSWORD" } });
  }
  throw new Error(`${peer.name} let somebody guess ${MOST_TRIES} times`);
}

test("who guesses too often", async () => {
  const client = await loadClient("1.7");
  const peers = await Promise.all([
    startUpstream({ limits: "on" }),
    startHallpass({ HALLPASS_RATE_LIMIT: "on" }),
  ]);
  try {
    const [upstream, hallpass] = await Promise.all(peers.map((peer) => guess(peer, client)));
    expect(hallpass).toEqual(upstream);
    expect(hallpass).toMatchObject({ waits: true });
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
});
