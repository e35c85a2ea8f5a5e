import { readdirSync } from "node:fs";
import { once } from "node:events";
import { expect, test } from "vitest";
import { forkWorker } from "../../support/fork-worker.js";

interface Outcome {
  readonly files: number;
  readonly failed: readonly string[];
  readonly tests: number;
}

/** What is not for Nest 11, or has nothing to do with it. */
const leftOut = [
  // Itself, and what starts applications of its own, on what is installed where they stand.
  "nest11/**",
  "readme.test.ts",
  // Nest 11 sends no such bodies.
  "streamed-bodies.test.ts",
];

test("every test of the NestJS package passes on Nest 11, too", { timeout: 600_000 }, async () => {
  const files = readdirSync(new URL("..", import.meta.url)).filter(
    (name) => name.endsWith(".test.ts") && !leftOut.includes(name),
  );
  const worker = forkWorker(new URL("suite.worker.ts", import.meta.url), leftOut);
  const [outcome] = (await once(worker, "message")) as [Outcome];
  expect(outcome.failed).toEqual([]);
  expect(outcome.files).toBe(files.length + 1);
  expect(outcome.tests).toBeGreaterThan(250);
});
