// @vitest-environment node

import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { beforeEach, expect, test, vi } from "vitest";

import { network } from "../support/network";
import { ID } from "../support/people";

const SECRET = "0123456789abcdef0123456789abcdef";
const ISSUER = "http://localhost:8000";
const JWKS = "GET /.well-known/jwks.json";
const NOW = Date.parse("2026-11-21T12:00:00Z") / 1000;

type Key = CryptoKey | Uint8Array;
type Claims = Record<string, unknown>;

const secret = new TextEncoder().encode(SECRET);
const good: Claims = { sub: ID, email: "ann@example.com", iss: ISSUER, iat: NOW, exp: NOW + 3600 };

function sign(claims: Claims, header: Claims = {}, key: Key = secret): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT", ...header }).sign(key);
}

async function verify(token: string) {
  const { verifySession } = await import("@/lib/session");
  return verifySession(token);
}

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers({ now: NOW * 1000, toFake: ["Date"] });
  vi.stubEnv("BETTER_AUTH_SECRET", SECRET);
});

test("a token of Hallpass names the user and how long", async () => {
  expect(await verify(await sign({ ...good, more: "unknown claims are ignored" }))).toEqual({
    userId: ID,
    email: "ann@example.com",
    expiresAt: new Date((NOW + 3600) * 1000),
    secondsLeft: 3600,
  });
  expect(network.log).toEqual([]);
});

test("it lives 3600 seconds and not 3601", async () => {
  const token = await sign(good);
  vi.setSystemTime((NOW + 3599) * 1000);
  expect(await verify(token)).toMatchObject({ secondsLeft: 1 });
  vi.setSystemTime((NOW + 3600) * 1000);
  expect(await verify(token)).toBeNull();
});

const without = (name: string): Claims => {
  const claims = { ...good };
  delete claims[name];
  return claims;
};

test.each<[string, Claims, Claims?]>([
  ["another issuer", { ...good, iss: "http://localhost:8001" }],
  ["no issuer", without("iss")],
  ["an audience", { ...good, aud: "somebody" }],
  ["no subject", without("sub")],
  ["a subject that is no id", { ...good, sub: "ann" }],
  ["no address", without("email")],
  ["an address that is no text", { ...good, email: 7 }],
  ["no end", without("exp")],
  ["no beginning", without("iat")],
  ["half a second", { ...good, exp: NOW + 3600.5 }],
  ["one of tomorrow", { ...good, iat: NOW + 6 }],
  ["another type", good, { typ: "better-auth.session-cache+jwt" }],
  ["no type", good, { typ: undefined }],
  ["a key name that is a list", good, { kid: ["k"] }],
  ["a key name that is a number", good, { kid: 7 }],
  ["another algorithm of the same secret", good, { alg: "HS512" }],
])("%s is refused", async (_what, claims, header) => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const key = header?.["alg"] === "HS512" ? new Uint8Array(64).fill(48) : secret;
  expect(await verify(await sign(claims, header, key))).toBeNull();
});

test("another secret, a changed claim, no signature and nonsense are refused", async () => {
  const foreign = await sign(good, {}, new TextEncoder().encode("x".repeat(32)));
  const [head, , signature] = (await sign(good)).split(".");
  const forged = Buffer.from(JSON.stringify({ ...good, email: "eve@example.com" }));
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  vi.spyOn(console, "warn").mockImplementation(() => {});
  for (const token of [
    foreign,
    `${head}.${forged.toString("base64url")}.${signature}`,
    `${none}.${forged.toString("base64url")}.`,
    "abc",
    "a.b.c",
    "",
  ]) {
    expect(await verify(token), token).toBeNull();
  }
});

test("settings that do not fit the tokens are named in the log, once", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const token = await sign({ ...good, iss: "https://app.example.com" });
  await verify(token);
  await verify(token);
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]?.[0]).toContain("HALLPASS_ISSUER");

  const { privateKey } = await generateKeyPair("EdDSA");
  await verify(await sign(good, { alg: "EdDSA" }, privateKey));
  expect(warn.mock.calls[1]?.[0]).toContain("HALLPASS_SIGNING");
});

