"use client";

import { signIn } from "@/app/(auth)/actions";
import { Button } from "@/components/ui/Button";
import { Input } from "@/components/ui/Input";
import { Summary } from "@/components/ui/Summary";
import { authClient } from "@/lib/auth";
import { checkSignIn } from "@/lib/validation";

import { useAuthForm } from "./useAuthForm";

export function SigninForm({ next }: { next: string }) {
  const { form, problems, problemsWith, typed, isBusy } = useAuthForm({
    action: signIn,
    next,
    check: checkSignIn,
    send: ({ email, password }, options) =>
      authClient.signIn.email({ email: email.trim(), password }, options),
  });
  return (
    <>
      <Summary problems={problems} />
      <form {...form}>
        <input type="hidden" name="next" value={next} />
        <Input
          name="email"
          label="Email address"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={typed.email}
          required
          problems={problemsWith("email")}
        />
        <Input
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          problems={problemsWith("password")}
        />
        <Button busy={isBusy && "Signing in…"}>Sign in</Button>
      </form>
    </>
  );
}
