// The rules of Hallpass that a browser can check. Hallpass checks them again,
// and those that it alone can check: whether an address is one in every detail,
// whether a password is common. Nothing here is stricter than Hallpass.

import { type Problem, TEXT } from "./messages";

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface Registration extends Credentials {
  readonly name: string;
}

const MAX_EMAIL = 254;
const MIN_PASSWORD = 8;
const MAX_PASSWORD = 128;
const MAX_NAME = 255;
const SHORTEST_TELLING_LOCAL_PART = 3;

export function checkSignIn({ email, password }: Credentials): Problem[] {
  const length = codePoints(password);
  const wrong =
    length === 0 ? TEXT.passwordEmpty : length > MAX_PASSWORD ? TEXT.passwordTooLong : undefined;
  return [...checkEmail(email), ...about("password", wrong)];
}

export function checkSignUp({ email, password, name }: Registration): Problem[] {
  return [
    ...checkEmail(email),
    ...about("password", lengthFault(password)),
    ...about("password", containsLocalPart(password, email) && TEXT.passwordContainsEmail),
    ...checkName(name),
  ];
}

export function checkName(name: string): Problem[] {
  const trimmed = name.trim();
  return about(
    "name",
    codePoints(trimmed) > MAX_NAME
      ? TEXT.nameTooLong
      : /\p{Cc}/u.test(trimmed) && TEXT.nameControlCharacter,
  );
}

function checkEmail(email: string): Problem[] {
  const trimmed = email.trim();
  return about(
    "email",
    codePoints(trimmed) > MAX_EMAIL
      ? TEXT.emailTooLong
      : !/^[^\s@]+@[^\s@]+[.。．｡][^\s@]+$/.test(trimmed) && TEXT.badEmail,
  );
}

function lengthFault(password: string): string | undefined {
  const length = codePoints(password);
  if (length < MIN_PASSWORD) {
    return TEXT.passwordTooShort;
  }
  return length > MAX_PASSWORD ? TEXT.passwordTooLong : undefined;
}

function containsLocalPart(password: string, email: string): boolean {
  const local = fold(email.trim().replace(/@[^@]*$/, ""));
  return codePoints(local) >= SHORTEST_TELLING_LOCAL_PART && fold(password).includes(local);
}

function fold(text: string): string {
  return text.toLowerCase().normalize("NFC");
}

function codePoints(text: string): number {
  return [...text.normalize("NFC")].length;
}

function about(field: "email" | "password" | "name", text: string | false | undefined): Problem[] {
  return text ? [{ field, text }] : [];
}