test("with https and a name of its own the issuer is what HALLPASS_ISSUER says", async () => {
  vi.stubEnv("HALLPASS_ISSUER", "https://app.example.com");
  expect(await verify(await sign({ ...good, iss: "https://app.example.com" }))).not.toBeNull();
});

async function publish(...names: string[]) {
  vi.stubEnv("BETTER_AUTH_SECRET", "");
  const pairs = await Promise.all(
    names.map(async (kid) => ({ kid, ...(await generateKeyPair("EdDSA")) })),
  );
  const keys = await Promise.all(
    pairs.map(async ({ kid, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: "EdDSA",
    })),
  );
  return {
    set: { keys },
    tokenBy: (kid: string, claims = good) => {
      const pair = pairs.find((each) => each.kid === kid);
      return sign(claims, { alg: "EdDSA", kid }, pair!.privateKey);
    },
  };
}

test("by published keys: the first request reads them, the others do not", async () => {
  const { set, tokenBy } = await publish("one");
  network.answer(JWKS, 200, set);
  const token = await tokenBy("one");
  expect(await verify(token)).toMatchObject({ userId: ID });
  expect(await verify(token)).toMatchObject({ userId: ID });
  expect(network.log).toEqual([JWKS]);
  expect(network.last().url).toBe("http://localhost:8000/.well-known/jwks.json");
});

test("after five minutes they are read again, and nobody waits for it", async () => {
  const { set, tokenBy } = await publish("one");
  network.answer(JWKS, 200, set);
  const token = await tokenBy("one");
  await verify(token);
  vi.setSystemTime((NOW + 301) * 1000);
  const go = network.hold(JWKS, 200, set);
  expect(await verify(token)).toMatchObject({ userId: ID });
  expect(network.log).toEqual([JWKS, JWKS]);
  go();
});

test("a key that is new is looked for after two seconds, and one that is gone opens nothing", async () => {
  const { set, tokenBy } = await publish("one", "two");
  const [one, two] = set.keys;
  network.answer(JWKS, 200, { keys: [one] });
  await verify(await tokenBy("one"));
  expect(await verify(await tokenBy("two"))).toBeNull();
  expect(network.log).toEqual([JWKS]);
  vi.setSystemTime((NOW + 2) * 1000);
  network.answer(JWKS, 200, { keys: [two] });
  expect(await verify(await tokenBy("two"))).toMatchObject({ userId: ID });
  expect(await verify(await tokenBy("one"))).toBeNull();
});

test("the shared secret opens nothing where keys are published, whatever the header says", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { set } = await publish("one");
  network.answer(JWKS, 200, set);
  const publicKey = Buffer.from(String(set.keys[0]?.x), "base64url");
  expect(await verify(await sign(good, { kid: "one" }, publicKey))).toBeNull();
  expect(warn.mock.calls[0]?.[0]).toContain("signed with a secret");
});

test("while the keys cannot be read nobody is let in, and nobody is called expired", async () => {
  const { set, tokenBy } = await publish("one");
  const token = await tokenBy("one");
  network.fail(JWKS);
  await expect(verify(token)).rejects.toThrow("cannot be verified");
  network.answer(JWKS, 503, {});
  await expect(verify(token)).rejects.toThrow("cannot be verified");
  network.answer(JWKS, 200, set);
  expect(await verify(token)).not.toBeNull();
});

test("keys are believed for an hour when Hallpass is away", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const { set, tokenBy } = await publish("one");
  network.answer(JWKS, 200, set);
  const token = await tokenBy("one", { ...good, exp: NOW + 7200 });
  await verify(token);
  vi.setSystemTime((NOW + 3599) * 1000);
  network.fail(JWKS);
  expect(await verify(token)).not.toBeNull();
  await vi.waitFor(() => expect(log).toHaveBeenCalledOnce());
  vi.setSystemTime((NOW + 3601) * 1000);
  network.fail(JWKS);
  await expect(verify(token)).rejects.toThrow("cannot be verified");
});

test("a Hallpass that signs with its secret is told apart, and how to go on", async () => {
  vi.stubEnv("BETTER_AUTH_SECRET", "");
  network.answer(JWKS, 200, { keys: [] });
  await expect(verify(await sign(good))).rejects.toThrow("HALLPASS_SIGNING=eddsa");
});
