import { readdirSync } from "node:fs";
import { once } from "node:events";
import { expect, test } from "vitest";
import { forkWorker } from "../../support/fork-worker.js";

interface Outcome {
  readonly files: number;
  readonly failed: readonly string[];
  readonly tests: number;
}

test("every test of the NestJS package passes on Nest 11, too", { timeout: 600_000 }, async () => {
  const files = readdirSync(new URL("..", import.meta.url)).filter(
    (name) => name.endsWith(".test.ts") && name !== "readme.test.ts",
  );
  const worker = forkWorker(new URL("suite.worker.ts", import.meta.url), [
    "test/nestjs/",
    "test/defects/nest",
  ]);
  const [outcome] = (await once(worker, "message")) as [Outcome];
  expect(outcome.failed).toEqual([]);
  expect(outcome.files).toBe(files.length + 1);
  expect(outcome.tests).toBeGreaterThan(200);
});
