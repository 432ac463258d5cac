"use client";

import { type SyntheticEvent, useState } from "react";

import { signOut } from "@/app/(auth)/actions";
import { Button } from "@/components/ui/Button";
import { Summary } from "@/components/ui/Summary";
import { forgetToken } from "@/lib/api-client";
import { attempt } from "@/lib/attempt";
import { authClient } from "@/lib/auth";
import type { Problem } from "@/lib/messages";
import { leaveFor } from "@/lib/utils";

/** A form, so that it works without script too. */
export function SignoutButton() {
  const [isBusy, setBusy] = useState(false);
  const [problems, setProblems] = useState<readonly Problem[]>([]);

  async function submit(event: SyntheticEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const found = await attempt((options) => authClient.signOut({ fetchOptions: options }));
    setProblems(found);
    if (found.length === 0) {
      forgetToken();
      leaveFor("/signin?reason=signed-out");
    } else {
      setBusy(false);
    }
  }

  return (
    <form className="tear" action={signOut} onSubmit={(event) => void submit(event)}>
      <Summary problems={problems} />
      <Button look="quiet" busy={isBusy && "Signing out…"}>
        Sign out
      </Button>
    </form>
  );
}
