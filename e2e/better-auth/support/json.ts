export type Json = string | number | boolean | null | Json[] | Fields;

export interface Fields {
  [name: string]: Json;
}

/** What stands in the place of a value that is not there. */
export const ABSENT = "(absent)";

export interface Pair<T = Json> {
  at: string;
  upstream: T;
  hallpass: T;
}

/**
 * Both values side by side, as deep as both have the same shape: `data.user.name`
 * where both have a user, and otherwise `data`, which is a user here and null there.
 */
export function* pairs(upstream: Json, hallpass: Json, at = ""): Generator<Pair> {
  if (Array.isArray(upstream) && Array.isArray(hallpass) && upstream.length === hallpass.length) {
    yield* pairs({ ...upstream }, { ...hallpass }, at);
    return;
  }
  if (!isFields(upstream) || !isFields(hallpass)) {
    yield { at, upstream, hallpass };
    return;
  }
  for (const name of new Set([...Object.keys(upstream), ...Object.keys(hallpass)])) {
    const below = at ? `${at}.${name}` : name;
    yield* pairs(
      upstream[name] ?? none(upstream, name),
      hallpass[name] ?? none(hallpass, name),
      below,
    );
  }
}

/** With its keys in order, so that the order in which they came is no difference. */
export function written(value: Json): string {
  return JSON.stringify(value, (_, part: Json) =>
    isFields(part) ? Object.fromEntries(Object.entries(part).sort()) : part,
  );
}

function isFields(value: Json): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `null` is a value, and `??` takes it for none. */
function none(fields: Fields, name: string): Json {
  return name in fields ? null : ABSENT;
}
