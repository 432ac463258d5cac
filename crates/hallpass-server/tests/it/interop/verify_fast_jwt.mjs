// Verifies a token as a service does that uses fast-jwt.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createDecoder, createVerifier } from "fast-jwt";

const { token, algorithm, issuer, secret, jwks_url } = JSON.parse(readFileSync(0, "utf8"));

async function publishedKey() {
  const { keys } = await (await fetch(jwks_url)).json();
  const { kid } = createDecoder({ complete: true })(token).header;
  const jwk = keys.find((key) => key.kid === kid && key.alg === algorithm);
  return createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
}

const verify = createVerifier({
  key: algorithm === "HS256" ? secret : await publishedKey(),
  algorithms: [algorithm],
  allowedIss: issuer,
  requiredClaims: ["sub", "iat", "exp", "iss"],
  clockTolerance: 5000,
});
console.log(JSON.stringify(verify(token)));
