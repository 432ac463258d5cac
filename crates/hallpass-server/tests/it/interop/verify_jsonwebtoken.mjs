// Verifies a token as a service does that uses jsonwebtoken.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import jwt from "jsonwebtoken";

const { token, algorithm, issuer, secret, jwks_url } = JSON.parse(readFileSync(0, "utf8"));

async function publishedKey() {
  const { keys } = await (await fetch(jwks_url)).json();
  const { kid } = jwt.decode(token, { complete: true }).header;
  const jwk = keys.find((key) => key.kid === kid && key.alg === algorithm);
  return createPublicKey({ key: jwk, format: "jwk" });
}

const key = algorithm === "HS256" ? secret : await publishedKey();
const claims = jwt.verify(token, key, { algorithms: [algorithm], issuer, clockTolerance: 5 });
console.log(JSON.stringify(claims));
