import { expect, test } from "vitest";
import { BARS, judge } from "../../bench/src/bars.js";
import type { Measurement } from "../../bench/src/case.js";
import { cases } from "../../bench/src/cases/all.js";
import { report } from "../../bench/src/report/markdown.js";
import { plotOf } from "../../bench/src/report/plots.js";

const machine = {
  cpu: "a chip",
  cores: 2,
  memoryGb: 8,
  system: "a system",
  node: "0",
  server: "0",
  packages: {},
};

function page(measurements: readonly Measurement[], quick = false): string {
  const plots = new Map([["uncontended", "plots/uncontended.svg"]]);
  const verdicts = judge(BARS, measurements);
  return report({ date: "2000-01-01", minutes: 1, quick, machine, measurements }, cases, verdicts, plots);
}

function free(ratio: number, more: Partial<Measurement> = {}): Measurement {
  return { case: "uncontended", contestant: "kit", scenario: { nodes: 1 }, figures: { ratio }, ...more };
}

test("a miss is shown as a miss", () => {
  expect(page([free(0.5)])).toContain("at least 0.95 | 0.5 | nodes 1 | **missed** |");
});

test("what could not be measured is shown as a miss too, with the reason", () => {
  const text = page([free(0, { figures: {}, remark: "no answer" })]);
  expect(text).toContain("at least 0.95 | – | nodes 1 | **missed** |");
  expect(text).toContain("| no answer |");
});

test("every library that was measured is in the table of its case", () => {
  const text = page([free(1), free(0.8, { contestant: "redlock5" })]);
  expect(text).toContain("| redlock-kit | 1 | 1.00 |");
  expect(text).toContain("| redlock 5 | 1 | 0.80 |");
});

test("cases that were not run are left out", () => {
  const text = page([free(1)]);
  expect(text).toContain("## A free lock");
  expect(text).not.toContain("## Waiters in one process");
});

test("a reason of several lines, with a bar in it, stays in its cell", () => {
  const text = page([free(1, { remark: "one\ntwo | three" })]);
  expect(text).toContain("| one two \\| three |");
});

test("a quick run says of itself that it is worth little", () => {
  expect(page([free(1)], true)).toContain("worth little");
  expect(page([free(1)])).not.toContain("worth little");
});

test("a plot has a bar for every library, grouped by circumstance", () => {
  const [uncontended] = cases;
  if (uncontended === undefined) throw new Error("there is no case");
  const svg = plotOf(uncontended, [
    free(1),
    free(0.8, { contestant: "redlock5" }),
    free(1.2, { scenario: { nodes: 3 } }),
  ]);
  expect(svg?.match(/<rect /g)).toHaveLength(3);
  expect(svg).toContain("3 nodes");
});
