// Who the tests are about.

import { randomUUID } from "node:crypto";

export interface Person {
  email: string;
  password: string;
  name?: string;
}

export const PASSWORD = "three unrelated words";

/** Somebody nobody has met yet: tests share a database. */
export function somebody(called: string, name?: string): Person {
  const email = `${called}.${randomUUID().slice(0, 8)}@example.com`;
  return name === undefined ? { email, password: PASSWORD } : { email, password: PASSWORD, name };
}

/** Always the same, for pictures. */
export const ANN: Person = { email: "ann@example.com", password: PASSWORD, name: "Ann Example" };

/** The longest that is allowed, without a place to break the line. */
export const LONGEST: Person = {
  email: `${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(57)}.com`,
  password: PASSWORD,
  name: "W".repeat(255),
};
