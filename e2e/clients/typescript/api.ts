// The calls of the five stories, as each generated client makes them. The types
// are those of the generators: tsc holds that they fit.

import createClient from "openapi-fetch";

import { createClient as createHeyApi } from "../generated/typescript/hey-api/client";
import * as sdk from "../generated/typescript/hey-api/sdk.gen";
import type { TokenResponse, UserResponse } from "../generated/typescript/hey-api/types.gen";
import type { paths } from "../generated/typescript/schema";

export interface Account {
  readonly email: string;
  readonly password: string;
}

/** Exactly one of `data` and `error` is there. */
export interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response?: Response;
}

export interface Api {
  register(account: Account & { name?: string | null }): Promise<Answer<TokenResponse>>;
  signIn(account: Account): Promise<Answer<TokenResponse>>;
  me(token?: string): Promise<Answer<UserResponse>>;
  user(id: string, token: string): Promise<Answer<UserResponse>>;
  rename(id: string, name: string | null, token: string): Promise<Answer<UserResponse>>;
  signOut(token: string): Promise<Answer<{ message: string }>>;
}

export function heyApi(baseUrl: string): Api {
  const client = createHeyApi({ baseUrl });
  return {
    register: (body) => sdk.register({ client, body }),
    signIn: (body) => sdk.signin({ client, body }),
    me: (auth) => sdk.me({ client, auth }),
    user: (id, auth) => sdk.show({ client, auth, path: { id } }),
    rename: (id, name, auth) => sdk.update({ client, auth, path: { id }, body: { name } }),
    signOut: (auth) => sdk.signout({ client, auth }),
  };
}

export function openapiFetch(baseUrl: string): Api {
  const client = createClient<paths>({ baseUrl });
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const own = (id: string, token: string) => ({ params: { path: { id } }, headers: bearer(token) });
  return {
    register: (body) => client.POST("/api/v1/auth/register", { body }),
    signIn: (body) => client.POST("/api/v1/auth/signin", { body }),
    me: (token) => client.GET("/api/v1/auth/me", token ? { headers: bearer(token) } : {}),
    user: (id, token) => client.GET("/api/v1/users/{id}", own(id, token)),
    rename: (id, name, token) =>
      client.PATCH("/api/v1/users/{id}", { ...own(id, token), body: { name } }),
    signOut: (token) => client.POST("/api/v1/auth/signout", { headers: bearer(token) }),
  };
}
