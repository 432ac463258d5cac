// The published client, in the versions that people have.

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What the scenarios call of it; what comes back is recorded, whatever it is. */
export interface Client {
  signUp: { email: Call };
  signIn: { email: Call };
  signOut: Call;
  getSession: Call;
  listSessions: Call;
  revokeSession: Call;
  revokeSessions: Call;
  revokeOtherSessions: Call;
  updateUser: Call;
  token: Call;
  jwks: Call;
}

type Call = (body?: object) => Promise<unknown>;

export type ClientFactory = (origin: string, fetch: Fetch) => Client;

interface Package {
  createAuthClient: (options: object) => unknown;
}

interface Plugins {
  jwtClient: () => unknown;
}

/** By their names in package.json; the newest first. */
export const VERSIONS = {
  "1.7": "better-auth",
  "1.6": "better-auth-1.6",
  "1.4": "better-auth-1.4",
} as const;

export type Version = keyof typeof VERSIONS;

export async function loadClient(version: Version): Promise<ClientFactory> {
  const name = VERSIONS[version];
  const { createAuthClient } = (await import(`${name}/client`)) as Package;
  const { jwtClient } = (await import(`${name}/client/plugins`)) as Plugins;
  return (baseURL, customFetchImpl) =>
    createAuthClient({
      baseURL,
      plugins: [jwtClient()],
      fetchOptions: { customFetchImpl },
    }) as Client;
}
