import type { Scenario } from "../support/stage";

const FORGED = "0".repeat(32) + "." + "A".repeat(43) + "%3D";

export const getSession: Scenario = async (stage) => {
  const { name, email, password } = stage.person("ann");
  const tab = stage.browser();
  await stage.step("nobody", () => tab.client.getSession());
  await stage.step("nobody, with a cookie of somebody else", () =>
    tab.get("/get-session", { cookie: "theme=dark" }),
  );
  await stage.step("sign up", () => tab.client.signUp.email({ name, email, password }));
  await stage.step("somebody", () => tab.client.getSession());
  await stage.step("without the cookie cache", () =>
    tab.client.getSession({ query: { disableCookieCache: true } }),
  );
  await stage.step("without refresh", () =>
    tab.client.getSession({ query: { disableRefresh: true } }),
  );
  await stage.step("with a query that is no query", () =>
    tab.get("/get-session?disableCookieCache=maybe&x=1"),
  );
  await stage.step("of a page of another origin", () =>
    tab.get("/get-session", {
      headers: { "origin": "https://evil.example", "sec-fetch-site": "cross-site" },
    }),
  );

  const cookie = stage.peer.cookie;
  const mine = `${cookie}=${tab.session}`;
  const jars: Record<string, string> = {
    "an empty cookie": `${cookie}=`,
    "a cookie of garbage": `${cookie}=garbage`,
    "a cookie of odd characters": `${cookie}=%00%ff{}`,
    "a forged cookie": `${cookie}=${FORGED}`,
    "a cookie with its end cut off": mine.slice(0, -4),
    "a cookie of 10000": `${cookie}=${"x".repeat(10_000)}`,
    "the cookie beside others": `a=1; ${mine}; b=2`,
    "the cookie twice": `${mine}; ${mine}`,
    "the cookie and then garbage": `${mine}; ${cookie}=garbage`,
    "garbage and then the cookie": `${cookie}=garbage; ${mine}`,
    "the cookie under a name in capitals": `${cookie.toUpperCase()}=${tab.session}`,
    "the cookie in quotes": `${cookie}="${tab.session}"`,
  };
  for (const [kind, jar] of Object.entries(jars)) {
    await stage.step(kind, () => tab.get("/get-session", { cookie: jar }));
  }
  await stage.step("is asked by POST", () => tab.post("/get-session", { json: {} }));
  await stage.step("is asked by HEAD", () => tab.ask("HEAD", "/get-session"));
  await stage.step("somebody still", () => tab.client.getSession());
};

export const signOut: Scenario = async (stage) => {
  const { name, email, password } = stage.person("ann");
  const tab = stage.browser();
  await stage.step("nobody", () => tab.client.signOut());
  await stage.step("sign up", () => tab.client.signUp.email({ name, email, password }));
  await stage.step("somebody", () => tab.client.signOut());
  await stage.step("is nobody then", () => tab.client.getSession());
  await stage.step("once more", () => tab.client.signOut());
  await stage.step("with a cookie of garbage", () =>
    tab.post("/sign-out", { json: {}, cookie: `${stage.peer.cookie}=garbage` }),
  );
  await stage.step("without a body", () => tab.post("/sign-out"));
  await stage.step("with null", () => tab.post("/sign-out", { json: null }));
  await stage.step("with a list", () => tab.post("/sign-out", { json: [] }));
  await stage.step("with a key nobody asked for", () => tab.post("/sign-out", { json: { x: 1 } }));
  await stage.step("with a callback", () => tab.post("/sign-out", { json: { callbackURL: "/" } }));
  await stage.step("with an evil callback", () =>
    tab.post("/sign-out", { json: { callbackURL: "https://evil.example" } }),
  );
  await stage.step("with a broken body", () =>
    tab.post("/sign-out", { text: "{", type: "application/json" }),
  );
  await stage.step("by GET", () => tab.get("/sign-out"));
  await stage.step("sign in for this browser session", () =>
    tab.client.signIn.email({ email, password, rememberMe: false }),
  );
  await stage.step("somebody who is not remembered", () => tab.client.signOut());
};

/** Two browsers of one person, and two people in one browser. */
export const together: Scenario = async (stage) => {
  const ann = stage.person("ann");
  const bob = stage.person("bob");
  const [first, second] = [stage.browser(), stage.browser()];
  await stage.step("ann in one browser", () => first.client.signUp.email(ann));
  await stage.step("ann in another", () => second.client.signIn.email(ann));
  await stage.step("ann leaves the first", () => first.client.signOut());
  await stage.step("and stays in the second", () => second.client.getSession());
  await stage.step("bob comes to the first", () => first.client.signUp.email(bob));
  await stage.step("the first is bob's", () => first.client.getSession());
  await stage.step("the second is ann's", () => second.client.getSession());
};

/** What was signed out is not taken any more, where somebody kept it. */
export const kept: Scenario = async (stage) => {
  const tab = stage.browser();
  await stage.step("sign up", () => tab.client.signUp.email(stage.person("ann")));
  const cookie = `${stage.peer.cookie}=${tab.session}`;
  await stage.step("sign out", () => tab.client.signOut());
  await stage.step("the cookie that was kept", () => tab.get("/get-session", { cookie }));
};
