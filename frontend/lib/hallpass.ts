// What this server asks Hallpass on a person's behalf, when their browser sends
// a form without script.

import "server-only";

import { parseSetCookieHeader } from "better-auth/cookies";
import { cookies, headers } from "next/headers";

import { type Problem, TEXT, problemsOf } from "./messages";
import { readSettings } from "./settings";

/** Signs in, or up: the browser gets the session cookie, or the person the reason. */
export async function openSession(path: string, body: object): Promise<Problem[]> {
  const name = deviceCookie();
  const device = (await cookies()).get(name)?.value;
  const answer = await post(path, body, device && `${name}=${device}`);
  if (!answer) {
    return [{ text: TEXT.unavailable }];
  }
  if (!answer.ok) {
    return problemsOf(await refusalOf(answer));
  }
  return (await handOnCookies(answer)) ? [] : [{ text: TEXT.wrong }];
}

/** Signs out. Whatever Hallpass says: without its cookie this browser holds nothing. */
export async function closeSession(): Promise<void> {
  const { sessionCookie, hadSessionCookie, secure } = readSettings(process.env);
  const jar = await cookies();
  const token = jar.get(sessionCookie)?.value;
  if (token !== undefined) {
    await post("/api/auth/sign-out", {}, `${sessionCookie}=${token}`);
  }
  for (const name of [sessionCookie, hadSessionCookie]) {
    jar.set(name, "", { ...FLAGS, secure, maxAge: 0 });
  }
}

/** By it Hallpass knows a browser that has signed in before. */
function deviceCookie(): string {
  return `${readSettings(process.env).cookiePrefix}.device`;
}

const FLAGS = { httpOnly: true, sameSite: "strict", path: "/" } as const;

/** Undefined: nobody answered. */
async function post(path: string, body: object, cookie?: string): Promise<Response | undefined> {
  const { hallpassUrl, issuer } = readSettings(process.env);
  const asked = await headers();
  // Next puts the connection's own address here when no proxy has put another.
  const client = asked.get("x-forwarded-for");
  const agent = asked.get("user-agent");
  try {
    return await fetch(hallpassUrl + path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        // Next has compared the browser's with this site's own.
        origin: issuer,
        ...(client ? { "x-forwarded-for": client } : {}),
        ...(agent ? { "user-agent": agent } : {}),
        ...(cookie ? { cookie } : {}),
      },
      body: JSON.stringify(body),
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    console.error(`${hallpassUrl}${path} cannot be reached:`, error);
    return undefined;
  }
}

async function refusalOf(answer: Response) {
  const body: unknown = await answer.json().catch(() => undefined);
  const said = (name: string) => {
    const value = (body as Record<string, unknown> | null | undefined)?.[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    status: answer.status,
    code: said("code"),
    message: said("message"),
    retryAfter: answer.headers.get("retry-after") ?? answer.headers.get("x-retry-after"),
  };
}

/** Only the two cookies that are known, with flags that are ours to choose. */
async function handOnCookies(answer: Response): Promise<boolean> {
  const { sessionCookie, secure } = readSettings(process.env);
  const lines = answer.headers.getSetCookie();
  const sent = parseSetCookieHeader(lines.join(", "));
  const known = [sessionCookie, deviceCookie()].flatMap((name) => {
    const cookie = sent.get(name);
    const maxAge = Number(cookie?.["max-age"]);
    return cookie?.value && maxAge > 0 ? [{ name, value: cookie.value, maxAge }] : [];
  });
  if (known[0]?.name !== sessionCookie) {
    const names = lines.map((line) => line.split("=", 1)[0]).join(", ") || "none";
    console.error(
      `Hallpass was to set the cookie ${sessionCookie}, and set ${names}. HALLPASS_COOKIE_PREFIX must be ` +
        "as in Hallpass, and HALLPASS_ISSUER the origin of its BETTER_AUTH_URL.",
    );
    return false;
  }
  const jar = await cookies();
  for (const { name, value, maxAge } of known) {
    jar.set(name, value, { ...FLAGS, secure, maxAge });
  }
  return true;
}
