import { memoryNode } from "@redlock-kit/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FENCE_EPOCH_MS, FENCE_STEP } from "../../packages/core/src/quorum/fencing.js";
import { RESERVED_MS } from "../../packages/core/src/node/reserved.js";
import { ioredisClient } from "../../packages/core/src/redis/clients/ioredis.js";
import { RedisNode } from "../../packages/core/src/redis/redis-node.js";
import { redisClient, redisServer } from "../support/this-test.js";
import { eventually } from "../wire/hearing.js";
import { grantOf, releaseOf } from "../wire/requests.js";
import { comparable, EVERY_KEY, LISTENING, steps } from "./node-requests.js";

test("a memory node answers every sequence of requests as a Redis server does", async () => {
  const client = redisClient(await redisServer());
  const redis = new RedisNode(ioredisClient(client), { minReplicas: 0, deadlineMs: 1 });
  await redis.identify();
  const heard: string[] = [];
  const subscriptions = LISTENING.map((process) => redis.listen(process, (lock) => heard.push(lock)));
  for (const subscription of subscriptions) {
    await eventually(() => expect(subscription.active).toBe(true));
  }
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const answers = [];
      let startedAt: number;
      // A lock is kept for the next process for a moment only; a machine that was busy elsewhere meanwhile tells nothing.
      do {
        startedAt = performance.now();
        await client.flushdb();
        const memory = memoryNode();
        for (const process of LISTENING) memory.listen?.(process, () => {});
        answers.length = 0;
        for (const { name, put } of [...sequence, ...EVERY_KEY]) {
          answers.push({ name, of: await Promise.all([put(memory), put(redis)]) });
        }
      } while (performance.now() - startedAt > RESERVED_MS - 5);
      for (const { name, of } of answers) expect(of[1], name).toEqual(comparable(of[0]));
    }),
    { numRuns: 400 },
  );
  expect(heard.length).toBeGreaterThan(0);
});

test("both answer no less than their own time, less half of the lease, to who is behind it", async () => {
  const redis = new RedisNode(ioredisClient(redisClient(await redisServer())), {
    minReplicas: 0,
    deadlineMs: 1,
  });
  await redis.identify();
  for (const [names, place] of [["a"], ["b", "c"], ["d"]].map(
    (keys) => [keys, { process: "p", ticket: 1 }] as const,
  )) {
    for (const node of [memoryNode(), redis]) {
      const before = Date.now();
      const reply = await node.grant({
        ...grantOf(names, "t", { proposal: 1, ttlMs: 60_000, lockDelayMs: 2_000 }),
        place,
      });
      const after = Date.now();
      expect(reply).toMatchObject({ kind: "granted", fresh: true });
      const { fence } = reply as { fence: number };
      expect(fence).toBeGreaterThanOrEqual((before - 31_000 - FENCE_EPOCH_MS) * FENCE_STEP);
      expect(fence).toBeLessThanOrEqual((after - 31_000 - FENCE_EPOCH_MS) * FENCE_STEP);
      // Known now, it grows with every grant, and with time.
      await node.release(releaseOf(names, "t"));
      const next = (await node.grant(grantOf(names, "u", { proposal: 1, ttlMs: 50_000 }))) as {
        fence: number;
      };
      expect(next.fence).toBeGreaterThanOrEqual((after - 25_000 - FENCE_EPOCH_MS) * FENCE_STEP);
    }
  }
});
