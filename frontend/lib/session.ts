// Who is asking: the session cookie, verified here. Hallpass is not asked.

import "server-only";

import { type JWTPayload, createRemoteJWKSet, errors, jwtVerify } from "jose";
import { cookies } from "next/headers";
import { connection } from "next/server";

import { type Settings, readSettings } from "./settings";

export interface Session {
  readonly userId: string;
  readonly email: string;
  readonly expiresAt: Date;
  readonly secondsLeft: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Seconds that Hallpass's clock may be ahead of ours. */
const MAX_SKEW = 5;

/** The published set says `max-age=300`. */
const KEYS_ARE_READ_AGAIN_AFTER = 5 * 60_000;
/** When Hallpass is away for longer, its keys are not believed any more. */
const KEYS_LIVE = 60 * 60_000;

/** A key that was made in haste signs after two seconds; forgers may not keep us reading. */
const UNKNOWN_KEYS_ARE_LOOKED_FOR_AFTER = 2_000;

/** For server components. */
export async function currentSession(): Promise<Session | null> {
  await connection();
  const { sessionCookie } = readSettings(process.env);
  const token = (await cookies()).get(sessionCookie)?.value;
  return token === undefined ? null : verifySession(token);
}

/**
 * The session of a token that is Hallpass's own, meant for here and alive; null
 * for every other token. Throws when that cannot be told, since the keys cannot
 * be read or the settings do not fit: nobody is let in then, and nobody's cookie
 * is thrown away.
 */
export async function verifySession(token: string): Promise<Session | null> {
  const settings = readSettings(process.env);
  try {
    const { payload, protectedHeader } = await verify(token, settings);
    return isTextOrAbsent(protectedHeader.kid) ? sessionOf(payload) : null;
  } catch (error) {
    if (isFaultOfToken(error)) {
      hintAtSettings(error, settings);
      return null;
    }
    throw new Error(`Tokens cannot be verified: ${String(error)}`, { cause: error });
  }
}

/** Which algorithms are taken is ours to say, never the token's. */
async function verify(token: string, settings: Settings) {
  const common = {
    issuer: settings.issuer,
    typ: "JWT",
    requiredClaims: ["sub", "email", "iat", "exp"],
    clockTolerance: 0,
  };
  if (settings.secret !== undefined) {
    const key = new TextEncoder().encode(settings.secret);
    return jwtVerify(token, key, { ...common, algorithms: ["HS256"] });
  }
  const algorithms = ["EdDSA", "Ed25519", "ES256", "RS256"];
  return jwtVerify(token, await publishedKeys(settings), { ...common, algorithms });
}

/** What jose leaves to us: an audience is somebody else's, and nobody issues tomorrow's. */
function sessionOf({
  sub,
  email,
  iat,
  exp,
  aud,
}: JWTPayload & { email?: unknown }): Session | null {
  const now = Math.floor(Date.now() / 1000);
  if (!isWhole(iat) || !isWhole(exp) || iat > now + MAX_SKEW || aud !== undefined) {
    return null;
  }
  if (typeof email !== "string" || sub === undefined || !UUID.test(sub)) {
    return null;
  }
  return { userId: sub, email, expiresAt: new Date(exp * 1000), secondsLeft: exp - now };
}

/** RFC 7515, section 4.1.4: jose looks at the name of a key only where there are several. */
function isTextOrAbsent(kid: unknown): boolean {
  return kid === undefined || typeof kid === "string";
}

function isWhole(time: number | undefined): time is number {
  return Number.isSafeInteger(time);
}

function isFaultOfToken(error: unknown): error is errors.JOSEError {
  return [
    errors.JWTExpired,
    errors.JWTClaimValidationFailed,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

function jwksUrl({ jwksUrl, hallpassUrl }: Settings): string {
  return jwksUrl ?? `${hallpassUrl}/.well-known/jwks.json`;
}

type Keys = ReturnType<typeof createRemoteJWKSet>;
let published: { url: string; keys: Keys; readAt: number } | undefined;

/**
 * The first request waits for the keys. Later ones use them, and have them read
 * again behind their backs; a key that is not among them is looked for at once.
 */
async function publishedKeys(settings: Settings): Promise<Keys> {
  const url = jwksUrl(settings);
  if (published?.url !== url) {
    const keys = createRemoteJWKSet(new URL(url), {
      cacheMaxAge: KEYS_LIVE,
      cooldownDuration: UNKNOWN_KEYS_ARE_LOOKED_FOR_AFTER,
    });
    published = { url, keys, readAt: 0 };
  }
  const { keys } = published;
  if (!keys.fresh) {
    await keys.reload();
    published.readAt = Date.now();
  } else if (Date.now() - published.readAt > KEYS_ARE_READ_AGAIN_AFTER) {
    published.readAt = Date.now();
    keys.reload().catch((error: unknown) => console.error(`${url} cannot be read:`, error));
  }
  if (keys.jwks()?.keys.length === 0) {
    published = undefined;
    throw new Error(
      `${url} holds no keys: Hallpass signs with its secret. Start it with HALLPASS_SIGNING=eddsa, ` +
        "or give this front end the same BETTER_AUTH_SECRET.",
    );
  }
  return keys;
}

const hinted = new Set<string>();

/** Once each: settings that do not fit turn everybody away, and look like expiry. */
function hintAtSettings(error: errors.JOSEError, settings: Settings): void {
  let hint: string | undefined;
  if (error instanceof errors.JOSEAlgNotAllowed) {
    hint = settings.secret
      ? "A token was refused that is not signed with HS256. If Hallpass signs with keys (HALLPASS_SIGNING), set " +
        `HALLPASS_JWKS_URL=${jwksUrl(settings)} and remove BETTER_AUTH_SECRET from the settings of this front end.`
      : "A token was refused that is signed with a secret. Start Hallpass with HALLPASS_SIGNING=eddsa, or " +
        "give this front end the same BETTER_AUTH_SECRET.";
  } else if (error instanceof errors.JWTClaimValidationFailed && error.claim === "iss") {
    hint =
      `A token was refused whose issuer is not ${settings.issuer}. HALLPASS_ISSUER must be the origin of ` +
      "Hallpass's BETTER_AUTH_URL.";
  }
  if (hint && !hinted.has(hint)) {
    hinted.add(hint);
    console.warn(hint);
  }
}
