import { getSessionCookie } from "better-auth/cookies";
import { SignJWT, createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";

import { SECRET } from "../support/peer";
import type { Scenario, Stage } from "../support/stage";
import type { Visitor } from "../support/visitor";

const SECRET_KEY = new TextEncoder().encode(SECRET);

export const tokens: Scenario = async (stage) => {
  const tab = stage.browser();
  await stage.step("nobody", () => tab.client.token());
  await stage.step("sign up", () => tab.client.signUp.email(stage.person("ann")));
  await stage.step("somebody", () => tab.client.token());
  await stage.step("what is in it", async () => claims(await tokenOf(tab)));
  await stage.step("found by a middleware", () => Promise.resolve(found(tab)));
  await stage.step("the keys", () => tab.client.jwks());
  await stage.step("verified by a key or by the secret", () => verified(tab));
  await stage.step("after sign-out", async () => {
    await tab.client.signOut();
    return tab.client.token();
  });
  await stage.step("by POST", () => tab.post("/token", { json: {} }));
};

/** Without a cookie, as an app on a phone or a program does. */
export const bearer: Scenario = async (stage) => {
  const { name, email, password } = stage.person("ann");
  const phone = stage.browser();
  await stage.step("sign up", () => phone.client.signUp.email({ name, email, password }));
  const session = decodeURIComponent(phone.session);
  const values: Record<string, string> = {
    "as it was handed out": `Bearer ${session}`,
    "in small letters": `bearer ${session}`,
    "in capitals": `BEARER ${session}`,
    "without its signature": `Bearer ${session.split(".").slice(0, -1).join(".")}`,
    "encoded": `Bearer ${encodeURIComponent(session)}`,
    "with blanks": `Bearer   ${session}  `,
    "with its end cut off": `Bearer ${session.slice(0, -4)}`,
    "garbage": "Bearer garbage",
    "empty": "Bearer ",
    "no scheme": session,
    "another scheme": "Basic YW5uOnBhc3N3b3Jk",
    "an unsigned JWT": `Bearer ${unsigned()}`,
    "a JWT of another secret": `Bearer ${await foreign()}`,
  };
  for (const [kind, authorization] of Object.entries(values)) {
    const headers = { authorization };
    await stage.step(`${kind}: session`, () => stage.program().get("/get-session", { headers }));
    await stage.step(`${kind}: token`, () => stage.program().get("/token", { headers }));
    await stage.step(`${kind}: update`, () =>
      stage.program().post("/update-user", { json: { name: "Ann" }, headers }),
    );
  }
  const headers = { authorization: `Bearer ${session}` };
  await bearerAndCookie(stage, phone, headers);
  await stage.step("sign out", () => stage.program().post("/sign-out", { json: {}, headers }));
  await stage.step("and then", () => stage.program().get("/get-session", { headers }));
};

async function bearerAndCookie(
  stage: Stage,
  phone: Visitor,
  mine: { authorization: string },
): Promise<void> {
  const bob = stage.browser();
  await stage.step("bob signs up", () => bob.client.signUp.email(stage.person("bob")));
  await stage.step("ann's token beside bob's cookie", () =>
    bob.get("/get-session", { headers: mine }),
  );
  const beside: Record<string, string> = {
    "garbage": "Bearer garbage",
    "a forged signature": `Bearer ${"0".repeat(32)}.${"A".repeat(43)}=`,
    "a JWT of another secret": `Bearer ${await foreign()}`,
    "an empty one": "Bearer ",
    "another scheme": "Basic YW5uOnBhc3N3b3Jk",
  };
  const cookie = `${stage.peer.cookie}=${bob.session}`;
  for (const [kind, authorization] of Object.entries(beside)) {
    await stage.step(`${kind} beside a good cookie`, () =>
      bob.get("/get-session", { headers: { authorization }, cookie }),
    );
  }
  await stage.step("a good token beside a cookie of garbage", () =>
    phone.get("/get-session", { headers: mine, cookie: `${stage.peer.cookie}=garbage` }),
  );
  await stage.step("of a page of another origin", () =>
    stage.program().post("/update-user", {
      json: { name: "Ann" },
      headers: { ...mine, "origin": "https://evil.example", "sec-fetch-site": "cross-site" },
    }),
  );
  await stage.step("listed", () => stage.program().get("/list-sessions", { headers: mine }));
}

async function tokenOf(tab: Visitor): Promise<string> {
  const { data } = (await tab.client.token()) as { data: { token: string } };
  return data.token;
}

/** Whether the package's own look at a request's cookies finds the session. */
function found(tab: Visitor): object {
  const { cookie } = tab.peer;
  const headers = new Headers({ cookie: `${cookie}=${tab.session}` });
  const cookiePrefix = cookie.slice(0, cookie.indexOf("."));
  return { found: getSessionCookie(headers, { cookiePrefix }) !== null };
}

/** What a service may rely on; the times are said by how far they are apart. */
function claims(token: string): object {
  const { iat = 0, exp = 0, ...rest } = decodeJwt(token);
  const { kid, ...header } = decodeProtectedHeader(token);
  return { header: { ...header, kid: kid !== undefined }, claims: rest, life: exp - iat };
}

/** As a service would: by the published keys, and otherwise by the secret. */
async function verified(tab: Visitor): Promise<object> {
  const token = await tokenOf(tab);
  const { data } = (await tab.client.jwks()) as { data: { keys: [] } };
  const now = new Date((decodeJwt(token).iat ?? 0) * 1000);
  const { payload } =
    data.keys.length > 0
      ? await jwtVerify(token, createLocalJWKSet(data), { currentDate: now })
      : await jwtVerify(token, SECRET_KEY, { currentDate: now });
  return { by: data.keys.length > 0 ? "a key" : "the secret", issuer: payload.iss };
}

function unsigned(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: "none" })}.${part({ sub: "ann", iat: now, exp: now + 3600 })}.`;
}

function foreign(): Promise<string> {
  return new SignJWT({ email: "ann@example.com" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject("ann")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode("another secret that nobody was told of"));
}
