import { FRONT_END } from "../support/peer";
import type { Scenario } from "../support/stage";

type Fields = Record<string, string | undefined>;

const NO_FETCH_METADATA: Fields = {
  "sec-fetch-site": undefined,
  "sec-fetch-mode": undefined,
  "sec-fetch-dest": undefined,
};

/** Who is behind a request, by what a browser says of it. */
function senders(origin: string): Record<string, Fields> {
  const [scheme, host = ""] = origin.split("//");
  return {
    "our page": {},
    "our page, of an old browser": NO_FETCH_METADATA,
    "a trusted page": { "origin": FRONT_END, "sec-fetch-site": "same-site" },
    "a trusted page, of an old browser": { ...NO_FETCH_METADATA, origin: FRONT_END },
    "a trusted page, by its referer": {
      ...NO_FETCH_METADATA,
      origin: undefined,
      referer: `${FRONT_END}/x`,
    },
    "our page, by its referer": { ...NO_FETCH_METADATA, origin: undefined, referer: `${origin}/x` },
    "an evil page": { "origin": "https://evil.example", "sec-fetch-site": "cross-site" },
    "an evil page, of an old browser": { ...NO_FETCH_METADATA, origin: "https://evil.example" },
    "an evil page, by its referer": {
      ...NO_FETCH_METADATA,
      origin: undefined,
      referer: "https://evil.example/x",
    },
    "an evil page's form": {
      "origin": "https://evil.example",
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    },
    "a form without origin": {
      "origin": undefined,
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    },
    "a neighbour's page": { "origin": "http://localhost:1", "sec-fetch-site": "same-site" },
    "a page of the other scheme": { origin: `${scheme === "http:" ? "https:" : "http:"}//${host}` },
    "a page whose origin begins as ours": {
      ...NO_FETCH_METADATA,
      origin: `${origin}.evil.example`,
    },
    "a page in our user's name": {
      ...NO_FETCH_METADATA,
      origin: `${scheme}//${host}@evil.example`,
    },
    "our origin in capitals": { ...NO_FETCH_METADATA, origin: origin.toUpperCase() },
    "our origin with a slash": { ...NO_FETCH_METADATA, origin: `${origin}/` },
    "null of ours": { "origin": "null", "sec-fetch-site": "same-origin" },
    "null of another": { "origin": "null", "sec-fetch-site": "cross-site" },
    "null of an old browser": { ...NO_FETCH_METADATA, origin: "null" },
    "nobody": { ...NO_FETCH_METADATA, origin: undefined },
    "fetch metadata alone": { origin: undefined },
    "an empty origin": { ...NO_FETCH_METADATA, origin: "" },
  };
}

export const withCookie: Scenario = async (stage) => {
  const tab = stage.browser();
  await stage.step("sign up", () => tab.client.signUp.email(stage.person("ann")));
  const keepsItsSession = { cookie: `${stage.peer.cookie}=${tab.session}` };
  for (const [who, headers] of Object.entries(senders(stage.peer.origin))) {
    await stage.step(`update-user of ${who}`, () =>
      tab.post("/update-user", { json: { name: "Ann" }, headers, ...keepsItsSession }),
    );
    await stage.step(`get-session of ${who}`, () =>
      tab.get("/get-session", { headers, ...keepsItsSession }),
    );
  }
  for (const [who, headers] of Object.entries(senders(stage.peer.origin))) {
    const cookie = `${stage.peer.cookie}=garbage`;
    await stage.step(`sign-out of ${who}`, () =>
      tab.post("/sign-out", { json: {}, headers, cookie }),
    );
  }
  const evil = { "origin": "https://evil.example", "sec-fetch-site": "cross-site" };
  await stage.step("a forged origin beats a wrong body", () =>
    tab.post("/update-user", { json: [], headers: evil, ...keepsItsSession }),
  );
  await stage.step("a broken body beats a forged origin", () =>
    tab.post("/update-user", {
      text: "{",
      type: "application/json",
      headers: evil,
      ...keepsItsSession,
    }),
  );
  await stage.step("a forged origin and an unknown path", () =>
    tab.post("/nowhere", { json: {}, headers: evil, ...keepsItsSession }),
  );
  await stage.step("any cookie will do to ask for an origin", () =>
    tab.post("/sign-out", { json: {}, headers: evil, cookie: "theme=dark" }),
  );
};

export const withoutCookie: Scenario = async (stage) => {
  const { name, email, password } = stage.person("ann");
  await stage.step("sign up", () => stage.browser().client.signUp.email({ name, email, password }));
  for (const [who, headers] of Object.entries(senders(stage.peer.origin))) {
    // Who is let through is told that this is no address: nothing has to be hashed.
    await stage.step(`sign-in of ${who}`, () =>
      stage.browser().post("/sign-in/email", { json: { email: "ann", password }, headers }),
    );
  }
  const evil = { "origin": "https://evil.example", "sec-fetch-site": "cross-site" };
  await stage.step("sign-up of an evil page", () =>
    stage.browser().post("/sign-up/email", {
      json: { name, email: `evil.${email}`, password },
      headers: evil,
    }),
  );
  await stage.step("sign-out of an evil page", () =>
    stage.browser().post("/sign-out", { json: {}, headers: evil }),
  );
  await stage.step("update-user of an evil page", () =>
    stage.browser().post("/update-user", { json: { name }, headers: evil }),
  );
  await stage.step("a wrong body beats a forged origin", () =>
    stage.browser().post("/sign-in/email", { json: {}, headers: evil }),
  );
  await stage.step("another cookie and no origin", () =>
    stage.program().post("/sign-in/email", { json: { email, password }, cookie: "theme=dark" }),
  );
};

export const preflights: Scenario = async (stage) => {
  const ask = (path: string, origin: string) => () =>
    stage.program().ask("OPTIONS", path, {
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
  await stage.step("of a trusted page", ask("/sign-in/email", FRONT_END));
  await stage.step("of an evil page", ask("/sign-in/email", "https://evil.example"));
  await stage.step("for an unknown path", ask("/nowhere", FRONT_END));
  const page = { "origin": FRONT_END, "sec-fetch-site": "cross-site" };
  await stage.step("a trusted page reads a session", () =>
    stage.browser().get("/get-session", { headers: page }),
  );
  await stage.step("a trusted page reads an error", () =>
    stage.browser().post("/sign-in/email", { json: {}, headers: page }),
  );
  await stage.step("a trusted page signs up", () =>
    stage.browser().post("/sign-up/email", { json: stage.person("ann"), headers: page }),
  );
};
