"use client";

import { signUp } from "@/app/(auth)/actions";
import { Button } from "@/components/ui/Button";
import { Input } from "@/components/ui/Input";
import { Summary } from "@/components/ui/Summary";
import { authClient } from "@/lib/auth";
import { checkSignUp } from "@/lib/validation";

import { useAuthForm } from "./useAuthForm";

const PASSWORD_HINT =
  "8 to 128 characters. A few unrelated words are easy to remember and hard to guess. Not a common " +
  "password, and nothing that contains the part of your email address before the @.";

export function SignupForm({ next }: { next: string }) {
  const { form, problems, problemsWith, typed, isBusy } = useAuthForm({
    action: signUp,
    next,
    check: checkSignUp,
    send: ({ email, password, name }, options) =>
      authClient.signUp.email({ email: email.trim(), password, name: name.trim() }, options),
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
          autoComplete="new-password"
          required
          hint={PASSWORD_HINT}
          problems={problemsWith("password")}
        />
        <Input
          name="name"
          label="Name (optional)"
          autoComplete="name"
          defaultValue={typed.name}
          hint="What we should call you."
          problems={problemsWith("name")}
        />
        <Button busy={isBusy && "Creating your account…"}>Create account</Button>
      </form>
    </>
  );
}
