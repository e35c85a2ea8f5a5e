import { describe, expect, test } from "vitest";
import { page, section, tableRows } from "../../docs/pages.js";
import { faults } from "../scenes/all-faults.js";
import type { Aim, Fault } from "../scenes/fault.js";
import type { Outcome } from "../scenes/outcome.js";
import { sentenceOf } from "../scenes/plan.js";
import { tableOf } from "./table.js";

const all: readonly Fault[] = Object.values(faults).flat();
const sentences = all.flatMap((fault) => Object.keys(fault.aims).map((aim) => sentenceOf(fault, aim as Aim)));

function outcome(fault: Fault | undefined, more: Partial<Outcome> = {}): Outcome {
  const [aim, expected] = Object.entries(fault?.aims ?? {})[0] ?? [];
  if (fault === undefined || expected === undefined) throw new Error("There is no such fault");
  const figures = { acquisitions: 1_000, longestGapMs: 99.6, recoveryMs: 12, overlaps: 0, violations: [] };
  return { faults: [fault.name], aim: aim as Aim, nodes: 3, expected, ...figures, ...more };
}

test("every fault is in the table of docs/guarantees.md, with everything that it may strike", () => {
  const rows = tableRows(section(page("docs/guarantees.md"), "Shown under faults"));
  const told = rows
    .map(([sentence = ""]) => sentence)
    .filter((sentence) => !sentence.startsWith("two of these"));
  expect(told.sort()).toEqual([...sentences].sort());
});

test("faults have different names, and each aims at something", () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  expect(all.filter(({ aims }) => Object.keys(aims).length === 0)).toEqual([]);
});

describe("the table", () => {
  const black = all.find(({ name }) => name.startsWith("is behind a black hole"));
  const flushed = all.find(({ name }) => name.startsWith("loses all its keys"));
  const rowOf = (outcomes: readonly Outcome[], start: string) =>
    tableRows(tableOf(outcomes)).find(([sentence = ""]) => sentence.startsWith(start));

  test("has the sum of the locks, and the longest of the times", () => {
    const outcomes = [outcome(black), outcome(black, { nodes: 5, longestGapMs: 1_234, acquisitions: 20 })];
    expect(rowOf(outcomes, "a node is behind a black hole")?.slice(1)).toEqual([
      "1 of 3, 2 of 5",
      "exclusion, fencing; grants go on",
      "hold",
      "1,020",
      "1,234 ms",
      "12 ms",
      "none",
    ]);
  });

  test("shows violations, and what is not promised", () => {
    const broken = [outcome(black, { violations: ["one", "another"] })];
    expect(rowOf(broken, "a node is behind a black hole")?.at(-1)).toBe("**2**");
    const overlapping = [outcome(flushed, { overlaps: 3 })];
    expect(rowOf(overlapping, "a node loses all its keys")?.at(-1)).toBe("none; 3 times two held one lock");
  });

  test("says what was not run", () => {
    expect(rowOf([], "a node is behind a black hole")?.[1]).toBe("not run");
  });

  test("has a row for the pairs", () => {
    const pair = outcome(black, { faults: ["one", "another"], nodes: 5 });
    expect(rowOf([pair, { ...pair, nodes: 3 }], "two of these at once")?.slice(0, 2)).toEqual([
      "two of these at once, 2 pairs by chance",
      "3, 5 nodes",
    ]);
  });
});
