// Before every page: the dashboard is for those who bring a session cookie, the
// forms for those who do not; and every page has a policy of its own.

import { getSessionCookie } from "better-auth/cookies";
import { type NextRequest, NextResponse } from "next/server";

import { contentSecurityPolicy } from "@/lib/policy";
import { returnPath, via } from "@/lib/return-path";
import { verifySession } from "@/lib/session";
import { type Settings, readSettings } from "@/lib/settings";

/** As long as Hallpass remembers it on its own pages. */
const A_DAY = 86_400;

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const settings = readSettings(process.env);
  const { pathname } = request.nextUrl;
  if (pathname === "/dashboard" || pathname.startsWith("/dashboard/")) {
    return guard(request, settings);
  }
  if (pathname === "/signin" || pathname === "/signup") {
    return welcome(request, settings);
  }
  return page(request, settings);
}

/**
 * Whoever has no cookie is sent to sign in. Whether the cookie is a good one,
 * the page itself verifies.
 */
function guard(request: NextRequest, settings: Settings): NextResponse {
  const { cookiePrefix, hadSessionCookie } = settings;
  if (getSessionCookie(request, { cookiePrefix })) {
    const response = page(request, settings);
    setCookie(response, settings, hadSessionCookie, "1", A_DAY);
    return response;
  }
  const hadSession = request.cookies.has(hadSessionCookie);
  const asked = returnPath(request.nextUrl.pathname + request.nextUrl.search);
  const response = redirect(request, via("/signin", asked, hadSession ? "expired" : undefined));
  setCookie(response, settings, hadSessionCookie, "", 0);
  return response;
}

/**
 * Who has signed in is led on. A cookie that is worth nothing is taken away
 * here, so that dashboard and sign-in cannot send anybody to and fro.
 */
async function welcome(request: NextRequest, settings: Settings): Promise<NextResponse> {
  // A form that is being sent is about to get a new cookie, not to lose one.
  if (request.method === "POST") {
    return page(request, settings);
  }
  const token = request.cookies.get(settings.sessionCookie)?.value;
  const verdict = token === undefined ? "none" : await judge(token);
  if (verdict === "good") {
    return redirect(request, returnPath(request.nextUrl.searchParams.get("next")));
  }
  const response = page(request, settings);
  if (verdict === "bad") {
    setCookie(response, settings, settings.sessionCookie, "", 0);
  }
  if (request.cookies.has(settings.hadSessionCookie)) {
    setCookie(response, settings, settings.hadSessionCookie, "", 0);
  }
  return response;
}

async function judge(token: string): Promise<"good" | "bad" | "unknown"> {
  try {
    return (await verifySession(token)) ? "good" : "bad";
  } catch (error) {
    console.error(error);
    return "unknown";
  }
}

function page(request: NextRequest, settings: Settings): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
  const policy = contentSecurityPolicy(nonce, settings.apiUrl, process.env.NODE_ENV);
  // Next reads the nonce here, and puts it on its scripts.
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  if (settings.secure) {
    response.headers.set("strict-transport-security", "max-age=63072000");
  }
  return response;
}

function redirect(request: NextRequest, path: string): NextResponse {
  return NextResponse.redirect(new URL(path, request.nextUrl.origin), 303);
}

function setCookie(
  response: NextResponse,
  { secure }: Settings,
  name: string,
  value: string,
  maxAge: number,
): void {
  response.cookies.set(name, value, {
    httpOnly: true,
    sameSite: "strict",
    path: "/",
    secure,
    maxAge,
  });
}

export const config = {
  // What Hallpass answers, and files that are the same for everybody, pass by.
  matcher: ["/((?!api/auth/|api/v1/|_next/static/|icon\\.svg$).*)"],
};
