import type { Problem } from "@/lib/messages";
import type { Registration } from "@/lib/validation";

/** What a form is shown again with. */
export interface FormState {
  readonly email: string;
  readonly name: string;
  readonly problems: readonly Problem[];
}

export const EMPTY: FormState = { email: "", name: "", problems: [] };

export function typedIn(form: FormData): Registration {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : "";
  };
  return { email: text("email"), password: text("password"), name: text("name") };
}
