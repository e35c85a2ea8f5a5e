import { expect, onTestFinished, test } from "vitest";
import { judge } from "./judge.js";
import { soak } from "./soak.js";

test("nine seconds of mixed load and faults leave nothing behind, and break nothing", async () => {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const record = await soak({ minutes: 0.15, nodes: 3, workers: 2, seed: "test", signal: over.signal });
  expect(judge(record).filter(({ ok }) => !ok)).toEqual([]);
  expect(record.faults.length).toBeGreaterThanOrEqual(2);
}, 180_000);
