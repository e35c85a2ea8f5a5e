import { once } from "node:events";
import { expect, test } from "vitest";
import { forkWorker } from "./fork-worker.js";

test("a worker runs the sources of the packages, not what was built of them", async () => {
  const worker = forkWorker(new URL("./sources.worker.ts", import.meta.url));
  const [resolved] = await once(worker, "message");
  expect(resolved).toMatch(/packages\/core\/src\/index\.ts$/);
});
