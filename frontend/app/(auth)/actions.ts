"use server";

// The forms, when they are sent without script or before it has arrived.

import { redirect } from "next/navigation";

import { type FormState, typedIn } from "@/components/auth/form-state";
import { closeSession, openSession } from "@/lib/hallpass";
import { returnPath } from "@/lib/return-path";
import { checkSignIn, checkSignUp } from "@/lib/validation";

export async function signIn(_before: FormState, form: FormData): Promise<FormState> {
  const typed = typedIn(form);
  const { email, password } = typed;
  let problems = checkSignIn(typed);
  if (problems.length === 0) {
    problems = await openSession("/api/auth/sign-in/email", { email: email.trim(), password });
  }
  return onward(form, { email, name: "", problems });
}

export async function signUp(_before: FormState, form: FormData): Promise<FormState> {
  const typed = typedIn(form);
  const { email, password, name } = typed;
  let problems = checkSignUp(typed);
  if (problems.length === 0) {
    const body = { email: email.trim(), password, name: name.trim() };
    problems = await openSession("/api/auth/sign-up/email", body);
  }
  return onward(form, { email, name, problems });
}

export async function signOut(): Promise<void> {
  await closeSession();
  redirect("/signin?reason=signed-out");
}

/** What was typed comes back with what is wrong with it, but never the password. */
function onward(form: FormData, state: FormState): FormState {
  if (state.problems.length === 0) {
    redirect(returnPath(form.get("next")));
  }
  return state;
}
