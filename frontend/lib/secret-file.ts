// The secret of Hallpass, where it stands in a file. Read once, at the start.

import { existsSync, readFileSync } from "node:fs";

type Environment = Record<string, string | undefined>;

/** Where `make run` keeps it, seen from this folder. */
const OF_MAKE_RUN = "../hallpass-data/secret";

/**
 * Puts the secret into BETTER_AUTH_SECRET: that of BETTER_AUTH_SECRET_FILE, or of
 * `make run` where there is one. Does nothing where the settings name a secret or
 * public keys.
 */
export function readSecretFile(env: Environment, ofMakeRun = OF_MAKE_RUN): void {
  if (env["BETTER_AUTH_SECRET"] || env["HALLPASS_JWKS_URL"]) {
    return;
  }
  const named = env["BETTER_AUTH_SECRET_FILE"];
  const file = named || ofMakeRun;
  if (!named && !existsSync(file)) {
    return;
  }
  const secret = textOf(file).trim();
  if (!secret) {
    throw new Error(`BETTER_AUTH_SECRET_FILE: ${file} is empty; it must hold Hallpass's secret.`);
  }
  env["BETTER_AUTH_SECRET"] = secret;
  console.log(
    `Sessions are verified by the secret in ${file}; set HALLPASS_JWKS_URL to verify by keys.`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`BETTER_AUTH_SECRET_FILE: ${file} cannot be read (${code}).`, { cause: error });
  }
}
