// The schemas of the document, read by validators, accept what the server does.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@playwright/test";
import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";

import addresses from "../addresses.json";
import { Server } from "../../support/server";
import * as schemas from "../generated/typescript/hey-api/zod.gen";

const DOCUMENT = JSON.parse(
  readFileSync(join(__dirname, "../generated/openapi.json"), "utf8"),
) as object;

/** ajv knows every format of the document but this one, which its user adds. */
function validator(name: string) {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
  addFormats(ajv, { mode: "full" });
  ajv.addFormat("idn-email", /^[^\s@]+@[^\s@]+$/u);
  for (const word of ["openapi", "info", "paths", "components", "tags", "example"]) {
    ajv.addKeyword(word);
  }
  ajv.addSchema(DOCUMENT, "document");
  return ajv.compile({ $ref: `document#/components/schemas/${name}` });
}

test("ajv accepts addresses in every script", () => {
  const validate = validator("RegisterRequest");
  for (const email of addresses) {
    expect(validate({ email, password: "three unrelated words" }), email).toBe(true);
  }
  expect(validate({ email: "ann", password: "three unrelated words" })).toBe(false);
});

test("zod accepts addresses in every script", () => {
  for (const email of addresses) {
    const body = { email, password: "three unrelated words" };
    expect(schemas.zRegisterRequest.parse(body)).toEqual(body);
  }
});

test("answers pass the formats of their schemas", async () => {
  const server = await Server.start();
  try {
    const body = { email: "用户@例子.广告", password: "three unrelated words", name: "用户" };
    const headers = { "content-type": "application/json", origin: server.origin };
    const post = async (path: string): Promise<unknown> => {
      const request = { method: "POST", headers, body: JSON.stringify(body) };
      return (await fetch(server.url(path), request)).json();
    };
    const token: unknown = await post("/api/v1/auth/register");
    const signedIn: unknown = await post("/api/auth/sign-in/email");
    const validate = validator("TokenResponse");
    expect(validate(token), JSON.stringify(validate.errors)).toBe(true);
    expect(schemas.zTokenResponse.parse(token)).toEqual(token);
    const validateBetterAuth = validator("BetterAuthSignInAnswer");
    expect(validateBetterAuth(signedIn), JSON.stringify(validateBetterAuth.errors)).toBe(true);
    expect(schemas.zBetterAuthSignInAnswer.parse(signedIn)).toEqual(signedIn);
  } finally {
    await server.stop();
  }
});
