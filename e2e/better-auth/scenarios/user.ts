import type { Scenario } from "../support/stage";
import type { Visitor } from "../support/visitor";

const PATH = "/update-user";

export const updateUser: Scenario = async (stage) => {
  const tab = stage.browser();
  await stage.step("nobody", () => tab.client.updateUser({ name: "Nobody" }));
  await stage.step("nobody, with a wrong body", () => tab.post(PATH, { json: [] }));
  await stage.step("sign up", () => tab.client.signUp.email(stage.person("ann")));
  await stage.step("a name", () => tab.client.updateUser({ name: "Ann B." }));
  await stage.step("has the name", () => tab.client.getSession());
  await stage.step("is dated anew", () => dates(tab, { name: "Ann B. C." }));
  await stage.step("an image", () => tab.client.updateUser({ image: "https://example.com/a.png" }));
  await stage.step("has the image", () => tab.client.getSession());
  await stage.step("no image", () => tab.client.updateUser({ image: null }));
  await stage.step("has no image", () => tab.client.getSession());
  await stage.step("both", () => tab.client.updateUser({ name: "Ann C.", image: "/c.png" }));
  await stage.step("has both", () => tab.client.getSession());

  const bodies: Record<string, unknown> = {
    "nothing": {},
    "an address": { email: "other@example.com" },
    "an address and a name": { email: "other@example.com", name: "Ann" },
    "an empty address": { email: "" },
    "a key nobody asked for": { role: "admin" },
    "a name and keys nobody asked for": { name: "Ann D.", role: "admin", emailVerified: true },
    "an id": { id: "mine" },
    "that the address is verified": { emailVerified: true },
    "an empty name": { name: "" },
    "a name of blanks": { name: "   " },
    "a name in Chinese": { name: "安娜" },
    "a name of 255": { name: "n".repeat(255) },
    "a name that is null": { name: null },
    "a name that is a number": { name: 5 },
    "a name that is a list": { name: ["Ann"] },
    "an image that is a number": { image: 5 },
    "an empty image": { image: "" },
    "a list": [],
    "null": null,
    "a text": "name",
  };
  for (const [kind, json] of Object.entries(bodies)) {
    await tab.client.updateUser({ name: "Ann", image: "/a.png" });
    await stage.step(kind, () => tab.post(PATH, { json }));
    await stage.step(`${kind}: what is kept`, () => tab.client.getSession());
  }
  await stage.step("without a body", () => tab.post(PATH));
  await stage.step("a form", () =>
    tab.post(PATH, { text: "name=Ann", type: "application/x-www-form-urlencoded" }),
  );
  await stage.step("by PATCH", () => tab.ask("PATCH", PATH, { json: { name: "Ann" } }));
  const cookie = `${stage.peer.cookie}=garbage`;
  await stage.step("with a cookie of garbage", () =>
    tab.post(PATH, { json: { name: "X" }, cookie }),
  );
};

/** Whether a change moves `updatedAt`, and leaves `createdAt`. */
async function dates(tab: Visitor, change: object): Promise<object> {
  const before = await userOf(tab);
  await tab.peer.tick();
  await tab.client.updateUser(change);
  const after = await userOf(tab);
  return {
    createdAt: after.createdAt === before.createdAt ? "the same" : "another",
    updatedAt: after.updatedAt > before.updatedAt ? "later" : "not later",
  };
}

async function userOf(tab: Visitor): Promise<{ createdAt: string; updatedAt: string }> {
  const { body } = await tab.get("/get-session");
  return (JSON.parse(body) as { user: { createdAt: string; updatedAt: string } }).user;
}

export const sessions: Scenario = async (stage) => {
  const ann = stage.person("ann");
  const tab = stage.browser();
  await stage.step("listed for nobody", () => tab.client.listSessions());
  await stage.step("one revoked by nobody", () => tab.client.revokeSession({ token: "x" }));
  await stage.step("others revoked by nobody", () => tab.client.revokeOtherSessions());
  await stage.step("all revoked by nobody", () => tab.client.revokeSessions());
  await stage.step("sign up", () => tab.client.signUp.email(ann));
  await stage.step("listed", () => tab.client.listSessions());
  await stage.step("sign in elsewhere", () => stage.browser().client.signIn.email(ann));
  await stage.step("both listed", () =>
    tab.get("/list-sessions").then((answer) => {
      const list = JSON.parse(answer.body) as unknown[];
      return { sessions: list.length };
    }),
  );
  await stage.step("an unknown one revoked", () => tab.client.revokeSession({ token: "unknown" }));
  await stage.step("one revoked without saying which", () =>
    tab.post("/revoke-session", { json: {} }),
  );
  await stage.step("the others revoked", () => tab.client.revokeOtherSessions());
  await stage.step("is signed in still", () => tab.client.getSession());
  await stage.step("all revoked", () => tab.client.revokeSessions());
  await stage.step("and then", () => tab.client.getSession());
};
