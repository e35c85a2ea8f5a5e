import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLockManager, memoryNode } from "@redlock-kit/core";
import { createLocked } from "@redlock-kit/express";
import express from "express";
import { expect, onTestFinished, test } from "vitest";
import { Gate } from "../support/gate.js";
import { serve } from "./app.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const REQUESTS = 1_000;
const MAX_WAITERS = 100;
const ROUNDS = 4;
/** The first rounds fill what is kept on purpose: compiled code, pools, the longest queue so far. */
const WARM_UP = 1;

test("1,000 requests at once for one key, 100 of which may wait, leave the heap as it was", async () => {
  const locks = createLockManager({ nodes: [memoryNode()], maxWaiters: MAX_WAITERS, waitMs: 60_000 });
  onTestFinished(() => locks.close());
  const app = express();
  let gate = new Gate();
  app.post("/", createLocked(locks)("k"), async (_req, res) => {
    await gate.opened;
    res.end("served");
  });
  const client = await serve(app);

  const heapAfter: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    gate = new Gate();
    let refused = 0;
    const answers = (await client.flood(Array.from({ length: REQUESTS }, () => "/"))).map(async (answer) => {
      const text = await answer;
      refused += Number(text.startsWith("HTTP/1.1 503"));
    });
    await expect.poll(() => refused, { timeout: 15_000 }).toBe(REQUESTS - 1 - MAX_WAITERS);
    gate.open();
    await Promise.all(answers);
    await expect.poll(() => locks.stats().held).toBe(0);
    collectGarbage();
    heapAfter.push(process.memoryUsage().heapUsed);
  }
  const settled = heapAfter.slice(WARM_UP);
  const growth = (settled.at(-1) ?? 0) - (settled[0] ?? 0);
  // In bytes for each request since; one that stayed would be some thousand.
  expect(growth / (REQUESTS * (settled.length - 1))).toBeLessThan(500);
});
