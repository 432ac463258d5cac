"use client";

import { useRouter } from "next/navigation";
import { type SyntheticEvent, useActionState, useRef, useState, useTransition } from "react";

import { type Answer, type CallOptions, attempt } from "@/lib/attempt";
import { type Problem, TEXT } from "@/lib/messages";
import type { Registration } from "@/lib/validation";

import { EMPTY, type FormState, typedIn } from "./form-state";

type Action = (before: FormState, form: FormData) => Promise<FormState>;

interface Form {
  /** Takes the form when no script does. */
  action: Action;
  /** Where to go then. */
  next: string;
  check: (typed: Registration) => Problem[];
  send: (typed: Registration, options: CallOptions) => Promise<Answer>;
}

/**
 * One form, two ways: with script it is checked here and sent by authClient, and
 * nothing of the page is lost; without, the browser sends it to the action.
 */
export function useAuthForm({ action, next, check, send }: Form) {
  const router = useRouter();
  const [answered, formAction] = useActionState(action, EMPTY);
  const [found, setFound] = useState<readonly Problem[] | null>(null);
  const [isSending, setSending] = useState(false);
  const [isLeaving, startLeaving] = useTransition();
  const isUnderWay = useRef(false);

  async function submit(form: HTMLFormElement): Promise<void> {
    const typed = typedIn(new FormData(form));
    const faults = check(typed);
    if (faults.length > 0) {
      setFound(faults);
      return;
    }
    setSending(true);
    const problems = await attempt((options) => send(typed, options));
    setFound(problems);
    setSending(false);
    if (problems.length === 0) {
      startLeaving(() => router.replace(next));
    } else if (problems.some(({ text }) => text === TEXT.invalidCredentials)) {
      form.querySelector<HTMLInputElement>("[name=password]")!.value = "";
    }
  }

  return {
    problems: found ?? answered.problems,
    problemsWith: (field: string) =>
      (found ?? answered.problems).filter((each) => each.field === field).map(({ text }) => text),
    typed: answered,
    isBusy: isSending || isLeaving,
    form: {
      action: formAction,
      noValidate: true,
      onSubmit: (event: SyntheticEvent<HTMLFormElement>) => {
        event.preventDefault();
        // A second press must not send a second form, also before we are drawn anew.
        if (!isUnderWay.current && !isLeaving) {
          isUnderWay.current = true;
          void submit(event.currentTarget).finally(() => {
            isUnderWay.current = false;
          });
        }
      },
    },
  };
}
