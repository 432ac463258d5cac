import type { Scenario } from "../support/stage";

export const paths: Scenario = async (stage) => {
  const tab = stage.browser();
  const gets = [
    "",
    "/",
    "/ok",
    "/ok/",
    "//ok",
    "/ok//",
    "/ok?x=1",
    "/OK",
    "/ok%2f",
    "/%6fk",
    "/./ok",
    "/x/../ok",
    "/ok;x",
    "/ok.json",
    "/get-session/",
    "//get-session",
    "/nope",
    "/sign-in",
    "/sign-in/email",
    "/sign-in/email/",
    "/sign-up",
    "/sign-out",
    "/forget-password",
    "/error",
    "/error?error=state_mismatch",
    "/error?error=state_mismatch&error_description=Too+late",
    "/error?error=%3Cscript%3E",
    "/error?error=a%0d%0ab",
    "/error?error_description=x",
    "/.well-known/jwks.json",
    "/jwks",
    "/jwks?x=1",
    "/token/",
  ];
  for (const path of gets) {
    await stage.step(`GET ${path}`, () => tab.get(path));
  }
  for (const path of ["/ok", "/sign-in/email", "/get-session", "/jwks", "/token", "/nope"]) {
    for (const method of ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]) {
      await stage.step(`${method} ${path}`, () => tab.ask(method, path));
    }
  }
  for (const path of [
    "/ok",
    "/jwks",
    "/token",
    "/error",
    "/list-sessions",
    "/nope",
    "//sign-out",
  ]) {
    await stage.step(`POST ${path}`, () => tab.post(path, { json: {} }));
  }
};

export const bodies: Scenario = async (stage) => {
  const { email, password } = stage.person("ann");
  const text = JSON.stringify({ email, password });
  const path = "/sign-in/email";
  const types: Record<string, string | undefined> = {
    "JSON": "application/json",
    "JSON with a charset": "application/json; charset=utf-8",
    "JSON in capitals": "Application/JSON",
    "problem JSON": "application/problem+json",
    "text": "text/plain",
    "text with a charset": "text/plain;charset=UTF-8",
    "XML": "application/xml",
    "a multipart form": "multipart/form-data; boundary=x",
    "bytes": "application/octet-stream",
    "no type": undefined,
    "an empty type": "",
    "a type that is none": "json",
    "JSON and more": "application/jsonx",
  };
  for (const [kind, type] of Object.entries(types)) {
    const headers = { "content-type": type };
    await stage.step(`${kind} at sign-in`, () => stage.browser().post(path, { text, headers }));
    await stage.step(`${kind} at sign-out`, () =>
      stage.browser().post("/sign-out", { text: "{}", headers }),
    );
  }
  const broken: Record<string, string> = {
    "an open brace": "{",
    "nothing": "",
    "blanks": "  ",
    "two values": "{}{}",
    "a comma too many": '{"email":"x",}',
    "single quotes": "{'email':'x'}",
    "a byte order mark": `\ufeff${text}`,
    "a key twice": `{"email":"other@example.com",${text.slice(1)}`,
    "a prototype": `{"__proto__":{"email":"x"},${text.slice(1)}`,
    "a lone surrogate": '{"email":"\\ud800@example.com","password":"x"}',
    "deep nesting": "[".repeat(200) + "]".repeat(200),
    "NaN": "NaN",
  };
  for (const [kind, body] of Object.entries(broken)) {
    await stage.step(kind, () =>
      stage.browser().post(path, { text: body, type: "application/json" }),
    );
  }
  await stage.step("a body of 100 KiB", () =>
    stage.browser().post(path, { json: { email, password, more: "x".repeat(100 * 1024) } }),
  );
  await stage.step("a body under an unknown path", () =>
    stage.browser().post("/nope", { text: "{", type: "application/json" }),
  );
  await stage.step("a wrong type under an unknown path", () =>
    stage.browser().post("/nope", { text: "x", type: "text/plain" }),
  );
  await stage.step("a wrong type with a forged origin", () =>
    stage.browser().post(path, {
      text,
      type: "text/plain",
      headers: { origin: "https://evil.example" },
    }),
  );
  await stage.step("no body at all", () => stage.browser().post(path));
};

/** What a Better Auth server has of itself, and Hallpass has not or not yet. */
export const others: Scenario = async (stage) => {
  const tab = stage.browser();
  const { email, password } = stage.person("ann");
  await stage.step("sign up", () => tab.client.signUp.email(stage.person("ann")));
  const gets = [
    "/account-info?accountId=x",
    "/callback/github?code=x",
    "/delete-user/callback?token=x",
    "/list-accounts",
    "/reset-password/x?callbackURL=%2F",
    "/verify-email?token=x",
  ];
  for (const path of gets) {
    await stage.step(`GET ${path}`, () => tab.get(path));
  }
  const posts: Record<string, object> = {
    "/change-email": { newEmail: "other@example.com" },
    "/change-password": { currentPassword: "wrong words", newPassword: "three new words" },
    "/delete-user": { password },
    "/get-access-token": { accountId: "x" },
    "/link-social": { provider: "github" },
    "/refresh-token": { accountId: "x" },
    "/request-password-reset": { email },
    "/reset-password": { newPassword: "three new words", token: "x" },
    "/send-verification-email": { email },
    "/sign-in/social": { provider: "github" },
    "/unlink-account": { accountId: "x" },
    "/update-session": { theme: "dark" },
    "/verify-password": { password },
  };
  for (const [path, json] of Object.entries(posts)) {
    await stage.step(`POST ${path}`, () => tab.post(path, { json }));
  }
};
