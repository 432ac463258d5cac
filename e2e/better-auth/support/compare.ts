// Two logs of the same script, and the differences between them that are accepted.

import { type Json, type Leaf, leaves } from "./json";
import type { Log } from "./stage";

/** What stands in the place of a value that is not there. */
export const ABSENT = "(absent)";

export interface Accepted {
  why: string;
  /** `<scenario>: <step>`; `*` stands for anything. */
  steps: string[];
  /** By the place in the log, `*` as above: what upstream says, and what Hallpass says. */
  differences: Record<string, [upstream: Leaf, hallpass: Leaf]>;
  /** Only with clients of these versions. */
  clients?: string[];
}

interface Position {
  step: string;
  at: string;
  upstream: Leaf;
  hallpass: Leaf;
}

interface Rule {
  scenarios: string[];
  why: string;
  steps: RegExp[];
  at: RegExp;
  upstream: Leaf;
  hallpass: Leaf;
  called: string;
}

/**
 * What is wrong, in lines: a difference that nobody has accepted; one that was
 * accepted and is not there any more, anywhere or at a single place.
 */
export function faults(upstream: Log, hallpass: Log, accepted: Accepted[]): string[] {
  const positions = [...everywhere(upstream, hallpass)];
  const rules = accepted.flatMap(rulesOf);
  const used = new Set<Rule>();
  const found: string[] = [];
  for (const position of positions) {
    const about = rules.filter((rule) => concerns(rule, position));
    const matching = about.find((rule) => rule.hallpass === position.hallpass);
    if (matching) {
      used.add(matching);
    } else if (position.upstream !== position.hallpass) {
      found.push(describe("not accepted", position));
    } else if (about[0]) {
      found.push(describe(`accepted, and not there («${about[0].why}»)`, position));
    }
  }
  const played = union(Object.keys(upstream).map(scenarioOf));
  const idle = rules.filter((rule) => !used.has(rule) && rule.scenarios.some((name) => name === "*" || played.includes(name)));
  return [...found, ...idle.map((rule) => `accepted, and nowhere: ${rule.called}`)];
}

function concerns(rule: Rule, { step, at, upstream }: Position): boolean {
  return (
    rule.upstream === upstream &&
    rule.at.test(at) &&
    rule.steps.some((pattern) => pattern.test(step))
  );
}

function rulesOf(accepted: Accepted): Rule[] {
  return Object.entries(accepted.differences).map(([at, [upstream, hallpass]]) => ({
    why: accepted.why,
    scenarios: accepted.steps.map(scenarioOf),
    steps: accepted.steps.map(glob),
    at: glob(at),
    upstream,
    hallpass,
    called: `${accepted.steps.join(", ")} / ${at}: ${show(upstream)} -> ${show(hallpass)}`,
  }));
}

function scenarioOf(step: string): string {
  return step.split(":")[0] ?? "";
}

function* everywhere(upstream: Log, hallpass: Log): Generator<Position> {
  const names = headerNames([upstream, hallpass]);
  for (const step of union(Object.keys(upstream), Object.keys(hallpass))) {
    const ours = leaves(upstream[step] ?? {});
    const theirs = leaves(hallpass[step] ?? {});
    const exchanges = [...ours.keys()].filter((at) => /^\d+\.status$/.test(at));
    const headers = exchanges.flatMap((at) => names.map((name) => at.replace("status", name)));
    for (const at of union([...ours.keys(), ...theirs.keys()], headers)) {
      yield {
        step,
        at,
        upstream: ours.get(at) ?? missing(ours, at),
        hallpass: theirs.get(at) ?? missing(theirs, at),
      };
    }
  }
}

/** `null` is a value, and what `Map.get` finds of it is nothing to `??`. */
function missing(values: Map<string, Leaf>, at: string): Leaf {
  return values.has(at) ? null : ABSENT;
}

/** So that a header which one server has and the other has not is seen as absent. */
function headerNames(logs: Log[]): string[] {
  const names = logs.flatMap((log) =>
    Object.values(log).flatMap((step) =>
      [...leaves(step).keys()].filter((at) => /^\d+\.headers\./.test(at)),
    ),
  );
  return union(names.map((at) => at.replace(/^\d+\./, "")));
}

function union(...lists: string[][]): string[] {
  return [...new Set(lists.flat())];
}

function glob(pattern: string): RegExp {
  const quoted = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${quoted.join(".*")}$`, "s");
}

function describe(what: string, { step, at, upstream, hallpass }: Position): string {
  return `${what}: ${step} / ${at}\n    upstream ${show(upstream)}\n    hallpass ${show(hallpass)}`;
}

function show(value: Json): string {
  return JSON.stringify(value);
}
