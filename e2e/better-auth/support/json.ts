export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

export type Leaf = string | number | boolean | null;

/** Each value with the way to it, as `1.headers.location`; what is empty is a value. */
export function leaves(value: Json, at = ""): Map<string, Leaf> {
  if (typeof value !== "object" || value === null) {
    return new Map([[at, value]]);
  }
  const entries = Object.entries(value);
  if (entries.length === 0) {
    return new Map([[at, Array.isArray(value) ? "(empty list)" : "(empty object)"]]);
  }
  return new Map(entries.flatMap(([name, item]) => [...leaves(item, at ? `${at}.${name}` : name)]));
}
