export const ID = "0199aa2e-7c41-7d30-9f65-4b8f1e2d6c70";
export const PASSWORD = "three unrelated words";

export const USER = {
  id: ID,
  name: "Ann Example",
  email: "ann@example.com",
  emailVerified: false,
  image: null,
  createdAt: "2026-11-20T09:11:41.558Z",
  updatedAt: "2026-11-20T09:11:41.558Z",
};

export const SESSION = {
  user: USER,
  session: {
    id: "one",
    token: "opaque",
    userId: ID,
    expiresAt: "2036-11-20T10:11:41.000Z",
    createdAt: "2026-11-20T09:11:41.000Z",
    updatedAt: "2026-11-20T09:11:41.000Z",
    ipAddress: "",
    userAgent: null,
  },
};

/** Unsigned: nothing in a browser can tell. */
export function tokenUntil(milliseconds: number): string {
  const part = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  return `${part({ alg: "HS256" })}.${part({ exp: Math.floor(milliseconds / 1000) })}.AAAA`;
}
