import { faults } from "../scenes/all-faults.js";
import type { Aim, Expectation, Fault } from "../scenes/fault.js";
import type { Outcome } from "../scenes/outcome.js";
import { sentenceOf } from "../scenes/plan.js";
import { struckNodes } from "../scenes/scene.js";

const HEAD = [
  "what goes wrong",
  "where",
  "promised",
  "assumptions",
  "locks granted",
  "longest gap",
  "recovery",
  "violations",
];

/** One row for each fault and aim, and one for all pairs. */
export function tableOf(outcomes: readonly Outcome[]): string[] {
  const rows = Object.values(faults)
    .flat()
    .flatMap((fault: Fault) =>
      (Object.entries(fault.aims) as [Aim, Expectation][]).map(([aim, expected]) => {
        const own = outcomes.filter(
          (one) => one.faults.length === 1 && one.faults[0] === fault.name && one.aim === aim,
        );
        return [sentenceOf(fault, aim), ...described(own, aim, expected)];
      }),
    );
  const pairs = outcomes.filter((one) => one.faults.length > 1);
  const [some] = pairs;
  if (some !== undefined) {
    const [, ...rest] = described(pairs, some.aim, some.expected);
    const of = `${nodesOf(pairs).join(", ")} nodes`;
    rows.push([`two of these at once, ${pairs.length} pairs by chance`, of, ...rest]);
  }
  return markdown([HEAD, ...rows]);
}

function described(outcomes: readonly Outcome[], aim: Aim, expected: Expectation): string[] {
  const promised = promisesOf(expected);
  if (outcomes.length === 0) return ["not run", promised, expected.assumption, "–", "–", "–", "–"];
  return [
    where(aim, nodesOf(outcomes)),
    promised,
    expected.assumption,
    sum(outcomes.map(({ acquisitions }) => acquisitions)).toLocaleString("en"),
    milliseconds(Math.max(...outcomes.map(({ longestGapMs }) => longestGapMs))),
    milliseconds(Math.max(...outcomes.map(({ recoveryMs }) => recoveryMs))),
    violationsOf(outcomes, expected),
  ];
}

/** How many nodes each of some scenes had. */
function nodesOf(outcomes: readonly Outcome[]): number[] {
  return [...new Set(outcomes.map(({ nodes }) => nodes))].sort((a, b) => a - b);
}

function where(aim: Aim, nodes: readonly number[]): string {
  switch (aim) {
    case "a minority":
    case "a quorum":
      return nodes.map((count) => `${struckNodes(aim, count)} of ${count}`).join(", ");
    case "one worker's network":
      return `all of ${nodes.join(", ")}, for one process`;
    case "one worker":
      return `one process, ${nodes.join(", ")} nodes`;
    case "all workers":
      return `all processes, ${nodes.join(", ")} nodes`;
  }
}

function promisesOf({ exclusion, granting }: Expectation): string {
  const safety = exclusion ? "exclusion, fencing" : "fencing alone";
  switch (granting) {
    case "throughout":
      return `${safety}; grants go on`;
    case "never":
      return `${safety}; no grants meanwhile`;
    case "perhaps":
      return safety;
  }
}

function violationsOf(outcomes: readonly Outcome[], { exclusion }: Expectation): string {
  const violations = sum(outcomes.map((one) => one.violations.length));
  const overlaps = sum(outcomes.map((one) => one.overlaps));
  const found = violations === 0 ? "none" : `**${violations}**`;
  return exclusion || overlaps === 0 ? found : `${found}; ${overlaps} times two held one lock`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function milliseconds(value: number): string {
  return `${Math.round(value).toLocaleString("en")} ms`;
}

/** A table whose columns stand below each other in the source, too. */
function markdown(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows;
  const widths = head.map((_, i) => Math.max(3, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.slice(1).map(line)];
}
