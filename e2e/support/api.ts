// The JSON API, called as by a program: what the pages show is checked against it.

import type { BrowserContext } from "@playwright/test";

import { PASSWORD, type Person } from "./people";
import type { Server } from "./server";

export interface User {
  id: string;
  email: string;
  name: string | null;
  created_at: string;
}

export interface Session {
  access_token: string;
  user: User;
}

export interface Refusal {
  status: number;
  code: string;
}

export async function register(site: Server, person: Person): Promise<Session> {
  return expectOk(await post(site, "/api/v1/auth/register", person));
}

export async function signIn(site: Server, person: Person): Promise<Session> {
  return expectOk(await post(site, "/api/v1/auth/signin", person));
}

/** What somebody is told who is to be refused. */
export async function refusal(site: Server, path: string, body: object): Promise<Refusal> {
  const answer = await post(site, path, body);
  const { code } = (await answer.json()) as { code?: string };
  return { status: answer.status, code: code ?? "" };
}

/** Fails to sign in so often, with a password that is none of theirs. */
export async function guess(site: Server, email: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await post(site, "/api/v1/auth/signin", { email, password: `not the password ${time}` });
  }
}

/** As many registrations as one client may make in an hour. */
export async function useUpRegistrations(site: Server): Promise<void> {
  for (let number = 1; number <= 20; number += 1) {
    await register(site, { email: `member.${number}@example.com`, password: PASSWORD });
  }
}

/** Gives a browser the cookie of somebody who has signed in. */
export async function carry(
  context: BrowserContext,
  site: Server,
  session: Session,
): Promise<void> {
  const secure = site.origin.startsWith("https:");
  const cookie = { name: site.cookieName("session_token"), value: session.access_token };
  const flags = { httpOnly: true, sameSite: "Strict", secure } as const;
  await context.addCookies([{ ...cookie, ...flags, url: site.origin }]);
}

function post(site: Server, path: string, body: object): Promise<Response> {
  return fetch(site.backendUrl + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function expectOk<T>(answer: Response): Promise<T> {
  if (!answer.ok) {
    throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  }
  return (await answer.json()) as T;
}
