// The script, in the order in which it is played.

import type { Scenario } from "../support/stage";
import { callbacks } from "./callbacks";
import { preflights, withCookie, withoutCookie } from "./origin";
import { getSession, kept, signOut, together } from "./session";
import { addresses, forms, passwords, signIn } from "./sign-in";
import { signUp, signUpRefused } from "./sign-up";
import { bearer, tokens } from "./tokens";
import { sessions, updateUser } from "./user";
import { bodies, others, paths } from "./wire";

/** What goes through the client: played with each version of it. */
export const BY_CLIENT: Record<string, Scenario> = {
  "sign-up": signUp,
  "sign-in": signIn,
  "passwords": passwords,
  "addresses": addresses,
  "get-session": getSession,
  "sign-out": signOut,
  "together": together,
  "kept": kept,
  "update-user": updateUser,
  "sessions": sessions,
  "tokens": tokens,
};

/** What no client would send: the version of it makes no difference. */
export const BY_HAND: Record<string, Scenario> = {
  "sign-up-refused": signUpRefused,
  "forms": forms,
  "bearer": bearer,
  "with-cookie": withCookie,
  "without-cookie": withoutCookie,
  "preflights": preflights,
  "callbacks": callbacks,
  "paths": paths,
  "bodies": bodies,
  "others": others,
};
