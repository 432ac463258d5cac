// Verifies a token as a service does that uses jose.

import { readFileSync } from "node:fs";
import { createRemoteJWKSet, jwtVerify } from "jose";

const { token, algorithm, issuer, secret, jwks_url } = JSON.parse(readFileSync(0, "utf8"));
const key =
  algorithm === "HS256"
    ? new TextEncoder().encode(secret)
    : createRemoteJWKSet(new URL(jwks_url));
const { payload } = await jwtVerify(token, key, {
  algorithms: [algorithm],
  issuer,
  typ: "JWT",
  requiredClaims: ["sub", "iat", "exp"],
  clockTolerance: 5,
});
console.log(JSON.stringify(payload));
