// Every setting of this front end, read and judged in one place.

type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  /** Where this server reaches Hallpass. */
  readonly hallpassUrl: string;
  /** The `iss` of its tokens: the origin of its BETTER_AUTH_URL. */
  readonly issuer: string;
  /** Present: tokens are HS256 of this secret. Absent: of the published keys. */
  readonly secret: string | undefined;
  /** Present: where the published keys are, if not below `hallpassUrl`. */
  readonly jwksUrl: string | undefined;
  /** As getSessionCookie of better-auth wants it. */
  readonly cookiePrefix: string;
  readonly sessionCookie: string;
  /** A cookie of our own, without data: there was a session. */
  readonly hadSessionCookie: string;
  /** Cookies are for https alone. */
  readonly secure: boolean;
  /** Where lib/api-client.ts sends requests; empty is the page's own origin. */
  readonly apiUrl: string;
}

const MIN_SECRET_BYTES = 32;
const COOKIE_PREFIX = /^[A-Za-z0-9_-]{1,64}$/;

/** Throws one error that names every fault and what to do about it. */
export function readSettings(env: Environment): Settings {
  const faults: string[] = [];
  const hallpassUrl = originOf(env, "HALLPASS_URL", "http://localhost:8000", faults);
  const issuer = originOf(env, "HALLPASS_ISSUER", hallpassUrl, faults);
  const secret = secretOf(env, faults);
  const jwksUrl = jwksUrlOf(env, faults);
  const prefix = prefixOf(env, faults);
  const apiUrl = originOf(env, "NEXT_PUBLIC_API_URL", "", faults);
  if (faults.length > 0) {
    throw new SettingsError(faults);
  }

  const secure = issuer.startsWith("https:");
  const cookiePrefix = secure ? `__Host-${prefix}` : prefix;
  return {
    hallpassUrl,
    issuer,
    secret,
    jwksUrl,
    cookiePrefix,
    sessionCookie: `${cookiePrefix}.session_token`,
    hadSessionCookie: `${cookiePrefix}.frontend_had_session`,
    secure,
    apiUrl,
  };
}

export class SettingsError extends Error {
  override readonly name = "SettingsError";

  constructor(faults: string[]) {
    const list = faults.map((fault) => `  - ${fault}`).join("\n");
    super(`The settings of the front end are not right (see .env.local.example):\n${list}`);
  }
}

function originOf(env: Environment, name: string, otherwise: string, faults: string[]): string {
  const text = env[name]?.trim();
  if (!text) {
    return otherwise;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url && [url.origin, `${url.origin}/`].includes(url.href);
  if (!url || !bare || !["http:", "https:"].includes(url.protocol)) {
    faults.push(`${name} must be an origin like https://auth.example.com, without a path.`);
    return otherwise;
  }
  return url.origin;
}

function secretOf(env: Environment, faults: string[]): string | undefined {
  const secret = env["BETTER_AUTH_SECRET"];
  if (!secret) {
    return undefined;
  }
  const bytes = new TextEncoder().encode(secret).length;
  if (bytes < MIN_SECRET_BYTES) {
    faults.push(
      `BETTER_AUTH_SECRET must have at least ${MIN_SECRET_BYTES} bytes and has ${bytes}. Take the one ` +
        "that Hallpass has, or leave it out and start Hallpass with HALLPASS_SIGNING=eddsa.",
    );
  }
  return secret;
}

function jwksUrlOf(env: Environment, faults: string[]): string | undefined {
  const text = env["HALLPASS_JWKS_URL"]?.trim();
  if (!text) {
    return undefined;
  }
  if (!URL.canParse(text) || !["http:", "https:"].includes(new URL(text).protocol)) {
    faults.push("HALLPASS_JWKS_URL must be a URL like https://auth.example.com/.well-known/jwks.json.");
  }
  if (env["BETTER_AUTH_SECRET"]) {
    faults.push(
      "BETTER_AUTH_SECRET and HALLPASS_JWKS_URL are both set: remove the secret where Hallpass signs " +
        "with keys, and the URL where it signs with its secret.",
    );
  }
  return text;
}

function prefixOf(env: Environment, faults: string[]): string {
  const prefix = env["HALLPASS_COOKIE_PREFIX"]?.trim() || "hallpass";
  if (!COOKIE_PREFIX.test(prefix)) {
    faults.push("HALLPASS_COOKIE_PREFIX must be 1 to 64 letters, digits, - or _, as in Hallpass.");
  } else if (/^__(host|secure)-/i.test(prefix)) {
    faults.push(
      "HALLPASS_COOKIE_PREFIX must not begin with __Host- or __Secure-: with an https issuer " +
        "__Host- is put before it, as Hallpass does.",
    );
  }
  return prefix;
}
