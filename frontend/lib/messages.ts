// What people are told, in the words of Hallpass's own pages and API.

export const TEXT = {
  invalidCredentials: "Invalid credentials",
  taken: "Unable to create account. Please try a different email.",
  badEmail: "The email address is not valid. It must have the form name@example.com.",
  emailTooLong: "The email address must have at most 254 characters.",
  passwordEmpty: "The password must not be empty.",
  passwordTooShort: "The password must have at least 8 characters.",
  passwordTooLong: "The password must have at most 128 characters.",
  passwordContainsEmail:
    "The password must not contain the part of the email address before the @.",
  nameTooLong: "The name must have at most 255 characters.",
  nameControlCharacter: "The name must not hold control characters.",
  tooManyTries: "Too many attempts. Please try again later.",
  unavailable: "The service is temporarily unavailable. Please try again in a moment.",
  offline: "The server cannot be reached. Please check your connection and try again.",
  foreignOrigin:
    "Hallpass does not know this site. Its operator must name the site in CORS_ORIGINS.",
  wrong: "Something went wrong on our side. Please try again.",
  expired: "Session expired. Please sign in again.",
  signedOut: "You have signed out.",
  saved: "Your name was saved.",
} as const;

export type FieldName = "email" | "password" | "name";

/** One thing that is amiss, and the field that it is about, if any. */
export interface Problem {
  readonly field?: FieldName;
  readonly text: string;
}

/** How Hallpass refused a request on `/api/auth`. */
export interface Refusal {
  readonly status: number;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** The header `Retry-After`, or Better Auth's `X-Retry-After`: seconds. */
  readonly retryAfter?: string | null | undefined;
}

export function problemsOf(refusal: Refusal): Problem[] {
  const { status, code = "", message } = refusal;
  if (status === 429) {
    return [{ text: tooManyTries(refusal.retryAfter) }];
  }
  // A proxy between us and Hallpass answers without a code when nobody is there.
  if (status === 503 || (status >= 500 && code === "")) {
    return [{ text: TEXT.unavailable }];
  }
  const known = KNOWN.get(code);
  if (known) {
    return [known];
  }
  // Hallpass says what is wrong with a password; the code only says that something is.
  if (code.startsWith("PASSWORD_") && message) {
    return [{ field: "password", text: message }];
  }
  if (code === "VALIDATION_ERROR") {
    return [aboutField(message ?? "")];
  }
  return [{ text: TEXT.wrong }];
}

const KNOWN = new Map<string, Problem>(
  Object.entries({
    INVALID_EMAIL_OR_PASSWORD: { text: TEXT.invalidCredentials },
    USER_ALREADY_EXISTS: { field: "email", text: TEXT.taken },
    USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: { field: "email", text: TEXT.taken },
    UNAUTHORIZED: { text: TEXT.expired },
    INVALID_EMAIL: { field: "email", text: TEXT.badEmail },
    INVALID_ORIGIN: { text: TEXT.foreignOrigin },
    MISSING_OR_NULL_ORIGIN: { text: TEXT.foreignOrigin },
  }),
);

/** `[body.name] …`: Better Auth names the field, in words for programmers. */
function aboutField(message: string): Problem {
  const field = /\[body\.(\w+)\]\s*(.*)/.exec(message);
  switch (field?.[1]) {
    case "email":
      return { field: "email", text: TEXT.badEmail };
    case "password":
    case "name":
      return { field: field[1], text: field[2] || TEXT.wrong };
    default:
      return { text: TEXT.wrong };
  }
}

function tooManyTries(retryAfter: string | null | undefined): string {
  const seconds = Number(retryAfter ?? Number.NaN);
  if (!(seconds > 0)) {
    return TEXT.tooManyTries;
  }
  const minutes = Math.ceil(seconds / 60);
  return `Too many attempts. Please try again in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
}
