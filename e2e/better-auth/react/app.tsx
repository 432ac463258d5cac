// A page as a Better Auth application has it, that shows what `useSession` says.

import { createAuthClient } from "better-auth/react";
import { jwtClient } from "better-auth/client/plugins";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

declare global {
  interface Window {
    /** Every state that was on the page, in order. */
    seen: string[];
  }
}

window.seen = [];
// No address: the page's own origin, as behind a rewrite of Next.js.
const auth = createAuthClient({ plugins: [jwtClient()] });

interface Result {
  error: { code?: string | undefined; status: number } | null;
}

function Page(): ReactNode {
  const { data, isPending, error } = auth.useSession();
  const [answer, setAnswer] = useState("");
  const state = isPending ? "pending" : (data?.user.name ?? error?.message ?? "nobody");
  useEffect(() => {
    if (window.seen.at(-1) !== state) {
      window.seen.push(state);
    }
  }, [state]);

  const show = async (call: Promise<Result>): Promise<void> => {
    setAnswer("");
    const result = await call;
    setAnswer(result.error ? [result.error.status, result.error.code].join(" ") : "done");
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [name, email, password] = ["name", "email", "password"].map((field) =>
      String(fields.get(field)),
    ) as [string, string, string];
    const { value } = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement;
    const calls: Record<string, () => Promise<Result>> = {
      "sign-up": () => auth.signUp.email({ name, email, password }),
      "sign-in": () => auth.signIn.email({ email, password }),
      "rename": () => auth.updateUser({ name }),
      "token": () => auth.token(),
      "sign-out": () => auth.signOut(),
    };
    void show(calls[value]?.() ?? Promise.reject(new Error(`no button ${value}`)));
  };

  return (
    <form onSubmit={submit}>
      <h1>{state}</h1>
      <output>{answer}</output>
      <input name="name" aria-label="Name" />
      <input name="email" aria-label="Email" />
      <input name="password" aria-label="Password" type="password" />
      <button value="sign-up">Sign up</button>
      <button value="sign-in">Sign in</button>
      <button value="rename">Change name</button>
      <button value="token">Fetch token</button>
      <button value="sign-out">Sign out</button>
    </form>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(<Page />);
}
