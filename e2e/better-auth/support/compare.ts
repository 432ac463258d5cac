// Two logs of the same script, and the differences between them that are accepted.

import { ABSENT, type Fields, type Json, type Pair, pairs, written } from "./json";
import type { Log, Step } from "./stage";

export interface Accepted {
  why: string;
  /** `<scenario>: <step>`; `*` stands for anything. */
  steps: string[];
  /** By the place in the log, `*` as above: what upstream says, and what Hallpass says. */
  differences: Record<string, [upstream: Json, hallpass: Json]>;
  /** Only where upstream answers with this status. */
  status?: number;
  /** Only with clients of these versions. */
  clients?: string[];
}

interface Position extends Pair {
  step: string;
  /** Of upstream's answer that this belongs to. */
  status: number | undefined;
}

interface Rule {
  status: number | undefined;
  scenario: string;
  why: string;
  step: RegExp;
  at: RegExp;
  upstream: string;
  hallpass: string;
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
    const matching = about.filter((rule) => rule.hallpass === written(position.hallpass));
    matching.forEach((rule) => used.add(rule));
    if (matching.length > 0) {
      continue;
    }
    if (written(position.upstream) !== written(position.hallpass)) {
      found.push(describe("not accepted", position));
    } else if (about[0]) {
      found.push(describe(`accepted, and not there («${about[0].why}»)`, position));
    }
  }
  const played = union(Object.keys(upstream).map(scenarioOf));
  const isPlayed = ({ scenario }: Rule): boolean => scenario === "*" || played.includes(scenario);
  const idle = rules.filter((rule) => isPlayed(rule) && !used.has(rule));
  return [...found, ...idle.map((rule) => `accepted, and nowhere: ${rule.called}`)];
}

function concerns(rule: Rule, { step, at, upstream, status }: Position): boolean {
  return (
    (rule.status === undefined || rule.status === status) &&
    rule.upstream === written(upstream) &&
    rule.at.test(at) &&
    rule.step.test(step)
  );
}

/** One for each step and place, so that each has to be seen. */
function rulesOf({ why, steps, status, differences }: Accepted): Rule[] {
  return steps.flatMap((step) =>
    Object.entries(differences).map(([at, [upstream, hallpass]]) => ({
      why,
      status,
      scenario: scenarioOf(step),
      step: glob(step),
      at: glob(at),
      upstream: written(upstream),
      hallpass: written(hallpass),
      called: `${step} / ${at}: ${written(upstream)} -> ${written(hallpass)}`,
    })),
  );
}

function scenarioOf(step: string): string {
  return step.split(":")[0] ?? "";
}

function* everywhere(upstream: Log, hallpass: Log): Generator<Position> {
  const names = headerNames([upstream, hallpass]);
  for (const step of union(Object.keys(upstream), Object.keys(hallpass))) {
    const theirs = withHeaders(upstream[step], names);
    const ours = withHeaders(hallpass[step], names);
    for (const pair of pairs(theirs, ours)) {
      const exchange = upstream[step]?.exchanges[Number.parseInt(pair.at) - 1];
      yield { step, status: exchange?.status, ...pair };
    }
  }
}

/** So that a header which the one server has and the other has not is seen as absent. */
function withHeaders(step: Step | undefined, names: string[]): Fields {
  const absent = Object.fromEntries(names.map((name) => [name, ABSENT]));
  const exchanges = (step?.exchanges ?? []).map((exchange, at): [string, Json] => [
    `${at + 1}`,
    { ...exchange, headers: { ...absent, ...exchange.headers } },
  ]);
  const returned = step?.returned === undefined ? {} : { returned: step.returned };
  return { ...Object.fromEntries(exchanges), ...returned };
}

function headerNames(logs: Log[]): string[] {
  const exchanges = logs.flatMap((log) => Object.values(log).flatMap((step) => step.exchanges));
  return union(exchanges.flatMap(({ headers }) => Object.keys(headers)));
}

function union(...lists: string[][]): string[] {
  return [...new Set(lists.flat())];
}

function glob(pattern: string): RegExp {
  const quoted = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${quoted.join(".*")}$`, "s");
}

function describe(what: string, { step, at, upstream, hallpass }: Position): string {
  return `${what}: ${step} / ${at}\n    upstream ${written(upstream)}\n    hallpass ${written(hallpass)}`;
}
