import { FRONT_END } from "../support/peer";
import type { Scenario } from "../support/stage";

function targets(origin: string): string[] {
  return [
    "/",
    "/dash",
    "/dash?tab=1#top",
    "/dash?next=https://evil.example",
    "/dash/../../x",
    "/a%20b",
    "/caffè",
    "/a b",
    "/%",
    "/%5c%5cevil.example",
    "/%2f%2fevil.example",
    "/%2F/evil.example",
    "/.%2f/evil.example",
    "/?x=%2f%2fevil.example",
    "/?x=\\",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\tevil",
    "/\u0000",
    "/\u0085",
    " /dash",
    "dash",
    "./dash",
    "../dash",
    "?x=1",
    "#top",
    "https://evil.example",
    "https://evil.example/x",
    "HTTPS://EVIL.EXAMPLE",
    "https:evil.example",
    "https:/evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "mailto:ann@example.com",
    "myapp://open",
    "file:///etc/passwd",
    "https://localhost@evil.example",
    `${origin}`,
    `${origin}/dash`,
    `${origin}/dash?x=1#y`,
    `${origin}@evil.example/`,
    `${origin}.evil.example/`,
    `${origin}\\@evil.example`,
    `${origin.replace("http:", "https:")}/`,
    `${origin.replace("localhost", "LOCALHOST")}/dash`,
    `${origin.replace("localhost", "127.0.0.1")}/dash`,
    `${origin.replace("//", "//user@")}/dash`,
    `${FRONT_END}/dash`,
    `${FRONT_END}`,
    "http://localhost:3001/dash",
    "http://localhost/dash",
  ];
}

/** Where people are then led to, as it was written. */
function followed(origin: string): string[] {
  return ["/dash?tab=1#top", "/caff\u00e8", "/a%20b", `${origin}/dash`, `${FRONT_END}/dash`];
}

/** Where a sign-in may lead: a target that is not ours is refused. */
export const callbacks: Scenario = async (stage) => {
  const { name, email, password } = stage.person("ann");
  await stage.step("sign up", () => stage.browser().client.signUp.email({ name, email, password }));
  const { origin } = stage.peer;
  const { port } = new URL(origin);
  const called = (url: string): string => JSON.stringify(url.replace(`:${port}`, ":<port>"));
  for (const callbackURL of targets(origin)) {
    // Who is let through is told that there is no password: nothing has to be hashed.
    await stage.step(`to ${called(callbackURL)}`, () =>
      stage.browser().post("/sign-in/email", { json: { email, callbackURL } }),
    );
  }
  for (const callbackURL of followed(origin)) {
    await stage.step(`sign-in to ${called(callbackURL)}`, () =>
      stage.browser().post("/sign-in/email", { json: { email, password, callbackURL } }),
    );
  }
  const json = { email, password };
  const evil = "https://evil.example";
  await stage.step("an empty one", () =>
    stage.browser().post("/sign-in/email", { json: { ...json, callbackURL: "" } }),
  );
  await stage.step("null", () =>
    stage.browser().post("/sign-in/email", { json: { ...json, callbackURL: null } }),
  );
  await stage.step("a list", () =>
    stage.browser().post("/sign-in/email", { json: { ...json, callbackURL: [evil] } }),
  );
  await stage.step("in the query", () =>
    stage.browser().post("/sign-in/email?callbackURL=https%3A%2F%2Fevil.example", { json }),
  );
  await stage.step("a good one in the query", () =>
    stage.browser().post("/sign-in/email?callbackURL=%2Fdash", { json }),
  );
  for (const field of ["redirectTo", "errorCallbackURL", "newUserCallbackURL"]) {
    await stage.step(`an evil ${field}`, () =>
      stage.browser().post("/sign-in/email", { json: { ...json, [field]: evil } }),
    );
    await stage.step(`a good ${field}`, () =>
      stage.browser().post("/sign-in/email", { json: { ...json, [field]: "/dash" } }),
    );
    await stage.step(`a ${field} that is a number`, () =>
      stage.browser().post("/sign-in/email", { json: { ...json, [field]: 5 } }),
    );
  }
  await stage.step("with a wrong password", () =>
    stage
      .browser()
      .post("/sign-in/email", { json: { ...json, password: "wrong words", callbackURL: evil } }),
  );
  await stage.step("with no password", () =>
    stage.browser().post("/sign-in/email", { json: { email, callbackURL: evil } }),
  );
  await stage.step("at sign-up", () =>
    stage.browser().post("/sign-up/email", { json: { ...json, name, callbackURL: evil } }),
  );
  await stage.step("at a session", () =>
    stage.browser().get("/get-session?callbackURL=https%3A%2F%2Fevil.example"),
  );
};
