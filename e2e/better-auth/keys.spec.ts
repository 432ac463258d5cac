// With keys of its own Hallpass issues what services of Better Auth's jwt plugin
// verify: by `/jwks`, over the network, with the library that they use.

import { expect, test } from "@playwright/test";
import { createRemoteJWKSet, jwtVerify } from "jose";

import { type ClientFactory, loadClient } from "./support/client";
import { type Peer, startHallpass, startUpstream } from "./support/peer";
import { PASSWORD } from "./support/stage";
import { Visitor } from "./support/visitor";

async function verified(peer: Peer, client: ClientFactory): Promise<object> {
  const tab = Visitor.browser(peer, () => {}, client);
  const ann = { name: "Ann", email: "ann@example.com", password: PASSWORD };
  const { data: signedUp } = (await tab.client.signUp.email(ann)) as Answer<{
    user: { id: string };
  }>;
  const { data } = (await tab.client.token()) as Answer<{ token: string }>;
  const keys = createRemoteJWKSet(new URL(`${peer.origin}/api/auth/jwks`));
  const { payload, protectedHeader } = await jwtVerify(data.token, keys, {
    algorithms: ["EdDSA"],
    issuer: peer.origin,
    requiredClaims: ["sub", "email", "iat", "exp"],
  });
  return {
    algorithm: protectedHeader.alg,
    namesItsKey: protectedHeader.kid !== undefined,
    email: payload["email"],
    isOfUser: payload.sub === signedUp.user.id,
  };
}

interface Answer<T> {
  data: T;
}

test("a token is verified by the published keys", async () => {
  const client = await loadClient("1.7");
  const peers = await Promise.all([startUpstream(), startHallpass({ HALLPASS_SIGNING: "eddsa" })]);
  try {
    const [upstream, hallpass] = await Promise.all(peers.map((peer) => verified(peer, client)));
    expect(hallpass).toEqual(upstream);
    expect(hallpass).toEqual({
      algorithm: "EdDSA",
      namesItsKey: true,
      email: "ann@example.com",
      isOfUser: true,
    });
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
});
