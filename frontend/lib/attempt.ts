// Calls of authClient, and what people are told when they fail.

import { type Problem, TEXT, problemsOf } from "./messages";

export interface Answer {
  error: { status: number; code?: string | undefined; message?: string | undefined } | null;
}

/** What the calls of authClient take, to see the headers of a refusal. */
export interface CallOptions {
  onError: (context: { response: Response }) => void;
}

/** What went wrong with a call of authClient, in words for people. */
export async function attempt(
  call: (options: CallOptions) => Promise<Answer>,
): Promise<readonly Problem[]> {
  let retryAfter: string | null = null;
  const onError = ({ response }: { response: Response }) => {
    retryAfter = response.headers.get("retry-after") ?? response.headers.get("x-retry-after");
  };
  try {
    const { error } = await call({ onError });
    return error ? problemsOf({ ...error, retryAfter }) : [];
  } catch (error) {
    // What fetch throws when there is no answer at all.
    console.warn(error);
    return [{ text: TEXT.offline }];
  }
}
