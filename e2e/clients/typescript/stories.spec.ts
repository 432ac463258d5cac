// The five stories, by each client that was generated for TypeScript.

import { expect, test } from "@playwright/test";

import addresses from "../addresses.json";
import { Server } from "../../support/server";
import { type Api, heyApi, openapiFetch } from "./api";

const PASSWORD = "three unrelated words";

const CLIENTS: Record<string, (baseUrl: string) => Api> = {
  "@hey-api/openapi-ts": heyApi,
  "openapi-typescript": openapiFetch,
};

let server: Server;

test.beforeAll(async () => {
  server = await Server.start({ clock: "manual", settings: { HALLPASS_RATE_LIMIT: "off" } });
});

test.afterAll(() => server.stop());

for (const [name, connect] of Object.entries(CLIENTS)) {
  test(`${name} completes the five stories`, async () => {
    const api = connect(server.origin);
    const owner = { email: `${name.length}用户@例子.广告`, password: PASSWORD };

    const registered = await api.register({ ...owner, name: "用户" });
    expect(registered.data?.user.email, JSON.stringify(registered.error)).toBe(owner.email);
    const stranger = await api.register({ email: `b${name.length}@example.com`, password: PASSWORD });
    expect(stranger.data?.user.name).toBeNull();
    expect((await api.register(owner)).error).toMatchObject({ code: "registration_refused" });

    const refused = await api.signIn({ ...owner, password: "three other words" });
    expect(refused.error).toMatchObject({ code: "invalid_credentials" });
    const session = (await api.signIn(owner)).data;
    expect(session).toMatchObject({ token_type: "bearer", expires_in: 3600 });
    const token = session?.access_token ?? "";
    const id = session?.user.id ?? "";

    expect((await api.me(token)).data).toEqual(session?.user);
    expect((await api.user(id, token)).data).toEqual(session?.user);
    expect((await api.rename(id, null, token)).data?.name).toBeNull();
    const foreign = await api.user(stranger.data?.user.id ?? "", token);
    expect(foreign.response?.status).toBe(403);
    expect(foreign.error).toMatchObject({ code: "access_denied" });

    await server.advance(3600);
    const expired = await api.me(token);
    expect(expired.response?.status).toBe(401);
    expect(expired.error).toMatchObject({ code: "token_expired" });

    const again = (await api.signIn(owner)).data?.access_token ?? "";
    expect((await api.signOut(again)).data?.message).toBe("Successfully signed out");
    expect((await api.me()).error).toMatchObject({ code: "authentication_required" });
  });

  test(`${name} reads each fault of a form`, async () => {
    const answer = await connect(server.origin).register({
      email: "ann\u200b@example.com",
      password: "12345678",
    });
    expect(answer.response?.status).toBe(422);
    expect(answer.error).toMatchObject({
      code: "validation_failed",
      detail: [{ loc: ["body", "email"] }, { loc: ["body", "password"] }],
    });
  });

  test(`${name} takes addresses in every script`, async () => {
    const api = connect(server.origin);
    for (const address of addresses) {
      const email = `ts${name.length}${address}`;
      const registered = await api.register({ email, password: PASSWORD });
      const token = registered.data?.access_token ?? "";
      expect((await api.me(token)).data?.email, JSON.stringify(registered.error)).toBe(email);
    }
  });
}
