// Verifies a token as a service does that uses jose.

import { readFileSync } from "node:fs";
import { createRemoteJWKSet, jwtVerify } from "jose";

const asked = JSON.parse(readFileSync(0, "utf8"));
const key =
  asked.algorithm === "HS256"
    ? new TextEncoder().encode(asked.secret)
    : createRemoteJWKSet(new URL(asked.jwks_url));
const { payload } = await jwtVerify(asked.token, key, {
  algorithms: [asked.algorithm],
  issuer: asked.issuer,
  typ: "JWT",
});
console.log(JSON.stringify(payload));
