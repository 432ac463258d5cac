"use client";

import { type SyntheticEvent, useState } from "react";

import { Button } from "@/components/ui/Button";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Summary } from "@/components/ui/Summary";
import { leaveExpired } from "@/lib/api-client";
import { attempt } from "@/lib/attempt";
import { authClient } from "@/lib/auth";
import { type Problem, TEXT } from "@/lib/messages";
import { checkName } from "@/lib/validation";

export function NameForm({ name }: { name: string }) {
  const [isBusy, setBusy] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const [problems, setProblems] = useState<readonly Problem[]>([]);

  async function submit(event: SyntheticEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("name")).trim();
    setSaved(false);
    let found: readonly Problem[] = checkName(typed);
    if (found.length === 0) {
      setBusy(true);
      found = await attempt(async (fetchOptions) => {
        const answer = await authClient.updateUser({ name: typed, fetchOptions });
        if (answer.error?.status === 401) {
          await leaveExpired();
        }
        return answer;
      });
      setBusy(false);
    }
    setProblems(found);
    setSaved(found.length === 0);
  }

  return (
    <form className="tear" noValidate onSubmit={(event) => void submit(event)}>
      {isSaved && <Notice>{TEXT.saved}</Notice>}
      <Summary problems={problems} />
      <Input
        name="name"
        label="Name"
        hint="What we should call you."
        autoComplete="name"
        defaultValue={name}
        problems={problems.filter(({ field }) => field === "name").map(({ text }) => text)}
        beside={
          <Button look="quiet" busy={isBusy && "Saving…"}>
            Save name
          </Button>
        }
      />
    </form>
  );
}
